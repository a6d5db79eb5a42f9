"""Losses of connections and API destinations: the way to Momento."""

from ops.review.losses.loss import Case, LossFinder, any_of, differs, goes, lowered


def _way(what: str) -> LossFinder:
    return any_of(
        goes(
            f"the {what} is {{done}}: until there is a new one, each record is tried again, and"
            " becomes a dead letter after the pipes' record age",
            "look at the dead-letter queue afterwards: ./help.sh redrive",
            blocks=False,
        ),
        Case(
            *("invocation_rate_limit_per_second", lowered, "rate-lowered"),
            "at most {after} requests a second are sent, instead of {before}: with more writes,"
            " changes arrive late or become dead letters",
            "compare with ./help.sh capacity",
        ),
        Case(
            *("authorization_type", differs, "authorization"),
            "the connection authorizes requests in another way, but Momento needs an API key",
            "keep API_KEY",
        ),
    )


connection, destination = _way("connection"), _way("API destination")
