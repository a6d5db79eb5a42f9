"""The CDKTF app: settings in, stacks out.

`python main.py` synthesizes the stack that the setting STACK names into `cdktf.out`, and
`python main.py state` that of the state bucket, which `./help.sh bootstrap` deploys once.
"""

import gc
import sys

gc.disable()  # a short process that keeps what it makes: collecting is a tenth of its time

from stacks import catalogue, output

from stacks.judgement import judgement
from stacks.errors import StackError
from stacks.settings import Settings


def synthesize(stack: str | None = None) -> None:
    """Synthesize one stack, by name (default: as the settings say)."""
    settings = Settings.load(stack=stack)
    stack_class = catalogue.find(settings.stack)
    for warning in settings.warnings:
        print(f"warning: {warning}", file=sys.stderr)

    with output.written() as app:
        stack_class(app, settings.stack, settings)
    most = settings.max_ttl_seconds
    for warning in judgement.judge(app.outdir, settings.stack, max_ttl_seconds=most):
        print(f"warning: {warning}", file=sys.stderr)


if __name__ == "__main__":
    try:
        synthesize(*sys.argv[1:2])
    except StackError as error:
        sys.exit("\n".join(f"error: {line}" for line in str(error).splitlines()))
    gc.freeze()  # nor is anything collected at the end
