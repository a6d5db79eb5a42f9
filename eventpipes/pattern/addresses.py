"""IP addresses as EventBridge compares them: as strings of hexadecimal digits.

A range ends as soon as a digit decides, whatever the address's length. So, as in the
reference, an IPv6 address can lie within an IPv4 block whose digits its own begin with.
"""

import ipaddress
import re

_V4 = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
_V6 = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*")
V4_DIGITS = 8
V4_BITS = 32
V6_BITS = 128


def digits(address: str) -> str | None:
    """Return the address in upper-case hexadecimal digits, or nothing if it is not one."""
    if _V4.fullmatch(address):
        parts = [int(part) for part in address.split(".")]
        if any(part > 255 for part in parts):  # noqa: PLR2004 - a byte
            return None
        return "".join(f"{part:02X}" for part in parts)
    if not _V6.fullmatch(address):
        return None
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return None
    if parsed.ipv4_mapped is not None:
        return f"{int(parsed.ipv4_mapped):08X}"
    return f"{int(parsed):032X}"


def block(cidr: str) -> tuple[str, str]:
    """Return the first and the last address of a CIDR block, in digits.

    As in the reference, the first is the address as written, not the block's lowest, and
    slashes at the end count for nothing.

    Raises:
        ValueError: it is not a block; the message says why.

    """
    address, separator, mask = cidr.rstrip("/").partition("/")
    if not separator or "/" in mask or not mask:
        raise ValueError("one '/' is required")
    if not re.fullmatch(r"[+-]?[0-9]+", mask):
        raise ValueError("the mask bits must be a whole number")
    first = digits(address)
    if first is None:
        raise ValueError(f"{address!r} is not an IP address")
    bits = int(mask)
    width = V4_BITS if len(first) == V4_DIGITS else V6_BITS
    if not 0 <= bits < width:
        raise ValueError(f"the mask bits must be between 0 and {width - 1}")
    free = (1 << (width - bits)) - 1
    last = f"{int(first, 16) | free:0{len(first)}X}"
    if first == last:
        raise ValueError("the block holds one address only; write the address itself")
    return first, last


def within(value: str, first: str, last: str) -> bool:
    """Return whether an address lies in a range, all three in digits."""
    length = len(value)
    if length >= len(first):
        return first <= value[: len(first)] <= last
    return first[:length] < value < last[:length]
