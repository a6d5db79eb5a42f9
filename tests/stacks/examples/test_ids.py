"""The ids that a stack's tables and pipelines may have, which who copies an example chooses."""

import pytest
from cdktf import App

from stacks.errors import StackError
from stacks.mapping import Attribute, CacheEntry, ItemMapping, KeySchema
from stacks.stack import MomentoStack
from tests.stacks.conftest import read_settings

CARS = KeySchema(Attribute("Plate"))


@pytest.mark.parametrize("taken", ["cars", "momento", "account"])
def test_a_table_and_a_pipeline_take_an_id_that_is_free(taken: str) -> None:
    """Both are parts of one stack, and so is what they share."""
    stack = MomentoStack(App(), "traffic", read_settings(STACK="traffic"))
    table = stack.add_table("cars", keys=CARS)
    mapping = ItemMapping(cache=CacheEntry(key=CARS.partition, ttl=60))
    said = f"the stack traffic has something with the id '{taken}' already; .* '{taken}-changes'"
    with pytest.raises(StackError, match=said):
        stack.add_pipeline(taken, source=table, mapping=mapping)
    with pytest.raises(StackError, match=said):
        stack.add_table(taken, keys=CARS)
