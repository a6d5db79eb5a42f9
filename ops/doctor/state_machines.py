"""Checks of state machines: active, as the stack declares them, and writing their logs."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ops.doctor.aws import Client
from ops.doctor.check import Check, failure, ok
from ops.doctor.declared import Declared
from ops.doctor.existence import Existence

REFERENCE = re.compile(r"(?<!\$)\$\{[^{}]*\}")
"""The expressions that Terraform replaces in a text; `$$` is an escaped dollar."""


def examine(client: Client, declared: Declared, existence: Existence) -> Iterator[Check]:
    """Yield the problems of state machines, or that they are active."""
    machines = declared.by_name("aws_sfn_state_machine")
    if not machines:
        return
    me = client("sts").get_caller_identity()
    states = client("stepfunctions")
    home = f"arn:{me['Arn'].split(':')[1]}:states:{states.meta.region_name}:{me['Account']}"
    active = []
    for name, machine in machines.items():
        answer = existence.look(
            "state machine",
            name,
            states.describe_state_machine,
            stateMachineArn=f"{home}:stateMachine:{name}",
        )
        if answer is None:
            continue
        problems = list(_problems(machine, answer))
        if problems:
            yield failure("workflows", f"{name} {'; '.join(problems)}: run ./help.sh deploy")
        else:
            active.append(name)
    if active:
        yield ok("workflows", f"{len(active)} active")


def _problems(declared: Mapping[str, Any], deployed: Mapping[str, Any]) -> Iterator[str]:
    status = deployed.get("status", "ACTIVE")
    if status != "ACTIVE":
        yield f"is {status}, so its pipe cannot run it"
    if deployed.get("type") != declared.get("type"):
        yield f"is {deployed.get('type')}, and the stack's is {declared.get('type')}"
    if not _is_as_declared(deployed["definition"], declared["definition"]):
        yield "was changed by hand, so it may send other requests"
    logging = declared.get("logging_configuration", {})
    level = deployed.get("loggingConfiguration", {}).get("level", "OFF")
    if level != logging.get("level", "OFF"):
        yield f"logs {level}, and the stack's logs {logging.get('level', 'OFF')}"


def _is_as_declared(deployed: str, declared: str) -> bool:
    """Return whether a definition is the declared one. Terraform's references match any text."""
    try:
        actual, expected = (json.dumps(json.loads(text)) for text in (deployed, declared))
    except ValueError:
        return False
    parts = [part.replace("$${", "${").replace("%%{", "%{") for part in REFERENCE.split(expected)]
    return re.fullmatch(".*".join(map(re.escape, parts)), actual, re.DOTALL) is not None
