"""The pytest fixture `on_local_cloud`, which runs a stack on this machine.

    @pytest.fixture(scope="module")
    def shop(on_local_cloud):
        return on_local_cloud(Testing.synth(ShopStack(Testing.app(), "shop")))

    def test_open_order_is_cached(shop):
        shop.write({"OrderId": "1007", "Status": "open"})
        assert shop.cached("1007") == {"OrderId": "1007", "Status": "open"}
        assert shop.dead_letters() == []

pytest finds it when the package is installed. No account, no Terraform and no network are needed.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .running_stack import RunningStack

Run = Callable[[str | Mapping[str, Any]], "RunningStack"]


@pytest.fixture(scope="module")
def on_local_cloud() -> Iterator[Run]:
    """Return a function that runs a stack's JSON and returns the `RunningStack`.

    The local cloud is one for each module, and starts in two to three seconds. Everything is in its
    region us-east-1, whatever the stack's region is.
    """
    # pytest imports this module in every run, also in those that use no cloud.
    from .applied import REGION
    from .cloud import LocalCloud
    from .running_stack import RunningStack

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_REGION", REGION)
        with LocalCloud() as cloud:
            yield lambda document: RunningStack(document, cloud)
