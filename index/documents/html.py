"""HTML pages to articles, with trafilatura."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice, takewhile
from urllib.parse import urljoin, urlsplit

from lxml import etree, html  # type: ignore[import-untyped]  # lxml ships no types
from lxml.html import HtmlElement  # type: ignore[import-untyped]
from trafilatura import bare_extraction, load_html
from trafilatura.settings import Document
from w3lib.encoding import html_body_declared_encoding

from index.documents.blocks import Line, ends_sentence, row, typed
from index.documents.boilerplate import is_boilerplate
from index.documents.hidden import BLOCKS, HEADINGS
from index.documents.seen import (
    LINE_END,
    MARK_END,
    REPEATED,
    show_as_seen,
    text_of,
    without_signs,
)
from index.documents.text import NO_TEXT, article, block, clean, code, decode, same_words
from index.web.urls import LONGEST_URL, canonical_url, host_name, same_site
from qa.article import Article, BlockKind
from qa.errors import SourceError

MOST_ELEMENTS = 50_000
"""The most elements of a page: the time that trafilatura takes grows with their square."""

_OPENING_BLOCKS = 4
# Aware when the page says so; a bare date is taken as midnight UTC.
_DATES = {"original_date": True, "extensive_search": False, "outputformat": "%Y-%m-%dT%H:%M:%S%z"}
_BLOCKS = frozenset(
    {
        *("ab", "cell", "code", "div", "head", "item", "lb", "list", "p", "quote", "row"),
        *("section", "table"),
    }
)
_KINDS = {"code": BlockKind.CODE, "head": BlockKind.HEADING, "item": BlockKind.ITEM}
_UNREAD = ("head", "script", "style", etree.Comment, etree.ProcessingInstruction)
_AS_TRAFILATURA = {
    **dict.fromkeys(HEADINGS, "head"),
    **dict.fromkeys(("dd", "dt", "li"), "item"),
    **dict.fromkeys(("dl", "ol", "ul"), "list"),
    **dict.fromkeys(("td", "th"), "cell"),
    **dict.fromkeys(("br", "hr"), "lb"),
    **dict.fromkeys(("caption", "figcaption", "figure", "header", "footer", "main"), "p"),
    **dict.fromkeys(("article", "aside", "address", "body", "nav"), "div"),
    "blockquote": "quote",
    "pre": "div",
    "tr": "row",
}
_HEADING_LENGTH = 120
_TITLE_SEPARATOR = re.compile(r" [|–—-] (?!.* [|–—-] )")
_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_]|$)", re.IGNORECASE)
_LANGUAGE_OF = (
    "/html/@lang",
    '//head/meta[@http-equiv="content-language"]/@content',
    '//head/meta[@property="og:locale"]/@content',
)


def extract(
    data: bytes,
    source: str,
    *,
    url: str | None = None,
    charset: str | None = None,
    title: str | None = None,
) -> Article:
    """Return the article of an HTML page; ``SourceError`` names ``source`` when there is none.

    ``url`` is where the page was found, ``charset`` what the server said, ``title`` what is already
    known to be its title. The article's URL is the canonical one of the page if that is believable,
    otherwise ``url``. Its text does not repeat the title. It has no id.
    """
    tree = load_html(decode(data, source, charset, html_body_declared_encoding(data)))
    if tree is None:
        raise SourceError(source, NO_TEXT)
    if next(islice(tree.iter(), MOST_ELEMENTS, None), None) is not None:
        raise SourceError(source, "the page has too many parts to be one article")
    _help_the_library(tree)
    # A strict reading may find nothing on a short page, so a loose one is the second try.
    page = _page(tree, url, strict=True) or _page(tree, url, strict=False)
    if page is None:
        raise SourceError(source, NO_TEXT)
    lines = list(_lines(page.body))
    heading = next((line.text for line in lines if line.kind is BlockKind.HEADING), "")
    address = canonical(_claimed(tree, page.url, url), url)
    publication = site(page.sitename, address)
    if title is None:
        title = _title(block(page.title or ""), heading, publication or "")
    said = article(title, _without_title(lines, title))
    if not said.text:
        raise SourceError(source, NO_TEXT)
    return replace(
        said,
        url=address,
        source=publication,
        published_at=_moment(page.date),
        language=_language(tree),
    )


def read_markup(markup: str, title: str = "") -> Article:
    """Return what a piece of HTML says as an article; its text is empty when there is none.

    It is about ``title``, which its text does not repeat.
    """
    page = f"<html><body><article>{clean(markup)}</article></body></html>"
    try:
        return extract(page.encode(), "", title=title)
    except SourceError:  # too little for an article: a teaser, which is still text
        return article(title, [typed(block(text_of(markup)))])


def lines_of(tree: HtmlElement) -> list[Line]:
    """Return the lines of a tree that is all text, such as the chapter of a book."""
    etree.strip_elements(tree, *_UNREAD, with_tail=False)
    show_as_seen(tree)
    for element in tree.iter(*_AS_TRAFILATURA):
        element.tag = _AS_TRAFILATURA[element.tag]
    return list(_lines(tree))


def _page(tree: HtmlElement, url: str | None, *, strict: bool) -> Document | None:
    page = bare_extraction(
        tree,
        url=url,
        with_metadata=True,
        include_comments=False,
        include_tables=True,
        favor_precision=strict,
        date_extraction_params=_DATES,
    )
    return page if isinstance(page, Document) else None


def _help_the_library(tree: HtmlElement) -> None:
    """Retag what trafilatura would tear out of a sentence, glue together, or drop."""
    show_as_seen(tree)
    for quotation in list(tree.iter("q")):
        quotation.tag = "span"
    for part in list(tree.iter("li", "ol", "ul")):
        if next(part.iterancestors("td", "th"), None) is not None:  # where it drops a list
            part.tag = "p" if part.tag == "li" else "span"
    for moment in list(tree.iter("time")):
        if _is_told(moment):
            _show(moment)
    for division in _paragraphs(tree):
        division.tag = "p"
    for links in filter(_is_told_list, list(tree.iter("ol", "p", "ul"))):
        for link in list(links.iter("a")):
            link.drop_tag()  # it drops lists of links


def _paragraphs(tree: HtmlElement) -> list[HtmlElement]:
    """Return the divisions that are paragraphs: those of an item, and sentences in the text.

    Between a title and the first paragraph stand names, dates and summaries.
    """
    found = []
    is_text = False
    for element in tree.iter("div", "h1", "p", "section"):
        if element.tag in ("h1", "p"):
            is_text = element.tag == "p" and (is_text or _says(element))
        elif next(element.iterdescendants(*BLOCKS), None) is None:
            in_item = next(element.iterancestors("li"), None) is not None
            if in_item or (is_text and _says(element)):
                found.append(element)
    return found


def _says(element: HtmlElement) -> bool:
    """Whether an element is a sentence, and not mostly links."""
    text = block(element.text_content())
    linked = sum(len(block(link.text_content())) for link in element.iter("a"))
    return ends_sentence(text) and linked <= len(text) / 2


def _is_told_list(items: HtmlElement) -> bool:
    """Whether a list is introduced by a paragraph, or stands between paragraphs.

    Links in a paragraph of their own are a list, too.
    """
    around = items.getparent()
    while items.tag != "p" and around is not None and around.tag == "div" and len(around) == 1:
        items, around = around, around.getparent()
    above, below = items.getprevious(), items.getnext()
    if above is None or above.tag not in ("p", *HEADINGS):
        return False
    introduction = block(above.text_content())
    is_between = below is not None and below.tag == "p"
    is_introduced = above.tag == "p" and introduction.endswith(":")
    is_between = is_between and items.tag != "p"
    return (is_between or is_introduced) and not is_boilerplate(introduction)


def _is_told(moment: HtmlElement) -> bool:
    """Whether a time is a heading or stands among words. That of the page mostly stands alone."""
    around = next(moment.iterancestors(*HEADINGS, "dd", "li", "p", "td"), None)
    if around is None or around.tag in HEADINGS:
        return around is not None
    return block(around.text_content()) != block(moment.text_content())


def _show(moment: HtmlElement) -> None:
    """Copy the words of a time before it: trafilatura drops the time, but needs it for the date."""
    words = html.Element("span")
    words.text = moment.text_content()
    moment.addprevious(words)


def _claimed(tree: HtmlElement, named: str | None, found_at: str | None) -> str | None:
    """Return the address in the page's ``rel=canonical``, or ``named``, which trafilatura found.

    Trafilatura drops the parameters of the link, which on some sites tell articles apart.
    """
    for link in tree.iter("link"):
        if "canonical" in link.get("rel", "").lower().split() and link.get("href"):
            address = _joined(found_at, link.get("href").strip())
            same = named and canonical_url(named) == canonical_url(address)
            return named if same else address
    return named


def _joined(base: str | None, address: str) -> str:
    """Return the absolute form of an address on a page at ``base``; empty unless on the web."""
    try:
        url = urljoin(base or "", address)
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.hostname else ""


def canonical(claimed: str | None, found_at: str | None) -> str | None:
    """Return the URL that a page claims for itself, or where it was found if it may not claim it.

    A page may not claim a URL of another site (it would replace that article), the front page, a
    section that it is in, or an address that is too long.
    """
    address = claimed if claimed and len(claimed) <= LONGEST_URL else ""
    parts = urlsplit(_joined(None, address))
    front = parts.path in ("", "/") and not parts.query
    if (
        front
        or _is_section(parts.geturl(), found_at)
        or (found_at and not same_site(found_at, parts.geturl()))
    ):
        return found_at
    return parts._replace(fragment="").geturl()


def _is_section(url: str, found_at: str | None) -> bool:
    """Whether a URL is that of a folder around a page, unless the page is an AMP page in it."""
    folder, page = urlsplit(canonical_url(url)), urlsplit(canonical_url(found_at or ""))
    within = page.path.removeprefix(f"{folder.path}/")
    return not folder.query and within != page.path and not within.startswith("amp")


def site(name: str | None, url: str | None) -> str | None:
    """Return the name of the publication: what the page says, or its host."""
    named = block(name or "").lstrip("@")
    if url and same_words(named, urlsplit(url).netloc):
        named = ""  # trafilatura's own last resort, port and all
    return named or (host_name(url) if url else None) or None


def _moment(date: str | None) -> datetime | None:
    if not date:
        return None
    moment = datetime.fromisoformat(date)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _language(tree: HtmlElement) -> str | None:
    declared = [value.strip() for path in _LANGUAGE_OF for value in tree.xpath(path)]
    codes = filter(None, map(_LANGUAGE.match, declared))
    return next((code.group(1).lower() for code in codes), None)


def _title(claimed: str, heading: str, publication: str) -> str:
    """Return the page's title without the name of the publication, which many pages append."""
    head, _, tail = _TITLE_SEPARATOR.sub("\0", claimed).rpartition("\0")
    if head and (same_words(tail, publication) or same_words(head, heading)):
        return head
    return claimed or heading


def _without_title(lines: Iterable[Line], title: str) -> Iterator[Line]:
    for position, line in enumerate(lines):
        is_opening = position < _OPENING_BLOCKS
        if not (is_opening and title and same_words(line.text, title)):
            yield line


def _lines(element: HtmlElement, kind: BlockKind = BlockKind.PARAGRAPH) -> Iterator[Line]:
    """Yield the blocks of an element of trafilatura's tree.

    ``kind`` is that of the first one, unless its tag says more: a paragraph that opens an item is
    the item.
    """
    if element.tag == "row" and len(element) > 1:
        yield _row([block(_spaced_text(cell)) for cell in element])
        return
    kind = _KINDS.get(element.tag, kind)
    words = [element.text or ""]
    for child in element:
        if not _starts_line(child, element.tag):
            words.append(_spaced_text(child))
        else:
            yield from _flushed(words, kind)
            yield from _lines(child, BlockKind.PARAGRAPH if block("".join(words)) else kind)
            words, kind = [], BlockKind.PARAGRAPH
        words.append(child.tail or "")
    yield from _flushed(words, kind)


def _starts_line(child: HtmlElement, inside: str) -> bool:
    """Whether a child starts a block; in a heading only a list does."""
    if inside == "head":
        return bool(child.tag == "list")
    return _is_block(child) and not (child.tag == "lb" and inside == "item")


def _is_block(element: HtmlElement) -> bool:
    """Whether its words stand apart from those around it. Those of code in a sentence do not."""
    return element.tag in _BLOCKS and not _is_inline_code(element)


def _is_inline_code(element: HtmlElement) -> bool:
    return element.tag == "code" and LINE_END not in "".join(element.itertext())


def _spaced_text(element: HtmlElement) -> str:
    """Return an element's text, with spaces where blocks or breaks separate its words."""
    words = [element.text or ""]
    for child in element:
        words += _spaced_text(child), child.tail or ""
    gap = " " if _is_block(element) else ""
    return gap + "".join(words) + gap


def _row(cells: Sequence[str]) -> Line:
    """Return a row; its mark are the cells at its start that span from the row above."""
    repeated = takewhile(lambda cell: REPEATED in cell, cells)
    mark = sum(map(len, repeated))  # the character itself is as long as the separator of cells
    line = row(without_signs(cell).strip() for cell in cells)
    return (
        line._replace(mark=mark) if line.kind is BlockKind.ROW and mark < len(line.text) else line
    )


def _flushed(words: list[str], kind: BlockKind) -> Iterator[Line]:
    text = "".join(words)
    if LINE_END in text or kind is BlockKind.CODE:
        lines = code(without_signs(text.replace(LINE_END, "\n")))
        yield Line(BlockKind.CODE, lines)
        return
    number, mark_end, rest = text.rpartition(MARK_END)
    number, line = without_signs(block(number)), without_signs(block(rest))
    if kind is BlockKind.HEADING and len(line) > _HEADING_LENGTH:
        kind = BlockKind.PARAGRAPH  # a sentence that only looks like a heading on the page
    if line and mark_end:
        kind = kind if kind is BlockKind.HEADING else BlockKind.ITEM
        yield Line(kind, f"{number} {line}", len(number) + 1)
    elif line:
        yield typed(line, kind)
