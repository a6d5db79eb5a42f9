"""The judgement of a synthesized stack, before Terraform is asked.

It reads the JSON that was written, so it sees what any construct and any override declares.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventpipes.document import Document

from stacks.judgement import behaviour

from stacks.limits import quotas

from stacks.judgement import service_models
from stacks.errors import StackError
from stacks.judgement.findings import Findings
from stacks.momento.limits import MAX_TTL_SECONDS

COMMAND_LINE = "CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS"
"""Set by the cdktf command line, which prints the annotations by itself."""


class JudgementError(StackError):
    """AWS would refuse what was synthesized; the message has a line for each thing."""


def judge(outdir: str, stack: str, *, max_ttl_seconds: int = MAX_TTL_SECONDS) -> list[str]:
    """Return the warnings of a stack that was synthesized into a folder, each of them once.

    `max_ttl_seconds` is how long the account's caches at Momento keep an item.
    Under the cdktf command line the constructs' own are left out: it prints those.

    Raises:
        JudgementError: AWS would refuse something; the stack's file is removed, so that nothing
            deploys it.

    """
    manifest = json.loads(Path(outdir, "manifest.json").read_text(encoding="utf-8"))
    entry = manifest["stacks"][stack]
    annotations = [] if os.environ.get(COMMAND_LINE) else entry["annotations"]
    warned = [each["message"] for each in annotations if each["level"].endswith("/warn")]
    file = Path(outdir, entry["synthesizedStackPath"])
    if file.suffix != ".json":  # cdktf synth --hcl
        return [*warned, f"{file} is not JSON, so it was not held against what AWS takes"]
    found = check(file.read_text(encoding="utf-8"), max_ttl_seconds=max_ttl_seconds)
    if found.errors:
        file.unlink()
        raise JudgementError("\n".join(found.errors))
    return list(dict.fromkeys([*warned, *found.warnings]))


def check(document: Mapping[str, Any] | str, *, max_ttl_seconds: int = MAX_TTL_SECONDS) -> Findings:
    """Return what AWS would refuse of a synthesized stack, and what is hardly meant.

    `document` is the JSON of one stack, such as what `Testing.synth` returns, or the same parsed.

    >>> check('{"resource": {}}')
    Findings(errors=[], warnings=[])
    """
    try:
        parsed = json.loads(document) if isinstance(document, str) else document
    except ValueError as error:
        return Findings(errors=[f"what was synthesized is not JSON: {error}"])
    read = Document(parsed)
    found = Findings(errors=read.troubles)
    whole = {"resource": read.resources, "provider": {"aws": [{"region": read.region}]}}
    found.add(behaviour.check(whole, max_ttl_seconds=max_ttl_seconds))
    found.add(service_models.check(read.resources))
    found.add(quotas.check(whole))
    return found
