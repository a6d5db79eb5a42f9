"""The streams that a stack's pipes read; those of other tables must exist."""

from contextlib import closing
from pathlib import Path

from botocore.exceptions import ClientError

from live.aws import Aws
from ops.shared.errors import OpsError
from ops.shared.record_file import parse, read_text


def expect_streams(stack: str, folder: Path) -> None:
    """Raise unless the stack has pipes, and each stream that the stack does not make exists.

    Raises:
        OpsError: something is missing; the message says what to do.

    """
    path = str(folder / "cdk.tf.json")
    pipes = parse(read_text(path), path).get("resource", {}).get("aws_pipes_pipe", {})
    if not pipes:
        raise OpsError(f"the stack {stack} has no pipes: there is nothing to show of it")
    sources = sorted({str(pipe["source"]) for pipe in pipes.values()})
    for arn in sources:
        if arn.startswith("${"):
            continue
        try:
            with closing(Aws(arn.split(":")[3])) as aws:
                aws.client("dynamodbstreams").describe_stream(StreamArn=arn, Limit=1)
        except ClientError as error:
            raise OpsError(
                f"the stack {stack} reads the stream {arn}, which is not on this local cloud"
                f" ({error.response['Error']['Code']}): the stack does not make its table. Start"
                " one with ./help.sh local, create the table there with its stream, and set the"
                ' stream\'s ARN (docs/own-tables.md, "Try it")'
            ) from None
