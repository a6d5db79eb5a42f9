"""The commands as `python -m ops` runs them, but patient with Momento, which is in the test.

A test's process that stalls for seconds must not make a request count as unanswered: what it
asked for is done all the same, later.
"""

import runpy
from unittest import mock

PATIENCE = 600.0

if __name__ == "__main__":
    with mock.patch("live.momento.TIMEOUT_SECONDS", PATIENCE):
        runpy.run_module("ops", run_name="__main__", alter_sys=True)
