"""What the runner tells the local AWS about the executions that it runs.

`POST /local-cloud/executions` has an ARN and the members that have changed.
`localcloud.aws.execution_records` answers; it is apart, because it imports moto.
"""

import json
from typing import Any, Final
from urllib.request import Request, urlopen

from ..errors import LocalCloudError

PATH: Final = "/local-cloud/executions"


def tell(endpoint: str, arn: str, **members: Any) -> None:  # noqa: ANN401 - JSON
    """Tell a local AWS how far an execution is: its status, output, error, cause, map runs.

    Raises:
        LocalCloudError: the local AWS does not know the execution, or does not answer.

    """
    body = json.dumps({"executionArn": arn, **members}).encode()
    request = Request(f"{endpoint}{PATH}", data=body, method="POST")  # noqa: S310 - the local AWS
    try:
        with urlopen(request):  # noqa: S310 - the local AWS
            pass
    except OSError as error:  # an HTTPError is one
        raise LocalCloudError(f"the local AWS does not take news of {arn}: {error}") from None
