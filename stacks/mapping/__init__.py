"""What the parts of a stream record become: typed objects that compile to filters and templates.

This package is pure: it uses strings, and no constructs or tokens.
"""

from stacks.mapping.attribute import Attribute, KeySchema, StreamView
from stacks.mapping.cache import CacheEntry
from stacks.mapping.conditions import Became
from stacks.mapping.errors import MappingError
from stacks.mapping.item import ItemMapping
from eventpipes.operations import DELETE, PUBLISH, PUT
from stacks.mapping.operation import OPERATIONS, Operation
from stacks.mapping.pipe_config import PipeConfig, union_of_filters
from stacks.mapping.plain import Before, Plain
from stacks.mapping.record import Field, Stream
from stacks.mapping.rule_config import RuleConfig
from stacks.mapping.text import Text
from stacks.mapping.topic import TopicMessage
from stacks.mapping.until import Until
from stacks.mapping.value import Part, Value

__all__ = [
    "DELETE",
    "OPERATIONS",
    "PUBLISH",
    "PUT",
    "Attribute",
    "Became",
    "Before",
    "CacheEntry",
    "Field",
    "ItemMapping",
    "KeySchema",
    "MappingError",
    "Operation",
    "Part",
    "PipeConfig",
    "Plain",
    "RuleConfig",
    "Stream",
    "StreamView",
    "Text",
    "TopicMessage",
    "Until",
    "Value",
    "union_of_filters",
]
