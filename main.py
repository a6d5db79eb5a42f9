"""The CDKTF app: settings in, stacks out.

`python main.py` synthesizes the weather stack into `cdktf.out`; `python main.py state` the
stack of the state bucket, which `./help.sh bootstrap` deploys once.
"""

import gc
import sys

gc.disable()  # a short process that keeps what it makes: collecting is a tenth of its time

from stacks.errors import StackError
from stacks.settings import Settings


def synthesize(stack: str) -> None:
    """Synthesize one stack, by name."""
    settings = Settings.load()
    for warning in settings.warnings:
        print(f"warning: {warning}", file=sys.stderr)

    from cdktf import App  # after the settings: a wrong one is told without waiting for jsii

    from stacks import state, weather

    stacks = {"state": state.StateStack, "weather": weather.WeatherStack}
    if stack not in stacks:
        raise StackError(f"there is no stack {stack!r}; there are {' and '.join(stacks)}")
    app = App(context={"targetVersions": {"terraform": ">=1.11.0"}})  # cdktn asks for it
    stacks[stack](app, stack, settings)
    app.synth()


if __name__ == "__main__":
    try:
        synthesize(sys.argv[1] if len(sys.argv) > 1 else "weather")
    except StackError as error:
        sys.exit("\n".join(f"error: {line}" for line in str(error).splitlines()))
    gc.freeze()  # nor is anything collected at the end
