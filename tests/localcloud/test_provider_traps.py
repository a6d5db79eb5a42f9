"""Problems of the AWS provider that the stacks avoid; a test fails when the provider fixes one."""

from contextlib import closing
from pathlib import Path

import boto3
import pytest

from ops.terraform.terraform import TerraformError
from tests.localcloud.own_resources import written

pytestmark = pytest.mark.usefixtures("running_provider")

ARN = "arn:aws:{}:us-east-1:123456789012:{}"
STREAM = {"starting_position": "LATEST", "maximum_retry_attempts": 0}
PIPE = {
    "name": "trapped",
    "role_arn": "arn:aws:iam::123456789012:role/trapped",
    "source": ARN.format("dynamodb", "table/trapped/stream/2026-01-01T00:00:00.000"),
    "source_parameters": {"dynamodb_stream_parameters": STREAM},
    "target": ARN.format("events", "api-destination/trapped/1"),
}


def test_the_provider_takes_one_path_parameter(tmp_path: Path) -> None:
    """That is why the topic destination's endpoint holds the cache."""
    values = {"path_parameter_values": ["momento-eventbridge-cache", "momento-eventbridge-topic"]}
    pipe = PIPE | {"target_parameters": {"http_parameters": values}}
    terraform = written(tmp_path, {"aws_pipes_pipe": {"trapped": pipe}})
    with pytest.raises(TerraformError, match=r"supports\s+1\s+item\s+maximum"):
        terraform.quiet("validate")


def test_the_provider_drops_zero_retries_when_it_creates_a_pipe(tmp_path: Path) -> None:
    """That is why synth refuses 0: AWS would retry until the record expires."""
    terraform = written(tmp_path, {"aws_pipes_pipe": {"trapped": PIPE}})
    terraform.quiet("apply", "-auto-approve", "-input=false")
    with closing(boto3.client("pipes")) as pipes:
        source = pipes.describe_pipe(Name="trapped")["SourceParameters"]
    assert source["DynamoDBStreamParameters"] == {"StartingPosition": "LATEST"}
