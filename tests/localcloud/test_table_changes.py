"""Changes of an existing table by the provider: another view type of its stream, TTL removed.

Sources: DynamoDB's Developer Guide, "Enabling a stream" (a new stream has another descriptor) and
"Using time to live (TTL)"; the provider's resource aws_dynamodb_table, whose block `ttl` is left
alone where the configuration has none.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest

from localcloud import LocalAws
from localcloud.deliveries.delivery import Delivery
from localcloud.momento.service import LocalMomento
from localcloud.runner.runner import Runner
from momento_pipes.mapping import Attribute
from momento_pipes.tables.table import NoLonger, _ttl
from ops.review.losses import losses
from ops.review.plan import Action
from ops.terraform.saved_plan import read_new
from ops.terraform.terraform import Terraform
from tests.conftest import ENDPOINT, KEY
from tests.localcloud.arrivals import until
from tests.localcloud.own_resources import written

pytestmark = pytest.mark.usefixtures("running_provider")

TABLE: dict[str, Any] = {
    "name": "changing",
    "billing_mode": "PAY_PER_REQUEST",
    "hash_key": "Id",
    "attribute": [{"name": "Id", "type": "S"}],
    "stream_enabled": True,
    "stream_view_type": "NEW_AND_OLD_IMAGES",
}
CONNECTION = {
    "name": "changing",
    "authorization_type": "API_KEY",
    "auth_parameters": {"api_key": {"key": "Authorization", "value": KEY}},
}
DESTINATION = {
    "name": "changing",
    "connection_arn": "${aws_cloudwatch_event_connection.one.arn}",
    "http_method": "PUT",
    "invocation_endpoint": f"{ENDPOINT}/cache/one",
}
PIPE = {
    "name": "changing",
    "role_arn": "arn:aws:iam::123456789012:role/changing",
    "source": "${aws_dynamodb_table.one.stream_arn}",
    "source_parameters": {
        "dynamodb_stream_parameters": {"starting_position": "LATEST", "maximum_retry_attempts": 1}
    },
    "target": "${aws_cloudwatch_event_api_destination.one.arn}",
    "target_parameters": {
        "input_template": '{"id":<$.dynamodb.Keys.Id.S>}',
        "http_parameters": {
            "query_string_parameters": {"key": "$.dynamodb.Keys.Id.S", "ttl_seconds": "60"}
        },
    },
}


class Changing:
    """A folder with resources that can be written, applied and planned again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, **resources: Any) -> Terraform:
        """Write the resources, one for each type, and return Terraform in the folder."""
        named = {f"aws_{name}": {"one": one} for name, one in resources.items()}
        return written(self._folder, named)

    def apply(self, **resources: Any) -> None:
        """Apply the resources, and check that a second plan has no changes."""
        terraform = self.write(**resources)
        terraform.quiet("apply", "-auto-approve", "-input=false")
        assert "No changes" in terraform.quiet("plan", "-input=false")


@pytest.fixture
def changing(tmp_path: Path) -> Changing:
    return Changing(tmp_path)


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with closing(boto3.client("dynamodb")) as client:
        yield client


def test_a_change_of_the_view_type_can_be_tried_locally(
    changing: Changing, dynamodb: Any, local_aws: LocalAws
) -> None:
    """Stream and pipe are replaced; the new pipe delivers the records after its creation."""
    rest = {
        "cloudwatch_event_connection": CONNECTION,
        "cloudwatch_event_api_destination": DESTINATION,
        "pipes_pipe": PIPE,
    }
    changing.apply(dynamodb_table=TABLE, **rest)
    old = dynamodb.describe_table(TableName="changing")["Table"]["LatestStreamArn"]
    with closing(boto3.client("pipes")) as pipes:
        created = pipes.describe_pipe(Name="changing")["CreationTime"]
        changing.apply(dynamodb_table=TABLE | {"stream_view_type": "NEW_IMAGE"}, **rest)
        pipe = pipes.describe_pipe(Name="changing")
    new = dynamodb.describe_table(TableName="changing")["Table"]["LatestStreamArn"]
    assert new != old
    assert pipe["Source"] == new
    assert pipe["CreationTime"] > created
    seen: list[Delivery] = []
    with LocalMomento(api_key=KEY, caches=("one",)) as momento:
        runner = Runner(
            endpoint=local_aws.endpoint, redirect=momento.endpoint, on_delivery=seen.append
        )
        with runner:
            runner.wait_until_reading("changing")
            dynamodb.put_item(TableName="changing", Item={"Id": {"S": "after"}})
            until(lambda: len(seen) >= 1)
    assert [(one.outcome, one.keys) for one in seen] == [("delivered", {"Id": {"S": "after"}})]


def test_no_longer_turns_ttl_off_and_a_missing_expires_does_not(
    changing: Changing, dynamodb: Any
) -> None:
    """Without `expires`, Terraform plans nothing and items still expire; the review says so."""

    def expiry() -> Any:
        return dynamodb.describe_time_to_live(TableName="expiring")["TimeToLiveDescription"]

    table = TABLE | {"name": "expiring"}
    ends = Attribute("Ends", "N")
    changing.apply(dynamodb_table=table | {"ttl": _ttl(ends)})
    assert expiry() == {"AttributeName": "Ends", "TimeToLiveStatus": "ENABLED"}

    plan = read_new(changing.write(dynamodb_table=table))
    assert [change.action for change in plan.changes] == [Action.NOTHING]
    assert [one.name for _, _, one in losses(plan)] == ["expiry-left-on"]

    changing.apply(dynamodb_table=table | {"ttl": _ttl(NoLonger(ends))})
    assert expiry()["TimeToLiveStatus"] == "DISABLED"
