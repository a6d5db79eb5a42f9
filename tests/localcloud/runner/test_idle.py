"""How often idle readers of the runner poll their streams."""

from typing import Any

import pytest

from localcloud.runner.runner import FEW, IDLE_SECONDS, Runner


@pytest.mark.parametrize(("pipes", "times"), [(0, 1), (3, 1), (FEW, 1), (15 * FEW, 15)])
def test_with_more_pipes_each_reader_polls_less_often(pipes: int, times: int) -> None:
    """The number of all polls does not grow with the number of pipes."""
    runner = Runner(endpoint="http://127.0.0.1:1")
    running: Any = dict.fromkeys(range(pipes))
    runner._running = running  # noqa: SLF001 - nothing has to run for it
    assert runner.idle_seconds == pytest.approx(times * IDLE_SECONDS)
