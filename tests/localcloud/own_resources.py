"""Terraform in a folder with resources of a test's own, and the weather stack's provider."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.terraform.terraform import Terraform, environment, read_synthesized, synthesize
from stacks.settings import Settings

FILE = "cdk.tf.json"


def written(folder: Path, resources: Mapping[str, Any]) -> Terraform:
    """Write the resources into a folder, and return Terraform in it; its state is a file.

    A folder that was written before keeps its provider.
    """
    env = environment(Settings.load())
    begun = (folder / FILE).exists()
    stack = read_synthesized(folder if begun else synthesize("weather", env, quiet=True))
    providers = {"required_providers": stack["terraform"]["required_providers"]}
    document = {"terraform": providers, "provider": stack["provider"], "resource": resources}
    (folder / FILE).write_text(json.dumps(document), encoding="utf-8")
    terraform = Terraform(folder, env)
    if not begun:
        terraform.init()
    return terraform
