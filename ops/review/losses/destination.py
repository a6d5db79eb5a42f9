"""Losses of connections and API destinations: the way to Momento."""

from collections.abc import Iterator

from ops.review.losses.loss import GONE, Loss, Whole, differs, done, is_known, is_less, told
from ops.review.plan import Action, Change


def way_to_momento(change: Change, _: Whole) -> Iterator[Loss]:
    """Yield the losses of a connection or an API destination."""
    rate = "invocation_rate_limit_per_second"
    if change.action in GONE:
        what = "connection" if change.type.endswith("connection") else "API destination"
        yield told(
            done(change),
            f"the {what} is {done(change)}: until there is a new one, records are retried, and"
            " become dead letters after the pipes' record age",
            "look at the dead-letter queue afterwards: ./help.sh redrive",
        )
    elif change.action is Action.UPDATE:
        if is_known(change, rate) and is_less(change.before.get(rate), change.after.get(rate)):
            yield told(
                "rate-lowered",
                f"at most {change.after[rate]} requests a second go out and no longer"
                f" {change.before[rate]}: with more writes, changes arrive late or become dead"
                " letters",
                "compare with ./help.sh capacity",
            )
        if differs(change, "authorization_type"):
            yield told(
                "authorization",
                "the connection authorizes requests in another way, and Momento takes an API key",
                "leave API_KEY",
            )
