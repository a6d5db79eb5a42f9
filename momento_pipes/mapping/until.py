"""A time to live that ends at a point in time."""

from dataclasses import dataclass

from momento_pipes.mapping.attribute import Attribute
from momento_pipes.mapping.errors import MappingError, shown

A_DAY = 86_400
"""The longest TTL of an account without provisioned storage, in seconds (Momento, "Limits")."""


@dataclass(frozen=True)
class Until:
    """The TTL of an entry that lives until a time. An attribute has it in seconds since 1970.

    Only `TOPOLOGY=workflow` can send it, because it subtracts the time of the request. The TTL is
    1 to `most` seconds. If the time has passed, the entry is deleted.

    Raises:
        MappingError: the attribute is not a number, or `most` is below 1 second.

    """

    attribute: Attribute
    most: int = A_DAY

    def __post_init__(self) -> None:
        if not isinstance(self.attribute, Attribute) or self.attribute.type != "N":
            given = self.attribute
            label = given.label if isinstance(given, Attribute) else shown(given)
            raise MappingError(
                f"an entry lives until {label}; write an attribute of the type N with a time in"
                ' seconds since 1970: Until(Attribute("Expires", "N"))'
            )
        if not isinstance(self.most, int) or isinstance(self.most, bool) or self.most < 1:
            raise MappingError(f"the longest TTL is {shown(self.most)}; write 1 second or more")
