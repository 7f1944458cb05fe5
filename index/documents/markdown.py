"""Markdown files to article text, with markdown-it-py."""

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from trafilatura import html2txt

from index.documents.front_matter import (
    field_address,
    field_moment,
    field_text,
    split_front_matter,
)
from index.documents.text import (
    CELLS,
    NO_TEXT,
    Parts,
    block,
    clean,
    is_title,
    same_words,
    unmarked,
)
from qa.errors import SourceError

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

    Front matter (YAML, TOML or JSON) may hold ``title``, ``date``, ``url`` and ``source``. Without
    it, the title is the heading that the document opens with, or in a document without headings a
    first line that looks like a title. Inline marks are taken off, list items and headings are
    kept. ``SourceError`` when no text is left.
    """
    fields, body = split_front_matter(clean(text))
    lines = list(_lines(_PARSER.parse(body)))
    title = field_text(fields, "title")
    if lines and lines[0].startswith("# ") and (not title or same_words(lines[0], title)):
        title = title or lines[0].removeprefix("# ")
        del lines[0]
    elif lines and not title and not any(line.startswith("# ") for line in lines):
        title = lines.pop(0) if is_title(lines[0], lines[1:]) else ""
    if not lines:
        raise SourceError(source, NO_TEXT)
    return Parts(
        title or name,
        "\n".join(lines),
        field_address(fields, "url"),
        field_text(fields, "source") or None,
        field_moment(fields, "date"),
    )


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
