"""Run the local cloud: `python -m localcloud [--port N] [--watch] [--momento-limits] [-- COMMAND]`.

A command runs with environment variables for the local cloud, and the local cloud ends with it.
Without a command, the local cloud prints the variables and runs until Ctrl-C. Without a command or
with --watch, it prints a line for each delivery, and writes the variables for other processes to
`.cache/local-cloud.env`.
"""

import argparse
import contextlib
import logging
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from .deliveries.delivery import Delivery
from .errors import LocalCloudError
from .momento.limits import Limits, read_max_ttl

if TYPE_CHECKING:
    from .cloud import LocalCloud

CACHE = "momento-eventbridge-cache"
MARKS = {
    "delivered": "✓",
    "filtered": "·",
    "superseded": "·",
    "dead-letter": "✗",
    "undelivered": "!",
}
ENVIRONMENT = Path(__file__).resolve().parents[1] / ".cache" / "local-cloud.env"
PATIENCE_SECONDS = 60
# It warns about each wrong line of .env; the reader of the settings reports them already. This
# package is a wheel of its own, and so it does not use that reader.
logging.getLogger("dotenv.main").setLevel(logging.ERROR)
_LINE = threading.Lock()
"""Several threads print deliveries."""
PUBLISHED = ("AWS_", "TF_VAR_", "MOMENTO_", "CDKTF_", "PIPE_")
SETTINGS = frozenset(
    {
        *("STACK", "PROFILE", "TOPOLOGY", "ALSO_TOPOLOGY", "NAME_PREFIX", "TAGS"),
        *("ALARMS", "ALARM_TOPIC_ARN", "STATE_BUCKET", "STATE_KEY", "IAM_SETTLE_SECONDS"),
        *("CACHE_TTL_SECONDS", "DESTINATION_RATE_LIMIT", "RULE_RETRY_ATTEMPTS"),
        *("ALLOW_DESTROY", "WORKFLOW_BATCH_SIZE", "WORKFLOW_CONCURRENCY"),
        "PERMISSIONS_BOUNDARY_ARN",
        *("WATCH", "WATCH_MINUTES", "WATCH_ITEMS", "WATCH_REQUESTS", "WATCH_SETTLE_SECONDS"),
        *("BULK", "BULK_RATE"),
    }
)
"""Other variables that are published: the settings of the deployed stack."""


def main(arguments: list[str] | None = None) -> int:
    """Run the local cloud, and a command if there is one; return an exit code."""
    parser = argparse.ArgumentParser(prog="./help.sh local", description=__doc__)
    parser.add_argument("--port", type=int, help="port of the AWS API (default: a free one)")
    parser.add_argument("--watch", action="store_true", help="print a line for each delivery")
    parser.add_argument(
        "--momento-limits",
        action="store_true",
        help="Momento answers 429 over the account's limits, MOMENTO_*_OPERATIONS_PER_SECOND",
    )
    parser.add_argument(
        "command", nargs="*", help="the command to run; the local cloud ends with it"
    )
    options = parser.parse_args(arguments)
    if options.watch and not options.command:
        parser.error(
            "--watch has no effect here: without a command, each delivery is printed anyway; leave"
            " it out, or add -- COMMAND"
        )
    from .cloud import LocalCloud  # its import takes half a second, which --help does without

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    watched = options.watch or not options.command
    try:
        with (
            LocalCloud(
                port=options.port,
                region=_setting("AWS_REGION") or _setting("AWS_DEFAULT_REGION"),
                caches=(_setting("MOMENTO_CACHE_NAME") or CACHE,),
                momento_limits=Limits.read(_setting) if options.momento_limits else None,
                max_ttl_seconds=read_max_ttl(_setting),
                on_delivery=_print if watched else lambda _: None,
                warn=_warn,
            ) as cloud,
            tempfile.TemporaryDirectory() as out,
        ):
            env = cloud.environment() | {"CDKTF_OUTDIR": out}
            with _published(env) if watched else contextlib.nullcontext():
                if options.command:
                    return _run(options.command, env)
                _stay(cloud, env)
    except LocalCloudError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _setting(name: str) -> str | None:
    """Return a setting of the stack, from the environment or `.env`."""
    try:
        values = dotenv_values(".env", encoding="utf-8-sig")
        return os.environ.get(name) or values.get(name)
    except (OSError, UnicodeDecodeError):  # the reader of the settings reports it
        return None


@contextlib.contextmanager
def _published(env: Mapping[str, str]) -> Iterator[None]:
    """Write a file of `NAME=value` lines, so that other processes find the local cloud.

    If two local clouds run, the file belongs to the older one, and only that one deletes it.
    """
    lines = [f"{name}={value}" for name, value in _published_variables(env)]
    text = "\n".join([f"LOCAL_CLOUD_PROCESS={os.getpid()}", *lines, ""])
    published = _publish(text)
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            if published and ENVIRONMENT.read_text(encoding="utf-8") == text:
                ENVIRONMENT.unlink()


def _published_variables(env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables for other commands. The values are quoted for a shell and dotenv."""
    for name in sorted(env):
        if is_published(name):
            yield name, shlex.quote(env[name])


def is_published(name: str) -> bool:
    """Return whether a variable is published for other commands."""
    return name in SETTINGS or name.startswith(PUBLISHED)


def _publish(text: str) -> bool:
    """Write the file if no running local cloud has written it; return whether it was written."""
    own = ENVIRONMENT.with_suffix(f".{os.getpid()}")
    try:
        ENVIRONMENT.parent.mkdir(exist_ok=True)
        own.touch(mode=0o600)
        own.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LocalCloudError(
            f"{ENVIRONMENT} cannot be written: {error.strerror}; other commands need it to find the"
            " local cloud"
        ) from None
    try:
        while True:
            try:
                ENVIRONMENT.hardlink_to(own)
            except FileExistsError:
                if running := _running(ENVIRONMENT):
                    _warn(
                        f"another local cloud (process {running}) runs in this folder, and other"
                        " commands use it; end it if they should use this local cloud"
                    )
                    return False
                ENVIRONMENT.unlink(missing_ok=True)  # its local cloud was killed
            else:
                return True
    finally:
        own.unlink()


def _running(file: Path) -> int | None:
    """Return the id of the process that wrote a file, if the process still runs."""
    try:
        process = int(dotenv_values(file).get("LOCAL_CLOUD_PROCESS") or "")
        with contextlib.suppress(PermissionError):  # another user's process
            os.kill(process, 0)
    except (OSError, ValueError):
        return None
    return process


def _run(command: list[str], env: Mapping[str, str]) -> int:
    """Run the command and return its exit code, or 127 if it does not exist, as in a shell.

    The command gets Ctrl-C and SIGTERM too, and has time to end.
    """
    try:
        process = subprocess.Popen(command, env=env)
    except FileNotFoundError:
        print(f"error: there is no command {command[0]!r}", file=sys.stderr)
        return 127
    try:
        return process.wait()
    except BaseException as error:
        if not isinstance(error, KeyboardInterrupt):
            process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise


def _stay(cloud: "LocalCloud", env: Mapping[str, str]) -> None:
    for name, value in _published_variables(env):
        print(f"export {name}={value}")
    print(f"# AWS at {cloud.aws.endpoint}, Momento at {cloud.momento.endpoint}; Ctrl-C ends both")
    print("# a line for each record and pipe: ✓ delivered · filtered out ✗ dead letter", flush=True)
    signal.pause()


def _warn(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr)


def _print(delivery: Delivery) -> None:
    """Print one line: the pipe or rule, the record, what was sent, and the result."""
    keys = " ".join(str(value) for key in delivery.keys.values() for value in key.values())
    statuses = " ".join(str(attempt.status or attempt.problem) for attempt in delivery.attempts)
    sent = f"{delivery.request.method} {delivery.request.url}" if delivery.request else ""
    sent = f"event {delivery.event['id']} on the bus" if delivery.event else sent
    line = (
        f"{MARKS[delivery.outcome]} {delivery.pipe:<40} {delivery.event_name:<6} {keys:<20}"
        f" {sent} {statuses} {delivery.reason}"
    )
    line = line.rstrip() if sent else " ".join(line.split())
    line += " not sent: a later state is" if delivery.outcome == "superseded" else ""
    safe = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
    with _LINE:
        print(safe, flush=True)


if __name__ == "__main__":
    sys.exit(main())
