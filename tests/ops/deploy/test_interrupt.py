"""Ctrl-C during a deploy: Terraform stops by itself, writes its state and gives the lock back."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

import boto3
import pytest

from tests.conftest import KEY, House

STATE = "weather-stats-demo/terraform.tfstate"


@dataclass(frozen=True, kw_only=True)
class Interrupted:
    """What an interrupted deploy printed and left in the state bucket."""

    code: int
    said: str
    left: list[str]
    created: set[str]


def is_the_moment(said: Sequence[str]) -> bool:
    """Say whether table and role are there, and the queue is waited for."""
    log = "".join(said)
    return all(
        re.search(rf"^{what}", log, re.MULTILINE)
        for what in (
            r"aws_dynamodb_table\.\S+: Creation complete",
            r"aws_iam_role\.\S+: Creation complete",
            r"aws_sqs_queue\.\S+: Still creating",
        )
    )


@pytest.fixture(scope="module")
def interrupted(house: House, state_bucket: str) -> Interrupted:
    """Press Ctrl-C while the queue takes its 25 seconds; everything on the terminal gets it."""
    with subprocess.Popen(
        ["./help.sh", "deploy", "--auto-approve"],
        cwd=house.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if is_the_moment(said):
                os.killpg(process.pid, signal.SIGINT)
                break
        rest, _ = process.communicate(timeout=300)
    with closing(boto3.client("s3")) as s3:
        left = [each["Key"] for each in s3.list_objects_v2(Bucket=state_bucket)["Contents"]]
        with closing(s3.get_object(Bucket=state_bucket, Key=STATE)["Body"]) as body:
            resources = json.load(body)["resources"]
    return Interrupted(
        code=process.returncode,
        said="".join(said) + rest,
        left=left,
        created={resource["type"] for resource in resources if resource["instances"]},
    )


def test_no_lock_is_left(interrupted: Interrupted) -> None:
    assert interrupted.left == [STATE]


def test_what_was_created_is_in_the_state(interrupted: Interrupted) -> None:
    assert {"aws_dynamodb_table", "aws_iam_role", "aws_sqs_queue"} <= interrupted.created


def test_terraforms_own_message_is_printed(interrupted: Interrupted) -> None:
    assert interrupted.code == 1
    assert "Interrupt received." in interrupted.said
    assert "Traceback" not in interrupted.said
    assert KEY not in interrupted.said
