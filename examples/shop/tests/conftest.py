"""The stack of the shop, as it is synthesized, and as it runs on this machine."""

import pytest
from shop_stack import ShopStack

import cdktf

from momento_pipes_local.pytest_plugin import Run
from momento_pipes_local.running_stack import RunningStack


@pytest.fixture(scope="session")
def document() -> str:
    """Return the stack's Terraform JSON."""
    return cdktf.Testing.synth(ShopStack(cdktf.Testing.app(), "shop"))


@pytest.fixture(scope="module")
def shop(on_local_cloud: Run, document: str) -> RunningStack:
    """Return the running stack; the fixture `on_local_cloud` comes with momento-pipes-local."""
    return on_local_cloud(document)
