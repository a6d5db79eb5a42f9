"""The bucket with the results of the Map runs."""

from collections.abc import Iterator

from constructs import Construct

from momento_pipes.access.account import Account
from momento_pipes.access.bucket import make_private
from momento_pipes.access.protection import Protection
from momento_pipes.access.statement import Statement
from momento_pipes.bindings import (
    S3Bucket,
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
)

KEPT_DAYS = 30
S3 = "s3"


class ResultsBucket(Construct):
    """A private, encrypted bucket with the counts and the wrong keys of each run, for 30 days.

    Its name has the account and the region, because a bucket's name is taken in all of AWS.
    It has no items: a destroy deletes it with its content, so that a run leaves nothing behind.
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, account: Account, protection: Protection
    ) -> None:
        super().__init__(scope, id_)
        bucket = S3Bucket(
            self, "bucket", bucket=f"{name}-{account.id}-{account.region}", force_destroy=True
        )
        self.name: str = bucket.bucket
        self.arn: str = bucket.arn
        make_private(self, bucket, key_arn=protection.key_arn)
        if protection.key:
            protection.key.serve(S3)
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
            yield self._protection.key.use("EncryptResults", *actions, service=S3)
