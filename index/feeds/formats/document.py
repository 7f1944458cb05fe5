"""A feed's document in any format, for workers of ``index.sandbox``."""

import re
from typing import Any

from w3lib.encoding import html_body_declared_encoding, resolve_encoding

from index.documents.text import decode
from index.feeds.formats import channel, json, xml

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*>\s*")
_EMPTY_CHARSETS = (None, "", "us-ascii", "ascii")
"""Charsets that mean nothing: many servers send "us-ascii" for every document."""
_WIDE = {
    b"<\0\0\0": "utf-32-le",
    b"\0\0\0<": "utf-32-be",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
_WIDE_NAMES = ("utf-16", "utf-32")


def read(body: bytes, url: str, most_entries: int, charset: str | None) -> dict[str, Any] | None:
    """Return what ``index.feeds.formats.xml.read`` returns; ``None`` if this is not a feed.

    ``charset`` is what the server declared. ``SourceError`` when the document is not text, or is a
    page of Telegram without posts.
    """
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return json.read(body, most_entries)
    text = _text(body, url, charset)
    posts = channel.read(text, url, most_entries)
    return posts or xml.read(text.encode(errors="replace"), url, most_entries)


def _text(body: bytes, url: str, charset: str | None) -> str:
    """Decode a document without its NUL characters, which XML forbids."""
    declared = html_body_declared_encoding(body[: body.find(b"?>") + 2])
    # The first bytes show which of the wide ones it is.
    labels = [label for label in (charset, declared) if not _is_empty(label)]
    encoding = next((name for mark, name in _WIDE.items() if body.startswith(mark)), None)
    if encoding:
        text = body.decode(encoding, errors="replace")
    elif body.startswith(_WIDE_MARKS):
        text = decode(body, url)
    else:
        text = decode(body.replace(b"\0", b""), url, *labels)
    return _DECLARATION.sub("", text.replace("\0", ""))


def _is_empty(label: str | None) -> bool:
    named = resolve_encoding(label or "") or ""
    return label in _EMPTY_CHARSETS or named.startswith(_WIDE_NAMES)
