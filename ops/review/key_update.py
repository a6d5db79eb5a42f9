"""What a plan does with the connection's API key, as a section of the page."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ops.review.escape import code
from ops.review.plan import Action, Plan
from ops.review.section import Section

GETS_IT: Final = (
    "Terraform's own changes have no key. After them, a command on the machine that applies the"
    " plan updates the connection with `MOMENTO_API_KEY`. Until then, requests go out as before;"
    " no pipe stops, and no record is lost."
)


def key_update(plan: Plan) -> Iterator[Section]:
    """Yield what happens to the key of a connection that exists: a new one, or the same again.

    A version shows that the key changes, and nothing of the key.
    """
    for change in plan.of(Action.CREATE, Action.REPLACE, Action.UPDATE):
        after = _triggers(change.after)
        if change.type != "terraform_data" or "key_version" not in after:
            continue
        new = code(str(after["key_version"]))
        if change.action is Action.CREATE:
            said = f"the connection gets the API key of version {new}"
        elif (old := _triggers(change.before).get("key_version")) != after["key_version"]:
            said = f"the connection gets another API key: version {code(str(old))} becomes {new}"
        else:
            said = f"the connection gets the API key of version {new} again"
        yield Section(f"### API key\n\n- {code(change.address)}: {said}. {GETS_IT}")


def _triggers(side: Mapping[str, Any]) -> Mapping[str, Any]:
    triggers = side.get("triggers_replace")
    return triggers if isinstance(triggers, dict) else {}
