"""The resources of a stack that exist, that are missing, or that may not be read."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from ops.doctor.check import Check, failure, warning

GONE = (
    *("ResourceNotFoundException", "ResourceNotFound", "NotFoundException", "NotFound"),
    *("NoSuchEntity", "NoSuchEntityException", "StateMachineDoesNotExist"),
)
"""Error codes of the services for something that does not exist."""


class Existence:
    """Looks for resources; `found` counts those that exist."""

    def __init__(self) -> None:
        self.found = 0
        self._missing: dict[str, list[str]] = {}
        self._unseen: list[str] = []

    def look(self, kind: str, name: str, ask: Callable[..., Any], **what: Any) -> Any:  # noqa: ANN401 - AWS's words and answer
        """Return AWS's answer about a resource; None if it does not exist or may not be read.

        Raises:
            BotoCoreError: AWS does not answer.

        """
        try:
            answer = ask(**what)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in GONE:
                self.miss(kind, name)
            else:
                self._unseen.append(f"{kind} {name} ({code})")
            return None
        self.found += 1
        return answer

    def each(
        self, kind: str, names: Iterable[str], ask: Callable[..., Any], parameter: str
    ) -> Iterator[tuple[str, Any]]:
        """Yield the name and AWS's answer of each resource that exists.

        `ask` gets the name as this parameter.
        """
        for name in names:
            if (answer := self.look(kind, name, ask, **{parameter: name})) is not None:
                yield name, answer

    def miss(self, kind: str, name: str) -> None:
        """Note that something is missing."""
        self._missing.setdefault(kind, []).append(name)

    def checks(self) -> Iterator[Check]:
        """Yield what is missing, by kind, and what may not be read."""
        for kind, names in self._missing.items():
            verb = "is" if len(names) == 1 else "are"
            yield failure(
                "missing",
                f"{kind} {', '.join(names)} {verb} not deployed; run ./help.sh deploy, which"
                " creates it again",
            )
        if self._unseen:
            yield warning("unseen", f"cannot be checked: {', '.join(self._unseen)}")
