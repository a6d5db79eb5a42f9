"""Run the local cloud: `python -m localcloud [--port N] [--watch] [-- COMMAND ...]`.

With a command, it runs in an environment that points at the local cloud, which ends with it
(with --watch, once it has succeeded the local cloud stays). Without one, the environment is
printed and the local cloud stays until Ctrl-C, with a line for each delivery.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping

from localcloud.cloud import LocalCloud
from localcloud.delivery import Delivery
from localcloud.errors import LocalCloudError

CACHE = "momento-eventbridge-cache"
MARKS = {"delivered": "✓", "filtered": "·", "dead-letter": "✗"}


def main(arguments: list[str] | None = None) -> int:
    """Run the local cloud, and in it the command, if there is one; return an exit code."""
    parser = argparse.ArgumentParser(prog="python -m localcloud", description=__doc__)
    parser.add_argument("--port", type=int, help="port of the AWS API (default: a free one)")
    parser.add_argument("--watch", action="store_true", help="stay after the command")
    parser.add_argument("command", nargs="*", help="what to run; the local cloud ends with it")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    stays = options.watch or not options.command
    try:
        with (
            LocalCloud(
                port=options.port,
                caches=(os.environ.get("MOMENTO_CACHE_NAME") or CACHE,),
                on_delivery=_tell if stays else lambda _: None,
            ) as cloud,
            tempfile.TemporaryDirectory() as out,
        ):
            env = cloud.environment() | {"CDKTF_OUTDIR": out}
            if options.command:
                code = _run(options.command, env)
                if code or not options.watch:
                    return code
            _stay(cloud, env)
    except LocalCloudError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _run(command: list[str], env: Mapping[str, str]) -> int:
    """Run the command; 127 if there is none of this name, as a shell says."""
    try:
        return subprocess.run(command, env=env, check=False).returncode
    except FileNotFoundError:
        print(f"error: there is no command {command[0]!r}", file=sys.stderr)
        return 127


def _stay(cloud: LocalCloud, env: Mapping[str, str]) -> None:
    for name in sorted(env):
        if name.startswith(("AWS_", "TF_VAR_", "MOMENTO_", "CDKTF_")):
            print(f"export {name}={env[name]}")
    print(f"# AWS at {cloud.aws.endpoint}, Momento at {cloud.momento.endpoint}; Ctrl-C ends both")
    print("# a line for each record and pipe: ✓ delivered · filtered out ✗ dead letter", flush=True)
    signal.pause()


def _tell(delivery: Delivery) -> None:
    """Print one line: the pipe, the record, what was sent, how it ended."""
    keys = " ".join(str(value) for key in delivery.keys.values() for value in key.values())
    statuses = " ".join(str(attempt.status or attempt.problem) for attempt in delivery.attempts)
    sent = f"{delivery.request.method} {delivery.request.url}" if delivery.request else ""
    line = (
        f"{MARKS[delivery.outcome]} {delivery.pipe:<40} {delivery.event_name:<6} {keys:<20}"
        f" {sent} {statuses} {delivery.reason}"
    )
    print(" ".join(line.split()) if not sent else line.rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
