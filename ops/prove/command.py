"""Prove on AWS and Momento what the engine claims: the command prove."""

import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from live import cloud
from live.aws import Aws, asking_aws
from live.errors import LiveError
from live.momento.answer import judged
from live.momento.client import Access, Momento
from live.output import console
from ops.prove import costs, recording, report
from ops.prove.comparison import Agreement
from ops.prove.pipelines import check_names
from ops.prove.proof import Proof
from ops.prove.throwaway import FOLDER, Throwaway
from ops.shared.errors import OpsError
from ops.shared.unused_options import refuse_unused
from ops.terraform import terraform
from ops.terraform.stack import AutoApprove, is_approved, load_settings
from ops.terraform.terraform import TerraformError, environment, require_key
from stacks.settings import Settings

PATIENCE_SECONDS = 180.0
SETTLE_SECONDS = 10.0
QUESTION = "\nOnly 'yes' will be accepted to go on.\n\n  Enter a value: "
WAITS = ("patience", "settle")
ONLY_CLEANS = "--clean only destroys what is left; leave one of them out"
NOTHING_IS_WRITTEN = "--quick writes no items, so it waits for none; leave one of them out"
RECORDED = "tests/cases/recorded"
HALTED = "execution halted"
"""What Terraform prints if Ctrl-C ends it."""


def command(
    *,
    context: typer.Context,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Ask about patterns and states only; deploy two workflows."),
    ] = False,
    auto_approve: AutoApprove = False,
    pipeline: Annotated[
        list[str] | None,
        typer.Option(help="Only this pipeline of the stack, such as whole-pipes; may be repeated."),
    ] = None,
    clean: Annotated[
        bool, typer.Option("--clean", help="Only destroy what an interrupted run has left.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Where the recording is written.")] = None,
    patience: Annotated[
        float,
        typer.Option(
            min=1.0, help="Seconds to wait for missing answers while nothing new arrives."
        ),
    ] = PATIENCE_SECONDS,
    settle: Annotated[
        float,
        typer.Option(
            min=0.0, help="Seconds to wait for unexpected deliveries after the expected ones."
        ),
    ] = SETTLE_SECONDS,
) -> None:
    """Deploy a throwaway stack, ask AWS and Momento what they do, compare, and destroy it.

    The answers are compared with the engine's predictions, and recorded. The exit code is 1 if an
    answer differs or is missing.
    """
    if clean:
        refuse_unused(context, dict.fromkeys(("quick", "pipeline", "out", *WAITS), ONLY_CLEANS))
    if quick:
        refuse_unused(context, dict.fromkeys(WAITS, NOTHING_IS_WRITTEN))
    check_names(pipeline or ())
    settings = load_settings()
    env = environment(settings)
    require_key(env, to_apply=not clean)
    is_local = bool(env.get("AWS_ENDPOINT_URL"))
    _must_be_able_to_ask(auto_approve=auto_approve)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with closing(Aws(settings.region)) as aws:
        with asking_aws():
            account = str(aws.client("sts").get_caller_identity()["Account"])
        throwaway = Throwaway(settings, env, account=account)
        console.print(f"On {cloud.name(env, region=settings.region)}, account {account}.")
        if is_local:
            console.print(
                "The stand-ins of this machine answer with the engine itself: this tests the"
                " command, and proves nothing about AWS and Momento.",
                soft_wrap=True,
            )
        if not clean:
            cost = costs.text(quick=quick, prefix=throwaway.prefix, cache=settings.cache_name)
            console.print(cost, markup=False, soft_wrap=True)
        if not auto_approve and not is_approved(QUESTION):
            raise OpsError("Cancelled. Nothing was changed")
        _clean(throwaway)
        if clean:
            return
        origin = cloud.momento_origin(env, settings.momento_api_endpoint)
        access = Access(origin=origin, key=_reading_key(settings))
        rates = {"GET": max(1, settings.cache_operations // 2)}
        with Momento(is_local=is_local, rates=None if is_local else rates) as momento:
            _must_be_usable(momento, access, settings.cache_name)
            proof = Proof(settings, throwaway, aws, momento, access, is_local=is_local)
            file = out or _file(is_local=is_local)
            with _destroying(throwaway), _recording(proof, file, account):
                proof.run(quick=quick, only=pipeline or (), patience=patience, settle=settle)
    _tell(proof, file, is_local=is_local)


def _tell(proof: Proof, file: Path, *, is_local: bool) -> None:
    comparisons = proof.comparisons()
    report.print_table(comparisons)
    report.print_differences(comparisons)
    console.print(f"\nThe recording: {file}", markup=False, soft_wrap=True)
    if not is_local:
        console.print(
            f"Copy it to {RECORDED}: a test then compares the engine with it each time.",
            soft_wrap=True,
        )
    wrong = Counter(each.agreement for each in comparisons)
    if wrong[Agreement.DIFFER] or wrong[Agreement.NO_ANSWER]:
        raise OpsError(
            f"{wrong[Agreement.DIFFER]} answers differ from the engine's, and"
            f" {wrong[Agreement.NO_ANSWER]} are missing, see above; docs/prove.md says what to do"
        )
    console.print("All answers are the engine's, and the stack is destroyed.")


@contextmanager
def _destroying(throwaway: Throwaway) -> Iterator[None]:
    """Destroy the stack at the end, also after Ctrl-C or a failure."""
    done = False
    try:
        yield
        done = True
    except TerraformError as error:
        if HALTED in str(error):
            raise OpsError("interrupted; what was created is destroyed") from None
        raise
    finally:
        _clean(throwaway, at_once=done)


def _clean(throwaway: Throwaway, *, at_once: bool = False) -> None:
    """Destroy what the state has; `at_once`, without looking at it first."""
    try:
        if throwaway.left():
            throwaway.destroy(at_once=at_once)
        throwaway.forget()
    except (OpsError, OSError, KeyboardInterrupt, SystemExit) as error:
        left = throwaway.left()
        raise OpsError(
            f"the throwaway stack is not destroyed ({error or type(error).__name__}): {len(left)}"
            f" resources are left, such as {', '.join(left[:3])}. Run ./help.sh prove --clean in"
            f" this folder; the state is {throwaway.state}"
        ) from None


@contextmanager
def _recording(proof: Proof, file: Path, account: str) -> Iterator[None]:
    """Write the recording at the end, also of a run that failed."""
    try:
        yield
    finally:
        if any(proof.recording[name] for name in ("patterns", "states", "deliveries")):
            recording.write(proof.recording, file, account=account)


def _file(*, is_local: bool) -> Path:
    kind = "stand-in" if is_local else "aws"
    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return terraform.ROOT / FOLDER / "recordings" / f"{kind}-{at}.json"


def _reading_key(settings: Settings) -> str:
    if settings.reading_api_key is None:
        raise OpsError("MOMENTO_API_KEY is not set: put it in .env or the environment")
    return settings.reading_api_key.get_secret_value()


def _must_be_usable(momento: Momento, access: Access, cache: str) -> None:
    """Raise unless Momento takes the key, and the cache exists."""
    host = urlsplit(access.origin).hostname or ""
    if host in ("127.0.0.1", "localhost"):
        return  # the local cloud creates the cache with the first pipe that names it
    request = access.request("GET", "cache", cache, key="is the cache there?")
    try:
        judged(request, momento.ask(request))
    except LiveError as error:
        raise LiveError(f"Momento at {access.origin}: {error}") from None


def _must_be_able_to_ask(*, auto_approve: bool) -> None:
    if not auto_approve and not sys.stdin.isatty():
        raise OpsError(
            "there is no terminal to approve the costs on: read docs/prove.md, then add"
            " --auto-approve"
        )
