"""How long the sender waits between attempts."""

from localcloud.deliveries.sender import Timing


def test_the_wait_doubles_up_to_the_longest_unless_retry_after_is_longer() -> None:
    timing = Timing()
    waits = [timing.wait_after(attempts) for attempts in range(1, 9)]
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert timing.wait_after(10_000) == 30
    assert timing.wait_after(1, asked=300.0) == 300
    assert timing.wait_after(3, asked=1.0) == 2
