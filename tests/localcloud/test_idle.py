"""How often the runner's readers look when there is nothing to read."""

from typing import Any

import pytest

from localcloud.runner import FEW, IDLE_SECONDS, Runner


@pytest.mark.parametrize(("pipes", "times"), [(0, 1), (3, 1), (FEW, 1), (15 * FEW, 15)])
def test_the_more_pipes_there_are_the_less_often_each_looks(pipes: int, times: int) -> None:
    """So that what all of them ask for does not grow with their number."""
    runner = Runner(endpoint="http://127.0.0.1:1")
    running: Any = dict.fromkeys(range(pipes))
    runner._running = running  # noqa: SLF001 - nothing has to run for it
    assert runner.idle_seconds == pytest.approx(times * IDLE_SECONDS)
