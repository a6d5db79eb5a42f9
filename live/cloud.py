"""The cloud that commands work on: the local cloud while one is up, otherwise AWS."""

import os
from collections.abc import Mapping
from pathlib import Path

from stacks.settings import Settings
from stacks.settings import env_file as dotenv

LOCAL_CLOUD = Path(__file__).resolve().parents[1] / ".cache" / "local-cloud.env"
"""A file with the environment of the local cloud. It exists while the local cloud runs."""
CREDENTIALS = tuple(
    f"AWS_{name}" for name in ("PROFILE", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")
)
_OF_DEPLOYING = ("CDKTF_", "LOCAL_CLOUD_", "TF_VAR_iam_settle_seconds")
"""Variables only for the deploy of the local cloud; other commands do not get them."""
_ON_THIS_MACHINE = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def local_cloud(file: Path | None = None) -> dict[str, str]:
    """Return the environment of the local cloud, or an empty one if no local cloud is up."""
    values = dotenv.read(file or LOCAL_CLOUD)
    return values if _runs(values) else {}


def environment(
    base: Mapping[str, str],
    *,
    aws: bool = False,
    env_file: Path | None = None,
    file: Path | None = None,
) -> dict[str, str]:
    """Return `base`, changed for the cloud that a command works on.

    The cloud is AWS if `aws` is set, if `base` has AWS_ENDPOINT_URL or AWS_PROFILE, or if no local
    cloud is up. For the local cloud, all AWS variables of `base` are removed, so that no real
    account is used; STACK stays. For AWS, the credentials of `env_file` are added if `base` has no
    credentials.
    """
    is_aws = aws or base.get("AWS_ENDPOINT_URL") or base.get("AWS_PROFILE")
    local = {} if is_aws else local_cloud(file)
    if local:
        kept = {name: value for name, value in base.items() if not name.startswith("AWS_")}
        ours = {name: text for name, text in local.items() if not name.startswith(_OF_DEPLOYING)}
        chosen = {"STACK": base["STACK"]} if base.get("STACK") else {}
        return kept | ours | _ON_THIS_MACHINE | chosen
    return with_credentials(base, env_file)


def with_credentials(base: Mapping[str, str], env_file: Path | None) -> dict[str, str]:
    """Return `base`. Without credentials and without an endpoint, it gets those of `env_file`."""
    if base.get("AWS_ENDPOINT_URL") or any(base.get(name) for name in CREDENTIALS):
        return dict(base)
    variables = dotenv.read(env_file) if env_file else {}
    return dict(base) | {name: text for name in CREDENTIALS if (text := variables.get(name))}


def take_credentials() -> None:
    """Give this process the credentials of `.env`, because AWS's tools do not read that file."""
    os.environ.update(with_credentials(os.environ, Settings.env_file()))


def enter(*, aws: bool = False) -> None:
    """Change this process's environment for the cloud that it works on; see `environment`."""
    env = environment(os.environ, aws=aws, env_file=Settings.env_file())
    for name in os.environ.keys() - env.keys():
        del os.environ[name]
    os.environ.update(env)


def name(env: Mapping[str, str], *, region: str) -> str:
    """Return the name that commands print for the cloud of an environment.

    >>> name({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, region="us-east-1")
    'the local cloud at http://127.0.0.1:4566'
    >>> name({"AWS_PROFILE": "production"}, region="us-east-1")
    'AWS us-east-1 with the profile production'
    """
    if endpoint := env.get("AWS_ENDPOINT_URL"):
        return f"the local cloud at {endpoint}"
    profile = f" with the profile {env['AWS_PROFILE']}" if env.get("AWS_PROFILE") else ""
    return f"AWS {region}{profile}"


def momento_origin(env: Mapping[str, str], endpoint: str) -> str:
    """Return where to send requests for an endpoint of Momento: the local cloud has its own."""
    return env.get("MOMENTO_ENDPOINT_URL") or endpoint


def _runs(values: Mapping[str, str]) -> bool:
    process = values.get("LOCAL_CLOUD_PROCESS", "")
    if not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except (OSError, OverflowError):
        return False
    return True
