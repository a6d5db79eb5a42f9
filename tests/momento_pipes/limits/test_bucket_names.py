"""A bucket's name that S3 would refuse is an error before Terraform runs."""

from momento_pipes.judgement.judgement import check
from tests.each import each

ACCOUNT = "${data.aws_caller_identity.account_caller_1.account_id}"


def errors(name: str) -> list[str]:
    """Return the errors about the length or the letters of a stack with this bucket."""
    found = check({"resource": {"aws_s3_bucket": {"results": {"bucket": name}}}})
    return [one for one in found.errors if "bucket" in one and "naming rules" in one]


@each(name=[f"shop-{ACCOUNT}-us-east-1", "shop.a-1", f"{'a' * 40}-{ACCOUNT}-us-east", "a${var.b}"])
def test_a_name_that_s3_takes(name: str) -> None:
    assert errors(name) == []


@each(
    ("name", "says"),
    [
        (f"Acme_X-orders-bulk-{ACCOUNT}-us-east-1", "only lower-case letters"),
        ("acme_x", "only lower-case letters"),
        ("acme-", "begins and ends with"),
        (f"{'a' * 50}-{ACCOUNT}-us-east-1", "shorten NAME_PREFIX or the pipeline's name"),
    ],
)
def test_a_name_that_s3_refuses(name: str, says: str) -> None:
    (error,) = errors(name)
    assert says in error
