"""How an app starts quickly."""

import atexit
import gc
import importlib
from collections.abc import Iterator

import pytest

from momento_pipes import quick_start


@pytest.fixture(autouse=True)
def garbage() -> Iterator[None]:
    """Let Python look for garbage again afterwards, if it did so before."""
    was_enabled = gc.isenabled()
    yield
    atexit.unregister(gc.freeze)
    if was_enabled:
        gc.enable()


def test_the_bindings_are_loaded_in_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(importlib, "import_module", loaded.append)
    quick_start.begin().join()
    assert loaded == ["momento_pipes.bindings"]
    assert not gc.isenabled()


def test_an_error_of_the_bindings_is_left_to_their_import(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in a thread would be told twice, and first as a traceback."""

    def fail(_: str) -> None:
        raise ImportError

    monkeypatch.setattr(importlib, "import_module", fail)
    quick_start.begin().join()
