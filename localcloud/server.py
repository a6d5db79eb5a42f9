"""The process of the local AWS: `python -m localcloud.server PORT DESCRIPTOR`.

DESCRIPTOR is the file descriptor of a socket that listens on the port.

The process ends when its standard input ends, because the process that started it has ended. It
ignores Ctrl-C, so that programs that use the local AWS, such as Terraform, end first.
"""

import functools
import logging
import os
import signal
import sys
import threading
from typing import Any

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # before the imports, which take two seconds

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from localcloud import change_signal, changes, failing_pipes, moto_corrections


def _end_with_owner() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


class _Application(DomainDispatcherApplication):
    """moto's application, and the local cloud's own paths.

    It lists moto's folders once, not in each request.
    """

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:  # noqa: ANN401 - WSGI's
        if environ.get("PATH_INFO") == failing_pipes.PATH:
            return failing_pipes.switch(environ, start_response)
        if environ.get("PATH_INFO") == change_signal.PATH:
            return changes.answer(environ, start_response)
        answered = super().__call__(environ, start_response)
        changes.note(environ)
        return answered

    @functools.cache  # noqa: B019 - there is one application in the process
    def get_backend_for_host(self, host: str | None) -> Any:  # noqa: ANN401 - moto's
        return super().get_backend_for_host(host)


def serve(port: str, descriptor: str) -> None:
    """Serve until the standard input ends."""
    threading.Thread(target=_end_with_owner, daemon=True).start()
    moto_corrections.apply()
    changes.apply()
    logging.getLogger("werkzeug").setLevel(
        logging.WARNING
    )  # writing a log line for each request takes a tenth of the time
    make_server(
        "127.0.0.1",
        int(port),
        _Application(create_backend_app),
        threaded=True,
        request_handler=MotoRequestHandler,
        fd=int(descriptor),
    ).serve_forever()


if __name__ == "__main__":
    serve(*sys.argv[1:])
