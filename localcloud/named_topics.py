"""The topics of a cache that a stack's pipes, rules and workflows name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventpipes.momento_names import names_in_stack


@dataclass(frozen=True)
class NamedTopics:
    """The constant topics by cache, and the caches that get topics from the record, too.

    A cache is None if its name comes from the record.
    """

    constant: frozenset[tuple[str | None, str]]
    from_record: frozenset[str | None]

    def names(self, cache: str) -> frozenset[str]:
        """Return the constant topics of a cache."""
        return frozenset(topic for name, topic in self.constant if name in (cache, None))

    def are_all_known(self, cache: str) -> bool:
        """Return whether no record chooses a topic of the cache."""
        return not self.from_record & {cache, None}


def named_topics(document: Mapping[str, Any]) -> NamedTopics:
    """Return the topics of a synthesized stack.

    Raises:
        InvalidDefinition: Terraform would refuse an argument of a pipe or a rule.

    """
    names = names_in_stack(document)
    return NamedTopics(
        constant=frozenset((cache, topic) for _, cache, topic in names if topic),
        from_record=frozenset(cache for _, cache, topic in names if topic is None),
    )
