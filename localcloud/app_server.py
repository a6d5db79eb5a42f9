"""Serve an ASGI application on a free port of 127.0.0.1, in a thread."""

import socket
import threading
import time
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from localcloud.errors import LocalCloudError


class AppServer:
    """A context manager: entering waits until the application answers, leaving stops it.

    `endpoint` is its URL; `what` is its name in errors.

    Raises:
        LocalCloudError: the port is in use.

    """

    def __init__(self, app: ASGIApp, *, what: str, port: int | None = None) -> None:
        self.endpoint = ""
        self._app = app
        self._what = what
        self._port = port or 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        # asyncio turns Nagle's algorithm off only if the protocol is named. With the algorithm, a
        # response with a body takes 40 ms.
        listening = socket.socket(proto=socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", self._port))
        except (OSError, OverflowError):
            listening.close()
            raise LocalCloudError(
                f"port {self._port} of 127.0.0.1 is in use; choose another port, or give none for a"
                " free port"
            ) from None
        self.endpoint = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(
            self._app,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
            lifespan="off",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [listening]},
            daemon=True,
            name=self._what,
        )
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise LocalCloudError(f"the local {self._what} ended while it was starting")
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
