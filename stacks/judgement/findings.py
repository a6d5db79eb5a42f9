"""The findings of a check of a synthesized stack: errors, which end synth, and warnings."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Findings:
    """Sentences: errors for what AWS would refuse, warnings for what is probably not meant."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, other: "Findings") -> None:
        """Add the findings of another check."""
        self.errors.extend(other.errors)
        self.warnings.extend(other.warnings)
