"""The costs of a run: money, time and rights. They are shown before the run starts."""

from typing import Final

QUICK: Final = """\
This deploys two state machines with what they need (roles, queues, a connection with the API key),
asks TestEventPattern and TestState about a thousand questions, sends about a hundred requests to
Momento, and destroys everything. It takes about five minutes and less than 1 US cent."""
WHOLE: Final = """\
This deploys a throwaway stack (6 tables, 10 pipes, 2 event buses, 2 state machines; about 80
resources), asks TestEventPattern and TestState about a thousand questions, makes about 450 writes,
compares what came of them, and destroys everything. It takes about ten minutes and less than
10 US cents: 4,000 write units, 3,000 requests of pipes, rules and workflows, and at Momento about
2,000 operations. The entries in the cache end by themselves within a day, most within an hour."""
RIGHTS: Final = """\
It needs the rights of a deploy, for names that begin with {prefix}, and
  events:TestEventPattern
  states:TestState, ListStateMachines, DescribeStateMachine, iam:PassRole for their roles
  dynamodb:DescribeTable, PutItem, DeleteItem, DescribeStream, GetShardIterator, GetRecords
  sqs:GetQueueUrl, GetQueueAttributes, ReceiveMessage
and a key of Momento that may write to the cache {cache} and its topics, and one that
may read them (MOMENTO_API_KEY, MOMENTO_READ_API_KEY)."""


def text(*, quick: bool, prefix: str, cache: str) -> str:
    """Return what a run takes, in sentences."""
    return f"{QUICK if quick else WHOLE}\n{RIGHTS.format(prefix=prefix, cache=cache)}"
