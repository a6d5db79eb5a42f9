"""Write the provider's lock file, with the hashes of all platforms: the command lock.

See Terraform: "Dependency Lock File" and "terraform providers lock".
"""

import os
import shutil
from pathlib import Path
from typing import Annotated, Final

import typer

from live.output import console
from ops.shared.errors import OpsError
from ops.terraform import provider
from ops.terraform.stack import load_settings
from ops.terraform.terraform import LOCK, ROOT, Terraform, environment, synthesize

PLATFORMS: Final = ("linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64")


def command(
    output: Annotated[
        Path,
        typer.Option(
            show_default=False,
            help="Where to write it (default: the file that Terraform is given).",
        ),
    ] = ROOT / LOCK,
) -> None:
    """Write the AWS provider's hashes for Linux and macOS; without a registry, the mirror's."""
    settings = load_settings()
    env = environment(settings)
    folder = synthesize(settings.stack, env, quiet=True)
    (folder / LOCK).unlink(missing_ok=True)
    origin = provider.resolve(ROOT, os.environ)
    platforms, source = list(PLATFORMS), []
    if origin.mirror is not None:
        platforms = [
            platform
            for platform in PLATFORMS
            if origin.version in provider.versions(origin.mirror, platform)
        ]
        source = [f"-fs-mirror={origin.mirror}"]
    console.print(f"{origin}; for {', '.join(platforms)}", soft_wrap=True)
    Terraform(folder, env).lock(*source, *(f"-platform={platform}" for platform in platforms))
    try:
        shutil.copyfile(folder / LOCK, output)
    except OSError as error:
        raise OpsError(f"{output} cannot be written: {error.strerror}") from None
    console.print(f"written: {output}", soft_wrap=True)
    if len(platforms) < len(PLATFORMS):
        missing = ", ".join(platform for platform in PLATFORMS if platform not in platforms)
        console.print(
            f"Not for {missing}: the mirror has none. Do not commit it; run this where"
            f" {provider.HOST} can be reached.",
            soft_wrap=True,
        )
