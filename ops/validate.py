"""Check a stack with the provider's schema: the command validate."""

from ops.terraform.stack import load_settings
from ops.terraform.terraform import Terraform, environment, synthesize


def command() -> None:
    """Check the synthesized stack with the provider's own schema; needs no credentials."""
    settings = load_settings()
    env = environment(settings)
    folder = synthesize(settings.stack, env)
    # In a data folder that has seen a backend, Terraform would ask for credentials.
    terraform = Terraform(folder, env | {"TF_DATA_DIR": ".terraform-validate"})
    terraform.init("-backend=false")
    terraform.show("validate")
