"""The commands as `python -m ops` runs them, but with a long time-out for Momento.

Momento runs in the test's process. If that process stalls for seconds, no request may fail.
"""

import runpy
from unittest import mock

PATIENCE = 600.0

if __name__ == "__main__":
    with mock.patch("live.momento.client.TIMEOUT_SECONDS", PATIENCE):
        runpy.run_module("ops", run_name="__main__", alter_sys=True)
