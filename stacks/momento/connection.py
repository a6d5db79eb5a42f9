"""The EventBridge connection that puts the Momento API key into every request."""

from constructs import Construct

from stacks.bindings import CloudwatchEventConnection


class MomentoConnection(Construct):
    """A connection that sends the API key in the `Authorization` header."""

    def __init__(self, scope: Construct, id_: str, *, name: str, api_key: str) -> None:
        super().__init__(scope, id_)
        self.resource = CloudwatchEventConnection(
            self,
            "connection",
            name=name,
            description="Connection with API key authorization",
            authorization_type="API_KEY",
            auth_parameters={"api_key": {"key": "Authorization", "value": api_key}},
        )
        self.arn = self.resource.arn
