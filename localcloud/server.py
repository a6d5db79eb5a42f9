"""The process of the local AWS: `python -m localcloud.server PORT`.

It ends when its standard input does, that is, when the process that started it is gone.
"""

import os
import sys
import threading

from moto.server import main as serve

from localcloud import corrections


def _end_with_owner() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_owner, daemon=True).start()
    corrections.apply()
    serve(["--host", "127.0.0.1", "--port", sys.argv[1]])
