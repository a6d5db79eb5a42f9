"""A plan in a file: made once, reviewed, and applied as reviewed.

The file has the state in clear, like every Terraform plan, so only its owner may read it. The API
key is not in it, except in a plan of a state that still has the key of an earlier version.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ops.review import Plan, read_plan, read_plan_file
from ops.shared.errors import OpsError
from ops.terraform.terraform import Terraform

BLOCKED = 3
"""The exit code where a plan is held back."""


def make(terraform: Terraform, file: Path, arguments: Sequence[str] = ()) -> None:
    """Show a plan on the terminal and save it.

    Raises:
        OpsError: the file cannot be written, or planning failed.

    """
    with _written_for_the_owner(file) as absolute:
        terraform.show("plan", "-input=false", f"-out={absolute}", *arguments)


def read(file: Path, terraform: Callable[[], Terraform]) -> Plan:
    """Return a saved plan, or a plan that `terraform show -json` printed to a file.

    Only a saved plan needs `terraform`.

    Raises:
        OpsError: it cannot be read, or it is not a plan of this stack.

    """
    try:
        with file.open("rb") as opened:
            printed = opened.read(1) == b"{"
    except OSError as error:
        raise OpsError(f"{file} cannot be read: {error.strerror}") from None
    if printed:
        return read_plan_file(file)
    return read_plan(terraform().quiet("show", "-json", str(file.absolute())), str(file))


def read_new(terraform: Terraform) -> Plan:
    """Make a plan without printing it; no file is left."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan"
        terraform.quiet("plan", "-input=false", f"-out={file}")
        return read(file, lambda: terraform)


def apply(terraform: Terraform, file: Path) -> None:
    """Apply a saved plan, if nothing was deployed since.

    Raises:
        OpsError: there is no such file.
        TerraformError: it is stale, or applying failed.

    """
    must_be_there(file)
    terraform.show("apply", "-input=false", str(file.absolute()))


def must_be_there(file: Path) -> None:
    """Raise OpsError if there is no such file."""
    if not file.is_file():
        raise OpsError(f"{file} does not exist; make it with ./help.sh plan --out {file}")


@contextmanager
def _written_for_the_owner(file: Path) -> Iterator[Path]:
    place = file.resolve()  # a link, such as /dev/stdout, is not what is replaced
    if not place.parent.is_dir():
        raise OpsError(f"{file}: there is no folder {place.parent}")
    if place.exists() and not place.is_file():
        raise OpsError(f"{file} is not a file that can hold a plan; name another")
    try:
        place.unlink(missing_ok=True)  # one that is there would keep its rights
    except OSError as error:
        raise OpsError(f"{file} cannot be replaced: {error.strerror}") from None
    before = os.umask(0o077)
    try:
        yield place
    finally:
        os.umask(before)
