"""A table that something else deployed: its changes on the topic, and nothing else touched."""

import os

from constructs import Construct

from stacks.errors import StackError
from stacks.tables.existing_table import ExistingTable
from stacks.mapping import Attribute, ItemMapping, KeySchema, TopicMessage
from stacks.settings import Settings
from stacks.stack import MomentoStack

STREAM_ARN = "EXAMPLE_STREAM_ARN"
"""The variable that holds the ARN of the table's stream; a stack of yours may hold it as text."""


class ExistingStack(MomentoStack):
    """Readings of devices, by device and time: every change on the topic, as DynamoDB JSON.

    The table stays its owner's: this stack reads its stream, whose ARN is in the environment.

    Raises:
        StackError: there is no ARN, or it is none of a stream.

    """

    def __init__(self, scope: Construct, id_: str, settings: Settings) -> None:
        super().__init__(scope, id_, settings)
        keys = KeySchema(Attribute("Device"), Attribute("At", "N"))
        readings = ExistingTable(stream_arn=stream_arn(), keys=keys)
        mapping = ItemMapping(topic=TopicMessage(topic=settings.topic_name))
        self.add_pipeline("reading-changes", source=readings, mapping=mapping)


def stream_arn() -> str:
    """Return the ARN in the environment.

    Raises:
        StackError: there is none.

    """
    arn = os.environ.get(STREAM_ARN)
    if not arn:
        raise StackError(
            f"{STREAM_ARN} is not set: the stack reads a table that is there already. Put its"
            " stream's ARN into the environment, which this prints: aws dynamodb describe-table"
            " --table-name NAME --query Table.LatestStreamArn --output text"
        )
    return arn
