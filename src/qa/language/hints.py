"""What a question says about the article that it wants: its source, title, date, newness."""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from qa.article import Article
from qa.language.language import ENGLISH, Language
from qa.language.when import AskedTime, asked_time, freshness

ECHO = timedelta(days=3)
"""An event is still reported so long after its day."""
SHORTEST_TITLE = 3
"""Words of a title that a question can name by chance if it has fewer."""
SOURCE, TITLE, DATE = 1.0, 1.0, 0.5

_WORD = re.compile(r"[A-Z][a-z]+")


@dataclass(frozen=True, slots=True)
class Hints:
    """Read out of one question."""

    text: str = ""
    title_words: str = ""
    time: AskedTime = field(default_factory=AskedTime)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    language: Language = ENGLISH

    def fit(self, article: Article) -> float:
        """How well ``article`` fits: 0 when nothing was said that fits it, about 1 when it does."""
        return (
            SOURCE * self.names_source(article)
            + TITLE * self._names_title(article)
            + DATE * self.names_day(article)
            + (freshness(_aware(article.published_at), self.now) if self.time.recent else 0.0)
        )

    def names_source(self, article: Article) -> bool:
        """Whether the question has the source's name, spelt with its capitals: "the Guardian"."""
        pattern = _spelling(article.source, self.language)
        return pattern is not None and pattern.search(self.text) is not None

    def _names_title(self, article: Article) -> bool:
        title = self.language.words(article.title)
        return len(title) >= SHORTEST_TITLE and f" {' '.join(title)} " in self.title_words

    def names_day(self, article: Article) -> bool:
        """Whether the article is of a time that the question names, or of the days after."""
        moment = _aware(article.published_at)
        return moment is not None and any(a <= moment < b + ECHO for a, b in self.time.windows)


def read_hints(
    question: str, title: str = "", now: datetime | None = None, language: Language = ENGLISH
) -> Hints:
    """Read ``question``, asked at ``now`` (aware; the present by default).

    It may be asked about the article with this ``title``, whose words say nothing more.
    """
    asked = now or datetime.now(UTC)
    return Hints(
        text=question,
        title_words=f" {' '.join(language.words(f'{title} {question}'))} ",
        time=asked_time(question, asked, language),
        now=asked,
        language=language,
    )


def without_sources(
    question: str, articles: Iterable[Article], language: Language = ENGLISH
) -> str:
    """Return ``question`` without the names of their sources, as one asks the source itself."""
    named = {article.source for article in articles if article.source}
    for source in sorted(named, key=len, reverse=True):  # "BBC News" before "BBC"
        pattern = _spelling(source, language)
        question = pattern.sub(" ", question) if pattern else question
    return question


@functools.lru_cache(maxsize=1_000)
def _spelling(source: str | None, language: Language) -> re.Pattern[str] | None:
    name, article = (source or "").strip(), language.source_article
    bare = name.removeprefix(f"{article.capitalize()} ")
    spelt = re.escape(bare)
    if _WORD.fullmatch(name):
        tells = language.source_tells.pattern
        return re.compile(rf"(?<!\w)(?:(?<!^)(?<![.?!] ){spelt}(?!\w)|{spelt}(?={tells}))")
    begin = "" if bare == name else f"(?:{article.capitalize()}|{article}) "
    return re.compile(rf"(?<!\w){begin}{spelt}(?!\w)") if bare else None


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
