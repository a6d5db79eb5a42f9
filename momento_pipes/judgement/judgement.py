"""The check of a synthesized stack, before Terraform runs.

It reads the synthesized JSON, so it checks all constructs and overrides.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventpipes.document import Document
from momento_pipes.errors import StackError
from momento_pipes.judgement import behaviour, service_models
from momento_pipes.judgement.findings import Findings
from momento_pipes.limits import quotas
from momento_pipes.momento.limits import MAX_TTL_SECONDS

COMMAND_LINE = "CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS"
"""The variable that the cdktf command line sets. It prints the annotations itself."""


class JudgementError(StackError):
    """AWS would refuse the synthesized stack. The message has a line for each error."""


def judge(outdir: str, stack: str, *, max_ttl_seconds: int = MAX_TTL_SECONDS) -> list[str]:
    """Return the warnings of a stack that was synthesized into a folder, without repetition.

    `max_ttl_seconds` is how long the account's caches at Momento keep an item. Under the cdktf
    command line, the constructs' warnings are not included, because it prints them itself.

    Raises:
        JudgementError: AWS would refuse the stack. Its file is deleted, so that nobody deploys it.

    """
    manifest = json.loads(Path(outdir, "manifest.json").read_text(encoding="utf-8"))
    entry = manifest["stacks"][stack]
    annotations = [] if os.environ.get(COMMAND_LINE) else entry["annotations"]
    warnings = [note["message"] for note in annotations if note["level"].endswith("/warn")]
    file = Path(outdir, entry["synthesizedStackPath"])
    if file.suffix != ".json":  # cdktf synth --hcl
        return [*warnings, f"{file} is not JSON, so it was not checked"]
    findings = check(file.read_text(encoding="utf-8"), max_ttl_seconds=max_ttl_seconds)
    if findings.errors:
        file.unlink()
        raise JudgementError("\n".join(findings.errors))
    return list(dict.fromkeys([*warnings, *findings.warnings]))


def check(document: Mapping[str, Any] | str, *, max_ttl_seconds: int = MAX_TTL_SECONDS) -> Findings:
    """Return the errors and warnings of a synthesized stack.

    `document` is the JSON of one stack, as `Testing.synth` returns it, or the parsed JSON.

    >>> check('{"resource": {}}')
    Findings(errors=[], warnings=[])
    """
    try:
        parsed = json.loads(document) if isinstance(document, str) else document
    except ValueError as error:
        return Findings(errors=[f"the synthesized file is not JSON: {error}"])
    read = Document(parsed)
    findings = Findings(errors=read.troubles)
    whole = {"resource": read.resources, "provider": {"aws": [{"region": read.region}]}}
    findings.add(behaviour.check(whole, max_ttl_seconds=max_ttl_seconds))
    findings.add(service_models.check(read.resources))
    findings.add(quotas.check(whole))
    return findings
