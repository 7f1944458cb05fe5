"""Whether the articles have a quote, word for word or otherwise."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from qa.article import Article, Span


class Fidelity(Enum):
    """How true a quote is; white space and shapes of quotation marks and dashes do not count."""

    VERBATIM = "word for word"
    REORDERED = "word for word, but its parts stand in another order"
    DIFFERENT = "not word for word"
    NOT_FOUND = "not found"
    NO_WORDS = "no words"
    TOO_LONG = "too long"


@dataclass(frozen=True, slots=True)
class Difference:
    """Words of a quote and those that the article has in their place; one of them may be empty."""

    quoted: str
    stored: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The result of checking ``quoted``.

    ``article.text[start:end]`` is the quoted place, or the nearest sentences if the quote is
    ``DIFFERENT``; empty if the words are those of the title. ``differing`` are the words there that
    the quote has not, as offsets into the article's text. ``also_in`` holds other articles with the
    same words. The moments are aware (UTC): when the article first came in, ``None`` if that was
    not stored, and when its text last changed, ``None`` if it did not since.
    """

    quoted: str
    fidelity: Fidelity
    article: Article | None = None
    start: int = 0
    end: int = 0
    differences: tuple[Difference, ...] = ()
    differing: tuple[Span, ...] = ()
    also_in: tuple[Article, ...] = ()
    added_at: datetime | None = None
    changed_at: datetime | None = None

    @property
    def sha256(self) -> str:
        """The SHA-256 of the article's text in UTF-8, in hex; empty without an article."""
        return hashlib.sha256(self.article.text.encode()).hexdigest() if self.article else ""
