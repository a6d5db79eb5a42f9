"""Write a stack's Terraform JSON: the command synth."""

from ops.terraform.stack import load_settings
from ops.terraform.terraform import ROOT, environment, synthesize


def command() -> None:
    """Write the stack's Terraform JSON; needs no key and no credentials."""
    settings = load_settings()
    file = synthesize(settings.stack, environment(settings)) / "cdk.tf.json"
    print(file.relative_to(ROOT) if file.is_relative_to(ROOT) else file)
