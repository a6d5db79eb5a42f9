"""The bucket with the results of the Map runs."""

from collections.abc import Iterator

from constructs import Construct

from momento_pipes.access.account import Account
from momento_pipes.access.protection import Protection
from momento_pipes.access.statement import Statement, policy_document
from momento_pipes.bindings import (
    S3Bucket,
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketPolicy,
    S3BucketPublicAccessBlock,
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
)

KEPT_DAYS = 30


class ResultsBucket(Construct):
    """A private, encrypted bucket with the counts and the wrong keys of each run, for 30 days.

    It has no items: a destroy deletes it with its content, so that a run leaves nothing behind.
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, account: Account, protection: Protection
    ) -> None:
        super().__init__(scope, id_)
        bucket = S3Bucket(self, "bucket", bucket=f"{name}-{account.id}", force_destroy=True)
        self.name: str = bucket.bucket
        self.arn: str = bucket.arn
        key = protection.key_arn
        S3BucketServerSideEncryptionConfigurationA(
            self,
            "encryption",
            bucket=bucket.id,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default={"sse_algorithm": "AES256"}
                    if key is None
                    else {"sse_algorithm": "aws:kms", "kms_master_key_id": key},
                    bucket_key_enabled=None if key is None else True,
                )
            ],
        )
        private = S3BucketPublicAccessBlock(
            self,
            "public-access",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        S3BucketPolicy(
            self, "policy", bucket=bucket.id, policy=_tls_only(self.arn), depends_on=[private]
        )
        S3BucketLifecycleConfiguration(
            self,
            "old-results",
            bucket=bucket.id,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="expire-results",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=KEPT_DAYS)],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                            days_after_initiation=7
                        )
                    ],
                )
            ],
        )
        self._protection = protection

    def write(self) -> Iterator[Statement]:
        """Yield the permissions of a ResultWriter ("IAM policies for using Distributed Map")."""
        yield Statement(
            sid="WriteResults",
            actions=[
                *("s3:PutObject", "s3:GetObject"),
                *("s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"),
            ],
            resources=[f"{self.arn}/results/*"],
        )
        if self._protection.key:
            actions = ("kms:Decrypt", "kms:GenerateDataKey")
            yield self._protection.key.use("EncryptResults", *actions, service="s3")


def _tls_only(bucket_arn: str) -> str:
    return policy_document(
        Statement(
            sid="DenyWithoutTls",
            effect="Deny",
            principal="*",
            actions="s3:*",
            resources=[bucket_arn, f"{bucket_arn}/*"],
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        )
    )
