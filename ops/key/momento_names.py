"""The caches and topics that a stack sends to, from its synthesized JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventpipes.momento_names import names_in_stack

ANY = "*"
"""Stands for a name that each record decides."""


@dataclass(frozen=True, kw_only=True)
class MomentoNames:
    """The caches whose items are written, and the topics, each with its cache."""

    caches: frozenset[str] = frozenset()
    topics: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: "MomentoNames") -> "MomentoNames":
        """Return the names of both."""
        return MomentoNames(caches=self.caches | other.caches, topics=self.topics | other.topics)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "MomentoNames":
        """Return the names of a stack's `cdk.tf.json`."""
        caches, topics = set(), set()
        for kind, cache, topic in names_in_stack(document):
            if kind != "topics":
                caches.add(cache or ANY)
            if kind != "cache":
                topics.add((cache or ANY, topic or ANY))
        return cls(caches=frozenset(caches), topics=frozenset(topics))
