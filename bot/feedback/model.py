"""A vote, and the parts of an answer that are stored with it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.texts.answers import shown_quotes
from qa import Answer, Quote, Verdict


class Vote(StrEnum):
    """What a person thinks of an answer. The values are stored."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class ShownQuote:
    """A passage as it was shown; ``sentence`` is the part in bold, or all of it.

    ``article`` is the article's id. The article may have changed or gone since.
    """

    article: str
    url: str | None
    title: str
    source: str | None
    text: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An answer as it was shown, or a refusal; ``language`` is that of the question.

    A question that followed another one includes its context, so that it can be asked again.
    """

    question: str
    language: str | None
    verdict: Verdict
    confidence: float
    quotes: tuple[ShownQuote, ...]


@dataclass(frozen=True, slots=True)
class Feedback:
    """An anonymous vote on an answer. ``at`` is aware."""

    answer: ShownAnswer
    vote: Vote
    at: datetime

    def to_json(self) -> dict[str, Any]:
        """As ``pullquote feedback --json`` prints it."""
        answer = self.answer
        return {
            "at": self.at.isoformat(),
            "vote": self.vote.value,
            "question": answer.question,
            "language": answer.language,
            "verdict": answer.verdict.value,
            "confidence": round(answer.confidence, 4),
            "quotes": [asdict(each) for each in answer.quotes],
        }


def shown(answer: Answer) -> ShownAnswer:
    """Return what of an answer is shown."""
    return ShownAnswer(
        answer.in_full or answer.question,
        answer.language,
        answer.verdict,
        answer.confidence,
        tuple(map(_shown, shown_quotes(answer))),
    )


def _shown(quote: Quote) -> ShownQuote:
    article = quote.article
    place = (article.id, article.url, article.title, article.source)
    return ShownQuote(*place, quote.text, quote.sentence)
