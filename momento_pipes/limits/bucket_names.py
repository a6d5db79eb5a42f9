"""The names of buckets, compared with S3's rules (pure).

See AWS: "General purpose bucket naming rules".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from momento_pipes.limits import limits

ACCOUNT: Final = re.compile(r"\$\{data\.aws_caller_identity\.[\w-]+\.account_id\}")
NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def known(name: object) -> str | None:
    """Return a name with twelve digits for the account; None if another part is not known yet.

    >>> known("shop-${data.aws_caller_identity.account_caller_1.account_id}")
    'shop-000000000000'
    >>> known("shop-${var.suffix}")
    """
    if not isinstance(name, str):
        return None
    text = ACCOUNT.sub("0" * 12, name)
    return None if "${" in text else text


def refused(resources: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each bucket whose name has characters that S3 refuses."""
    for id_, body in resources.get("aws_s3_bucket", {}).items():
        name = known(body.get("bucket"))
        if name and not NAME.fullmatch(name):
            yield (
                f"aws_s3_bucket.{id_}: bucket {name!r} may have only lower-case letters, digits,"
                f" dots and hyphens, and begins and ends with a letter or digit"
                f" ({limits.BUCKET_PAGE}): write NAME_PREFIX and name= of the constructs so"
            )
