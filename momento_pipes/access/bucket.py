"""What makes a bucket private: encryption, no public access, and no request without TLS."""

from constructs import Construct

from momento_pipes.access.statement import Statement, policy_document
from momento_pipes.bindings import (
    S3Bucket,
    S3BucketPolicy,
    S3BucketPublicAccessBlock,
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
)


def make_private(scope: Construct, bucket: S3Bucket, *, key_arn: str | None = None) -> None:
    """Encrypt a bucket, close it to the public, and refuse requests without TLS.

    Without the ARN of a KMS key, S3's own key encrypts (SSE-S3).
    """
    S3BucketServerSideEncryptionConfigurationA(
        scope,
        "encryption",
        bucket=bucket.id,
        rule=[
            S3BucketServerSideEncryptionConfigurationRuleA(
                apply_server_side_encryption_by_default={"sse_algorithm": "AES256"}
                if key_arn is None
                else {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn},
                bucket_key_enabled=None if key_arn is None else True,
            )
        ],
    )
    private = S3BucketPublicAccessBlock(
        scope,
        "public-access",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    tls_only = Statement(
        sid="DenyWithoutTls",
        effect="Deny",
        principal="*",
        actions="s3:*",
        resources=[bucket.arn, f"{bucket.arn}/*"],
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )
    S3BucketPolicy(
        scope, "policy", bucket=bucket.id, policy=policy_document(tls_only), depends_on=[private]
    )
