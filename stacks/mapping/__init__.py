"""Which part of a stream record goes where: typed objects that compile to filters and templates.

Pure: strings in, strings out; no construct and no token.
"""

from stacks.mapping.attribute import Attribute, KeySchema, StreamView
from stacks.mapping.cache import CacheEntry
from stacks.mapping.errors import MappingError
from stacks.mapping.item import ItemMapping
from stacks.mapping.rule_config import RuleRoute, on_bus, taken_by_any
from stacks.mapping.record import Field, Stream
from stacks.mapping.pipe_config import DELETE, OPERATIONS, PUBLISH, PUT, Operation, Route
from stacks.mapping.topic import TopicMessage
from stacks.mapping.value import Part, Value

__all__ = [
    "DELETE",
    "OPERATIONS",
    "PUBLISH",
    "PUT",
    "Attribute",
    "CacheEntry",
    "Field",
    "ItemMapping",
    "KeySchema",
    "MappingError",
    "Operation",
    "Part",
    "Route",
    "RuleRoute",
    "Stream",
    "StreamView",
    "TopicMessage",
    "Value",
    "on_bus",
    "taken_by_any",
]
