"""The page's port: the same at each start, and what is said if it is taken."""

import pytest

from console.errors import ConsoleError
from console.serve import listening
from tests.each import each


def test_a_port_that_is_taken_says_what_to_do() -> None:
    with listening(0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ConsoleError) as taken, listening(port):
            pass
    assert str(taken.value).startswith(f"port {port} of 127.0.0.1 is taken")
    assert f"--page-port {port + 1}" in str(taken.value)


def test_a_port_is_free_again_at_once() -> None:
    with listening(0) as first:
        port = first.getsockname()[1]
    with listening(port) as second:
        assert second.getsockname() == ("127.0.0.1", port)


@each(port=[-1, 65_536])
def test_what_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(ConsoleError, match="0 to 65535"), listening(port):
        pass
