"""The AWS provider as a process that several runs of Terraform use.

Terraform starts its provider anew for each command, and reads the schemas of 1,500 resources, of
which a stack has twenty. To validate a stack takes 2.8 seconds of a processor that way, and a tenth
of one with what is here.

Terraform can attach to a provider that runs already, which is its way for tests of providers
(https://developer.hashicorp.com/terraform/plugin/debugging#running-terraform-with-a-provider-in-debug-mode).
It attaches to a process of this module, which hands each call on to the provider. Of the schemas
it keeps those of `SERVICES`. Every other answer is the provider's own.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import grpc

VARIABLE = "TF_REATTACH_PROVIDERS"
SERVICES = re.compile(
    "aws_(caller|cloudwatch|dynamodb|iam|kms|lambda|partition|pipes|region|s3|scheduler"
    "|secretsmanager|sfn|sns|sqs|ssm)(_|$)"
)
SCHEMAS_BY_TYPE = (2, 3, 8)
"""Fields of the answer: of resources, of data sources, of ephemeral resources.

https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol, tfplugin5.proto."""
QUIET = dict.fromkeys(("TF_LOG_PROVIDER", "TF_LOG_SDK", "TF_LOG_SDK_PROTO"), "off")
"""Otherwise a provider that Terraform attaches to writes a line for each step of each call."""
ANY_LENGTH = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


@contextmanager
def provider_of(port: int, binary: Path) -> Iterator[dict[str, str]]:
    """Run a provider for the local AWS that will listen on a port; yield Terraform's variable."""
    aws = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
    }
    with provider_process(binary, os.environ | aws) as found:
        yield {VARIABLE: found}


@contextmanager
def provider_process(
    binary: Path, env: Mapping[str, str], log: IO[bytes] | int = subprocess.DEVNULL
) -> Iterator[str]:
    """Run the provider, and yield the value of the variable by which Terraform finds it.

    It calls the AWS that `env` points at, and ends when this process does, however that ends. It
    writes to `log` what `TF_LOG` in `env` asks for.
    """
    with subprocess.Popen(
        [sys.executable, "-m", __name__, binary],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env=env if "TF_LOG" in env else {**env, **QUIET},
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def main(binary: str) -> None:
    """Start the provider, print how to attach to it, and serve until the input ends."""
    with (
        subprocess.Popen(
            [binary, "-debug"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        ) as provider,
        tempfile.TemporaryDirectory() as folder,
    ):
        try:
            assert provider.stdout is not None
            found = (re.search(f"{VARIABLE}='(.*)'", line) for line in provider.stdout)
            providers = json.loads(next(match[1] for match in found if match))
            (place,) = providers.values()
            handler = _Forwarding(grpc.insecure_channel(_unix(place), options=ANY_LENGTH))
            place["Addr"]["String"] = f"{folder}/provider"
            place["Pid"] = os.getpid()
            server = grpc.server(ThreadPoolExecutor(), handlers=[handler], options=ANY_LENGTH)
            server.add_insecure_port(_unix(place))
            server.start()
            print(json.dumps(providers), flush=True)
            sys.stdin.read()
            server.stop(grace=None).wait()
        finally:
            provider.kill()


def _unix(place: dict[str, Any]) -> str:
    return "unix:" + str(place["Addr"]["String"])


class _Forwarding(grpc.GenericRpcHandler):  # type: ignore[misc] # grpcio has no types
    """Hands each call of Terraform on, with its bytes as they are."""

    def __init__(self, provider: grpc.Channel) -> None:
        self._provider = provider
        self._schema: bytes | None = None

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler | None:
        """Return what answers a method, or None for the streams of output, which stay empty."""
        method = handler_call_details.method
        if not method.startswith(("/tfplugin5.Provider/", "/grpc.health.v1.Health/")):
            return None
        call = self._provider.unary_unary(method)

        def forward(request: bytes, context: grpc.ServicerContext) -> bytes:
            if self._schema and method.endswith("/GetSchema"):
                return self._schema
            answer = b""
            try:
                answer = call(request)
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())  # raises
            if method.endswith("/GetSchema"):
                answer = self._schema = _of_the_services(answer)
            return answer

        return grpc.unary_unary_rpc_method_handler(forward)


def _of_the_services(schemas: bytes) -> bytes:
    """Return the provider's answer without the schemas of other services."""
    kept = bytearray()
    at = 0
    while at < len(schemas):
        begin = at
        tag, at = _varint(schemas, at)
        length, at = _varint(schemas, at)
        field, at = schemas[at : at + length], at + length
        if tag >> 3 not in SCHEMAS_BY_TYPE or SERVICES.match(_key(field)):
            kept += schemas[begin:at]
    return bytes(kept)


def _key(entry: bytes) -> str:
    """Return the key of a map's entry, which is its first field."""
    length, at = _varint(entry, 1)
    return entry[at : at + length].decode()


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return protobuf's integer at a place, and the place after it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


if __name__ == "__main__":
    main(sys.argv[1])
