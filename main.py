"""The CDKTF app: it reads the settings and synthesizes the stacks.

`python main.py` synthesizes the stack that the setting STACK names into `cdktf.out`.
`python main.py state` synthesizes the stack of the state bucket; `./help.sh bootstrap` deploys it.
"""

import sys

from momento_pipes import output, quick_start

loading = quick_start.begin()  # it waits for node while the rest is imported

from momento_pipes.errors import StackError
from momento_pipes.judgement import judgement
from stacks import catalogue
from stacks.settings import Settings

loading.join()  # until then, the environment has variables for node


def synthesize(stack: str | None = None) -> None:
    """Synthesize one stack by its name (default: the setting STACK)."""
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
