"""The process of the local AWS: `python -m localcloud.aws.server PORT DESCRIPTOR`.

DESCRIPTOR is the file descriptor of a socket that listens on the port.

The process ends when its standard input ends, because the process that started it has ended. It
ignores Ctrl-C, so that programs that use the local AWS, such as Terraform, end first.
"""

import functools
import logging
import os
import signal
import socket
import sys
import threading
import warnings
from typing import Any

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # before the imports, which take two seconds

import waitress
from moto.core import responses
from moto.core.utils import method_names_from_class
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from ..functions import code as function_code
from . import (
    change_signal,
    changes,
    execution_news,
    execution_records,
    failing_pipes,
    moto_corrections,
)
from .turn import TURN

THREADS = 256
"""How many requests are answered at once; a long poll waits in its thread until it is answered."""
CONNECTIONS = 1000
"""Clients keep their connections open; beyond this number, a new connection waits."""
AT_ONCE = 65_536
"""Answers of so many bytes are sent with their headers, in one piece.

If the headers come first, the AWS provider sometimes closes the connection before the body comes,
and sends a request again that was carried out: CreateRole then fails. This was seen beside other
work, which delays what the provider does after it has sent a request.
"""


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
        if environ.get("PATH_INFO") == execution_news.PATH:
            with TURN:
                return execution_records.answer(environ, start_response)
        if environ.get("PATH_INFO") == function_code.PATH:
            return function_code.answer(environ, start_response)
        if environ.get("PATH_INFO") == change_signal.PATH:
            return changes.answer(environ, start_response)
        environ["RAW_URI"] = environ["REQUEST_URI"]  # moto's name; an ARN in a path holds %2F
        with TURN:
            answered = super().__call__(environ, start_response)
        changes.note(environ)
        return answered

    @functools.cache  # noqa: B019 - there is one application in the process
    def get_backend_for_host(self, host: str | None) -> Any:  # noqa: ANN401 - moto's
        return super().get_backend_for_host(host)


def serve(port: str, descriptor: str) -> None:
    """Serve until the standard input ends.

    Unlike moto's own server, waitress keeps connections open and starts no thread for a request.
    It also drops each header with an underscore in its name: of AWS's headers, only metadata of S3
    objects can have one.
    """
    del port  # the socket has it; `ps` shows it
    threading.Thread(target=_end_with_owner, daemon=True).start()
    moto_corrections.apply()
    changes.apply()
    # moto lists the methods of a service's class in each request: a seventh of its time.
    vars(responses)["method_names_from_class"] = functools.cache(method_names_from_class)
    warnings.filterwarnings("ignore", "send_bytes", DeprecationWarning)  # it has no replacement
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns if a request waits
    waitress.serve(
        _Application(create_backend_app),
        sockets=[socket.socket(fileno=int(descriptor))],
        threads=THREADS,
        connection_limit=CONNECTIONS,
        asyncore_use_poll=True,
        send_bytes=AT_ONCE,
        _quiet=True,
    )


if __name__ == "__main__":
    serve(*sys.argv[1:])
