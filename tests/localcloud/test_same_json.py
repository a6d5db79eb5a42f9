"""The same Terraform JSON goes to the local AWS and to AWS itself."""

import os
from pathlib import Path

import pytest

from localcloud import LocalAws
from ops.terraform.terraform import synthesize
from tests.conftest import ENDPOINT, House

LOCAL = {
    "MOMENTO_API_KEY": "local",
    "TF_VAR_momento_api_key": "local",
    "TF_VAR_iam_settle_seconds": "0",
}
AWS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_SESSION_TOKEN": "example",
    "AWS_PROFILE": "production",
    "AWS_REGION": "us-east-1",
    "MOMENTO_API_KEY": "the-real-one",
    "TF_VAR_momento_api_key": "the-real-one",
}


@pytest.mark.parametrize("stack", ["weather", "state"])
def test_the_json_is_the_same_byte_for_byte(
    stack: str, tmp_path: Path, house: House, aws_server: LocalAws
) -> None:
    assert house.root.exists()
    shared = dict(os.environ) | {"MOMENTO_API_ENDPOINT": ENDPOINT}
    of_server = aws_server.environment(shared)
    local = synthesize(stack, of_server | LOCAL | {"CDKTF_OUTDIR": str(tmp_path / "local")})
    real = synthesize(stack, shared | AWS | {"CDKTF_OUTDIR": str(tmp_path / "aws")})
    assert local != real
    assert (local / "cdk.tf.json").read_bytes() == (real / "cdk.tf.json").read_bytes()
