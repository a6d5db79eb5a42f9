"""An API destination: one operation of Momento's HTTP API."""

from constructs import Construct

from momento_pipes.bindings import CloudwatchEventApiDestination
from momento_pipes.momento.connection import MomentoConnection


class ApiDestination(Construct):
    """An HTTP method and a URL. The path parameters of each pipe replace its `*`."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        description: str,
        connection: MomentoConnection,
        method: str,
        url: str,
        rate_limit: int,
    ) -> None:
        """`rate_limit` is in invocations a second."""
        super().__init__(scope, id_)
        self.resource = CloudwatchEventApiDestination(
            self,
            "destination",
            name=name,
            description=description,
            connection_arn=connection.arn,
            depends_on=connection.ready,
            http_method=method,
            invocation_endpoint=url,
            invocation_rate_limit_per_second=rate_limit,
        )
        self.name = name
        self.arn = self.resource.arn

    def limit_rate(self, rate_limit: int) -> None:
        """Change the rate, in invocations a second."""
        self.resource.invocation_rate_limit_per_second = rate_limit
