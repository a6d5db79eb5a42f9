"""The resources that call Momento: the connection, a destination for each operation, a secret."""

from collections.abc import Iterator, Mapping, Sequence

from cdktf import ITerraformDependable
from constructs import Construct

from momento_pipes.access.account import Account
from momento_pipes.access.protection import DEMO, Protection
from momento_pipes.access.statement import Statement
from momento_pipes.mapping import OPERATIONS, PUBLISH
from momento_pipes.momento.api_key import ApiKey
from momento_pipes.momento.connection import MomentoConnection
from momento_pipes.momento.destination import ApiDestination
from momento_pipes.momento.limits import MomentoLimits
from momento_pipes.momento.secret import ApiKeySecret

CACHE_OPERATIONS = [operation for operation in OPERATIONS if operation != PUBLISH]


class MomentoEndpoint(Construct):
    """The connection and the destinations that all pipelines of a stack send to.

    A pipe replaces the `*` in a destination's URL by a cache or a topic. The cache of a topic is a
    constant part of the URL, because the Terraform provider allows one path parameter for a pipe.
    So there are three destinations for `cache_name`, and one more for the topics of each other
    cache. An account may have 3,000 connections and 3,000 destinations.

    Momento's limits are for an account in a region. The destinations that put and delete share the
    limit of caches equally, and the destinations of topics share the limit of topics.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name_prefix: str,
        url: str,
        cache_name: str,
        secret_name: str | None,
        account: Account,
        api_key: ApiKey,
        limits: MomentoLimits | None = None,
        destinations: bool = True,
        protection: Protection = DEMO,
    ) -> None:
        """`url` is the HTTP API's origin. The default `limits` are those of a new account.

        A workflow uses the connection directly, and needs no `destinations`. With a `secret_name`,
        the stack creates a secret with the API key.
        """
        super().__init__(scope, id_)
        self.cache_name = cache_name
        self._name_prefix = name_prefix
        self.url = url
        self.limits = limits or MomentoLimits()
        self._protection = protection
        secret = (
            ApiKeySecret(self, "api-key", name=secret_name, protection=protection)
            if secret_name
            else None
        )
        self._connection = MomentoConnection(
            self,
            "connection",
            name=f"{name_prefix}-connection",
            region=account.region,
            api_key=api_key,
            secret_arn=secret.arn if secret else None,
            protection=protection,
        )
        self.connection_arn: str = self._connection.arn
        self.ready: Sequence[ITerraformDependable] = self._connection.ready
        self._destinations: dict[str, ApiDestination] = {}
        for operation in OPERATIONS if destinations else ():
            self._destination(operation, operation, cache_name)

    def destination(self, operation: str, cache: str) -> ApiDestination:
        """Return the destination of an operation on a cache; create it if it does not exist."""
        if operation != PUBLISH or cache == self.cache_name:
            return self._destinations[operation]
        return self._destination(f"{operation}-{cache}", operation, cache)

    def invoke(self, destinations: Mapping[str, ApiDestination]) -> Statement:
        """Return the permission that a pipe needs to send to destinations of this endpoint."""
        return Statement(
            sid="InvokeDestinations",
            actions=["events:InvokeApiDestination"],
            resources=[destination.arn for destination in destinations.values()],
        )

    def describe(self, account: Account) -> Iterator[Statement]:
        """Yield the permissions to read the definitions of the destinations and the connection.

        IAM knows them by their names, and their ARNs end with an id ("Service Authorization
        Reference", EventBridge). So the policy names both.
        """
        named = {"ReadConnection": ("DescribeConnection", [f"connection/{self._connection.name}"])}
        if self._destinations:
            names = [f"api-destination/{each.name}" for each in self._destinations.values()]
            named["ReadDestinations"] = ("DescribeApiDestination", names)
        for sid, (action, names) in named.items():
            yield Statement(
                sid=sid,
                actions=[f"events:{action}"],
                resources=[
                    account.arn("events", f"{name}{end}") for name in names for end in ("", "/*")
                ],
            )

    def send_from(
        self,
        state_machine_arn: str,
        account: Account,
        *,
        methods: Sequence[str] = ("PUT", "POST", "DELETE"),
        paths: Sequence[str] = ("cache/*", "topics/*"),
    ) -> Sequence[Statement]:
        """Return the permissions that a state machine needs to send with the connection.

        It may send requests with these methods to these paths of Momento's HTTP API.

        See AWS: "Permissions to run HTTP Tasks".
        """
        secret = f"events!connection/{self._name_prefix}-connection/*"
        return [
            Statement(
                sid="SendToMomento",
                actions=["states:InvokeHTTPEndpoint"],
                resources=[state_machine_arn],
                conditions={
                    "StringEquals": {"states:HTTPMethod": methods},
                    "StringLike": {"states:HTTPEndpoint": [f"{self.url}/{path}" for path in paths]},
                },
            ),
            Statement(
                sid="UseConnection",
                actions=["events:RetrieveConnectionCredentials"],
                resources=[self.connection_arn],
            ),
            Statement(
                sid="ReadConnectionSecret",
                actions=["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
                resources=[account.arn("secretsmanager", f"secret:{secret}")],
            ),
            *(
                [self._protection.key.use("UseKey", "kms:Decrypt", service="secretsmanager")]
                if self._protection.key
                else []
            ),
        ]

    def warnings(self) -> Iterator[str]:
        """Yield a sentence for each of Momento's limits that the destinations may exceed."""
        if self._destinations:
            yield from self.limits.warnings(CACHE_OPERATIONS, self._topics())

    def _topics(self) -> list[str]:
        return [name for name in self._destinations if name.startswith(PUBLISH)]

    def _destination(self, id_: str, operation: str, cache: str) -> ApiDestination:
        if id_ not in self._destinations:
            if operation == PUBLISH:
                rate = self.limits.topic_rate(len(self._topics()) + 1)
                for name in self._topics():
                    self._destinations[name].limit_rate(rate)
            else:
                rate = self.limits.cache_rate(len(CACHE_OPERATIONS))
            self._destinations[id_] = ApiDestination(
                self,
                id_,
                name=f"{self._name_prefix}-{id_}-api-destination",
                description=OPERATIONS[operation].title,
                connection=self._connection,
                method=OPERATIONS[operation].method,
                url=self.url + OPERATIONS[operation].path.format(cache=cache),
                rate_limit=rate,
            )
        return self._destinations[id_]
