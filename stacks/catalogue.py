"""The stacks by name. The setting STACK chooses one. Add your own stack here."""

from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Final

from momento_pipes.errors import StackError

if TYPE_CHECKING:
    from cdktf import TerraformStack
    from constructs import Construct

    from stacks.settings import Settings

    StackClass = Callable[[Construct, str, Settings], TerraformStack]

STACKS: Final[Mapping[str, str]] = {
    "state": "stacks.state:StateStack",
    "weather": "stacks.weather:WeatherStack",
    "orders": "stacks.examples.orders:OrdersStack",
    "sessions": "stacks.examples.sessions:SessionsStack",
    "existing": "stacks.examples.existing:ExistingStack",
    "thirty": "stacks.examples.thirty:ThirtyStack",
    "conformance": "stacks.conformance:ConformanceStack",
}
"""The module and class of each stack. Only `find` imports them and cdktf."""


def find(name: str) -> "StackClass":
    """Return a stack's class.

    Raises:
        StackError: there is no stack with this name.

    """
    if name not in STACKS:
        known = ", ".join(STACKS)
        raise StackError(
            f"there is no stack {name!r}; there are {known} (stacks/catalogue.py lists them)"
        )
    import momento_pipes.bindings  # noqa: F401 - before cdktf, which would start node another way

    stack_class: StackClass = resolve_name(STACKS[name])
    return stack_class
