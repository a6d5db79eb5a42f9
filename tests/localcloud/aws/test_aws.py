"""The local AWS: it starts, answers, and ends with the process that started it."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

import boto3
import pytest

from localcloud import LocalAws, LocalCloudError
from tests.conftest import ROOT
from tests.localcloud.arrivals import until

pytestmark = pytest.mark.slow

OWNER = """
import sys
from localcloud import LocalAws
with LocalAws() as aws:
    print(aws.endpoint, flush=True)
    sys.stdin.read()
"""
LAST_WISH = """
import os, signal, time
from urllib.request import urlopen
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
url = os.environ["AWS_ENDPOINT_URL"]
print(url, flush=True)
signal.sigwait([signal.SIGINT])
time.sleep(1)
print(urlopen(f"{url}/moto-api/").status)
"""
REAL = {
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_SECURITY_TOKEN": "real",
    "AWS_PROFILE": "production",
    "AWS_DEFAULT_PROFILE": "production",
    "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/admin",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "token",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/",
    "AWS_CONFIG_FILE": "config",
    "AWS_SHARED_CREDENTIALS_FILE": "credentials",
    "AWS_ENDPOINT_URL": "https://example.com",
    "AWS_ENDPOINT_URL_S3": "https://s3.example.com",
    "AWS_CA_BUNDLE": "bundle.pem",
}


def servers(endpoint: str) -> list[int]:
    """Return the ids of the processes that serve an endpoint."""
    port = endpoint.rpartition(":")[2]
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True
    )
    return [
        int(line.split()[0])
        for line in listed.stdout.splitlines()
        if f" localcloud.aws.server {port} " in line
    ]


@contextmanager
def started(*command: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run Python in its own session; yield the process and the endpoint that it prints last."""
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            line = next(line for line in process.stdout if not line.startswith("export "))
            yield process, re.findall(r"http://[0-9.:]+", line)[0]
        finally:
            process.kill()


def test_answers_while_entered_shares_nothing_with_another_and_leaves_no_process(
    local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another server runs beside it. An exception ends it too, and `stop` may be called again."""
    with closing(boto3.client("s3")) as s3:
        s3.create_bucket(Bucket="only-here")
        assert len(s3.list_buckets()["Buckets"]) == 1
    with suppress(ZeroDivisionError), LocalAws() as aws:
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        with closing(boto3.client("s3")) as s3, closing(boto3.client("sts")) as sts:
            assert s3.list_buckets()["Buckets"] == []
            assert sts.get_caller_identity()["Account"] == "123456789012"
        assert len(servers(aws.endpoint)) == 1
        raise ZeroDivisionError
    for _ in range(2):
        assert servers(aws.endpoint) == []
        aws.stop()
    assert len(servers(local_aws.endpoint)) == 1


def test_an_answer_comes_in_one_piece(local_aws: LocalAws) -> None:
    """Beside other work, the provider closed a connection between the headers and the body."""
    address = urlsplit(local_aws.endpoint)
    request = (
        f"POST / HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 2\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        "X-Amz-Target: DynamoDB_20120810.ListTables\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request"
        ", SignedHeaders=host, Signature=b\r\n\r\n{}"
    ).encode()
    assert address.hostname is not None
    with socket.create_connection((address.hostname, address.port or 0), timeout=60) as connection:
        for _ in range(20):
            connection.sendall(request)
            received = connection.recv(65_536)
            assert received.startswith(b"HTTP/1.1 200 OK")
            assert received.endswith(b'{"TableNames": []}')


def test_stops_when_the_process_that_started_it_is_killed() -> None:
    """After SIGKILL, that process cannot clean up; the server ends by itself."""
    with started("-c", OWNER) as (owner, endpoint):
        assert len(servers(endpoint)) == 1
        owner.kill()
        until(lambda: servers(endpoint) == [])


def test_an_error_at_start_has_the_servers_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's output is in the message, not in a deleted log."""
    monkeypatch.setenv("PYTHONPATH", os.devnull)
    monkeypatch.chdir("/")
    with pytest.raises(LocalCloudError, match=r"(?s)ended while it was starting:.*localcloud"):
        LocalAws().__enter__()


@pytest.mark.parametrize("name", REAL)
def test_the_environment_has_no_variables_of_a_real_account(name: str) -> None:
    kept = LocalAws().environment({"PATH": "bin", **REAL})
    assert kept.get(name) != REAL[name]
    assert kept["PATH"] == "bin"


def test_the_environment_has_the_local_endpoint_only(local_aws: LocalAws) -> None:
    env = local_aws.environment(REAL)
    assert {name: value for name, value in env.items() if "ENDPOINT" in name} == {
        "AWS_ENDPOINT_URL": local_aws.endpoint
    }


@pytest.mark.parametrize(
    ("base", "region"),
    [
        ({}, "us-east-1"),
        ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-west-2"}, "eu-west-1"),
    ],
)
def test_the_environment_has_the_users_region(base: dict[str, str], region: str) -> None:
    """The region is in both variables: boto3 and the AWS CLI read only the second."""
    env = LocalAws().environment(base)
    assert (env["AWS_REGION"], env["AWS_DEFAULT_REGION"]) == (region, region)


def test_only_the_server_imports_moto() -> None:
    """It takes a quarter of a second, which the process that runs the pipes need not spend."""
    code = "import sys, localcloud.cloud; print({'moto'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"set()\n"


def test_a_commands_exit_code_is_returned_and_the_server_ends() -> None:
    """`test_main` has the other exit codes, in this process."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "localcloud"),
            *("--", "sh", "-c", "echo $AWS_ENDPOINT_URL; exit 3"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 3, done.stderr
    assert done.stdout.startswith("http://127.0.0.1:")
    assert servers(done.stdout.strip()) == []


def test_sigterm_stops_it_cleanly() -> None:
    """It reaches one process."""
    with started("-m", "localcloud") as (process, endpoint):
        assert len(servers(endpoint)) == 1
        process.terminate()
        _, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (143, "")
        assert servers(endpoint) == []


def test_on_ctrl_c_it_serves_until_the_command_has_ended() -> None:
    """It reaches every process of the terminal.

    Terraform, for example, first writes its state and releases its lock.
    """
    with started("-m", "localcloud", "--", sys.executable, "-c", LAST_WISH) as (process, endpoint):
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out, err) == (130, "200\n", "")
        assert servers(endpoint) == []
