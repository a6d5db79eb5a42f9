"""The pipelines of a stack that has nothing else of this project."""

from collections.abc import Sequence

import jsii
from cdktf import Aspects, IAspect
from constructs import Construct, IConstruct

import momento_pipes.bindings  # noqa: F401 - before cdktf, which would start node another way
from momento_pipes.access.protection import DEMO, Protection
from momento_pipes.limits.quotas import advise
from momento_pipes.mapping import ItemMapping
from momento_pipes.momento.limits import MomentoLimits
from momento_pipes.pipes.pipeline import MomentoPipeline
from momento_pipes.pipes.retry_policy import RetryPolicy
from momento_pipes.shared import IAM_SETTLE_SECONDS, Shared
from momento_pipes.tables.stream_source import StreamSource
from momento_pipes.topology import Topology
from momento_pipes.workflow.batching import Batching


class MomentoPipelines(Construct):
    """Pipelines for tables of any stack, with what they share.

    The stack needs an AWS provider for the same region. It gets three Terraform variables: the API
    key `momento_api_key`, its version `momento_api_key_version`, and `iam_settle_seconds`, which
    is 0 on a local AWS.

        momento = MomentoPipelines(
            self, "momento", name="shop", region="us-east-1", url=URL, cache_name="shop"
        )
        momento.add("orders", source=orders, mapping=mapping)
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        region: str,
        url: str,
        cache_name: str,
        topology: Topology = Topology.WORKFLOW,
        limits: MomentoLimits | None = None,
        protection: Protection = DEMO,
        permissions_boundary: str | None = None,
        iam_settle_seconds: int = IAM_SETTLE_SECONDS,
    ) -> None:
        """`name` begins all names. `url` is the origin of Momento's HTTP API.

        `cache_name` is the cache that a mapping fills if it names no other. `limits` are those of
        the account at Momento, and `permissions_boundary` is the ARN of a policy that limits the
        roles.
        """
        super().__init__(scope, id_)
        self._name = name
        self._topology = topology
        self.shared = Shared(
            self,
            name=name,
            region=region,
            url=url,
            cache_name=cache_name,
            limits=limits,
            destinations=topology is not Topology.WORKFLOW,
            protection=protection,
            permissions_boundary=permissions_boundary,
            iam_settle_seconds=iam_settle_seconds,
        )
        Aspects.of(Construct(self, "advice")).add(_Advice(self.shared))

    def add(
        self,
        id_: str,
        *,
        source: StreamSource,
        mapping: ItemMapping | Sequence[ItemMapping],
        name: str | None = None,
        largest_item: int | None = None,
        trimmed: bool = False,
        batching: Batching | None = None,
        retry_policy: RetryPolicy | None = None,
        log_level: str = "INFO",
    ) -> MomentoPipeline:
        """Return a new pipeline. Its default name is this construct's name and the id.

        `source` is a `Table`, or an `ExistingTable` with the ARN of another table's stream.
        `largest_item` is the size of the table's largest item in bytes, if it is less than
        DynamoDB's 400 KB. With `trimmed`, a workflow gets only the attributes that it reads. Give
        `batching` instead of both to set the number of records as well.

        Raises:
            StackError: another pipeline has this name.
            PipelineError: the source or the mapping has another type, or the mapping would fail on
                this source's stream.

        """
        pipeline = MomentoPipeline(
            self,
            id_,
            name=name or f"{self._name}-{id_}",
            account=self.shared.account,
            source=source,
            endpoint=self.shared.endpoint,
            mapping=mapping,
            topology=self._topology,
            retry_policy=retry_policy,
            batching=batching or Batching(largest_item=largest_item, trimmed=trimmed),
            log_level=log_level,
            iam_settle_seconds=self.shared.settle_seconds,
            protection=self.shared.protection,
        )
        self.shared.register(pipeline, self.node.path.partition("/")[0])
        return pipeline


@jsii.implements(IAspect)
class _Advice:
    """Adds the warnings about all pipelines at synth, when all of them exist."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def visit(self, node: IConstruct) -> None:
        """Add the warnings to a construct."""
        for warning in self._shared.warnings():
            advise(node, warning)
