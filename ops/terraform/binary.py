"""Terraform's program or OpenTofu's: which one the commands run, and from which version on.

`TERRAFORM_BINARY_NAME` names the program, for cdktf's command line, too. What it prints says which
one it is. Both need ephemeral variables and the S3 lock file:

- Terraform has both since 1.10; 1.11 is the oldest one tried.
- OpenTofu has the lock file since 1.10 and ephemeral values since 1.11 ("What's new in OpenTofu").
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

VARIABLE: Final = "TERRAFORM_BINARY_NAME"


@dataclass(frozen=True)
class Product:
    """A program that deploys: its name, its oldest version that works, and where to get it."""

    name: str
    oldest: tuple[int, int]
    source: str

    @property
    def advice(self) -> str:
        """What to install."""
        oldest = ".".join(map(str, self.oldest))
        return f"get {self.name} {oldest} or newer from {self.source} and put it on the PATH"


TERRAFORM: Final = Product("Terraform", (1, 11), "developer.hashicorp.com/terraform/install")
OPENTOFU: Final = Product("OpenTofu", (1, 11), "opentofu.org/docs/intro/install")


def name(env: Mapping[str, str]) -> str:
    """Return the program's name or path.

    >>> name({}), name({"TERRAFORM_BINARY_NAME": "tofu"})
    ('terraform', 'tofu')
    """
    return env.get(VARIABLE) or "terraform"


def product(program: str, said: str = "") -> Product:
    """Return which product a program is, by what its `version` prints or else by its name.

    >>> product("terraform", "OpenTofu v1.11.6").name, product("/opt/tofu").name
    ('OpenTofu', 'OpenTofu')
    """
    by_name = OPENTOFU if "tofu" in program.rpartition("/")[2].lower() else TERRAFORM
    match = re.match(r"\s*(OpenTofu|Terraform) v", said)
    if match is None:
        return by_name
    return OPENTOFU if match[1] == OPENTOFU.name else TERRAFORM
