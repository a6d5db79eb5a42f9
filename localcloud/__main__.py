"""Run the local cloud: `python -m localcloud [--port N] [-- COMMAND ...]`.

With a command, it runs in an environment that points at the local cloud, which ends with it.
Without one, the environment is printed and the local cloud stays until Ctrl-C.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping

from localcloud.aws import LocalAws, LocalCloudError

MOMENTO_API_ENDPOINT = "https://api.cache.cell-us-east-1-1.prod.a.momentohq.com"
MOMENTO_API_KEY = "local-api-key"


def main(arguments: list[str] | None = None) -> int:
    """Run the local cloud, and in it the command, if there is one; return an exit code."""
    parser = argparse.ArgumentParser(prog="python -m localcloud", description=__doc__)
    parser.add_argument("--port", type=int, help="port of the AWS API (default: a free one)")
    parser.add_argument("command", nargs="*", help="what to run; the local cloud ends with it")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with LocalAws(port=options.port) as aws, tempfile.TemporaryDirectory() as out:
            env = aws.environment() | {
                "CDKTF_OUTDIR": out,
                "MOMENTO_API_ENDPOINT": MOMENTO_API_ENDPOINT,
                "MOMENTO_API_KEY": MOMENTO_API_KEY,
                "TF_VAR_momento_api_key": MOMENTO_API_KEY,
                "TF_VAR_iam_settle_seconds": "0",
            }
            if options.command:
                return subprocess.run(options.command, env=env, check=False).returncode
            _stay(aws, env)
    except LocalCloudError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _stay(aws: LocalAws, env: Mapping[str, str]) -> None:
    for name in sorted(env):
        if name.startswith(("AWS_", "TF_VAR_", "MOMENTO_", "CDKTF_")):
            print(f"export {name}={env[name]}")
    print(f"# local AWS at {aws.endpoint}; Ctrl-C ends it", flush=True)
    signal.pause()


if __name__ == "__main__":
    sys.exit(main())
