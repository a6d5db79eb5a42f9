"""Create the state bucket, whose own state then moves into it: the command bootstrap.

Terraform cannot keep its state in a bucket that does not exist yet. The first run keeps it in
a local file, creates the bucket, and moves the file into it. A run that was interrupted in
between finds a bucket without a state and takes it in by import; so every run is safe.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from live.aws import Aws, asking_aws
from live.output import console
from ops.shared.errors import OpsError
from ops.terraform.stack import AutoApprove, load_settings
from ops.terraform.terraform import (
    Terraform,
    environment,
    read_synthesized,
    refuse_to_ask,
    synthesize,
)
from stacks.settings import Settings

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

BUCKET_ADDRESS = "aws_s3_bucket.state"


def command(*, auto_approve: AutoApprove = False) -> None:
    """Create the bucket that holds the Terraform state; safe to run again."""
    refuse_to_ask(auto_approve=auto_approve)
    settings = load_settings()
    console.print(bootstrap(settings, environment(settings), auto_approve=auto_approve))


class Bucket(Enum):
    """What exists under the state bucket's name."""

    ABSENT = auto()
    WITHOUT_STATE = auto()
    WITH_STATE = auto()


def bootstrap(
    settings: Settings, env: Mapping[str, str], *, auto_approve: bool, quiet: bool = False
) -> str:
    """Create or update the state bucket; return a sentence about what was done.

    With `quiet`, Terraform's output is printed only if it fails; it needs `auto_approve`.

    Raises:
        OpsError: the name belongs to another account, or Terraform failed.

    """
    with tempfile.TemporaryDirectory() as out:
        own = {**env, "CDKTF_OUTDIR": out}
        folder = synthesize("state", own)
        backend = read_synthesized(folder)["terraform"]["backend"]["s3"]
        with closing(Aws(settings.region)) as aws:
            bucket = look(settings, aws.client, key=backend["key"])
        terraform = Terraform(folder, own)
        apply = ["apply", *(["-auto-approve"] if auto_approve else [])]
        run = terraform.quiet if quiet else terraform.show
        if bucket is Bucket.WITH_STATE:
            terraform.init()
            run(*apply)
            return f"the state bucket {settings.state_bucket} is as it should be"
        override = folder / "backend_override.tf.json"
        override.write_text(json.dumps({"terraform": {"backend": {"local": {}}}}))
        if bucket is Bucket.WITHOUT_STATE:
            block = {"import": [{"to": BUCKET_ADDRESS, "id": settings.state_bucket}]}
            (folder / "import.tf.json").write_text(json.dumps(block))
        terraform.init()
        run(*apply)
        if not (folder / "terraform.tfstate").exists():
            raise OpsError("nothing was applied, so there is no state bucket yet")
        override.unlink()
        terraform.init("-migrate-state", "-force-copy")
    verb = "created" if bucket is Bucket.ABSENT else "taken in"
    return f"the state bucket {settings.state_bucket} was {verb}, with its own state inside"


def look(settings: Settings, client: Callable[[str], Any], *, key: str) -> Bucket:
    """Return what exists under the bucket's name. `client` returns the client of a service.

    Raises:
        LiveError: AWS cannot be asked.
        OpsError: the bucket belongs to another account.

    """
    name = settings.state_bucket
    with asking_aws():
        account = client("sts").get_caller_identity()["Account"]
        s3: S3Client = client("s3")
        try:
            answer = s3.head_bucket(Bucket=name, ExpectedBucketOwner=account)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == 404:  # noqa: PLR2004 - HTTP's own number
                return Bucket.ABSENT
            raise OpsError(
                f"the bucket {name} belongs to another account or is not yours to use"
                f" (HTTP {status}); bucket names are global: set STATE_BUCKET in .env to a name"
                " of your own"
            ) from None
        there = answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")
        if there not in (None, settings.region):
            raise OpsError(
                f"the bucket {name} is in {there}, not in {settings.region}:"
                " set AWS_REGION to its region, or STATE_BUCKET to a name of your own"
            )
        try:
            s3.head_object(Bucket=name, Key=key)
        except ClientError:
            return Bucket.WITHOUT_STATE
    return Bucket.WITH_STATE
