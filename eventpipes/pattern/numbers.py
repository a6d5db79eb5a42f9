"""Numbers as EventBridge compares them: six decimals, between -5e9 and 5e9."""

from decimal import Context, Decimal, Inexact, InvalidOperation

SCALE = 1_000_000
LIMIT = 5_000_000_000 * SCALE
_EXACT = Context(prec=60, traps=[Inexact])


def comparable(text: str) -> int | None:
    """Return the number in millionths, or nothing if EventBridge compares it as text only.

    That is so for more than six decimals and outside plus or minus five thousand million.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number:
        return 0
    if not number.is_finite() or number.adjusted() > len(str(LIMIT)):
        return None
    try:
        millionths = _EXACT.multiply(number, SCALE)
    except Inexact:
        return None
    scaled = int(millionths)
    return scaled if scaled == millionths and -LIMIT <= scaled <= LIMIT else None
