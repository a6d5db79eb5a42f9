"""What the parts of a stream record become: typed objects that compile to filters and templates.

This package is pure: it uses strings, and no constructs or tokens.
"""

from eventpipes.operations import DELETE, PUBLISH, PUT
from momento_pipes.mapping.attribute import Attribute, KeySchema, StreamView
from momento_pipes.mapping.cache import CacheEntry
from momento_pipes.mapping.conditions import Became
from momento_pipes.mapping.errors import MappingError
from momento_pipes.mapping.item import ItemMapping
from momento_pipes.mapping.operation import OPERATIONS, Operation
from momento_pipes.mapping.pipe_config import PipeConfig, union_of_filters
from momento_pipes.mapping.plain import Before, Plain
from momento_pipes.mapping.record import Field, Stream
from momento_pipes.mapping.rule_config import RuleConfig
from momento_pipes.mapping.text import Text
from momento_pipes.mapping.topic import TopicMessage
from momento_pipes.mapping.until import Until
from momento_pipes.mapping.value import Part, Value

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
