"""Every public name of the modules for users has a docstring, which the API's pages show."""

import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType

from ops.build import distributions
from tests.each import each

LOCAL = "momento_pipes_local"
"""The name of the local cloud in a wheel."""
MODULES = [module for one in distributions() for module in one.modules]


def public(module: ModuleType) -> Iterator[tuple[str, object]]:
    """Yield the classes and functions of a module for its users, and the classes' methods."""
    names = getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")])
    for name in names:
        value = getattr(module, name)
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        if hasattr(module, "__all__") or value.__module__ == module.__name__:
            yield name, value
            for inner, method in vars(value).items() if inspect.isclass(value) else ():
                if not inner.startswith("_") and (
                    inspect.isfunction(method) or isinstance(method, property)
                ):
                    yield f"{name}.{inner}", method


def undocumented(module: ModuleType) -> list[str]:
    """Return the public names without a docstring; a dataclass has one that Python made."""
    return [
        name
        for name, value in public(module)
        if not (text := value.__doc__) or text.startswith(f"{name}(")
    ]


@each(name=MODULES)
def test_every_public_name_has_a_docstring(name: str) -> None:
    module = importlib.import_module(name.replace(LOCAL, "localcloud"))
    assert module.__doc__
    assert undocumented(module) == []


def test_missing_docstring_is_found() -> None:
    module = ModuleType("shop")
    exec("class A:\n  'text'\n  def b(self): ...\n  def _c(self): ...", vars(module))  # noqa: S102 - our own text
    assert undocumented(module) == ["A.b"]


def test_the_modules_for_users_are_sorted() -> None:
    for one in distributions():
        assert list(one.modules) == sorted(one.modules)
