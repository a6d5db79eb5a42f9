"""The secret with the Momento key that the watch reads with."""

from collections.abc import Iterator

from constructs import Construct

from momento_pipes.access.protection import Protection
from momento_pipes.access.statement import Statement
from momento_pipes.momento.secret import ApiKeySecret
from momento_pipes.watch_settings import SECRET_SUFFIX


class ReadingKeySecret(ApiKeySecret):
    """An empty secret. `./help.sh deploy` and `key rotate` write MOMENTO_READ_API_KEY into it.

    So neither Terraform's state nor a plan has the key.
    """

    def __init__(
        self, scope: Construct, id_: str, *, name_prefix: str, protection: Protection
    ) -> None:
        super().__init__(
            scope,
            id_,
            name=f"{name_prefix}{SECRET_SUFFIX}",
            description="Momento API key that the watch reads the cache with",
            protection=protection,
        )

    def read_by(self, function_arn: str) -> Iterator[Statement]:
        """Yield the permission of a function, and of nobody else with its role, to read it."""
        yield Statement(
            sid="ReadKey",
            actions=["secretsmanager:GetSecretValue"],
            resources=[self.arn],
            conditions={"ArnEquals": {"lambda:SourceFunctionArn": function_arn}},
        )
