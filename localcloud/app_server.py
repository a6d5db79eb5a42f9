"""Serve an ASGI application on a free port of 127.0.0.1, in a thread."""

import threading
import time
from typing import Final, Self

import uvicorn
from starlette.types import ASGIApp

from .aws.aws import listening
from .errors import LocalCloudError

KEEP_ALIVE_SECONDS: Final = 75
"""How long an unused connection stays open.

uvicorn closes it after 5 seconds, and httpx uses it for 5 seconds: a request that is sent at this
moment finds a closed connection, and a change then has an attempt that failed for no reason.
"""


class AppServer:
    """A context manager. On entering, it waits until the application answers; on exit, it stops it.

    `endpoint` is the application's URL. Errors have its `name`.

    Raises:
        LocalCloudError: the port is in use.

    """

    def __init__(self, app: ASGIApp, *, name: str, port: int | None = None) -> None:
        self.endpoint = ""
        self._app = app
        self._name = name
        self._port = port or 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        socket = listening(self._port)
        self.endpoint = f"http://127.0.0.1:{socket.getsockname()[1]}"
        config = uvicorn.Config(
            self._app,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            lifespan="off",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [socket]},
            daemon=True,
            name=self._name,
        )
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise LocalCloudError(f"the local {self._name} ended while it was starting")
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
