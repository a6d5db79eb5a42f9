"""The Terraform state: the bucket that stores it, and the backend of every stack."""

from cdktf import S3Backend, TerraformOutput, TerraformStack
from constructs import Construct

from momento_pipes.access.bucket import make_private
from momento_pipes.bindings import (
    S3Bucket,
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
    S3BucketVersioningA,
)
from stacks.provider import use_aws
from stacks.settings import Settings

OLD_VERSION_DAYS = 90
"""How long an old version of the state can be restored."""
PLAN_DAYS = 7
"""How long a plan may wait for its approval (.github/workflows/deploy.yml)."""


def use_remote_state(stack: TerraformStack, settings: Settings, *, key: str) -> None:
    """Store the stack's state in S3, encrypted and with S3's lock file."""
    S3Backend(
        stack,
        bucket=settings.state_bucket,
        key=key,
        region=settings.region,
        encrypt=True,
    )
    stack.add_override("terraform.backend.s3.use_lockfile", True)  # noqa: FBT003 - jsii's signature


class StateStack(TerraformStack):
    """The state bucket: versioned, encrypted, private, TLS only, and protected from destroy."""

    def __init__(self, scope: Construct, id_: str, settings: Settings) -> None:
        super().__init__(scope, id_)
        use_remote_state(self, settings, key="state-bucket/terraform.tfstate")
        use_aws(self, settings)
        bucket = S3Bucket(
            self,
            "bucket",
            bucket=settings.state_bucket,
            force_destroy=False,
            lifecycle={"prevent_destroy": True},
        )
        bucket.override_logical_id("state")
        versioning = S3BucketVersioningA(
            self,
            "versioning",
            bucket=bucket.id,
            versioning_configuration={"status": "Enabled"},
        )
        make_private(self, bucket)
        S3BucketLifecycleConfiguration(
            self,
            "old-versions",
            bucket=bucket.id,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="expire-old-versions",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    noncurrent_version_expiration=[
                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                            noncurrent_days=OLD_VERSION_DAYS
                        )
                    ],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                            days_after_initiation=7
                        )
                    ],
                ),
                _expiring_plans(),
            ],
            depends_on=[versioning],
        )
        TerraformOutput(self, "state_bucket", value=bucket.bucket)


def _expiring_plans() -> S3BucketLifecycleConfigurationRule:
    return S3BucketLifecycleConfigurationRule(
        id="expire-plans",
        status="Enabled",
        filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="plans/")],
        expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=PLAN_DAYS)],
        noncurrent_version_expiration=[
            S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=1)
        ],
    )
