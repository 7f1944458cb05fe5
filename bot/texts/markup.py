"""Foreign text on its way into a Telegram message: cut, isolated, escaped, linked (pure)."""

import html
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote as percent_encode

from index.documents.blocks import CELL
from index.documents.marks import without_marks
from qa import Article

ELLIPSIS = "…"
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
DIRECTION_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI", "PDF", "PDI"}
SENTENCE_EDGE = re.compile(r"""[.!?…。！？؟][\"'”’»)\]]*\s+|[。！？]|\n""")
BLOCK_EDGE = re.compile(rf"[\n{CELL}]")
"""Where another block may start on the page: a line of ours, or a cell."""
FRAGMENT_WORDS = 4
FRAGMENT_LENGTH = 300
URL_LENGTH = 2000
"""Longer links are left out: servers, browsers and Telegram refuse them at different lengths."""


def units(text: str) -> int:
    """Length of ``text`` as Telegram counts entities: in UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def escape(text: str) -> str:
    """``text`` for use between HTML tags."""
    return html.escape(text, quote=False)


def isolate(text: str) -> str:
    """``text`` that cannot reorder the words around it; left-to-right text stays as it is."""
    if not any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in text):
        return text
    return f"{FIRST_STRONG_ISOLATE}{DIRECTION_CONTROLS.sub('', text)}{POP_ISOLATE}"


def one_line(text: str, limit: int) -> str:
    """``text`` on one line of at most ``limit`` UTF-16 units, with an ellipsis where it was cut."""
    line = DIRECTION_CONTROLS.sub("", " ".join(text.split()))
    if units(line) <= limit:
        return line
    return line[: head(line, limit - 1)] + ELLIPSIS


def link(text: str, url: str | None) -> str:
    """``text``, escaped, as a link to ``url`` when it is one that Telegram can open."""
    if url is None:
        return escape(text)
    return f'<a href="{html.escape(url)}">{escape(text)}</a>'


def web_url(url: str | None) -> str | None:
    """``url`` when it may be linked: http(s) and of a sensible length."""
    if url is None or len(url) > URL_LENGTH:
        return None
    return url if url.lower().startswith(("http://", "https://")) else None


def _fit(text: str, limit: int) -> int:
    """How many leading characters of ``text`` fit into ``limit`` UTF-16 units."""
    used = 0
    for count, character in enumerate(text):
        used += 1 + (character > "\uffff")
        if used > limit:
            return count
    return len(text)


def _joins(text: str, at: int) -> bool:
    """Whether a cut before ``text[at]`` would tear an accent or an emoji apart."""
    torn = unicodedata.category(text[at]) in {"Mn", "Mc", "Me", "Cf"}
    return torn or "\U0001f3fb" <= text[at] <= "\U0001f3ff" or text[at - 1] == "\u200d"


def head(text: str, limit: int) -> int:
    """Where to cut so that at most ``limit`` units remain in front: at a word's edge, if any."""
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
    """Where to cut so that at most ``limit`` units remain behind.

    At the edge of a sentence, else of a word; ``len(text)`` when not one word fits.
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

    Of what stands before the sentence at most ``lead`` units stay; a sentence that is longer than
    ``limit`` loses its end.
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
    """What fits of ``text``; a first word that does not is ``torn``, or else left out."""
    cut = head(text, limit)
    return "" if cut < len(text) and not text[cut].isspace() and not torn else text[:cut]


def sentence_url(article: Article, start: int, end: int) -> str | None:
    """A link to the very sentence ``article.text[start:end]`` on its page, as a text fragment.

    The plain URL when no fragment can be made, ``None`` when there is nothing to link to.
    """
    page = web_url(article.url)
    if page is None:
        return None
    page = page.partition(":~:")[0].removesuffix("#")
    fragment = _fragment(article, start, end)
    linked = f"{page}{'' if '#' in page else '#'}:~:text={fragment}"
    return linked if fragment and len(linked) <= URL_LENGTH else page


def _fragment(article: Article, start: int, end: int) -> str | None:
    """``[prefix-,]start[,end][,-suffix]``: each the words of one block of the page."""
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
    if CELL in text[start:end]:  # only the row before tells one that begins like another
        before, after = before.rstrip(), ""
    prefix = BLOCK_EDGE.split(before)[-1].split()[-FRAGMENT_WORDS:]
    suffix = BLOCK_EDGE.split(after)[0].split()[:FRAGMENT_WORDS]
    fragment = f"{_encoded(prefix)}-,{fragment}" if prefix else fragment
    return f"{fragment},-{_encoded(suffix)}" if suffix else fragment


def _on_page(article: Article, start: int, end: int) -> tuple[str, int, int]:
    """Return the text as the page's own text has it, and where ``start`` and ``end`` are there.

    The numbers of items are left blank: mostly the browser makes them. So are the white space and
    the numbers at both ends not part of what is linked.
    """
    if article.layout is None:
        bare = without_marks(article)
        article, start, end = bare.article, bare.moved(start), bare.moved(end)
    pieces: list[str] = []
    done = 0
    for block in article.blocks:
        pieces += article.text[done : block.start], " " * block.mark
        done = block.start + block.mark
    text = "".join([*pieces, article.text[done:]])
    linked = text[start:end]
    start += len(linked) - len(linked.lstrip())
    return text, start, start + len(linked.strip())


def _encoded(words: list[str]) -> str:
    return percent_encode(" ".join(words), safe="").replace("-", "%2D")


def _occurrences(text: str, words: str) -> int:
    """How often a browser would find ``words``: whole words, in any case."""
    pattern = rf"(?<!\w){re.escape(words)}(?!\w)"
    return len(re.findall(pattern, " ".join(text.split()), re.IGNORECASE))
