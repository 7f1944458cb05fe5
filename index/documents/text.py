"""Bytes become text, and plain text becomes an article's."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from textwrap import dedent, shorten

import chardet
from chardet import EncodingEra
from w3lib.encoding import read_bom, resolve_encoding, to_unicode

from index.documents.blocks import Line, lay_out, plain
from qa.article import Article
from qa.errors import SourceError
from qa.language import language_of
from qa.language.detect import detect
from qa.language.words import UNSEEN

NO_TEXT = "no article text was found"

_LINE_ENDS = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
# No letter has a hundred accents, and sorting a million of them takes hours.
_MARKS = re.compile(r"([^\w\s\x00-\x7f]{100})")
_NEW_LINE = re.compile(r"(?:[-*•‣▪◦·#>|]|\d{1,2}[.)])\s")
_FINISHED = re.compile(r"[.!?…:;,。]['\"”’»)]*$")

_BROKEN_SHARE, _FEWER = 0.01, 4
_CODE_PAGES = ("cp125", "iso8859")
_ERAS = EncodingEra.MODERN_WEB | EncodingEra.LEGACY_ISO
"""Code pages of Windows, ISO and Unix; with those of DOS and old Macs, more guesses are wrong."""
_TEXT_ENDS = re.compile(rb"[<>\n]")
_TITLE_LENGTH = 150
_BODY_LENGTH = 60
_POST_TITLE_LENGTH = 120
_WRAP_FROM, _WRAP_TO = 50, 90


def decode(data: bytes, source: str, *declared: str | None) -> str:
    """Decode a document by its byte order mark, its labels, as UTF-8, or by a guess.

    The first of the ``declared`` labels comes first, but that of a code page does not hold for what
    is UTF-8: some servers label all that they send. ``SourceError`` names ``source`` when the bytes
    are not text.
    """
    marked, mark = read_bom(data)
    if marked and mark:
        return to_unicode(data[len(mark) :], marked)
    if b"\0" in data:
        raise SourceError(source, "this is a binary file, not text")
    first, *others = [resolve_encoding(label) or "utf-8" for label in declared if label] or [""]
    # Any bytes are text in a code page, but text in a code page is hardly ever valid UTF-8.
    is_vague = first.startswith(_CODE_PAGES) or not first
    text = _decoded(data, ("utf-8", first) if is_vague else (first,))
    if text is None and first in ("utf-8", ""):
        text = _patched(data)
    text = text if text is not None else _decoded(data, (*others, "utf-8"))
    return text if text is not None else _guessed(data, source)


def _decoded(data: bytes, encodings: Iterable[str]) -> str | None:
    for encoding in filter(None, encodings):
        try:
            return data.decode(encoding)
        except (LookupError, UnicodeError):  # Python's "hex" and the like do not decode text
            continue
    return None


def _patched(data: bytes) -> str | None:
    """Decode UTF-8 in which a few bytes are broken, or one of many entries is.

    Hardly anything in a code page is UTF-8 by chance, so what is does tell.
    """
    patched = data.decode("utf-8", errors="replace")
    broken = patched.count("\ufffd")
    others = len(patched) - len(patched.encode("ascii", "ignore")) - broken
    are_few = broken <= others and broken < _BROKEN_SHARE * len(patched)
    return patched if are_few or broken * _FEWER <= others else None


def _guessed(data: bytes, source: str) -> str:
    # Texts that read the same in all code pages do not tell. Of a short feed, most do.
    telling = b"\n".join(text for text in _TEXT_ENDS.split(data) if not text.isascii())
    guess = chardet.detect(telling, encoding_era=_ERAS, max_bytes=len(telling))["encoding"] or ""
    text = _decoded(data, (resolve_encoding(guess) or "", guess))
    if text is None:
        raise SourceError(source, "its character encoding was not recognised")
    return text


def clean(text: str) -> str:
    r"""Return ``text`` in NFC, lines ended by ``\n`` alone, without characters nobody can see."""
    seen = UNSEEN.sub("", _LINE_ENDS.sub("\n", text))
    return "".join(unicodedata.normalize("NFC", piece) for piece in _MARKS.split(seen))


def block(text: str) -> str:
    """Return ``text`` as one clean line, white space collapsed."""
    return " ".join(clean(text).split())


def code(text: str) -> str:
    """Return clean lines that stand as they were written, without blank ones."""
    lines = [line.expandtabs(4).rstrip() for line in clean(text).split("\n")]
    return dedent("\n".join(filter(None, lines)))


def same_words(one: str, other: str) -> bool:
    """Whether two lines differ in case, punctuation and spaces only."""
    return bare_words(one) == bare_words(other)


def bare_words(line: str) -> str:
    """Return the letters and digits of a line, without case."""
    return "".join(character for character in line.casefold() if character.isalnum())


def article(title: str, lines: Iterable[Line]) -> Article:
    """Return an article of these lines. It has no id: that depends on where it comes from."""
    text, layout = lay_out(lines)
    return Article("", title, text, layout=layout)


def from_text(text: str, source: str, name: str) -> Article:
    """Read plain text: the first line is the title if it looks like one, otherwise ``name`` is.

    Hard-wrapped paragraphs become one line each. ``SourceError`` when nothing is left.
    """
    raw = clean(text).split("\n")
    lines = _unwrapped(raw) if _is_hard_wrapped(raw) else [block(line) for line in raw]
    lines = [line for line in lines if line]
    if not lines:
        raise SourceError(source, NO_TEXT)
    title = lines[0].lstrip("# ")
    if is_title(title, lines[1:]):
        return article(title, plain(lines[1:]))
    return article(name, plain(lines))


def from_post(text: str, source: str) -> Article:
    """Read a message of a few lines: the first is the title if it looks like one.

    Otherwise the first sentence is, which stays in the text. ``SourceError`` when nothing is left.
    """
    lines = [line for line in map(block, clean(text).split("\n")) if line]
    if not lines:
        raise SourceError(source, NO_TEXT)
    if len(lines[0]) <= _POST_TITLE_LENGTH and is_title(lines[0], lines[1:]):
        return article(lines[0], plain(lines[1:]))
    found = list(plain(lines))
    opening = found[0].text[found[0].mark :]
    title = opening[slice(*language_of(detect(opening)).sentences(opening)[0])]
    return article(shorten(title, _POST_TITLE_LENGTH, placeholder=" …"), found)


def is_title(line: str, body: Sequence[str]) -> bool:
    """Whether a document's first line looks like the title of the lines in ``body``."""
    return (
        0 < len(line) <= _TITLE_LENGTH
        and not _FINISHED.search(line.rstrip("?!"))
        and not _NEW_LINE.match(line)
        and any(len(after) >= _BODY_LENGTH for after in body)
    )


def _is_hard_wrapped(lines: list[str]) -> bool:
    """Whether lines end where the page was full, not where a paragraph ends."""
    if max(map(len, lines)) > _WRAP_TO:
        return False
    inner = [
        line.rstrip()
        for line, after in pairwise(lines)
        if line.strip() and after.strip() and not _NEW_LINE.match(after)
    ]
    full = [line for line in inner if len(line) >= _WRAP_FROM]
    finished = [line for line in inner if _FINISHED.search(line) and not line.endswith(",")]
    return len(full) >= 2 and len(full) > 0.6 * len(inner) and len(finished) < 0.5 * len(inner)


def _unwrapped(lines: list[str]) -> list[str]:
    paragraphs: list[str] = []
    for blank, group in groupby(lines, key=lambda line: not line.strip()):
        if not blank:
            paragraphs += _joined(group)
    return paragraphs


def _joined(lines: Iterable[str]) -> list[str]:
    joined: list[list[str]] = []  # a string that grows by each of many lines would take hours
    for line in map(block, lines):
        if not joined or _NEW_LINE.match(line):
            joined.append([line])
        else:
            # A word that was broken at its own hyphen keeps it and gets no space.
            hyphen = re.search(r"\w-$", joined[-1][-1])
            joined[-1].append(line if hyphen else f" {line}")
    return list(map("".join, joined))
