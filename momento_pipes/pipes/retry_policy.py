"""How often and how long a pipe or a rule tries to deliver a record."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """The limits after which a record becomes a dead letter.

    A pipe retries a record `attempts` times (1 to 10,000) while it is younger than `age_seconds`
    (60 to 86,399). With -1 attempts, only the age limits the retries. Until then the record blocks
    its shard. A rule of an event bus blocks nothing. It retries an event `rule_attempts` times (0
    to 185; default: `attempts`), with the same limit of age.

    See AWS: "RetryPolicy" in the EventBridge API, and "PipeSourceDynamoDBStreamParameters" in the
    Pipes API.
    """

    attempts: int = 3
    rule_attempts: int | None = None
    age_seconds: int = 3_600

    @property
    def attempts_of_a_rule(self) -> int:
        """How often a rule retries."""
        return self.attempts if self.rule_attempts is None else self.rule_attempts
