"""The app that writes its stacks to a folder, and the error if the folder is not writable."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from momento_pipes.errors import StackError

if TYPE_CHECKING:
    from cdktf import App

_OF_THE_FOLDER = re.compile(r"(EACCES|EDQUOT|ENOSPC|ENOTDIR|EEXIST|EPERM|EROFS): [^\n]*")
"""An error of the file system in Node.js, which writes the files for cdktf."""


@contextmanager
def written() -> "Iterator[App]":
    """Provide an app for stacks, and write them at the end.

    Raises:
        StackError: the folder cannot be written.

    """
    from cdktf import App  # errors in the settings are reported without cdktf

    try:
        app = App(
            outdir=os.environ.get("CDKTF_OUTDIR"),
            context={"targetVersions": {"terraform": ">=1.11.0"}},  # cdktn asks for it
        )
        yield app
        app.synth()
    except RuntimeError as error:
        failure = _OF_THE_FOLDER.search(str(error))
        if failure is None:
            raise
        raise StackError(
            f"the stack cannot be written ({failure[0]}): work in a folder with write permission,"
            " or set CDKTF_OUTDIR to such a folder"
        ) from None
