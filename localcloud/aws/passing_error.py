"""Which errors of an AWS API pass, so that the same question may be answered later."""

from http import HTTPStatus
from typing import Final

import botocore.exceptions
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

_PASSING: Final = frozenset({"LimitExceededException", "ThrottlingException"})
"""Those with a status below 500 (DynamoDB Streams API: GetRecords, and its common errors)."""


def passes(error: BotoCoreError | ClientError) -> bool:
    """Say whether there was no answer, or the answer was an error that passes."""
    if isinstance(error, ClientError):
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        code = error.response["Error"]["Code"]
        return status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in _PASSING
    return isinstance(error, (botocore.exceptions.ConnectionError, HTTPClientError))
