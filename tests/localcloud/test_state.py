"""`./help.sh bootstrap` on the local AWS: the state bucket, with its own state inside.

The provider watches a new lifecycle rule for most of a minute, so a bucket that is not there yet
and a bare one, which an interrupted run left, are bootstrapped side by side.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import boto3
import jmespath  # type: ignore[import-untyped]
import pytest

from ops.terraform.terraform import Terraform, TerraformError, environment, synthesize
from stacks.settings import Settings
from tests.conftest import BUCKET, House

pytestmark = pytest.mark.usefixtures("running_provider")

KEY = "state-bucket/terraform.tfstate"
BOOTSTRAP = ("bootstrap", "--auto-approve")
ASKED: dict[str, tuple[str, str, Any]] = {
    "versioned": ("get_bucket_versioning", "Status", "Enabled"),
    "encrypted": (
        "get_bucket_encryption",
        "ServerSideEncryptionConfiguration.Rules[].ApplyServerSideEncryptionByDefault.SSEAlgorithm",
        ["AES256"],
    ),
    "private": (
        "get_public_access_block",
        "PublicAccessBlockConfiguration",
        {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
    ),
    "TLS only": (
        "get_bucket_policy",
        "Policy",
        [
            {
                "Sid": "DenyWithoutTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    ),
    "old versions expire": (
        "get_bucket_lifecycle_configuration",
        "Rules[].[ID, Status, Filter, Expiration, NoncurrentVersionExpiration]",
        [
            ["expire-old-versions", "Enabled", {"Prefix": ""}, None, {"NoncurrentDays": 90}],
            ["expire-plans", "Enabled", {"Prefix": "plans/"}, {"Days": 7}, {"NoncurrentDays": 1}],
        ],
    ),
    "its own state is inside": ("list_objects_v2", "Contents[].Key", [KEY]),
}
BUCKETS = {"fresh": BUCKET, "interrupted": "weather-stats-demo-interrupted"}


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a bootstrap printed, and the bucket after it."""

    done: subprocess.CompletedProcess[str]
    bucket: Mapping[str, Any]
    state: Mapping[str, Any]


def look(name: str, done: subprocess.CompletedProcess[str]) -> Run:
    """Return what a bootstrap printed, the bucket's properties, and the state in it."""
    assert done.returncode == 0, done.stderr
    with closing(boto3.client("s3")) as s3:
        bucket = {
            asked: jmespath.search(path, getattr(s3, operation)(Bucket=name))
            for asked, (operation, path, _) in ASKED.items()
        }
        bucket["TLS only"] = json.loads(bucket["TLS only"])["Statement"]
        with closing(s3.get_object(Bucket=name, Key=KEY)["Body"]) as body:
            return Run(done=done, bucket=bucket, state=json.load(body))


@pytest.fixture(scope="module")
def runs(house: House) -> dict[str, Run]:
    """Bootstrap a new bucket twice, and a bare bucket once."""
    bare = BUCKETS["interrupted"]
    with closing(boto3.client("s3")) as s3:
        s3.create_bucket(Bucket=bare)
    env = dict(os.environ)
    with ThreadPoolExecutor(1) as thread:
        fresh = thread.submit(house.run, "./help.sh", *BOOTSTRAP, env=env)
        interrupted = house.command(*BOOTSTRAP, env=env | {"STATE_BUCKET": bare})
    return {
        "fresh": look(BUCKET, fresh.result()),
        "interrupted": look(bare, interrupted),
        "second": look(BUCKET, house.command(*BOOTSTRAP)),
    }


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("run", BUCKETS)
def test_the_bucket_has_this_property(runs: Mapping[str, Run], run: str, name: str) -> None:
    """One of the runs follows a run that was interrupted before the bucket had its state."""
    asked = json.loads(json.dumps(ASKED[name][2]).replace(BUCKET, BUCKETS[run]))
    assert runs[run].bucket[name] == asked


@pytest.mark.parametrize(
    ("run", "verb"), [("fresh", "was created"), ("interrupted", "was taken in")]
)
def test_bootstrap_prints_what_it_did(runs: Mapping[str, Run], run: str, verb: str) -> None:
    said = " ".join(runs[run].done.stdout.split())
    assert said.endswith(f"the state bucket {BUCKETS[run]} {verb}, with its own state inside")


def test_a_bucket_without_a_state_is_imported(runs: Mapping[str, Run]) -> None:
    assert "1 imported" in runs["interrupted"].done.stdout
    assert "imported" not in runs["fresh"].done.stdout


def test_a_second_run_changes_nothing(runs: Mapping[str, Run]) -> None:
    first, second = runs["fresh"], runs["second"]
    assert "No changes." in second.done.stdout
    assert second.bucket == first.bucket
    assert second.state["lineage"] == first.state["lineage"]
    assert f"the state bucket {BUCKET} is as it should be" in second.done.stdout


@pytest.mark.usefixtures("runs")
def test_the_bucket_is_protected_from_destroy() -> None:
    env = environment(Settings.load())
    terraform = Terraform(synthesize("state", env), env)
    terraform.init()
    with pytest.raises(TerraformError, match=r"prevent_destroy") as refused:
        terraform.quiet("destroy", "-auto-approve", "-input=false")
    assert "the resource is protected from destroy on purpose" in str(refused.value)
    with closing(boto3.client("s3")) as s3:
        s3.head_bucket(Bucket=BUCKET)


@pytest.mark.usefixtures("runs")
def test_a_bucket_of_another_account_is_not_touched(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bucket names are global, so another account may have this bucket."""
    with closing(boto3.client("sts")) as sts:
        role = "arn:aws:iam::111122223333:role/somebody-else"
        credentials = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it has this account's credentials
    done = house.command(
        *BOOTSTRAP,
        env=dict(os.environ)
        | {
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials["SessionToken"],
        },
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"error: the bucket {BUCKET} belongs to another account or is not yours to use"
        " (HTTP 403); bucket names are global: set STATE_BUCKET in .env to a name of your own\n"
    )
