"""Lets moto answer with DynamoDB's attribute values in a fraction of the time."""

from collections.abc import MutableMapping
from typing import Any

from moto.core.model import StructureShape
from moto.core.serialize import BaseJSONSerializer


def apply() -> None:
    """Serialize only the members that an attribute value has; the result is the same.

    An attribute value, for example `{"S": "a text"}`, has one of ten members. moto looks for each
    of the ten, under several names each.
    """
    original = BaseJSONSerializer._serialize_type_structure  # noqa: SLF001 - moto's only place

    def serialize(
        self: BaseJSONSerializer,
        serialized: MutableMapping[str, Any],
        value: Any,  # noqa: ANN401 - moto's own type
        shape: StructureShape,
        key: str,
    ) -> None:
        if shape.name != "AttributeValue" or not isinstance(value, dict) or not key:
            original(self, serialized, value, shape, key)
            return
        members: dict[str, Any] = {}
        for name, member in value.items():
            self._serialize(members, member, shape.members[name], name)
        serialized[self.get_serialized_name(shape, key)] = members

    BaseJSONSerializer._serialize_type_structure = serialize  # type: ignore[method-assign]  # noqa: SLF001 - the same, faster
