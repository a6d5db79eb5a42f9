"""A table that something else has deployed: its changes are published on a topic."""

import os

from constructs import Construct

from momento_pipes.errors import StackError
from momento_pipes.mapping import Attribute, ItemMapping, KeySchema, TopicMessage
from momento_pipes.tables.existing_table import ExistingTable
from stacks.settings import Settings
from stacks.stack import MomentoStack

STREAM_ARN = "EXAMPLE_STREAM_ARN"
"""The environment variable with the stream's ARN. In your own stack, you may write the ARN."""


class ExistingStack(MomentoStack):
    """Publish every change of devices' readings on the topic, in DynamoDB JSON.

    This stack only reads the table's stream. The stream's ARN is in the environment.

    Raises:
        StackError: there is no ARN, or it is not the ARN of a stream.

    """

    def __init__(self, scope: Construct, id_: str, settings: Settings) -> None:
        super().__init__(scope, id_, settings)
        keys = KeySchema(Attribute("Device"), Attribute("At", "N"))
        readings = ExistingTable(stream_arn=stream_arn(), keys=keys)
        mapping = ItemMapping(topic=TopicMessage(topic=settings.topic_name))
        self.add_pipeline("reading-changes", source=readings, mapping=mapping, largest_item=4_000)


def stream_arn() -> str:
    """Return the ARN in the environment.

    Raises:
        StackError: the environment has no ARN.

    """
    arn = os.environ.get(STREAM_ARN)
    if not arn:
        raise StackError(
            f"{STREAM_ARN} is not set: the stack reads an existing table. Set it to the ARN of the"
            " table's stream; this command prints the ARN: aws dynamodb describe-table"
            " --table-name NAME --query Table.LatestStreamArn --output text"
        )
    return arn
