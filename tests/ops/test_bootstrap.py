"""What `./help.sh bootstrap` makes of AWS's answers, given by a server of a few lines."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.conftest import BUCKET, ENDPOINT
from tests.ops.conftest import Run

IDENTITY = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>
</GetCallerIdentityResponse>"""
BUCKETS: dict[str, tuple[int, dict[str, str], str]] = {
    "of another account": (
        403,
        {},
        (
            f"the bucket {BUCKET} belongs to another account or is not yours to use (HTTP 403);"
            " bucket names are global: set STATE_BUCKET in .env to a name of your own"
        ),
    ),
    "in another region": (
        200,
        {"x-amz-bucket-region": "eu-west-1"},
        (
            f"the bucket {BUCKET} is in eu-west-1, not in us-east-1:"
            " set AWS_REGION to its region, or STATE_BUCKET to a name of your own"
        ),
    ),
}


@contextmanager
def aws(status: int, headers: Mapping[str, str]) -> Iterator[str]:
    """Answer STS as AWS does, and a question for any bucket with a status and headers."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(IDENTITY)))
            self.end_headers()
            self.wfile.write(IDENTITY)

        def do_HEAD(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("which", BUCKETS)
def test_a_bucket_of_another_account_is_reported_with_the_next_step(run: Run, which: str) -> None:
    status, headers, says = BUCKETS[which]
    with aws(status, headers) as endpoint:
        env = dict(os.environ) | {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "some",
            "AWS_SECRET_ACCESS_KEY": "some",
            "MOMENTO_API_ENDPOINT": ENDPOINT,
        }
        done = run("bootstrap", "--auto-approve", env=env)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {says}\n"
