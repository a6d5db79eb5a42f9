"""The local AWS whose threads take turns as often as Python can: `LocalAws(module=...)`."""

import sys

from localcloud.aws import server

if __name__ == "__main__":
    sys.setswitchinterval(1e-6)
    server.serve(*sys.argv[1:])
