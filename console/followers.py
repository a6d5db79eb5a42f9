"""What is only asked for while a page looks: the items, the letters, the health."""

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from live.health import Health, PartState

BEAT_SECONDS: Final = 0.5
HEALTH_SECONDS: Final = 2.0
Follow = Callable[[threading.Event], None]
"""Follows something until the event is set."""
Keep = Callable[[str, threading.Event, Callable[[], None]], None]
"""Follows until the end, tells each problem, and goes on."""
OnChange = Callable[[str, PartState], None]


def in_background(about: str, follow: Callable[..., None], *given: object) -> None:
    """Call a function with what is given, in a thread that ends with the process."""
    name = f"_follow_{about}"
    threading.Thread(target=follow, args=given, daemon=True, name=name).start()


class Followers:
    """Runs each of `follows` in a thread of its own, and asks for the health, until `stop`.

    `health` makes what asks the parts. `tell` gets their state, on each change and every
    `HEALTH_SECONDS`. `beat` is called every `BEAT_SECONDS`. `wake` ends the waits of the threads.
    """

    def __init__(
        self,
        follows: Mapping[str, Follow],
        *,
        health: Callable[[OnChange], Health],
        tell: Callable[[Mapping[str, PartState]], None],
        beat: Callable[[], object],
        keep: Keep,
        wake: Callable[[], None],
    ) -> None:
        self._make_health, self._tell, self._beat, self._wake = health, tell, beat, wake
        self._stop = threading.Event()
        self._health: Health | None = None
        for about, follow in {**follows, "health": self._follow_health}.items():
            in_background(about, keep, about, self._stop, partial(follow, self._stop))

    def stop(self) -> None:
        """End after the work in hand."""
        self._stop.set()
        self._wake()

    @property
    def parts(self) -> Mapping[str, PartState]:
        """The parts as they were last; none before they are asked."""
        return {} if self._health is None else self._health.parts

    def _follow_health(self, stop: threading.Event) -> None:
        self._health = self._make_health(lambda *_: self._tell(self.parts))
        told_at, states = 0.0, list[str]()
        with self._health:
            while not stop.wait(BEAT_SECONDS):
                self._beat()
                parts, before = self.parts, states
                states = [part.state for part in parts.values()]  # one may have become too old
                if states != before or time.monotonic() - told_at >= HEALTH_SECONDS:
                    told_at = time.monotonic()
                    self._tell(parts)
