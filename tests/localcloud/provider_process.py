"""The AWS provider as a process that several runs of Terraform use.

Terraform starts its provider anew for each command, which takes three seconds of a processor; half
of a test's time. Terraform's own way for tests of providers is to attach to one that runs
(https://developer.hashicorp.com/terraform/plugin/debugging#running-terraform-with-a-provider-in-debug-mode).
"""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "TF_REATTACH_PROVIDERS"


@contextmanager
def provider_process(binary: Path) -> Iterator[str]:
    """Run the provider, and yield the value of the variable by which Terraform finds it.

    It calls the AWS that this process's environment points at.
    """
    with subprocess.Popen(
        [binary, "-debug"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            told = (re.search(rf"{VARIABLE}='(.*)'", line) for line in process.stdout)
            yield next(found[1] for found in told if found)
        finally:
            process.kill()
