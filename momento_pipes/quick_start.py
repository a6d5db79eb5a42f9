"""Starts an app quickly: it loads the bindings in a thread, and looks for no garbage."""

import atexit
import gc
import importlib
import threading
from contextlib import suppress


def begin() -> threading.Thread:
    """Start node, and load the bindings while the app imports the rest; return the thread.

    Join it before anything reads the environment, which has variables for node until then. If it
    fails, the import of the bindings says why. Collecting garbage would take a tenth of such a
    short process, and free nothing.
    """
    gc.disable()
    atexit.register(gc.freeze)
    thread = threading.Thread(target=_load_bindings)
    thread.start()
    return thread


def _load_bindings() -> None:
    with suppress(Exception):
        importlib.import_module("momento_pipes.bindings")
