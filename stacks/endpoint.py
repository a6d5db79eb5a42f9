"""Momento as EventBridge sees it: the key, the connection and one destination per operation."""

from constructs import Construct

from stacks.connection import MomentoConnection
from stacks.destination import Destination
from stacks.key import Key
from stacks.protection import DEMO, Protection
from stacks.secret import ApiKeySecret
from stacks.statement import Statement


class MomentoEndpoint(Construct):
    """The secret, the connection and the three destinations that pipelines send to."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name_prefix: str,
        url: str,
        cache_name: str,
        secret_name: str,
        api_key: str,
        rate_limit: int,
        protection: Protection = DEMO,
        key: Key | None = None,
    ) -> None:
        """`url` is the HTTP API's origin; `rate_limit` is in invocations a second.

        The cache is part of the topic destination's endpoint because the Terraform provider
        takes at most one path parameter for a pipe.
        """
        super().__init__(scope, id_)
        ApiKeySecret(
            self, "api-key", name=secret_name, api_key=api_key, protection=protection, key=key
        )
        connection = MomentoConnection(
            self, "connection", name=f"{name_prefix}-connection", api_key=api_key
        )

        def destination(operation: str, description: str, method: str, path: str) -> Destination:
            return Destination(
                self,
                operation,
                name=f"{name_prefix}-{operation}-api-destination",
                description=description,
                connection=connection,
                method=method,
                url=url + path,
                rate_limit=rate_limit,
            )

        self.cache_put = destination("cache-put", "Cache Set API", "PUT", "/cache/*")
        self.topic_publish = destination(
            "topic-publish", "Topic Publish API", "POST", f"/topics/{cache_name}/*"
        )
        self.cache_delete = destination("cache-delete", "Cache Delete API", "DELETE", "/cache/*")

    def invoke(self) -> Statement:
        """Return what a pipe needs to send to any of the three destinations."""
        return Statement(
            sid="InvokeDestinations",
            actions=["events:InvokeApiDestination"],
            resources=[self.cache_put.arn, self.topic_publish.arn, self.cache_delete.arn],
        )
