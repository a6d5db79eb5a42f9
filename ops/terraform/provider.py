"""Find where Terraform gets the AWS provider.

It comes from the registry, or from a filesystem mirror on this machine.

Terraform finds a mirror by itself only in its own places; for another mirror it needs a
configuration. The stacks must ask for the version that the mirror holds. `resolve` searches once
and keeps the result in `.cache/provider.env`. It searches again at `./help.sh setup`, or when
the variables that it depends on change.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from ops.shared.errors import OpsError

HOST = "registry.terraform.io"
ADDRESS = f"{HOST}/hashicorp/aws"
VERSION_VARIABLE = "MIRROR_AWS_PROVIDER_VERSION"
PROBE_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Provider:
    """The registry (then `mirror` is None), or a mirror with the newest version it holds."""

    mirror: Path | None = None
    version: str | None = None

    def __str__(self) -> str:
        if self.mirror is None:
            return "AWS provider from the Terraform registry"
        return (
            f"AWS provider {self.version} from the mirror {self.mirror}"
            " (no registry; the provider lock is skipped)"
        )


def resolve(root: Path, env: Mapping[str, str], *, again: bool = False) -> Provider:
    """Return where the provider comes from, remembered or found now.

    Raises:
        OpsError: there is neither a registry nor a mirror.

    """
    memory = root / ".cache" / "provider.env"
    inputs = _fingerprint(env)
    remembered = None if again else _recall(memory, inputs)
    if remembered is not None:
        return remembered
    resolved = _find(env)
    memory.parent.mkdir(exist_ok=True)
    memory.write_text(
        f"PROVIDER_FOUND_WITH={inputs}\n"
        f"PROVIDER_MIRROR={resolved.mirror or ''}\n"
        f"{VERSION_VARIABLE}={resolved.version or ''}\n",
        encoding="utf-8",
    )
    return resolved


def terraform_variables(root: Path, env: Mapping[str, str], provider: Provider) -> dict[str, str]:
    """Return what Terraform's environment needs for this provider.

    A `TF_CLI_CONFIG_FILE` that names a missing file would make Terraform warn at every call,
    so it is replaced; one that exists is the user's own and stays, unless the mirror that was
    found is not one that Terraform would use with it.
    """
    variables = {}
    if provider.version is not None:
        variables[VERSION_VARIABLE] = provider.version
    config = _cli_config(env)
    known = provider.mirror is None or provider.mirror in _mirrors_terraform_uses(config, env)
    dangling = bool(env.get("TF_CLI_CONFIG_FILE")) and config is None
    if dangling or not known:
        ours = root / ".cache" / "terraform.rc"
        ours.parent.mkdir(exist_ok=True)
        text = "" if known else _mirror_config(provider.mirror)
        if not ours.exists() or ours.read_text(encoding="utf-8") != text:
            ours.write_text(text, encoding="utf-8")  # not while another Terraform may read it
        variables["TF_CLI_CONFIG_FILE"] = str(ours)
    if not known and env.get("TF_PLUGIN_CACHE_DIR") == str(provider.mirror):
        variables["TF_PLUGIN_CACHE_DIR"] = ""  # Terraform takes no folder as cache and mirror both
    return variables


def mirrors(env: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders that may be filesystem mirrors, the user's own choice first."""
    config = _cli_config(env)
    yield from _mirrors_terraform_uses(config, env)
    if cache := env.get("TF_PLUGIN_CACHE_DIR"):
        yield Path(cache)
    if config is not None and (match := re.search(r'plugin_cache_dir\s*=\s*"([^"]+)"', config)):
        yield Path(os.path.expandvars(match[1])).expanduser()
    for shared in ("/opt", "/usr/local/share", "/usr/local/lib"):
        yield from sorted(path.parent for path in Path(shared).glob(f"*/{HOST}"))


def versions(mirror: Path, platform: str) -> list[str]:
    """Return the provider's versions in a mirror for a platform such as linux_amd64, newest first.

    Both of Terraform's layouts count: unpacked folders and zip files.
    """
    folder = mirror / ADDRESS
    unpacked = {path.parent.name for path in folder.glob(f"*/{platform}")}
    packed = {
        path.name.split("_")[1] for path in folder.glob(f"terraform-provider-aws_*_{platform}.zip")
    }
    exact = (version for version in unpacked | packed if re.fullmatch(r"\d+(\.\d+){2}", version))
    return sorted(exact, key=lambda version: tuple(map(int, version.split("."))), reverse=True)


def _find(env: Mapping[str, str]) -> Provider:
    if _registry_answers():
        return Provider()
    platform = _platform()
    searched = list(dict.fromkeys(mirrors(env)))
    for mirror in searched:
        if available := versions(mirror, platform):
            return Provider(mirror=mirror, version=available[0])
    places = ", ".join(map(str, searched)) or "no folder"
    raise OpsError(
        f"no AWS provider: {HOST} does not answer, and no mirror for {platform} was found"
        f" (searched {places}). Connect to the network, or put a mirror made with 'terraform"
        " providers mirror DIR' where TF_PLUGIN_CACHE_DIR says."
    )


def _registry_answers() -> bool:
    try:
        with urlopen(f"https://{HOST}/.well-known/terraform.json", timeout=PROBE_SECONDS):
            return True
    except (URLError, OSError):
        return False


def _platform() -> str:
    machine = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
    system = os.uname()
    return f"{system.sysname.lower()}_{machine.get(system.machine, system.machine)}"


def _cli_config(env: Mapping[str, str]) -> str | None:
    """Return the text of the user's Terraform CLI configuration, if there is one."""
    named = env.get("TF_CLI_CONFIG_FILE")
    path = Path(named) if named else Path(env.get("HOME", "/")) / ".terraformrc"
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return None


def _mirrors_terraform_uses(config: str | None, env: Mapping[str, str]) -> list[Path]:
    """Return Terraform's mirrors: the configured mirrors, otherwise the implied mirrors."""
    if config is not None and "provider_installation" in config:
        paths: Iterable[str] = re.findall(
            r'filesystem_mirror\s*\{[^}]*?path\s*=\s*"([^"]+)"', config, re.DOTALL
        )
        return [Path(path).expanduser() for path in paths]
    home = Path(env.get("HOME", "/"))
    data = Path(env.get("XDG_DATA_HOME") or home / ".local" / "share")
    return [
        home / ".terraform.d" / "plugins",
        data / "terraform" / "plugins",
        Path("/usr/local/share/terraform/plugins"),
        Path("/usr/share/terraform/plugins"),
    ]


def _mirror_config(mirror: Path | None) -> str:
    return (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f'    path    = "{mirror}"\n'
        f'    include = ["{ADDRESS}"]\n'
        "  }\n"
        "  direct {\n"
        f'    exclude = ["{ADDRESS}"]\n'
        "  }\n"
        "}\n"
    )


def _fingerprint(env: Mapping[str, str]) -> str:
    names = ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "HOME", "XDG_DATA_HOME")
    inputs = [env.get(name, "") for name in names] + [_cli_config(env) or ""]
    return hashlib.sha256("\0".join(inputs).encode()).hexdigest()[:16]


def _recall(memory: Path, inputs: str) -> Provider | None:
    try:
        lines = memory.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    if values.get("PROVIDER_FOUND_WITH") != inputs:
        return None
    if not values.get("PROVIDER_MIRROR"):
        return Provider()
    mirror, version = Path(values["PROVIDER_MIRROR"]), values.get(VERSION_VARIABLE, "")
    if version not in versions(mirror, _platform()):
        return None
    return Provider(mirror=mirror, version=version)
