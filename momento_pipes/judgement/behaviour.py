"""A check of the synthesized pipes, rules and destinations.

The engine, which also runs pipes and rules in tests, compiles the synthesized JSON and reports what
EventBridge would refuse. This module adds known problems of the Terraform provider.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from eventpipes import Definition, EventPipesError
from eventpipes.document import Document
from eventpipes.faults import Faults, faults
from eventpipes.momento import MAX_TTL_SECONDS
from eventpipes.synthesized import pipe_readers, rule_readers
from momento_pipes.judgement.findings import Findings
from momento_pipes.judgement.targetless import rules_without_target

_DYNAMODB = re.compile(r"aws_dynamodb_table\.|:dynamodb:.*/stream/")
LEAST_AGE, MOST_AGE = 60, 86_399
"""In seconds. The largest value is below the day for which a stream keeps its records."""
MOST_ATTEMPTS: Final = 10_000


def check(document: Mapping[str, Any], *, max_ttl_seconds: int = MAX_TTL_SECONDS) -> Findings:
    """Return the errors of pipes, rules and destinations that AWS or the provider would refuse.

    `max_ttl_seconds` is how long the account's caches at Momento keep an item.
    """
    findings = Findings()
    for read_pipe in pipe_readers(document):
        try:
            pipe = read_pipe()
        except EventPipesError as error:
            findings.errors.append(str(error))
            continue
        findings.errors.extend((*_missing_parts(pipe), *_provider_problems(pipe)))
        _add(f"pipe {pipe.name}", faults(pipe, max_ttl_seconds=max_ttl_seconds), findings)
    for read_rule in rule_readers(document):
        try:
            rule = read_rule()
        except EventPipesError as error:
            findings.errors.append(str(error))
            continue
        _add(f"rule {rule.name}", faults(rule, max_ttl_seconds=max_ttl_seconds), findings)
    resources = Document(document).resources
    findings.add(rules_without_target(resources))
    for id_, body in resources.get("aws_cloudwatch_event_api_destination", {}).items():
        url = body.get("invocation_endpoint")
        if isinstance(url, str) and not url.startswith(("https://", "${")):
            findings.errors.append(
                f"aws_cloudwatch_event_api_destination.{id_}: invocation_endpoint is {url!r}; an"
                " API destination needs a URL with https"
            )
    return Findings(list(dict.fromkeys(findings.errors)), list(dict.fromkeys(findings.warnings)))


def _add(name: str, faults: Faults, findings: Findings) -> None:
    findings.errors.extend(f"{name}: {error}" for error in faults.errors)
    findings.warnings.extend(f"{name}: {warning}" for warning in faults.warnings)


def _provider_problems(pipe: Definition) -> Iterator[str]:
    """Yield the problems of a pipe that AWS accepts: of the provider, or of its shard."""
    if pipe.unsupported and "stream" in pipe.unsupported:
        return  # the source has no shard
    name, source = f"pipe {pipe.name}", pipe.source
    if len(pipe.path_parameters) > 1:
        yield (
            f"{name}: {len(pipe.path_parameters)} path parameters, but the Terraform provider"
            " allows one (path_parameter_values has MaxItems 1). Write the other parts into the"
            " API destination's endpoint."
        )
    attempts, age = source.maximum_retry_attempts, source.maximum_record_age
    if attempts == 0:
        yield (
            f"{name}: maximum_retry_attempts is 0, which the Terraform provider drops when it"
            " creates the pipe (its issue 33019): AWS then retries until the record expires and"
            " blocks the shard for a day. Use 1 or more, with a record age."
        )
    elif not (1 <= attempts <= MOST_ATTEMPTS or (attempts == -1 and pipe.state_machine)):
        yield (
            f"{name}: maximum_retry_attempts is {attempts}; use 1 to {MOST_ATTEMPTS}. Without a"
            " limit, a record that fails blocks its shard for a day."
        )
    if not LEAST_AGE <= age <= MOST_AGE:
        yield (
            f"{name}: maximum_record_age_in_seconds is {age}; use {LEAST_AGE} to {MOST_AGE},"
            " less than the day for which a stream keeps its records."
        )


def _missing_parts(pipe: Definition) -> Iterator[str]:
    """Yield a sentence for each missing part that AWS or Terraform needs in a pipe."""
    name = f"pipe {pipe.name}"
    if "stream" in (pipe.unsupported or "") and _DYNAMODB.search(pipe.source.arn):
        yield (
            f"{name}: it has no dynamodb_stream_parameters, which a DynamoDB stream"
            " needs: write a starting_position and the limits of its retries"
        )
