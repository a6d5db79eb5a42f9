"""Checks of the tools on this machine, the provider and the settings."""

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from ops.cdktf import program
from ops.doctor.check import Check, CheckState, failure, ok, warning
from ops.shared.errors import OpsError
from ops.terraform import binary, provider
from ops.terraform.terraform import KEY_VARIABLE, ROOT
from stacks.settings import Settings, SettingsError


def examine() -> Iterator[Check]:
    """Yield the checks of this machine; only the provider's check uses the network."""
    yield _tool("python", sys.version, oldest=(3, 11))
    yield _tool("node", _say("node", "--version"), oldest=(18, 18))
    yield _terraform()
    yield _packages()
    yield _cdktf()
    yield _provider()
    yield from _env_file()
    yield from _settings()


def _terraform() -> Check:
    program = binary.name(os.environ)
    said = _say(program, "version")
    product = binary.product(program, said)
    check = _tool(program, said, oldest=product.oldest)
    if check.state is CheckState.OK and product is not binary.TERRAFORM:
        return ok(program, f"{product.name} {check.found}")
    return check


def _tool(name: str, said: str, *, oldest: tuple[int, int]) -> Check:
    wanted = ".".join(map(str, oldest))
    match = re.search(r"(\d+)\.(\d+)\.\d+", said)
    if match is None:
        return failure(name, f"not found; install {name} {wanted} or newer and put it on the PATH")
    if (int(match[1]), int(match[2])) < oldest:
        return failure(name, f"{match[0]} is too old; install {wanted} or newer")
    return ok(name, match[0])


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
        versions = ", ".join(
            f"{name} {version(name)}"
            for name in ("cdktf", "cdktf-cdktf-provider-aws", "constructs")
        )
    except PackageNotFoundError as error:
        return failure("packages", f"{error.name} is missing; run ./help.sh setup")
    return ok("packages", versions)


def _cdktf() -> Check:
    if program() is not None:
        return ok("cdktf", "the pinned command line is installed")
    return ok("cdktf", "not installed; only ./help.sh cdktf needs it, and installs it")


def _provider() -> Check:
    try:
        resolved = provider.resolve(ROOT, os.environ, again=True)
    except OpsError as error:
        return failure("provider", str(error))
    return ok("provider", str(resolved))


def _env_file() -> Iterator[Check]:
    file = Settings.env_file()
    if file is not None and file.is_file():
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            yield warning(
                str(file),
                f"others on this machine may read it (mode {mode:o}), and it has the API key:"
                f" chmod 600 {file}",
            )
        else:
            yield ok(str(file), "only its owner may read it")


def _settings() -> Iterator[Check]:
    try:
        settings = Settings.load()
    except SettingsError as error:
        for line in str(error).splitlines():
            yield failure("settings", line)
        return
    for text in settings.warnings:
        yield warning("settings", text)
    yield ok(
        "settings",
        f"{settings.name_prefix} in {settings.region},"
        f" state in s3://{settings.state_bucket}/{settings.state_key}",
    )
    if settings.momento_api_key is None and not os.environ.get(KEY_VARIABLE):
        yield warning("API key", "MOMENTO_API_KEY is not set; synth works, plan and deploy need it")
    else:
        yield ok("API key", "MOMENTO_API_KEY is set")
