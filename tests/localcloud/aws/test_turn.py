"""Requests at the same time do not disturb each other in moto."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any

import pytest
from botocore.config import Config

from localcloud.aws.aws import LocalAws
from localcloud.runner.clients import local_session

pytestmark = pytest.mark.slow

THREADS = 8
ROLES = 160
MESSAGES = 200
ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def client() -> Iterator[Callable[[str], Any]]:
    """Return clients that send each request once, of a server whose threads change often."""
    with LocalAws(module="tests.localcloud.aws.hasty_server") as aws, ExitStack() as stack:

        def create(service: str) -> Any:
            session: Any = local_session("us-east-1")
            made = session.client(service, endpoint_url=aws.endpoint, config=ONCE)
            return stack.enter_context(closing(made))

        yield create


def test_roles_that_are_created_at_once_are_all_answered(client: Callable[[str], Any]) -> None:
    """`CreateRole` failed with "already exists": its first try got a 500 after the creation."""
    clients = [client("iam") for _ in range(THREADS)]

    def create(number: int) -> str:
        iam, name = clients[number % THREADS], f"role-{number}"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
        return str(iam.get_role(RoleName=name)["Role"]["RoleName"])

    with ThreadPoolExecutor(THREADS) as pool:
        assert len(set(pool.map(create, range(ROLES)))) == ROLES


def test_no_message_is_lost_or_received_twice(client: Callable[[str], Any]) -> None:
    clients = [client("sqs") for _ in range(THREADS)]
    url = clients[0].create_queue(QueueName="letters")["QueueUrl"]

    def send(thread: int) -> None:
        for number in range(thread, MESSAGES, THREADS):
            clients[thread].send_message(QueueUrl=url, MessageBody=str(number))

    def settle(thread: int) -> list[str]:
        """Receive and delete until the queue is empty; return the received messages."""
        taken = []
        while (
            messages := clients[thread]
            .receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=3600)
            .get("Messages")
        ):
            for message in messages:
                taken.append(message["Body"])
                clients[thread].delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(send, range(THREADS)))
        taken = [body for bodies in pool.map(settle, range(THREADS)) for body in bodies]
    assert sorted(taken, key=int) == [str(number) for number in range(MESSAGES)]
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = clients[0].get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
    assert set(left.values()) == {"0"}


def test_a_long_poll_leaves_others_their_turn_and_ends_with_the_message(
    client: Callable[[str], Any],
) -> None:
    poller, other = client("sqs"), client("sqs")
    url = other.create_queue(QueueName="waited-for")["QueueUrl"]
    begin = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(poller.receive_message, QueueUrl=url, WaitTimeSeconds=20)
        other.send_message(QueueUrl=url, MessageBody="here")
        assert [message["Body"] for message in poll.result()["Messages"]] == ["here"]
    assert time.monotonic() - begin < 20, "the poll waited for its whole time"
