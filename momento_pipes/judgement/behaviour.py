"""A check of the synthesized pipes, rules and destinations.

The engine, which also runs pipes and rules in tests, compiles the synthesized JSON and reports what
EventBridge would refuse. This module adds known problems of the Terraform provider.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from eventpipes import Definition, EventPipesError, RuleDefinition
from eventpipes.document import Document
from eventpipes.faults import faults
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
    readers: list[Callable[[], Definition | RuleDefinition]]
    readers = [*pipe_readers(document), *rule_readers(document)]
    for read in readers:
        try:
            sent = read()
        except EventPipesError as error:
            findings.errors.append(str(error))
            continue
        name = f"rule {sent.name}"
        if isinstance(sent, Definition):
            name = f"pipe {sent.name}"
            findings.errors.extend(f"{name}: {problem}" for problem in _provider_problems(sent))
        found = faults(sent, max_ttl_seconds=max_ttl_seconds)
        findings.errors.extend(f"{name}: {error}" for error in found.errors)
        findings.warnings.extend(f"{name}: {warning}" for warning in found.warnings)
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


def _provider_problems(pipe: Definition) -> Iterator[str]:
    """Yield a missing part, and the problems of a pipe that AWS accepts: of provider or shard."""
    source = pipe.source
    if pipe.unsupported and "stream" in pipe.unsupported:
        if _DYNAMODB.search(source.arn):
            yield (
                "it has no dynamodb_stream_parameters, which a DynamoDB stream needs: write a"
                " starting_position and the limits of its retries"
            )
        return  # the source has no shard
    if len(pipe.path_parameters) > 1:
        yield (
            f"{len(pipe.path_parameters)} path parameters, but the Terraform provider allows one"
            " (path_parameter_values has MaxItems 1). Write the other parts into the API"
            " destination's endpoint."
        )
    attempts, age = source.maximum_retry_attempts, source.maximum_record_age
    if attempts == 0:
        yield (
            "maximum_retry_attempts is 0, which the Terraform provider drops when it creates the"
            " pipe (its issue 33019): AWS then retries until the record expires and blocks the"
            " shard for a day. Use 1 or more, with a record age."
        )
    elif not (1 <= attempts <= MOST_ATTEMPTS or (attempts == -1 and pipe.state_machine)):
        yield (
            f"maximum_retry_attempts is {attempts}; use 1 to {MOST_ATTEMPTS}. Without a limit, a"
            " record that fails blocks its shard for a day."
        )
    if not LEAST_AGE <= age <= MOST_AGE:
        yield (
            f"maximum_record_age_in_seconds is {age}; use {LEAST_AGE} to {MOST_AGE}, less than"
            " the day for which a stream keeps its records."
        )
