"""The ids of tables and pipelines, which the author of a stack chooses."""

import pytest
from cdktf import App

from momento_pipes.errors import StackError
from momento_pipes.mapping import Attribute, CacheEntry, ItemMapping, KeySchema
from stacks.stack import MomentoStack
from tests.synthesized import read_settings

CARS = KeySchema(Attribute("Plate"))


@pytest.mark.parametrize("taken", ["cars", "momento", "account"])
def test_id_of_another_part_is_refused(taken: str) -> None:
    """Tables, pipelines and the shared parts are all children of the stack."""
    stack = MomentoStack(App(), "traffic", read_settings(STACK="traffic"))
    table = stack.add_table("cars", keys=CARS)
    mapping = ItemMapping(cache=CacheEntry(key=CARS.partition, ttl=60))
    said = f"the stack traffic already has something with the id '{taken}'; .* '{taken}-changes'"
    with pytest.raises(StackError, match=said):
        stack.add_pipeline(taken, source=table, mapping=mapping)
    with pytest.raises(StackError, match=said):
        stack.add_table(taken, keys=CARS)
