"""Deploy a stack on the local cloud, and show each step with its time."""

import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from urllib.parse import urlsplit

from rich.progress import SpinnerColumn

from live.aws import Aws
from live.output import console
from ops.bootstrap import Bucket, bootstrap, look
from ops.demo.streams import expect_streams
from ops.shared.errors import OpsError
from ops.shared.progress_bar import progress_bar
from ops.terraform.terraform import Terraform, synthesize
from stacks.settings import Settings, env_file

COUNTED = ("create", "delete")
"""Actions that count as done; a data source is read, not created."""
PARALLELISM = 100
"""Resources in parallel: the provider watches each queue for 25 seconds."""


@contextmanager
def deployed(settings: Settings, env: Mapping[str, str]) -> Iterator[Terraform]:
    """Deploy to the local cloud, while the state bucket is still set up; wait for that at the end.

    The bucket exists after a second, but the provider watches its lifecycle rule for a minute.
    """
    endpoint = urlsplit(env.get("AWS_ENDPOINT_URL", ""))
    if endpoint.hostname not in ("127.0.0.1", "localhost"):
        raise OpsError(
            "the demo deploys and destroys, so it runs on the local cloud only: ./help.sh demo"
        )
    console.print(f"Local AWS at {endpoint.geturl()}; no credentials, no account.\n")
    if unused := unused_profile(settings):
        print(f"warning: {unused}", file=sys.stderr)
    with step("synthesize", "Python to Terraform JSON"):
        folder = synthesize(settings.stack, env, quiet=True)  # the demo has no load to warn about
    expect_streams(settings.stack, folder)
    with ThreadPoolExecutor(max_workers=1) as background:
        started = time.monotonic()
        state = background.submit(bootstrap, settings, env, auto_approve=True, quiet=True)
        yield _deploy_meanwhile(settings, Terraform(folder, env), state)
        with console.status("bootstrap: the provider watches the bucket's lifecycle rule"):
            state.result()
        _done("bootstrap", "the state bucket, its state inside", time.monotonic() - started)


def unused_profile(settings: Settings) -> str | None:
    """Say that the profile of `.env` is another than the one that `help.sh` has set."""
    file = Settings.env_file()
    written = env_file.read(file).get("PROFILE") if file else None
    if written in (None, settings.profile):
        return None
    return (
        f"PROFILE={written} of .env is not used here: what it protects could not be destroyed"
        f" again, so the local cloud has the profile {settings.profile}"
    )


def _deploy_meanwhile(settings: Settings, terraform: Terraform, state: Future[str]) -> Terraform:
    """Deploy once the state bucket exists; return the stack's Terraform."""
    with step("init", "the AWS provider; the state in S3"):
        with closing(Aws(settings.region)) as aws:
            look_again = partial(look, settings, aws.client, key=settings.state_key)
            while look_again() is Bucket.ABSENT and not state.done():
                time.sleep(0.2)
        terraform.init()
    apply(terraform, "deploy", "apply")
    return terraform


@contextmanager
def step(name: str, what: str) -> Iterator[None]:
    """Print a step with its time, once it is done."""
    started = time.monotonic()
    with console.status(f"{name}: {what}"):
        yield
    _done(name, what, time.monotonic() - started)


def _done(name: str, what: str, seconds: float) -> None:
    console.print(f"[green]✓[/green] {name:<12}{what:<44}{seconds:6.1f} s")


def apply(terraform: Terraform, name: str, command: str, *arguments: str) -> None:
    """Run apply or destroy with a bar that counts resources."""
    started = time.monotonic()
    total = done = 0
    with progress_bar(SpinnerColumn()) as progress:
        bar = progress.add_task(name, total=None)
        options = ("-auto-approve", "-input=false", f"-parallelism={PARALLELISM}")
        for event in terraform.events(command, *options, *arguments):
            if event["type"] == "planned_change" and event["change"]["action"] in COUNTED:
                total += 1
                progress.update(bar, total=total)
            elif event["type"] == "apply_complete" and event["hook"]["action"] in COUNTED:
                done += 1
                progress.update(bar, completed=done)
    if done != total:
        raise OpsError(f"{name}: {done} of {total} resources were done")
    verb = "created" if command == "apply" else "destroyed"
    _done(name, f"{done} resources {verb}", time.monotonic() - started)
