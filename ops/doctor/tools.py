"""Checks of the tools on this machine, the provider and the settings."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

from ops import provider
from ops.cdktf import PROGRAM
from ops.doctor.check import Check, Verdict
from ops.errors import OpsError
from ops.terraform import KEY_VARIABLE, ROOT
from stacks.settings import Settings, SettingsError

OLDEST = {"python": (3, 11), "node": (18, 18), "terraform": (1, 11)}
"""Terraform 1.11 has write-only arguments; the S3 lock file came with 1.10."""


def examine() -> Iterator[Check]:
    """Yield the checks of this machine; only the provider's check uses the network."""
    yield _tool("python", lambda: sys.version)
    yield _tool("node", lambda: _say("node", "--version"))
    yield _tool("terraform", lambda: _say("terraform", "version"))
    yield _packages()
    yield _cdktf()
    yield _provider()
    yield from _settings()


def _tool(name: str, ask: Callable[[], str]) -> Check:
    oldest = ".".join(map(str, OLDEST[name]))
    said = ask()
    match = re.search(r"(\d+)\.(\d+)\.\d+", said)
    if match is None:
        return Check(
            name=name,
            verdict=Verdict.FAILURE,
            found=f"not found; install {name} {oldest} or newer and put it on the PATH",
        )
    if (int(match[1]), int(match[2])) < OLDEST[name]:
        return Check(
            name=name,
            verdict=Verdict.FAILURE,
            found=f"{match[0]} is too old; install {oldest} or newer",
        )
    return Check(name=name, verdict=Verdict.OK, found=match[0])


def _say(*command: str) -> str:
    path = shutil.which(command[0])
    if path is None:
        return ""
    done = subprocess.run(
        [path, *command[1:]], capture_output=True, text=True, check=False, timeout=120
    )
    return done.stdout


def _packages() -> Check:
    try:
        found = ", ".join(
            f"{name} {version(name)}"
            for name in ("cdktf", "cdktf-cdktf-provider-aws", "constructs")
        )
    except PackageNotFoundError as error:
        return Check(
            name="packages",
            verdict=Verdict.FAILURE,
            found=f"{error.name} is missing; run ./help.sh setup",
        )
    return Check(name="packages", verdict=Verdict.OK, found=found)


def _cdktf() -> Check:
    if PROGRAM.exists():
        return Check(name="cdktf", verdict=Verdict.OK, found="the pinned command line is installed")
    return Check(
        name="cdktf",
        verdict=Verdict.OK,
        found="not installed; only ./help.sh cdktf needs it, and installs it",
    )


def _provider() -> Check:
    try:
        found = provider.resolve(ROOT, os.environ, again=True)
    except OpsError as error:
        return Check(name="provider", verdict=Verdict.FAILURE, found=str(error))
    return Check(name="provider", verdict=Verdict.OK, found=str(found))


def _settings() -> Iterator[Check]:
    try:
        settings = Settings.load()
    except SettingsError as error:
        for line in str(error).splitlines():
            yield Check(name="settings", verdict=Verdict.FAILURE, found=line)
        return
    for warning in settings.warnings:
        yield Check(name="settings", verdict=Verdict.WARNING, found=warning)
    yield Check(
        name="settings",
        verdict=Verdict.OK,
        found=f"{settings.name_prefix} in {settings.region},"
        f" state in s3://{settings.state_bucket}/{settings.state_key}",
    )
    if settings.momento_api_key is None and not os.environ.get(KEY_VARIABLE):
        yield Check(
            name="API key",
            verdict=Verdict.WARNING,
            found="MOMENTO_API_KEY is not set; synth works, plan and deploy need it",
        )
    else:
        yield Check(name="API key", verdict=Verdict.OK, found="MOMENTO_API_KEY is set")
