"""The names of CDKTF's packages, and what CDK Terrain calls them.

The library `cdktf` is `cdktn`, and the command line `cdktf-cli` is `cdktn-cli`. The prebuilt
bindings of a provider get another prefix: `cdktf-cdktf-provider-aws` is `cdktn-provider-aws`, and
its module `cdktf_cdktf_provider_aws` is `cdktn_provider_aws`.
(https://cdktn.io/docs/release/upgrade-guide-v0-22)
"""

import re
from typing import Final

OLD: Final = "cdktf"
NEW: Final = "cdktn"
TRIED: Final = {NEW: "0.24.0", f"{NEW}-cli": "0.24.0", f"{NEW}-provider-aws": "25.8.1"}
"""The versions that this project was tried with. Other providers get their newest bindings."""

PROVIDER: Final = rf"{OLD}(?P<sep>[-_.]){OLD}(?P=sep)provider(?P=sep)[a-z0-9]+(?:[-_.][a-z0-9]+)*"
"""The pattern of the name of a provider's bindings, as a package or as a module."""
_PREFIX = re.compile(rf"{OLD}([-_.]){OLD}\1provider\1(?=\w)")
_DOTTED = re.compile(rf"{OLD}(\.[A-Za-z_]\w*)*(?<!\.json)(?<!\.out)(?<!\.log)")


def renamed(name: str) -> str | None:
    """Return CDK Terrain's name of a package or of what is in a module; None for another package's.

    >>> renamed("cdktf"), renamed("cdktf.App"), renamed("cdktf_cdktf_provider_aws.vpc.Vpc")
    ('cdktn', 'cdktn.App', 'cdktn_provider_aws.vpc.Vpc')
    >>> renamed("cdktf-cdktf-provider-google-beta"), renamed("cdktf-cli")
    ('cdktn-provider-google-beta', 'cdktn-cli')
    >>> renamed("cdktf_tools"), renamed("cdktf.json"), renamed("constructs")
    (None, None, None)
    """
    if _PREFIX.match(name):
        return _PREFIX.sub(rf"{NEW}\1provider\1", name)
    if name == f"{OLD}-cli" or _DOTTED.fullmatch(name):
        return NEW + name.removeprefix(OLD)
    return None


def is_of_a_provider(name: str) -> bool:
    """Say whether a text is the name of a provider's bindings, or of something in them.

    >>> is_of_a_provider("cdktf_cdktf_provider_aws.vpc.Vpc"), is_of_a_provider("cdktf")
    (True, False)
    """
    return re.fullmatch(rf"{PROVIDER}(\.\w+)*", name) is not None
