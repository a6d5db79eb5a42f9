"""The findings of a check of a synthesized stack. Errors end the synth; warnings do not."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Findings:
    """Sentences: errors, which AWS would refuse, and warnings about likely mistakes."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, other: "Findings") -> None:
        """Add the findings of another check."""
        self.errors.extend(other.errors)
        self.warnings.extend(other.warnings)
