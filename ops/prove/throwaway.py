"""The conformance stack, deployed for a short time; its state stays on this machine.

The state is a file in `.cache/prove`, in a folder of its own for each account and region. So no
state bucket is needed, and what an interrupted run has left can be destroyed by the next one.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from ops.demo.local_stack import apply
from ops.deploy import first_deploy
from ops.terraform import terraform
from ops.terraform.terraform import Terraform, TerraformError, read_synthesized, synthesize
from stacks.settings import Settings

STACK: Final = "conformance"
LONGEST_PREFIX: Final = 24
"""See `stacks.settings.types`."""
FOLDER: Final = Path(".cache") / "prove"


def own_prefix(prefix: str) -> str:
    """Return the prefix of the throwaway stack's names; no other stack's names begin with it.

    >>> own_prefix("weather-stats-demo")
    'prove-weather-stats-demo'
    """
    return f"prove-{prefix}"[:LONGEST_PREFIX].rstrip("-")


class Throwaway:
    """The stack in one place: in an account and a region, or on a local cloud.

    `env` is the environment of Terraform; `account` is the account's number.
    """

    def __init__(self, settings: Settings, env: Mapping[str, str], *, account: str) -> None:
        endpoint = urlsplit(env.get("AWS_ENDPOINT_URL", ""))
        place = f"local-{endpoint.port}" if endpoint.hostname else f"{account}-{settings.region}"
        self.folder = terraform.ROOT / FOLDER / place
        self.prefix = own_prefix(settings.name_prefix)
        own = {
            "STACK": STACK,
            "NAME_PREFIX": self.prefix,
            "PROFILE": "demo",
            "TOPOLOGY": "pipes",
            "ALARMS": "false",
            "ALLOW_DESTROY": "true",
            "PIPE_LOG_LEVEL": "ERROR",
            "PIPE_LOG_EXECUTION_DATA": "false",
            "STATE_KEY": f"{self.prefix}/{STACK}.tfstate",
            "CDKTF_OUTDIR": str(self.folder / "out"),
        }
        self._env = {**env, **own}

    @property
    def state(self) -> Path:
        """The file with the Terraform state."""
        return self.folder / "terraform.tfstate"

    def left(self) -> list[str]:
        """Return the addresses of the resources in the state."""
        try:
            state = json.loads(self.state.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        return [
            f"{resource['type']}.{resource['name']}"
            for resource in state.get("resources", [])
            if resource.get("mode") == "managed" and resource.get("instances")
        ]

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The synthesized JSON."""
        document: Mapping[str, Any] = read_synthesized(self._synthesized)
        return document

    def deploy(self, targets: Sequence[str] = ()) -> None:
        """Create the stack, or only the targets and the resources that they need.

        If AWS is not ready for a new pipe, what is missing is created later, at most twice.
        """
        options = [f"-target={target}" for target in targets]
        for again in range(1, first_deploy.AGAIN + 2):
            try:
                apply(self._terraform, "deploy", "apply", *options)
            except TerraformError as error:
                said = first_deploy.reasons(str(error))
                if not said or again > first_deploy.AGAIN:
                    raise
                first_deploy.wait(said, again)
            else:
                return

    def destroy(self, *, at_once: bool = False) -> None:
        """Destroy all that the state has.

        Right after a deployment, `at_once` spares reading all resources first.
        """
        options = ["-refresh=false"] if at_once else []
        apply(self._terraform, "destroy", "destroy", *options)

    def forget(self) -> None:
        """Delete the folder, in which no resource may be left."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @cached_property
    def _synthesized(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)  # cdktf creates only the last folder
        return synthesize(STACK, self._env, quiet=True)

    @cached_property
    def _terraform(self) -> Terraform:
        folder = self._synthesized
        backend = {"terraform": {"backend": {"local": {"path": str(self.state)}}}}
        (folder / "backend_override.tf.json").write_text(json.dumps(backend), encoding="utf-8")
        made = Terraform(folder, self._env)
        made.init("-reconfigure")
        return made
