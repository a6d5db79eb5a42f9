"""The stacks that the setting STACK chooses from."""

import pytest
from cdktf import TerraformStack

from momento_pipes.errors import StackError
from stacks.catalogue import STACKS, find
from tests.each import each


@each(name=STACKS)
def test_every_name_has_a_stack(name: str) -> None:
    found = find(name)
    assert isinstance(found, type)
    assert issubclass(found, TerraformStack)


def test_unknown_name_is_refused_with_the_known_names() -> None:
    with pytest.raises(
        StackError, match=r"no stack 'wether'; there are state, weather.*lists them"
    ):
        find("wether")
