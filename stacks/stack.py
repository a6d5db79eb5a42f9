"""A stack of pipelines, with the resources that all of its pipelines share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import momento_pipes.bindings  # noqa: F401 - before cdktf, which would start node another way

# isort: split
from cdktf import TerraformStack
from constructs import Construct

from momento_pipes.bulk.bulk import Bulk
from momento_pipes.errors import StackError
from momento_pipes.limits.quotas import advise
from momento_pipes.mapping import Attribute, ItemMapping, KeySchema, StreamView
from momento_pipes.monitoring.monitoring import Monitoring
from momento_pipes.monitoring.topic import alarm_topic_name
from momento_pipes.pipes.pipeline import MomentoPipeline
from momento_pipes.pipes.retry_policy import RetryPolicy
from momento_pipes.shared import Shared
from momento_pipes.tables.stream_source import StreamSource
from momento_pipes.tables.table import NoLonger, Provisioned, Replica, Table
from momento_pipes.topology import Topology
from momento_pipes.watch.secret import ReadingKeySecret
from momento_pipes.watch.watch import Watch
from momento_pipes.workflow.batching import Batching
from stacks.provider import use_aws
from stacks.settings import Settings
from stacks.state import use_remote_state


class MomentoStack(TerraformStack):
    """A stack with remote state, the AWS provider, a Momento endpoint, and the profile's resources.

    `add_table` and `add_pipeline` use the settings. The names of the shared resources begin with
    `name` (default: the prefix and the stack's id). The name of each table and pipeline is the
    prefix and its id. With a `secret_name`, a secret also gets the API key; no pipe reads it.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        settings: Settings,
        *,
        name: str | None = None,
        secret_name: str | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self.settings = settings
        self._id = id_
        name = name or f"{settings.name_prefix}-{id_}"
        use_remote_state(self, settings, key=settings.state_key)
        use_aws(self, settings)
        own_topic = settings.alarms and settings.alarm_topic_arn is None
        self._shared = Shared(
            self,
            name=name,
            region=settings.region,
            url=settings.momento_api_endpoint,
            cache_name=settings.cache_name,
            secret_name=secret_name,
            limits=settings.momento_limits,
            destinations={settings.topology, settings.also_topology} - {None}
            != {Topology.WORKFLOW},
            protection=settings.protection,
            permissions_boundary=settings.permissions_boundary_arn,
            iam_settle_seconds=settings.iam_settle_seconds,
            alarm_topic_name=alarm_topic_name(name) if own_topic else None,
        )
        self.account = self._shared.account
        self.protection = self._shared.protection
        self.endpoint = self._shared.endpoint
        self._reading_key = (
            ReadingKeySecret(self, "watch-key", name_prefix=name, protection=self.protection)
            if settings.watch or settings.bulk
            else None
        )
        self.monitoring = (
            Monitoring(
                self,
                "monitoring",
                name_prefix=name,
                account=self.account,
                topic_arn=settings.alarm_topic_arn,
                protection=self.protection,
            )
            if settings.alarms
            else None
        )

    def add_table(
        self,
        id_: str,
        *,
        keys: KeySchema,
        name: str | None = None,
        view: StreamView = StreamView.NEW_AND_OLD_IMAGES,
        capacity: Provisioned | None = None,
        replicas: Sequence[Replica] = (),
        expires: Attribute | NoLonger | None = None,
    ) -> Table:
        """Return a new table; see `Table` for the arguments. The default name is prefix and id.

        Raises:
            StackError: the id is already used, or a replica is in the stack's region.
            TableError: DynamoDB would refuse the table.

        """
        for replica in replicas:
            if getattr(replica, "region", None) == self.settings.region:
                raise StackError(
                    f"the table {id_} has a replica in {replica.region}, which is the table's"
                    " region (AWS_REGION): remove the replica"
                )
        with self._adding(id_):
            return Table(
                self,
                id_,
                name=name or f"{self.settings.name_prefix}-{id_}",
                keys=keys,
                view=view,
                capacity=capacity,
                replicas=replicas,
                expires=expires,
                protection=self.protection,
            )

    def add_pipeline(
        self,
        id_: str,
        *,
        source: StreamSource,
        mapping: ItemMapping | Sequence[ItemMapping],
        name: str | None = None,
        role_name: str | None = None,
        trimmed: bool = False,
        largest_item: int | None = None,
        topology: Topology | None = None,
    ) -> MomentoPipeline:
        """Return a new pipeline, with alarms if the settings enable them.

        The default name is prefix and id. A workflow gets each record with both images. With
        `trimmed` it gets only the attributes that it reads. `largest_item` is the size of the
        table's largest item in bytes, if it is less than DynamoDB's 400 KB. Other topologies ignore
        both. `topology` replaces the settings' topology. The API destinations for `pipes` and `bus`
        exist only if the settings have one of these topologies.

        Raises:
            StackError: the id or the name is already used, for example by the table.
            PipelineError: the source or the mapping has another type, or the mapping would fail on
                this source's stream.

        """
        name = name or f"{self.settings.name_prefix}-{id_}"
        with self._adding(id_):
            pipeline = MomentoPipeline(
                self,
                id_,
                name=name,
                role_name=role_name,
                account=self.account,
                source=source,
                endpoint=self.endpoint,
                mapping=mapping,
                topology=topology or self.settings.topology,
                also=None if topology else self.settings.also_topology,
                retry_policy=RetryPolicy(
                    attempts=self.settings.retry_attempts,
                    rule_attempts=self.settings.rule_retry_attempts,
                    age_seconds=self.settings.record_age_seconds,
                ),
                batching=Batching(
                    size=self.settings.batch_size,
                    concurrency=self.settings.concurrency,
                    trimmed=trimmed,
                    largest_item=largest_item,
                ),
                log_level=self.settings.log_level,
                log_execution_data=self.settings.log_execution_data,
                iam_settle_seconds=self._shared.settle_seconds,
                protection=self.protection,
            )
        self._shared.register(pipeline, self._id)
        watch = None
        secret = self._reading_key if pipeline.fills_a_cache else None
        if secret and self.settings.watch:
            watch = Watch(
                pipeline,
                "watch",
                pipeline=pipeline,
                account=self.account,
                secret=secret,
                settings=self.settings.watch_settings,
                protection=self.protection,
            )
        if secret and self.settings.bulk:
            Bulk(
                pipeline,
                "bulk",
                pipeline=pipeline,
                account=self.account,
                secret=secret,
                settings=self.settings.bulk_settings,
                log_level=self.settings.log_level,
                protection=self.protection,
            )
        if self.monitoring:
            self.monitoring.add(pipeline, watch)
        return pipeline

    def prepare_stack(self) -> None:
        """Add the warnings about the whole stack. cdktf calls this once, at synth."""
        if self._has_neighbours():
            super().prepare_stack()
        for warning in self._shared.warnings():
            advise(self, warning)

    def _has_neighbours(self) -> bool:
        """Return whether the app has another stack.

        cdktf resolves all references before it writes them, to find those to another stack. That
        takes as long as the writing.
        """
        root = self.node.root
        return self.node.scope != root or len(root.node.children) > 1

    @contextmanager
    def _adding(self, id_: str) -> Iterator[None]:
        """Explain an id that is empty or already used. jsii's own message does not say which."""
        if not isinstance(id_, str) or not id_:
            raise StackError(f"an id is {id_!r}; write text, such as 'orders'")
        try:
            yield
        except RuntimeError as error:
            if f"There is already a Construct with name '{id_}'" not in str(error):
                raise
            raise StackError(
                f"the stack {self._id} already has something with the id {id_!r}; use another id,"
                f" such as {id_ + '-changes'!r} for a pipeline"
            ) from None
