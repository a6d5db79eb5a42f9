"""AWS's limits, checked at synth."""

from cdktf import Annotations
from constructs import Construct


def advise(scope: Construct, text: str) -> None:
    """Warn of what is allowed and against advice; whoever synthesizes shows it."""
    Annotations.of(scope).add_warning(text)
