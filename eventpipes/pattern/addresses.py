"""IP addresses as EventBridge compares them: as strings of hexadecimal digits.

Compared with CIDR and Range of aws/event-ruler 1.9.0. Digits are compared from left to right, and
the lengths are not compared. So an IPv6 address is in an IPv4 block if it begins with the digits
of an address in that block.
"""

import ipaddress
import re

_V4 = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
_V6 = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*")
V4_DIGITS = 8
V4_BITS = 32
V6_BITS = 128


def digits(address: str) -> str | None:
    """Return the address in upper-case hexadecimal digits, or None if it is not an address.

    An IPv4 address in IPv6 form, `::ffff:a00:1`, counts as the IPv4 address. Leading zeros are
    ignored, as in Java's InetAddress.
    """
    if _V4.fullmatch(address):
        parts = [part.lstrip("0") or "0" for part in address.split(".")]
        if any(len(part) > 3 or int(part) > 255 for part in parts):  # noqa: PLR2004 - a byte
            return None
        return "".join(f"{int(part):02X}" for part in parts)
    if not _V6.fullmatch(address):
        return None
    groups = (group and (group.lstrip("0") or "0") for group in address.split(":"))
    try:
        parsed = ipaddress.IPv6Address(":".join(groups))
    except ValueError:
        return None
    if parsed.ipv4_mapped is not None:
        return f"{int(parsed.ipv4_mapped):08X}"
    return f"{int(parsed):032X}"


def block(cidr: str) -> tuple[str, str]:
    """Return the first and the last address of a CIDR block, in digits.

    The address may be any address of the block: `10.0.0.77/24` is `10.0.0.0/24` (since event-ruler
    1.7). Slashes at the end are ignored.

    Raises:
        ValueError: it is not a CIDR block; the message says why.

    """
    address, separator, mask = cidr.rstrip("/").partition("/")
    if not separator or "/" in mask:
        raise ValueError("one '/' is required")
    if not re.fullmatch(r"[+-]?\d{1,10}", mask):
        raise ValueError("the mask bits must be a whole number")
    given = digits(address)
    if given is None:
        raise ValueError(f"{address!r} is not an IP address")
    bits = int(mask)
    width = V4_BITS if len(given) == V4_DIGITS else V6_BITS
    if not 0 <= bits < width:
        raise ValueError(
            f"the mask bits must be between 0 and {width - 1};"
            " for one address, write the address itself as the value"
        )
    free = (1 << (width - bits)) - 1
    first, last = int(given, 16) & ~free, int(given, 16) | free
    return f"{first:0{len(given)}X}", f"{last:0{len(given)}X}"


def within(value: str, first: str, last: str) -> bool:
    """Return whether an address is in a range; the arguments are hexadecimal digits."""
    length = len(value)
    if length >= len(first):
        return first <= value[: len(first)] <= last
    return first[:length] < value < last[:length]
