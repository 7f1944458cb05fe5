"""Question in, quotes out: what an answer is."""

from dataclasses import dataclass
from enum import Enum

from qa.article import Article, BlockKind


class Verdict(Enum):
    """Why an answer is what it is."""

    ANSWERED = "answered"
    NOT_ANSWERING = "near, but not answering"
    NOTHING_NEAR = "nothing near"
    NOTHING_INDEXED = "nothing indexed"
    UNREADABLE = "a language that the model does not read"


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim passage: ``article.text[start:end] == text``.

    ``highlight`` is the answering sentence as offsets into ``text`` (characters), or ``None``.
    ``score`` orders quotes within one answer only. ``also_in`` holds articles of other sources with
    the same story.
    """

    article: Article
    text: str
    start: int
    end: int
    paragraph: int
    score: float
    highlight: tuple[int, int] | None = None
    also_in: tuple[Article, ...] = ()

    @property
    def sentence(self) -> str:
        """The highlighted words, or the whole text when nothing is highlighted."""
        begin, end = self.highlight or (0, len(self.text))
        return self.text[begin:end]

    @property
    def page(self) -> int | None:
        """The number, from 1, of the page that the highlighted words begin on."""
        return self.article.page(self.start + (self.highlight or (0, 0))[0])

    @property
    def section(self) -> str | None:
        """The heading above the quote, such as a chapter's."""
        headings = [block for block in self.article.blocks if block.kind is BlockKind.HEADING]
        above = [block for block in headings if block.end <= self.start]
        return self.article.text[above[-1].start : above[-1].end] if above else None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a question may follow: an earlier one, and the article that answered it."""

    question: str
    """Empty if only the article is the subject."""
    article_id: str | None = None
    title: str = ""
    """Of the article."""
    start: str = ""
    """The question that began to talk about this, if ``question`` followed it."""
    is_replied_to: bool = False
    """Whether the person pointed at it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the articles say to a question; finding nothing is a value, not an exception.

    ``confidence`` is the estimated probability (0..1) that the first quote answers. If ``verdict``
    is not ``ANSWERED``, ``quotes`` holds the nearest passages, if any.
    """

    question: str
    verdict: Verdict
    confidence: float
    quotes: tuple[Quote, ...]
    follows: Turn | None = None
    """The turn in whose context the question was read."""
    in_full: str | None = None
    """The question with that context, as it was searched."""
    language: str | None = None
    """The language of the question, ISO 639-1."""

    @property
    def turn(self) -> Turn:
        """What the next question may follow."""
        before = self.follows or Turn("")
        start = before.start or before.question
        if self.answered:
            article = self.quotes[0].article
            return Turn(self.question, article.id, article.title, start)
        return Turn(self.question, before.article_id, before.title, start)

    @property
    def answered(self) -> bool:
        """Whether the quotes answer the question, as far as we can tell."""
        return self.verdict is Verdict.ANSWERED

    @property
    def is_about_it(self) -> bool:
        """Whether articles are about what was asked, even if none of them answers."""
        return self.verdict in {Verdict.ANSWERED, Verdict.NOT_ANSWERING}
