"""Serve the page until Ctrl-C, at the same port at each start."""

import errno
import logging
import socket
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import uvicorn
from rich.markup import escape

from console.errors import ConsoleError
from console.form import Form
from console.patient_protocol import PatientProtocol
from console.settings import ConsoleSettings
from console.web import page
from live.output import console
from live.terminal import visible

PAGE_PORT: Final = 8417
"""No service that IANA lists has it, so it is usually free."""
MOST_PORTS: Final = 65_535


def serve(
    settings: ConsoleSettings,
    forms: Sequence[Form] = (),
    *,
    port: int = PAGE_PORT,
    browse: bool = False,
) -> None:
    """Serve the page on 127.0.0.1 until Ctrl-C; with `browse`, open it in a browser.

    Raises:
        ConsoleError: the port is taken; the message says what to do.
        LiveError: no pipeline of the stack is deployed, or AWS cannot be asked.

    """
    with listening(port) as socket_:
        app = page(settings, forms)
        url = f"http://127.0.0.1:{socket_.getsockname()[1]}"
        place = escape(visible(settings.cloud))
        console.print(
            f"\n[bold]The page: {url}[/]  (stack {settings.stack.stack} on {place}; Ctrl-C ends"
            " it)\n",
            soft_wrap=True,
        )
        if browse:
            webbrowser.open(url)
        # asyncio warns about each event that is sent to a closed page.
        logging.getLogger("asyncio").setLevel(logging.ERROR)
        config = uvicorn.Config(
            app,
            http=PatientProtocol,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        uvicorn.Server(config).run(sockets=[socket_])


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """Yield a socket that listens on a port of 127.0.0.1; port 0 stands for a free one.

    Raises:
        ConsoleError: the port is taken, or the number is not a port's.

    """
    if not 0 <= port <= MOST_PORTS:
        raise ConsoleError(f"--page-port is {port}; a port is a number from 0 to {MOST_PORTS}")
    # The protocol is named so that asyncio turns Nagle's algorithm off.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen()  # from here on, who connects waits for the page
        except OSError as error:
            why = "is taken: perhaps another page is open there"
            if error.errno == errno.EACCES:
                why = "may not be used: it is one of the system's"
            raise ConsoleError(
                f"port {port} of 127.0.0.1 {why}. End what uses it, or choose another port with"
                f" --page-port {port + 1 if port < MOST_PORTS else 0} (0: any free one)"
            ) from None
        yield listener
