"""The progress of a rotation, in a file that only its owner may read: it has the new keys."""

import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from ops.shared.errors import OpsError

OWNER_ONLY = 0o600


@dataclass(kw_only=True)
class RotationProgress:
    """What a rotation has done.

    `old_ids` are the ids of the keys that are replaced, by their settings; a key of the first
    version has none. `old_mark` knows the old sending key again.
    """

    stack: str
    mark: str
    """The text that only this rotation's keys have in their descriptions."""
    old_mark: str
    old_ids: dict[str, str] = field(default_factory=dict)
    new: dict[str, str] = field(default_factory=dict)
    """The new keys' texts, by their settings."""
    seen_at: float | None = None
    """The time of the first successful request with the deployed key, in seconds since 1970."""


class ProgressFile:
    """The file of one stack."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> RotationProgress | None:
        """Return what the file says; None if no rotation has begun.

        Raises:
            OpsError: it cannot be read, or it is not a file of a rotation.

        """
        try:
            document = json.loads(self.path.read_text(encoding="utf-8"))
            return RotationProgress(
                **{member.name: document[member.name] for member in fields(RotationProgress)}
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            raise OpsError(
                f"{self.path} does not say where the rotation stands: delete it, revoke the keys"
                " that nothing uses in the Momento console, and begin again"
            ) from None

    def write(self, progress: RotationProgress) -> None:
        """Write the file; a reader sees the old or the new text."""
        new = self.path.with_suffix(".new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(progress), file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)

    def delete(self) -> None:
        """Delete the file: the rotation is over."""
        self.path.unlink(missing_ok=True)
