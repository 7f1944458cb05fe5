"""RSS, Atom and RDF documents with feedparser, for a process of its own.

A hostile document can keep feedparser's regular expressions busy for hours, and no other thread of
a Python process gets a turn meanwhile. So ``index.isolated`` starts this module as a process, which
ends itself when a document takes too long or too much memory. It imports little, to stay small.

A request is a line of JSON with ``url``, ``seconds`` and ``size``, then so many bytes; the answer
is a line of JSON: what ``read`` returns, or a string that says what went wrong.
"""

import contextlib
import faulthandler
import io
import json
import os
import re
import sys
from calendar import timegm
from collections.abc import Mapping
from typing import Any, BinaryIO

import feedparser

from index.jsonfeed import MOST_ENTRIES

MEMORY = 1 << 30
"""Bytes of address space that the process may have."""

_HEAD = 10_000
_ENTITY = re.compile(rb"<!ENTITY[^>]*>")
_ENTRY_END = re.compile(rb"</(?:[\w.-]{1,20}:)?(?:item|entry)\s{0,9}>")
_TAIL = 200
_END = re.compile(rb"</(?:rss|feed|rdf:RDF)\s*>\s*\Z", re.I)


def read(body: bytes, url: str) -> dict[str, Any] | None:
    """Return the title, the update period and the entries of a document in UTF-8 without a mark.

    ``None`` when it is no feed; ``url`` is what links are relative to.
    """
    tame = _tame(body)
    if tame is None:
        return None
    headers = {"content-location": url, "content-type": "application/xml; charset=utf-8"}
    # A stream, because feedparser takes plain bytes for a file name first. Markup becomes text
    # later, so that feedparser need not clean it.
    stream = io.BytesIO(tame)
    parsed = feedparser.parse(
        stream, response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    is_whole = not parsed.bozo or _END.search(tame[-_TAIL:]) is not None
    if not parsed.get("version") or not (is_whole or parsed.entries):
        return None  # the beginning of a feed that was cut off is none either
    period = ("ttl", "sy_updateperiod", "sy_updatefrequency")
    return {
        "title": parsed.feed.get("title", ""),
        "period": [str(parsed.feed.get(name) or "") for name in period],
        "entries": [_entry(raw) for raw in parsed.entries[:MOST_ENTRIES]],
    }


def _entry(raw: Mapping[str, Any]) -> dict[str, Any]:
    bodies = [content.get("value", "") for content in raw.get("content", [])]
    return {
        "id": raw.get("id", ""),
        "link": raw.get("link", ""),
        "title": raw.get("title", ""),
        "markup": max([*bodies, raw.get("summary", "")], key=len),
        "updated": raw.get("updated") or raw.get("published") or "",
        "published": _seconds(raw.get("published_parsed") or raw.get("updated_parsed")),
    }


def _seconds(moment: Any) -> int | None:  # noqa: ANN401 - feedparser has no types
    try:
        return timegm(moment) if moment else None
    except (ValueError, OverflowError):
        return None


def _tame(body: bytes) -> bytes | None:
    """Return the document without what bloats it; ``None`` when it has no root within reach.

    Entities that a document declares can grow without bound, and feeds have no need of them.
    """
    root = re.search(rb"<\w", body)
    if root is None:
        return None
    head = re.sub(rb"\s+", b"\n", _ENTITY.sub(b"", body[: root.start()]))
    if len(head) > _HEAD:
        return None
    return head + _first_entries(body[root.start() :])


def _first_entries(body: bytes) -> bytes:
    cut = last = len(body)
    for count, found in enumerate(_ENTRY_END.finditer(body), 1):
        if count == MOST_ENTRIES:
            cut = found.end()
        last = found.end()
    return body[:cut] + body[max(cut, last) :]


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until there are no more requests."""
    while line := requests.readline():
        asked = json.loads(line)
        faulthandler.dump_traceback_later(asked["seconds"], exit=True)
        body = requests.read(asked["size"])
        answer: dict[str, Any] | str | None
        try:
            answer = read(body, asked["url"])
        except Exception as error:  # feedparser stumbles in many ways
            answer = f"{type(error).__name__}: {error}"
        faulthandler.cancel_dump_traceback_later()
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on every system
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - as long as the process
    _limit_memory()
    serve(sys.stdin.buffer, sys.stdout.buffer)
