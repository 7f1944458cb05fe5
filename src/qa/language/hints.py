"""What a question says about the article that it wants: source, title, date, newness."""

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from qa.article import Article, Span
from qa.language.files import ENGLISH
from qa.language.language import A_SOURCE, Language
from qa.language.sources import SourceNames, is_surely_named
from qa.language.when import AskedTime, asked_time, cut_out, freshness

ECHO = timedelta(days=3)
"""How long after its day an event is still reported."""
SHORTEST_TITLE = 3
"""Words. A question may contain the words of a shorter title by chance."""
SOURCE, TITLE, DATE = 1.0, 1.0, 0.5
"""What each hint adds to the fit of an article."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What one question says about articles."""

    sources: frozenset[str] = frozenset()
    """Names of the sources that it names."""
    streams: frozenset[str] = frozenset()
    """Streams of articles that these names mean, too, such as those of a feed with this title."""
    things: frozenset[str] = frozenset()
    """Those of ``sources`` that may be what the question is about."""
    wants_newest: bool = False
    """Whether it asks for what is new in the sources, whatever that is about."""
    time: AskedTime = field(default_factory=AskedTime)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    title_words: str = ""
    """Its words and those of the title of the article that it is about, between spaces."""
    language: Language = ENGLISH

    def fit(self, article: Article) -> float:
        """How well ``article`` fits: 0 if nothing that was said fits it, else about 1."""
        return (
            SOURCE * self.names_source(article)
            + TITLE * self._names_title(article)
            + DATE * self.names_day(article)
            + (freshness(_aware(article.published_at), self.now) if self.time.recent else 0.0)
        )

    def names_source(self, article: Article) -> bool:
        """Whether the question names the article's source, or what brought it."""
        return self.source_of(article) is not None

    def source_of(self, article: Article) -> str | None:
        """Return the source of the article that the question names, or the stream."""
        named = (article.source, self.sources), (article.stream, self.streams)
        return next((name for name, all_ in named if name in all_), None)

    def names_day(self, article: Article) -> bool:
        """Whether the article is from a period that the question names, or the days after."""
        published = _aware(article.published_at)
        return published is not None and any(
            start <= published < end + ECHO for start, end in self.time.windows
        )

    def _names_title(self, article: Article) -> bool:
        title = _title_words(self.language, article.title)
        return len(title) >= SHORTEST_TITLE and f" {' '.join(title)} " in self.title_words


def read_hints(
    question: str,
    sources: SourceNames,
    title: str = "",
    now: datetime | None = None,
    language: Language = ENGLISH,
    things: Collection[str] = (),
) -> tuple[Hints, str]:
    """Read ``question``, asked at ``now`` (aware; the present by default).

    ``title`` is that of the article that it is about, if any: it names no source and no date.
    ``things`` are names of sources that mean something else here. Also returns the question
    without the words that name a source or a period.
    """
    asked_at = now or datetime.now(UTC)
    named = {name: at for name, at in sources.find(question).items() if name not in things}
    unsure = frozenset(
        name for name, at in named.items() if not is_surely_named(question, name, at, language)
    )
    time = asked_time(question, asked_at, language)
    newest = _asks_for_newest(question, named, language)
    hints = Hints(
        sources=frozenset(named),
        streams=sources.streams_of(named),
        things=frozenset() if newest else unsure,
        wants_newest=newest
        or (time.recent and named.keys() > unsure and _is_all_said(question, named, language)),
        time=time,
        now=asked_at,
        title_words=f" {' '.join(language.words(f'{title} {question}'))} ",
        language=language,
    )
    where = [span for spans in named.values() for span in spans]
    without_both = cut_out(question, [*where, *time.spans])
    # "What happened yesterday?" asks for the day itself.
    is_enough = language.is_content(without_both)
    return hints, without_both if is_enough else cut_out(question, where)


def _asks_for_newest(
    question: str, named: Mapping[str, Sequence[Span]], language: Language
) -> bool:
    """Whether ``question`` asks for what one of the ``named`` sources wrote last."""
    plain = question.rstrip(" ?!.")
    return any(
        language.source_newest.fullmatch(f"{plain[:start]}{A_SOURCE}{plain[end:]}".lstrip("¿"))
        for spans in named.values()
        for start, end in spans
    )


def _is_all_said(question: str, named: Mapping[str, Sequence[Span]], language: Language) -> bool:
    """Whether ``question`` says nothing but that it wants what is new in the ``named`` sources."""
    patterns = (language.time.recent, language.source_all)
    where = [match.span() for each in patterns for match in each.finditer(question)]
    where += [span for spans in named.values() for span in spans]
    return not language.is_content(cut_out(question, where))


@functools.lru_cache(maxsize=10_000)
def _title_words(language: Language, title: str) -> list[str]:
    """Return the words of a title. Cached: many questions come near the same articles."""
    return language.words(title)


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
