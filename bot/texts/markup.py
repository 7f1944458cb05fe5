"""Text from outside, made safe for a Telegram message: cut, isolated, escaped, linked (pure)."""

import html
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote as percent_encode

from index.documents.blocks import CELL
from index.documents.marks import without_marks
from index.documents.scripts import RESPELT
from qa import Article
from qa.article import BlockKind

ELLIPSIS = "…"
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
DIRECTION_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI", "PDF", "PDI"}
SENTENCE_EDGE = re.compile(r"""[.!?…。！？؟][\"'”’»)\]]*\s+|[。！？]|\n""")
BLOCK_EDGE = re.compile(rf"[\n{CELL}]")
"""Where another block may start on the page: at one of our lines, or at a cell."""
FRAGMENT_WORDS = 4
FRAGMENT_LENGTH = 300
PAGE = re.compile(r"#page=\d+$")
"""What a link to a page of a document adds to its address."""
URL_LENGTH = 2000
"""Longer links are left out: servers, browsers and Telegram have different limits."""


def units(text: str) -> int:
    """The length of ``text`` as Telegram counts it for entities: in UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def escape(text: str) -> str:
    """``text`` escaped for use between HTML tags."""
    return html.escape(text, quote=False)


def isolate(text: str) -> str:
    """``text`` that cannot reorder the words around it; left-to-right text is not changed."""
    if not any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in text):
        return text
    return f"{FIRST_STRONG_ISOLATE}{DIRECTION_CONTROLS.sub('', text)}{POP_ISOLATE}"


def one_line(text: str, limit: int) -> str:
    """``text`` on one line of at most ``limit`` UTF-16 units, with an ellipsis if it was cut."""
    line = DIRECTION_CONTROLS.sub("", " ".join(text.split()))
    if units(line) <= limit:
        return line
    return line[: head(line, limit - 1)] + ELLIPSIS


def link(text: str, url: str | None) -> str:
    """``text``, escaped, as a link to ``url`` if there is one."""
    if url is None:
        return escape(text)
    return f'<a href="{html.escape(url)}">{escape(text)}</a>'


def web_url(url: str | None) -> str | None:
    """``url`` if it can be linked: an http(s) address of a sensible length; else ``None``."""
    if url is None or len(url) > URL_LENGTH:
        return None
    return url if url.lower().startswith(("http://", "https://")) else None


def _fit(text: str, limit: int) -> int:
    """How many characters at the start of ``text`` fit into ``limit`` UTF-16 units."""
    used = 0
    for count, character in enumerate(text):
        used += 1 + (character > "\uffff")
        if used > limit:
            return count
    return len(text)


def _joins(text: str, at: int) -> bool:
    """Whether a cut before ``text[at]`` would split an accented letter or an emoji."""
    torn = unicodedata.category(text[at]) in {"Mn", "Mc", "Me", "Cf"}
    return torn or "\U0001f3fb" <= text[at] <= "\U0001f3ff" or text[at - 1] == "\u200d"


def head(text: str, limit: int) -> int:
    """Where to cut so that at most ``limit`` units come before: between words if possible."""
    end = _fit(text, max(limit, 0))
    if end == len(text):
        return end
    edge = end
    while edge and not text[edge].isspace():
        edge -= 1
    if edge := len(text[:edge].rstrip()):
        return edge
    edge = end
    while edge and _joins(text, edge):
        edge -= 1
    return edge or end


def tail(text: str, limit: int) -> int:
    """Where to cut so that at most ``limit`` units come after.

    Between sentences if possible, else between words; ``len(text)`` when not even one word fits.
    """
    start = len(text) - _fit(text[::-1], max(limit, 0))
    if start == 0:
        return 0
    sentence = SENTENCE_EDGE.search(text, start)
    if sentence and text[sentence.end() :].strip():
        return sentence.end()
    word = re.compile(r"(?<=\s)\S").search(text, start)
    return word.start() if word else len(text)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """``before + sentence + after`` is a slice of the text that it was cut from."""

    before: str
    sentence: str
    after: str
    cut_before: bool
    cut_after: bool

    @property
    def text(self) -> str:
        """The verbatim words."""
        return self.before + self.sentence + self.after


def excerpt(text: str, highlight: tuple[int, int] | None, limit: int, lead: int) -> Excerpt:
    """At most ``limit`` units of ``text``, cut around its highlighted sentence.

    At most ``lead`` units before the sentence are kept; a sentence longer than ``limit`` loses its
    end.
    """
    begin, end = highlight or (0, 0)
    sentence = text[begin:end]
    kept = head(sentence, limit)
    if kept < len(sentence):
        return Excerpt("", sentence[:kept], "", text[:begin].strip() != "", True)
    room = limit - units(sentence)
    before = text[:begin][tail(text[:begin], min(lead, room)) :]
    after = _whole_words(text[end:], room - units(before), torn=not sentence)
    return Excerpt(
        before.lstrip(),
        sentence,
        after.rstrip(),
        cut_before=units(before.strip()) < units(text[:begin].strip()),
        cut_after=units(after.rstrip()) < units(text[end:].rstrip()),
    )


def _whole_words(text: str, limit: int, *, torn: bool) -> str:
    """What fits of the start of ``text``; a first word that does not fit is cut if ``torn``."""
    cut = head(text, limit)
    return "" if cut < len(text) and not text[cut].isspace() and not torn else text[:cut]


def sentence_url(article: Article, start: int, end: int) -> str | None:
    """A link to the sentence ``article.text[start:end]`` on its page, with a text fragment.

    In a document with pages it leads to the page. The plain URL when no fragment can be made,
    ``None`` when the article has no web address.
    """
    page = web_url(article.url)
    if page is None:
        return None
    if number := article.page(start):
        return f"{page.partition('#')[0]}#page={number}"
    page = _without_text_fragment(page)
    fragment = _fragment(article, start, end)
    linked = f"{page}{'' if '#' in page else '#'}:~:text={fragment}"
    return linked if fragment and len(linked) <= URL_LENGTH else page


def article_urls(url: str) -> list[str]:
    """Return the addresses that an article may have to which a link to a sentence leads.

    The first one has the fragment of the article itself, even if that is a page number.
    """
    own = _without_text_fragment(url)
    return list(dict.fromkeys([own, PAGE.sub("", own)]))


def _without_text_fragment(url: str) -> str:
    return url.partition(":~:")[0].removesuffix("#")


def _fragment(article: Article, start: int, end: int) -> str | None:
    """``[prefix-,]start[,end][,-suffix]``: each of them words within one block of the page."""
    text, start, end = _on_page(article, start, end)
    blocks = [words for block in BLOCK_EDGE.split(text[start:end]) if (words := block.split())]
    if not blocks:
        return None
    if len(blocks) == 1 and len(blocks[0]) <= 2 * FRAGMENT_WORDS:
        parts = [blocks[0]]
    else:
        parts = [blocks[0][:FRAGMENT_WORDS], blocks[-1][-FRAGMENT_WORDS:]]
    if any(len(" ".join(part)) > FRAGMENT_LENGTH for part in parts):
        return None
    fragment = ",".join(map(_encoded, parts))
    if _occurrences(text, " ".join(parts[0])) < 2:
        return fragment
    before, after = text[:start], text[end:]
    if CELL in text[start:end]:  # rows that start alike differ only in the row before
        before, after = before.rstrip(), ""
    prefix = BLOCK_EDGE.split(before)[-1].split()[-FRAGMENT_WORDS:]
    suffix = BLOCK_EDGE.split(after)[0].split()[:FRAGMENT_WORDS]
    fragment = f"{_encoded(prefix)}-,{fragment}" if prefix else fragment
    return f"{fragment},-{_encoded(suffix)}" if suffix else fragment


def _on_page(article: Article, start: int, end: int) -> tuple[str, int, int]:
    """Return the article's text as it is on the page, with ``start`` and ``end`` moved to match.

    What the page may not have there is blanked out: item numbers, which the browser makes, and
    cells that span from the row above. Words with an exponent or an index, which the page spells
    otherwise, become edges of blocks. ``start`` and ``end`` exclude the white space that this
    leaves.
    """
    if article.layout is None:
        bare = without_marks(article)
        article, start, end = bare.article, bare.moved(start), bare.moved(end)
    pieces: list[str] = []
    done = 0
    above: list[str] = []
    for block in article.blocks:
        line = article.text[block.start : block.end]
        cells = line.split(CELL)
        kept = _without_spanning(cells, above) if block.kind is BlockKind.ROW else line
        pieces += article.text[done : block.start], " " * block.mark, kept[block.mark :]
        pieces += [" " * (len(line) - max(len(kept), block.mark))]
        done, above = block.end, cells
    text = "".join([*pieces, article.text[done:]])
    text = RESPELT.sub(lambda word: "\n" * len(word[0]), text)
    linked = text[start:end]
    start += len(linked) - len(linked.lstrip())
    return text, start, start + len(linked.strip())


def _without_spanning(cells: list[str], above: list[str]) -> str:
    """A row without the cells at its end that are the same as in the row ``above``."""
    while len(cells) > 1 and len(cells) == len(above) and cells[-1] == above[-1]:
        cells, above = cells[:-1], above[:-1]
    return CELL.join(cells)


def _encoded(words: list[str]) -> str:
    return percent_encode(" ".join(words), safe="").replace("-", "%2D")


def _occurrences(text: str, words: str) -> int:
    """How often a browser would find ``words``: as whole words, ignoring case."""
    pattern = rf"(?<!\w){re.escape(words)}(?!\w)"
    return len(re.findall(pattern, " ".join(text.split()), re.IGNORECASE))
