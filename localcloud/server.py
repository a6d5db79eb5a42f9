"""The process of the local AWS: `python -m localcloud.server PORT [CALLS]`.

CALLS is a file to record in which rights each request takes, see `localcloud.calls`.

The process ends when its standard input does, that is, when the one that started it is gone.
"""

import os
import sys
import threading
from pathlib import Path

from moto.server import main as serve

from localcloud import calls, corrections


def _end_with_owner() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_owner, daemon=True).start()
    corrections.apply()
    port, *files = sys.argv[1:]
    for file in files:
        calls.record(Path(file))
    serve(["--host", "127.0.0.1", "--port", port])
