"""Markdown documents to articles, with markdown-it-py."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lxml import html  # type: ignore[import-untyped]  # lxml ships no types
from markdown_it import MarkdownIt
from markdown_it.token import Token

from index.documents.blocks import Line, row, typed
from index.documents.front_matter import (
    field_address,
    field_moment,
    field_text,
    split_front_matter,
)
from index.documents.html import lines_of
from index.documents.seen import text_of
from index.documents.text import NO_TEXT, article, block, clean, code, is_title, same_words
from qa.article import Article, BlockKind
from qa.errors import SourceError

_KINDS = {
    "heading_open": BlockKind.HEADING,
    "heading_close": BlockKind.PARAGRAPH,
    "list_item_open": BlockKind.ITEM,
    "list_item_close": BlockKind.PARAGRAPH,
}
# By default, 20, the parser drops everything after a list or quotation that is nested deeper.
_PARSER = MarkdownIt("commonmark", {"maxNesting": 100}).enable(["strikethrough", "table"])


def from_markdown(text: str, source: str, name: str) -> Article:
    """Read a Markdown document; ``name`` is its title if it has none itself.

    Front matter (YAML, TOML or JSON) may hold ``title``, ``date``, ``url`` and ``source``. Without
    it, the title is the heading that the document opens with, or in a document without headings a
    first line that looks like a title. Marks are taken off, the numbers of list items stay.
    ``SourceError`` when no text is left.
    """
    fields, body = split_front_matter(clean(text))
    lines = list(_lines(_PARSER.parse(body)))
    title = field_text(fields, "title")
    own = _own_title(lines)
    if own and (not title or same_words(own, title)):
        title = title or own
        del lines[0]
    if not lines:
        raise SourceError(source, NO_TEXT)
    return replace(
        article(title or name, lines),
        url=field_address(fields, "url"),
        source=field_text(fields, "source") or None,
        published_at=field_moment(fields, "date"),
    )


def _own_title(lines: Sequence[Line]) -> str:
    """Return the heading, or what stands for one, that a document opens with; else nothing."""
    first = lines[0] if lines else Line(BlockKind.PARAGRAPH, "")
    has_headings = any(line.kind is BlockKind.HEADING for line in lines)
    is_plain = first.kind is BlockKind.PARAGRAPH and not has_headings
    stands_for_one = is_plain and is_title(first.text, [line.text for line in lines[1:]])
    return first.text if first.kind is BlockKind.HEADING or stands_for_one else ""


def _lines(tokens: Sequence[Token]) -> Iterator[Line]:
    kind, number = BlockKind.PARAGRAPH, ""
    cells: list[str] | None = None
    for token in tokens:
        if token.type in _KINDS:
            kind = _KINDS[token.type]
            # A number stays as it was written: "1986. A great year" makes a list, too.
            number = f"{token.info}{token.markup} " if token.info else ""
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            yield row(cells or [])
            cells = None
        elif token.type in ("fence", "code_block"):
            yield Line(BlockKind.CODE, code(token.content))
        elif token.type == "html_block":
            yield from lines_of(html.fromstring(f"<div>{token.content}</div>"))
        elif token.type == "inline" and cells is not None:
            cells.append(_inline_text(token))
        elif token.type == "inline" and _inline_text(token):
            yield typed(number + _inline_text(token), kind)
            kind, number = BlockKind.PARAGRAPH, ""  # as a second paragraph of the same item


def _inline_text(token: Token) -> str:
    """Return what a reader sees of a paragraph: no marks, no targets of links, no images."""
    children = token.children or []
    if any(child.type in ("html_inline", "s_open") for child in children):
        return block(text_of(_PARSER.renderer.render([token], _PARSER.options, {})))
    words = []
    for child in children:
        if child.type in ("text", "code_inline", "text_special"):
            words.append(child.content)
        elif child.type in ("softbreak", "hardbreak") or child.content.startswith("<br"):
            words.append(" ")
    return block("".join(words))
