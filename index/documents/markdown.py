"""Markdown files to article text, with markdown-it-py."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from trafilatura import html2txt

from index.documents.text import CELLS, NO_TEXT, Parts, block, clean, same_words, unmarked
from qa.errors import SourceError

_FRONT_MATTER = re.compile(r"\s*---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_FIELD = re.compile(r"^(\w+):[ \t]*(.+)$", re.MULTILINE)
_MARKS = {
    "heading_open": "# ",
    "heading_close": "",
    "list_item_open": "- ",
    "list_item_close": "",
}
# Of lists and quotations that are deeper its default, 20, drops all that follows.
_PARSER = MarkdownIt("commonmark", {"maxNesting": 100}).enable("table")


def from_markdown(text: str, source: str, name: str) -> Parts:
    """Read a Markdown document; ``name`` is its title if it gives none itself.

    Front matter may hold ``title``, ``date``, ``url``, ``source``, ``author``, one a line. Inline
    marks are taken off, list items and headings are kept. ``SourceError`` when no text is left.
    """
    text = clean(text)
    front = _FRONT_MATTER.match(text)
    fields = _fields(front.group(1)) if front else {}
    lines = list(_lines(_PARSER.parse(text[front.end() :] if front else text)))
    title = fields.get("title", "")
    if lines and lines[0].startswith("# ") and (not title or same_words(lines[0], title)):
        title = title or lines[0].removeprefix("# ")
        del lines[0]
    if not lines:
        raise SourceError(source, NO_TEXT)
    return Parts(
        title or name,
        "\n".join(lines),
        _web_address(fields.get("url")),
        fields.get("source"),
        _moment(fields.get("date", "")),
        fields.get("author"),
    )


def _fields(front: str) -> dict[str, str]:
    fields = {key.lower(): block(value) for key, value in _FIELD.findall(front)}
    return {key: _unquoted(value) for key, value in fields.items()}


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _web_address(url: str | None) -> str | None:
    return url if url and urlsplit(url).scheme in ("http", "https") else None


def _moment(date: str) -> datetime | None:
    """Return an aware time; one without an offset is taken as UTC, one that is none as missing."""
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _lines(tokens: Sequence[Token]) -> Iterator[str]:
    mark = ""
    cells: list[str] | None = None
    for token in tokens:
        if token.type in _MARKS:
            # A number stays as it was written: "1986. A great year" makes a list, too.
            mark = f"{token.info}{token.markup} " if token.info else _MARKS[token.type]
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            yield unmarked(CELLS.join(cells or []))
            cells = None
        elif token.type in ("fence", "code_block", "html_block"):
            yield from filter(None, map(_line, _raw_text(token).split("\n")))
        elif token.type == "inline" and cells is not None:
            cells.append(_inline_text(token))
        elif token.type == "inline" and _inline_text(token):
            yield mark + _inline_text(token)
            mark = ""  # a second paragraph of the same item is a paragraph


def _line(text: str) -> str:
    return unmarked(block(text))


def _inline_text(token: Token) -> str:
    """Return what a reader sees of a paragraph's line: no marks, no targets of links, no images."""
    words = []
    for child in token.children or []:
        if child.type in ("text", "code_inline", "text_special"):
            words.append(child.content)
        elif child.type in ("softbreak", "hardbreak") or child.content.startswith("<br"):
            words.append(" ")
    return _line("".join(words))


def _raw_text(token: Token) -> str:
    if token.type != "html_block":
        return token.content
    return html2txt(f"<html><body>{token.content}</body></html>")
