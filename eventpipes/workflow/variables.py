"""Assign and Output: the new variables and the output of a state."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from eventpipes.workflow.expression import Scope
from eventpipes.workflow.fields import Fields
from eventpipes.workflow.payload import Payload
from eventpipes.workflow.size import check_size

MAX_NAME: Final = 80


def parse_assign(fields: Fields, members: Sequence[str]) -> Mapping[str, Payload]:
    """Take the field Assign: a value for each variable."""
    if not fields.has("Assign"):
        return {}
    assign = fields.take("Assign")
    if not isinstance(assign, Mapping):
        raise fields.invalid("Assign must be an object")
    for name in assign:
        if not name.isidentifier() or name.startswith("_") or len(name) > MAX_NAME:
            raise fields.invalid(
                f"a variable cannot have the name {name!r}: begin with a letter, and use only"
                f" letters, digits and _, at most {MAX_NAME}"
            )
        if name == "states":
            raise fields.invalid("the variable $states is Step Functions' own")
    return {
        name: Payload(value, f"{fields.inside('Assign')}/{name}", members)
        for name, value in assign.items()
    }


def parse_output(fields: Fields, members: Sequence[str]) -> Payload | None:
    """Take the field Output."""
    return Payload.take_given(fields, "Output", members)


def assigned(assign: Mapping[str, Payload], scope: Scope) -> dict[str, Any]:
    """Return the new values of variables; each expression reads the old ones.

    Raises:
        StateError: an expression fails, or all values together are too long.

    """
    values = {name: payload.evaluate(scope) for name, payload in assign.items()}
    if values:
        check_size(values, "the field Assign")
    return values
