"""How long the sender waits between attempts."""

from eventpipes.rate_limit import RateLimit
from localcloud.deliveries.sender import Sender, Timing


def test_the_wait_doubles_up_to_the_longest_unless_retry_after_is_longer() -> None:
    timing = Timing()
    with Sender(limit=RateLimit(1), timing=timing, redirect=None) as sender:
        waits = [sender.wait_after(attempts, asked=0.0) for attempts in range(1, 9)]
        assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30]
        assert sender.wait_after(10_000, asked=0.0) == 30
        assert sender.wait_after(1, asked=300.0) == 300
