"""Terraform in a folder with resources of a test's own, and the weather stack's provider."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.terraform.terraform import Terraform, environment, synthesize
from stacks.settings import Settings


def written(folder: Path, resources: Mapping[str, Any]) -> Terraform:
    """Write the resources into a folder, and return Terraform in it; its state is a file."""
    env = environment(Settings.load())
    stack = json.loads((synthesize("weather", env, quiet=True) / "cdk.tf.json").read_text("utf-8"))
    providers = {"required_providers": stack["terraform"]["required_providers"]}
    document = {"terraform": providers, "provider": stack["provider"], "resource": resources}
    (folder / "main.tf.json").write_text(json.dumps(document), encoding="utf-8")
    terraform = Terraform(folder, env)
    terraform.init()
    return terraform
