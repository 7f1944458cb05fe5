"""Numbers of list items, as a browser or a word processor writes them."""

_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l")),
    *((40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_LARGEST_ROMAN = 3999


def numbered(number: int, style: str) -> str:
    """Return a number in a ``style`` of HTML's ``type``: ``1``, ``a``, ``A``, ``i`` or ``I``.

    Numbers that a style does not have, and other styles, are decimal.
    """
    if style in ("a", "A") and number > 0:
        return _cased(_letters(number), style)
    if style in ("i", "I") and 0 < number <= _LARGEST_ROMAN:
        return _cased(_roman(number), style)
    return str(number)


def _cased(number: str, style: str) -> str:
    return number.upper() if style.isupper() else number


def _letters(number: int) -> str:
    written = ""
    while number:
        number, letter = divmod(number - 1, 26)
        written = chr(ord("a") + letter) + written
    return written


def _roman(number: int) -> str:
    written = ""
    for value, letters in _ROMAN:
        count, number = divmod(number, value)
        written += letters * count
    return written
