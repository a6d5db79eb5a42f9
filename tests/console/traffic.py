"""What a browser did: whom it asked, what it got."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Response


@dataclass
class Traffic:
    """Every request the browser made, every body it got, and what it complained of."""

    hosts: set[str] = field(default_factory=set)
    responses: list[Response] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """Note all that happens in a browser's context."""
        context.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        context.on("response", self._note)
        context.on("console", lambda message: self._complain(message.type, message.text))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("dialog", lambda dialog: self.complaints.append(dialog.message))

    def _note(self, response: Response) -> None:
        self.responses.append(response)

    def read(self) -> None:
        """Read what came, while the browser still has it."""
        for response in self.responses:
            if "event-stream" not in response.headers.get("content-type", ""):
                self.bodies.append(f"{response.headers} {response.text()}")
        self.responses.clear()

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)
