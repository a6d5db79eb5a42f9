"""What all pipelines of a stack share."""

from collections.abc import Iterator
from dataclasses import replace

from constructs import Construct

from momento_pipes.access.account import Account
from momento_pipes.access.key import Key
from momento_pipes.access.protection import DEMO, Protection
from momento_pipes.access.role import iam_settle_variable
from momento_pipes.errors import StackError
from momento_pipes.limits.readers import Readers
from momento_pipes.momento.api_key import ApiKey
from momento_pipes.momento.endpoint import MomentoEndpoint
from momento_pipes.momento.limits import MomentoLimits
from momento_pipes.pipes.pipeline import MomentoPipeline

IAM_SETTLE_SECONDS = 120
"""How long a new role may need until all of AWS knows it."""


class Shared:
    """The account, the API key's variables, the endpoint, and the account's own key if wanted.

    It is not a construct, so that a stack can have them as its own children. `protection` is the
    given one with the key in it.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        name: str,
        region: str,
        url: str,
        cache_name: str,
        secret_name: str | None = None,
        limits: MomentoLimits | None = None,
        destinations: bool = True,
        protection: Protection = DEMO,
        permissions_boundary: str | None = None,
        iam_settle_seconds: int = IAM_SETTLE_SECONDS,
        alarm_topic_name: str | None = None,
    ) -> None:
        """See `MomentoEndpoint`; `name` begins the names of what is shared.

        The SNS topic `alarm_topic_name` may use the account's own key.
        """
        api_key = ApiKey(scope, "api-key")
        self.settle_seconds: str = iam_settle_variable(
            scope, default=iam_settle_seconds
        ).string_value
        self.account = Account(
            scope, "account", region=region, permissions_boundary=permissions_boundary
        )
        self.protection = protection
        if protection.own_key:
            key = Key(
                scope,
                "key",
                name=name,
                account=self.account,
                alarm_topic_name=alarm_topic_name,
                keep_data=protection.keep_data,
            )
            self.protection = replace(protection, key=key)
        self.endpoint = MomentoEndpoint(
            scope,
            "momento",
            name_prefix=name,
            url=url,
            cache_name=cache_name,
            secret_name=secret_name,
            account=self.account,
            api_key=api_key,
            limits=limits,
            destinations=destinations,
            protection=self.protection,
        )
        self._readers = Readers()
        self._names: set[str] = set()

    def register(self, pipeline: MomentoPipeline, stack: str) -> None:
        """Count what a new pipeline reads.

        Raises:
            StackError: another pipeline has its name.

        """
        if pipeline.name in self._names:
            raise StackError(
                f"two pipelines of the stack {stack} have the name {pipeline.name}, so their pipes,"
                " roles and queues would have the same names: give one pipeline another name="
            )
        self._names.add(pipeline.name)
        self._readers.add(pipeline.name, pipeline.source, len(pipeline.pipes))

    def warnings(self) -> Iterator[str]:
        """Yield a sentence for each limit that all pipelines together may exceed."""
        yield from self._readers.warnings()
        yield from self.endpoint.warnings()
