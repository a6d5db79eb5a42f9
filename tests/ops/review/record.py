"""Make the recorded plans anew: `.venv/bin/python -m tests.ops.review.record [GROUP ...]`.

The real provider 5.100.0 plans every stack on the local cloud: before its first deployment, after
it, and after a change of settings or by hand. A group is one deployment; its plans are one file,
`tests/cases/plans/GROUP.json.xz`, an object of what `terraform show -json` printed by name. It
takes a minute or two a group; the local cloud answers, so no account is needed.
"""

import json
import lzma
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Final
from unittest import mock

import boto3

from localcloud import LocalAws
from ops.terraform.terraform import Terraform, environment, synthesize
from stacks.settings import Settings

FOLDER: Final = Path(__file__).resolve().parents[2] / "cases" / "plans"
PREFIX: Final = "weather-stats-demo"
SETTINGS: Final[Mapping[str, str]] = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "MOMENTO_API_ENDPOINT": "https://api.cache.cell-us-east-1-1.prod.a.momentohq.com",
    "MOMENTO_API_KEY": "planted-7d1f0c-key-that-must-not-be-seen",
    "STATE_BUCKET": f"{PREFIX}-terraform-state",
    "TF_VAR_iam_settle_seconds": "0",
}


def _delete_a_pipe() -> None:
    with closing(boto3.client("pipes")) as pipes:
        pipes.delete_pipe(Name=f"{PREFIX}-cache-put-pipe")


def _create_readings() -> None:
    """Create the table that the example `existing` finds by its stream's ARN."""
    with closing(boto3.client("dynamodb")) as dynamodb:
        table = dynamodb.create_table(
            TableName="readings",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "Device", "AttributeType": "S"},
                {"AttributeName": "At", "AttributeType": "N"},
            ],
            KeySchema=[
                {"AttributeName": "Device", "KeyType": "HASH"},
                {"AttributeName": "At", "KeyType": "RANGE"},
            ],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
    os.environ["EXAMPLE_STREAM_ARN"] = table["TableDescription"]["LatestStreamArn"]


@dataclass(frozen=True, kw_only=True)
class Group:
    """One deployment: its settings, and the plans of it after a change, by name.

    A change is of settings, or something that is done by hand, which is done for good: last.
    """

    settings: Mapping[str, str]
    prepare: Callable[[], None] = lambda: None
    changes: Mapping[str, Mapping[str, str] | Callable[[], None]] = field(default_factory=dict)


def groups() -> dict[str, Group]:
    """Return the deployments by name: the weather stack's every kind, and the examples."""
    found = {}
    for profile, topology, alarms in product(
        ("demo", "production"), ("pipes", "bus"), ("false", "true")
    ):
        name = f"weather-{profile}-{topology}" + ("-alarms" if alarms == "true" else "")
        settings = {"PROFILE": profile, "TOPOLOGY": topology, "ALARMS": alarms}
        found[name] = Group(settings=settings, changes=CHANGES.get(name, {}))
    workflow = {"PROFILE": "demo", "TOPOLOGY": "workflow", "ALARMS": "true"}
    found[WORKFLOW] = Group(settings=workflow, changes=CHANGES[WORKFLOW])
    found[BESIDE] = Group(settings={**workflow, "ALSO_TOPOLOGY": "pipes"}, changes=CHANGES[BESIDE])
    for stack in ("orders", "sessions", "existing", "thirty"):
        prepare = _create_readings if stack == "existing" else lambda: None
        for topology in ("pipes", "bus"):
            settings = {"STACK": stack, "TOPOLOGY": topology, "PROFILE": "production"}
            found[f"{stack}-{topology}"] = Group(settings=settings, prepare=prepare)
    return found


WORKFLOW: Final = "weather-demo-workflow-alarms"
BESIDE: Final = "weather-demo-workflow-beside-pipes"
"""A change between the two is half done."""
CHANGES: Final[Mapping[str, Mapping[str, Mapping[str, str] | Callable[[], None]]]] = {
    "weather-demo-pipes": {
        "cache": {"MOMENTO_CACHE_NAME": "another-cache"},
        "topic": {"MOMENTO_TOPIC_NAME": "another-topic"},
        "prefix": {"NAME_PREFIX": "another", "STATE_KEY": f"{PREFIX}/terraform.tfstate"},
        "region": {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"},
        "bus": {"TOPOLOGY": "bus"},
        "pipe deleted by hand": _delete_a_pipe,
    },
    WORKFLOW: {
        "cache": {"MOMENTO_CACHE_NAME": "another-cache"},
        "batches": {"WORKFLOW_BATCH_SIZE": "10", "WORKFLOW_CONCURRENCY": "2"},
        "pipes beside": {"ALSO_TOPOLOGY": "pipes"},
        "pipes": {"TOPOLOGY": "pipes"},
    },
    BESIDE: {
        "workflow": {"ALSO_TOPOLOGY": ""},
        "pipes": {"TOPOLOGY": "pipes", "ALSO_TOPOLOGY": ""},
    },
    "weather-demo-bus": {"pipes": {"TOPOLOGY": "pipes"}},
    "weather-production-pipes-alarms": {
        "no alarms": {"ALARMS": "false"},
        "demo": {"PROFILE": "demo", "ALARMS": "false"},
        "lifted protection": {"ALLOW_DESTROY": "true"},
    },
}


def record(group: Group) -> dict[str, Any]:
    """Return a group's plans by name, in the order in which they were made."""
    plans = {}
    with LocalAws() as aws, tempfile.TemporaryDirectory() as out:
        os.environ.update(aws.environment() | dict(SETTINGS) | {"CDKTF_OUTDIR": out})
        with closing(boto3.client("s3")) as s3:
            s3.create_bucket(Bucket=SETTINGS["STATE_BUCKET"])
        group.prepare()
        plans["first"] = _plan(group.settings, out)
        terraform = _terraform(group.settings)
        terraform.quiet("apply", "-input=false", "-auto-approve")
        plans["second"] = _plan(group.settings, out)
        for name, change in group.changes.items():
            if callable(change):
                change()
                plans[name] = _plan(group.settings, out)
            else:
                plans[name] = _plan({**group.settings, **change}, out)
    return plans


def _terraform(settings: Mapping[str, str]) -> Terraform:
    with mock.patch.dict(os.environ, settings):
        loaded = Settings.load()
        env = environment(loaded)
        terraform = Terraform(synthesize(loaded.stack, env, quiet=True), env)
    terraform.init("-reconfigure")
    return terraform


def _plan(settings: Mapping[str, str], out: str) -> Any:
    file = Path(out) / "plan"
    terraform = _terraform(settings)
    terraform.quiet("plan", "-input=false", f"-out={file}")
    return json.loads(terraform.quiet("show", "-json", str(file)))


def main(names: list[str]) -> None:
    """Record the groups of these names, or all."""
    known = groups()
    for name in names or known:
        text = json.dumps(record(known[name]), separators=(",", ":"), ensure_ascii=False)
        file = FOLDER / f"{name}.json.xz"
        file.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
        print(f"{file.name}: {len(text)} characters, {file.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
