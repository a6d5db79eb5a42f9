"""What a look at a synthesized stack finds: errors, which end synth, and warnings."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Findings:
    """A sentence each: what AWS would refuse, and what it takes and is hardly meant."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, other: "Findings") -> None:
        """Take over what another look has found."""
        self.errors.extend(other.errors)
        self.warnings.extend(other.warnings)
