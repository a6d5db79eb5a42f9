"""A local AWS that records the rights that each request needs; `calls` reads the file.

Run as `python -m tests.localcloud.recording PORT DESCRIPTOR FILE`, in the place of
`localcloud.aws.server`.
"""

import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as `localcloud.aws.server` does

from localcloud import LocalAws
from localcloud.aws.server import serve
from tests.localcloud import calls


def recording(file: Path) -> LocalAws:
    """Return an AWS that records its calls in a file."""
    return LocalAws(module="tests.localcloud.recording", arguments=[str(file)])


if __name__ == "__main__":
    calls.record(Path(sys.argv[3]))
    serve(*sys.argv[1:3])
