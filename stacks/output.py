"""The app whose stacks are written to a folder, and why that folder cannot be written."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stacks.errors import StackError

if TYPE_CHECKING:
    from cdktf import App

_OF_THE_FOLDER = re.compile(r"(EACCES|EDQUOT|ENOSPC|ENOTDIR|EEXIST|EPERM|EROFS): [^\n]*")
"""How Node.js, which writes the files for cdktf, begins an error of the file system."""


@contextmanager
def written() -> "Iterator[App]":
    """Give an app for stacks, and write them at the end.

    Raises:
        StackError: the folder cannot be written; jsii raises that as any other error.

    """
    from cdktf import App  # late: what is wrong with the settings is told without it

    try:
        app = App(context={"targetVersions": {"terraform": ">=1.11.0"}})  # cdktn asks for it
        yield app
        app.synth()
    except RuntimeError as error:
        found = _OF_THE_FOLDER.search(str(error))
        if found is None:
            raise
        raise StackError(
            f"the stack cannot be written ({found[0]}): work in a folder that may be written, or"
            " name another one in CDKTF_OUTDIR"
        ) from None
