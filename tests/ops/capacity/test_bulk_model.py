"""The model of `--estimate` has the counts and the duration of a run whose time is simulated."""

import math
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import pytest

from eventpipes.workflow.map_run import CountedTrail
from momento_pipes.bulk_settings import BulkSettings
from ops.capacity import bulk as model
from ops.capacity.bulk import BulkLoad, RunKind
from tests.each import each
from tests.momento_pipes.bulk.test_warm import bulk

pytestmark = pytest.mark.slow

RATE = 10
REQUEST_SECONDS = 0.0875
"""A page of 40 then takes 3.5 s, so that its wait is as much too long as the average is."""

SECONDS_TOLERANCE = 0.15
"""The share by which the duration of a run may differ, if its requests take as long as assumed."""


def far_from(load: BulkLoad, counted: Mapping[str, int]) -> Mapping[str, tuple[int, int]]:
    """Return the counts of a run that the model is wrong about: what was counted and told.

    The items are not divided evenly among the segments, so a segment may have a page and a call
    more or less. All else is exact.
    """
    transitions = model.transitions_of(counted["children"], counted["calls"])
    near = {"scans": load.segments, "calls": load.segments}
    return {
        name: (counted[name], number)
        for name, number in {**load.counts, "state_transitions": transitions}.items()
        if abs(counted[name] - number) > near.get(name, 0)
    }


@each(
    ("items", "segments", "calls"),
    [(600, 1, 2), (600, 5, 5), (120, 1, 1), (0, 1, 1)],
)
def test_a_run_does_what_the_model_says_and_takes_as_long(
    items: int, segments: int, calls: int
) -> None:
    entered: Counter[bool] = Counter()
    note = CountedTrail.note

    def noted(self: CountedTrail, kind: str, **details: object) -> datetime:
        entered[self._most is not None and kind.endswith("StateEntered")] += 1
        return note(self, kind, **details)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CountedTrail, "note", noted)
        patch.setattr(model, "MOST_SEGMENTS", segments)
        load = BulkLoad(
            kind=RunKind.WARM,
            items=items,
            item_bytes=30,
            settings=BulkSettings(rate=RATE),
            milliseconds=REQUEST_SECONDS * 1_000,
        )
        table = bulk(items, settings=load.settings, seconds=REQUEST_SECONDS - 0.005)
        before = table.time
        assert table.run(load.segments).status == "SUCCEEDED"
        counted = {
            "momento_requests": len(table.calls),
            "children": len(table.results),
            "scans": len(table.scans),
            "calls": len(table.stretches),
            "state_transitions": 2 + len(table.results) + entered[True],
        }
        seconds, told = (table.time - before).total_seconds(), load.seconds
        assert far_from(load, counted) == {}
        assert load.stretches == counted["calls"] == calls
    assert math.isclose(seconds, told, rel_tol=SECONDS_TOLERANCE, abs_tol=1), told
