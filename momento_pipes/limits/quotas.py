"""AWS's limits, checked at synth, so that Terraform never gets a stack over a limit.

The check reads the synthesized JSON. So it checks every construct, without a call to node.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from momento_pipes.judgement.findings import Findings
from momento_pipes.limits import bucket_names, limits
from momento_pipes.limits.limits import Limit
from momento_pipes.limits.policy_size import policy_length

if TYPE_CHECKING:
    from constructs import IConstruct

SHOWN = 40
"""The most characters of a value that a message shows."""


@dataclass(frozen=True)
class _Measured:
    where: str
    number: int
    limit: Limit


def advise(scope: "IConstruct", text: str) -> None:
    """Add a warning, which synth prints, about something that is allowed but not advised."""
    from cdktf import Annotations  # the check works without cdktf

    Annotations.of(scope).add_warning(text)


def check(document: Mapping[str, Any]) -> Findings:
    """Compare a synthesized document with AWS's limits.

    It counts the resources in the document, not those that the account already has.
    """
    findings = Findings()
    for measured in _measure(document):
        limit, number = measured.limit, measured.number
        if number < limit.least or (limit.most is not None and number > limit.most):
            findings.errors.append(_refuse(measured))
        elif limit.default is not None and number > limit.default:
            findings.warnings.append(_warn(measured))
    findings.errors.extend(bucket_names.refused(document.get("resource", {})))
    return findings


def _measure(document: Mapping[str, Any]) -> Iterator[_Measured]:
    resources: Mapping[str, Any] = document.get("resource", {})
    yield from _lengths(resources)
    for type_, limit in limits.COUNTS.items():
        yield _Measured("this stack", len(resources.get(type_, {})), limit)
    yield from _groups(resources)
    yield from _policies(resources, document)


def _lengths(resources: Mapping[str, Any]) -> Iterator[_Measured]:
    for (type_, argument), limit in limits.LENGTHS.items():
        for id_, body in resources.get(type_, {}).items():
            value = body.get(argument)
            if type_ == "aws_s3_bucket":
                value = bucket_names.known(value)
            if (
                isinstance(value, str) and "${" not in value
            ):  # otherwise the value is known only after the deployment
                shown = value if len(value) <= SHOWN else f"{value[:SHOWN]}..."
                yield _Measured(f"{type_}.{id_}: {argument} {shown!r}", len(value), limit)


def _groups(resources: Mapping[str, Any]) -> Iterator[_Measured]:
    """Yield the counts of rules in each bus, targets of each rule, widgets of each dashboard."""
    rules: dict[str, int] = defaultdict(int)
    for body in resources.get("aws_cloudwatch_event_rule", {}).values():
        rules[str(body.get("event_bus_name", "default"))] += 1
    targets: dict[str, int] = defaultdict(int)
    for body in resources.get("aws_cloudwatch_event_target", {}).values():
        targets[str(body.get("rule", ""))] += 1
    for group, limit in ((rules, limits.RULES_OF_A_BUS), (targets, limits.TARGETS_OF_A_RULE)):
        for reference, number in group.items():
            yield _Measured(_address(reference), number, limit)
    for id_, body in resources.get("aws_cloudwatch_dashboard", {}).items():
        try:
            widgets = json.loads(body["dashboard_body"])["widgets"]
        except (KeyError, TypeError, ValueError):  # it is missing, or a Terraform expression
            continue
        if not isinstance(widgets, list):
            continue
        where = f"aws_cloudwatch_dashboard.{id_}"
        yield _Measured(where, len(widgets), limits.WIDGETS_OF_A_DASHBOARD)


def _policies(resources: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[_Measured]:
    inline: dict[str, int] = defaultdict(int)
    for body in resources.get("aws_iam_role_policy", {}).values():
        inline[str(body.get("role", ""))] += policy_length(body.get("policy", ""), document) or 0
    for role, number in inline.items():
        yield _Measured(_address(role), number, limits.ROLE_POLICIES)
    for type_, argument, limit in (
        ("aws_iam_role", "assume_role_policy", limits.TRUST_POLICY),
        ("aws_kms_key", "policy", limits.KEY_POLICY),
    ):
        for id_, body in resources.get(type_, {}).items():
            length = policy_length(body.get(argument, ""), document)
            if length is not None:
                yield _Measured(f"{type_}.{id_}", length, limit)


def _address(reference: str) -> str:
    """Return the address in a reference to an attribute. Another text is not changed.

    >>> _address("${aws_cloudwatch_event_bus.bus.name}")
    'aws_cloudwatch_event_bus.bus'
    """
    if not reference.startswith("${"):
        return reference
    return reference.removeprefix("${").removesuffix("}").rpartition(".")[0]


def _refuse(measured: _Measured) -> str:
    limit = measured.limit
    span = f"{limit.least} to {limit.most:,}" if limit.least > 1 else f"at most {limit.most:,}"
    return f"{_count(measured)} may have {span} ({limit.page}): {limit.fix}"


def _warn(measured: _Measured) -> str:
    limit = measured.limit
    return (
        f"{_count(measured)} may have {limit.default:,} by default ({limit.page}): ask AWS for"
        f" more in Service Quotas before you deploy, or {limit.fix}"
    )


def _count(measured: _Measured) -> str:
    limit = measured.limit
    return f"{measured.where}: {measured.number:,} {limit.unit}, but {limit.subject}"
