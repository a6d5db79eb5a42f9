"""Addresses and blocks in digits, compared as event-ruler 1.9.0 compares them.

event-ruler walks the digits of a range (`ByteMachine`, `Range`): an IPv4 address has 8 of them and
an IPv6 address 32, so that a short value lies in a range of long ones by its own digits.
"""

from eventpipes.pattern.addresses import block, digits, within
from tests.each import each


@each(
    ("address", "cidr", "is_in"),
    [
        ("10.0.0.0", "10.0.0.0/24", True),
        ("10.0.0.255", "10.0.0.77/24", True),
        ("10.0.1.0", "10.0.0.0/24", False),
        ("2001:db8::1", "2001:db8::/32", True),
        ("2001:db9::1", "2001:db8::/32", False),
        ("32.1.13.184", "2001::/16", True),
        ("32.1.0.0", "2001::/16", False),
        ("32.1.255.255", "2001::/16", False),
        ("32.2.0.1", "2001::/16", False),
        ("2001:db8::1", "32.1.13.184/31", True),
    ],
)
def test_an_address_is_in_a_block(address: str, cidr: str, *, is_in: bool) -> None:
    value = digits(address)
    assert value is not None
    assert within(value, *block(cidr)) is is_in
