"""Raised and lowered letters as plain text has them: 10⁶, km², H₂O, 1998³, 20th."""

import re
import unicodedata

LONGEST = 20
"""Characters; longer text is set small to save room, not to change what is said."""

_KEPT = re.compile(r"[\s.,:;*†‡§¶°′″®©\u2120\u2122]*")
"""What is told apart by itself, or by the raised characters around it."""
_BRACKETED = re.compile(r"[\[(].*[\])]|\W+", re.DOTALL)
_LETTERS = re.compile(r"[^\W\d_]{2,}\.?")
_VARIABLE = re.compile(r"(?:^|[\W\d_])[^\W\d_]$|\)$")
_MINUS = str.maketrans("-\u2010\u2011\u2013", "\u2212" * 4)


def _forms(kind: str) -> dict[str, str]:
    """Return the characters that Unicode has in a raised or lowered form, with that form."""
    forms: dict[str, str] = {}
    for character in map(chr, range(0x10000)):
        mark, _, codes = unicodedata.decomposition(character).partition(" ")
        if mark == kind:
            forms.setdefault("".join(chr(int(code, 16)) for code in codes.split()), character)
    return forms


_RAISED, _LOWERED = _forms("<super>"), _forms("<sub>")
RESPELT = re.compile(rf"\S*[\^_{''.join([*_RAISED.values(), *_LOWERED.values()])}]\S*")
"""A word with a raised or lowered character, of which the page mostly has the plain one."""


def raised(text: str, before: str) -> str:
    """Return a superscript that follows the text ``before``.

    Letters after a number are its ending, ``20th``. What stands in brackets, or is neither a letter
    nor a number, is told apart already.
    """
    if _is_apart(text):
        return text
    if _LETTERS.fullmatch(text) and text not in _RAISED and not _VARIABLE.search(before):
        return text
    return exponent(text)


def lowered(text: str) -> str:
    """Return a subscript."""
    return text if _is_apart(text) else index_of(text)


def exponent(text: str) -> str:
    """Return ``text`` as an exponent; one that has no raised form gets a caret, ``2^(1/3)``."""
    return _shifted(text, _RAISED) or f"^{_grouped(text)}"


def index_of(text: str) -> str:
    """Return ``text`` as an index; one that has no lowered form gets a low line, ``T_abc``."""
    return _shifted(text, _LOWERED) or f"_{_grouped(text)}"


def _is_apart(text: str) -> bool:
    return len(text) > LONGEST or _BRACKETED.fullmatch(text) is not None


def _shifted(text: str, forms: dict[str, str]) -> str | None:
    if text in forms:
        return forms[text]
    letters = [forms.get(letter, letter) for letter in text.translate(_MINUS)]
    known = all(
        shifted in forms.values() or _KEPT.fullmatch(shifted) is not None for shifted in letters
    )
    return "".join(letters) if known else None


def _grouped(text: str) -> str:
    return text if text.isalnum() else f"({text})"
