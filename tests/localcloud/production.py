"""The production profile of the weather stack on the local AWS, protected from destroy.

`production.json` holds the calls that read it back, and each property that the profile asks for;
`{"same as": ...}` names another property that it must equal.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from momento_pipes.watch import package
from ops.review import Review, review
from ops.terraform.saved_plan import read_new
from ops.terraform.terraform import Terraform, TerraformError
from tests.localcloud.test_deployment import drift, prepared, read_back

_CASES = json.loads(Path(__file__).with_name("production.json").read_text(encoding="utf-8"))
ASKED: Mapping[str, Any] = {
    **_CASES["asked"],
    "watch.Configuration.CodeSha256": package.content_hash(),
}


@dataclass(frozen=True, kw_only=True)
class Production:
    """What AWS holds after an apply, the changes of a second plan, and the output of a destroy.

    `back_to_demo` is the review of a change to the demonstration's profile.
    """

    held: Mapping[str, Any]
    outputs: Mapping[str, Any]
    drift: str
    refused: str
    back_to_demo: Review


def look(terraform: Terraform) -> Production:
    """Look at what was applied, plan again, and try to destroy it."""
    with pytest.raises(TerraformError) as refused:
        terraform.quiet("destroy", "-auto-approve", "-input=false", "-refresh=false")
    return Production(
        held=read_back(_CASES["calls"]),
        outputs=terraform.json("output"),
        drift=drift(terraform),
        refused=str(refused.value),
        back_to_demo=review(read_new(prepared({"PROFILE": "demo"})[1])),
    )


def is_protected() -> bool:
    """Say whether the table is protected from being deleted."""
    table = read_back({"table": _CASES["calls"]["table"]})["table"]
    return bool(table["DeletionProtectionEnabled"])


def left(production: Production) -> dict[str, Any]:
    """Return the tables and the alarms that are there, and the state of the profile's key."""
    key = {"KeyId": production.held["key"]["Arn"]}
    return read_back(
        {
            "tables": ["dynamodb", "list_tables", {}, "TableNames"],
            "alarms": ["cloudwatch", "describe_alarms", {}, "MetricAlarms"],
            "key": ["kms", "describe_key", key, "KeyMetadata.KeyState"],
        }
    )
