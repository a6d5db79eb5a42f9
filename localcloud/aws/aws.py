"""The AWS API on this machine: moto's server in another process."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from ..errors import LocalCloudError

START_SECONDS = 120
STOP_SECONDS = 5
BACKLOG = 128


class LocalAws:
    """An AWS API on a free port of 127.0.0.1, without any resources at the start.

    It is a context manager. On entering, it waits until the API answers; on exit, it stops the
    server's process. The server also stops when the process that started it ends, but not on
    Ctrl-C. `endpoint` is its URL. The server's process runs `module` with PORT and DESCRIPTOR (see
    `localcloud.aws.server`) before `arguments`.

    Raises:
        LocalCloudError: the port is in use, or the server does not start.

    """

    def __init__(
        self,
        *,
        port: int | None = None,
        module: str = f"{__package__}.server",
        arguments: Sequence[str] = (),
    ) -> None:
        self._wanted_port = port
        self._module = module
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self.endpoint = ""

    def __enter__(self) -> Self:
        with tempfile.TemporaryFile() as log:
            with listening(self._wanted_port or 0) as server:
                port, descriptor = server.getsockname()[1], server.fileno()
                self.endpoint = f"http://127.0.0.1:{port}"
                self._process = subprocess.Popen(
                    [
                        *(sys.executable, "-m", self._module),
                        *(str(port), str(descriptor), *self._arguments),
                    ],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=[descriptor],
                )
            try:
                self._wait_until_ready()
            except BaseException as error:
                self.stop()
                log.seek(0)
                text = log.read().decode(errors="replace")
                if isinstance(error, LocalCloudError):
                    raise LocalCloudError(f"{error}\n{text}".rstrip()) from None
                raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return `base` (default: this process's environment) with the variables for this AWS.

        Variables of a real account are removed: credentials, profiles, endpoints.
        """
        inherited = os.environ if base is None else base
        kept = {
            name: value
            for name, value in inherited.items()
            if not name.startswith("AWS_") or name in ("AWS_BINDINGS", "AWS_PROVIDER_VERSION")
        }
        region = inherited.get("AWS_REGION") or inherited.get("AWS_DEFAULT_REGION") or "us-east-1"
        keys = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
        return kept | local_variables(self.endpoint, region) | keys

    def stop(self) -> None:
        """Stop the server's process and wait for its end; a second call does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin:
            process.stdin.close()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        assert self._process is not None
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise LocalCloudError("the local AWS ended while it was starting:")
            try:
                with urlopen(f"{self.endpoint}/moto-api/", timeout=START_SECONDS):  # noqa: S310 - our own URL
                    return
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise LocalCloudError(f"the local AWS did not answer within {START_SECONDS} s:")


def local_variables(endpoint: str, region: str) -> dict[str, str]:
    """Return the variables that lead a process to a local AWS, but for credentials."""
    loopback = "127.0.0.1,localhost"
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": loopback,
        "no_proxy": loopback,
    }


def listening(port: int) -> socket.socket:
    """Return a socket that listens on a port, so that no other process can take the port.

    asyncio disables Nagle's algorithm only if the protocol is named. With the algorithm, a response
    with a body takes 40 ms.

    Raises:
        LocalCloudError: the port is in use.

    """
    server = socket.socket(proto=socket.IPPROTO_TCP)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind(("127.0.0.1", port))
        server.listen(BACKLOG)
    except (OSError, OverflowError):
        server.close()
        raise LocalCloudError(
            f"port {port} of 127.0.0.1 is in use; choose another port, or no port for a free one"
        ) from None
    return server
