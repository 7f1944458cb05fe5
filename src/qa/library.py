"""The articles and everything that answers from them."""

import contextlib
import copy
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from typing import Protocol

from qa.answer import Answer, Quote, Turn
from qa.article import Article
from qa.errors import ModelError
from qa.language import codes, language_of
from qa.language.detect import asked_in
from qa.model.encoder import Encoder
from qa.model.packaged import model_name
from qa.models import Model, Models
from qa.receipt import Receipt
from qa.search.background import Background, unrelated_of
from qa.search.compose import certainty, compose, is_foreign, quote_of
from qa.search.related import on_same_events, on_topic, read
from qa.search.retrieval import Ranking, Retriever
from qa.search.story import story_so_far
from qa.search.sync import Indexes, SearchIndex, StreamNames
from qa.search.verify import LONGEST, Verifier, languages_of
from qa.settings import Settings
from qa.store.articles import IndexState, Store, check_model
from qa.store.database import Database, open_database
from qa.store.versions import Version
from qa.topics.matching import TopicMatch, TopicMatcher, similarity
from qa.topics.questions import AnswerMatch
from qa.vectors import Vectors

EDITED = 0.8
"""A passage is the edited form of another text from this similarity (difflib's ratio) on."""


@dataclass(frozen=True, slots=True)
class Status:
    """Counts, and the model that made the vectors."""

    articles: int
    passages: int
    model: str
    dimension: int | None
    generation: int
    precision: str | None
    """Number format in which passages are encoded; ``None`` before the model is loaded."""
    languages: Mapping[str, int] = field(default_factory=dict)
    """Articles by ISO 639-1 code, most first; those in no known language are left out."""


class Audience(Protocol):
    """Says who may see the articles that are personal."""

    def sees(self, reader: int | None, articles: Collection[str]) -> Set[str]:
        """Return those of the ids of personal articles that a reader may see.

        ``None`` is everybody. Called inside the view of the database that a question is answered
        from.
        """


class Library:
    """Articles that can be asked. Thread-safe.

    Each question sees the changes that other threads or processes have made before it.
    """

    def __init__(
        self,
        settings: Settings,
        encoder: Encoder | None = None,
        database: Database | None = None,
    ) -> None:
        """Open or create the database; the model is loaded when it is first needed."""
        self.settings = settings
        url = settings.database_url.get_secret_value() if settings.database_url else None
        self.database = database or open_database(settings.database, url)
        self.store = Store(self.database)
        self.models = Models(settings, self.store, encoder)
        self._lock = threading.Lock()
        self._matching = threading.Lock()
        self.stream_names: Callable[[], StreamNames] = dict
        """Returns the names that questions use for streams; set by whoever follows feeds."""
        self.search_index = SearchIndex(
            self.store, settings.data_dir / "search", lambda: self.stream_names()
        )
        self.audience: Audience | None = None
        """Who may see what; everybody may see everything if there is none."""

    def seen_by(self, reader: int | None) -> "Library":
        """Return this library as a reader sees it, without articles that they may not see.

        ``None`` is a reader of whom nothing is known.
        """
        if self.audience is None:
            return self
        view = copy.copy(self)
        view.store = self.store.seen_by(partial(self.audience.sees, reader))
        return view

    def shows(self, article: Article, reader: int) -> bool:
        """Whether a reader may see ``article``."""
        if self.audience is None or not article.is_personal:
            return True
        return article.id in self.audience.sees(reader, [article.id])

    @property
    def encoder(self) -> Encoder:
        """The model; loaded at its first use, which takes seconds.

        If none is set, it is that of the index, and another one after a rebuild.
        """
        return self.current_model().encoder

    def current_model(self) -> Model:
        """Return the model that made the index, or is to make it; ``encoder`` and what it needs."""
        return self.models.current()

    def warm_up(self) -> None:
        """Load the models and the index; ``ModelError`` if they do not belong together."""
        self.models.warm_up()
        self.encoder.encode_queries(["ready"])
        self.catch_up()

    def catch_up(self) -> None:
        """Bring the search index up to date, so that the next question need not."""
        with self.view():
            pass

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    @contextlib.contextmanager
    def view(self) -> Iterator[Retriever]:
        """Open one view of the database for everything inside, and the index that belongs to it.

        Articles that change, or a rebuild that ends, while it is open are seen by the next view: a
        passage is never quoted from another text, and none is missing because it was deleted.
        """
        reranker = self.models.reranker
        with self.database.read():
            indexes, background, state, model = self._current_indexes()
            encoder = model.encoder
            check_model(state, encoder.name, encoder.dimension, encoder.prompts.passage)
            yield Retriever(
                self.store, indexes, encoder, state.generation, background, model.late, reranker
            )

    def _current_indexes(self) -> tuple[Indexes, Background, IndexState, Model]:
        # The view starts with the first statement, inside the lock: if it started earlier, it could
        # be older than the indexes, which never go back.
        with self._lock:
            state = self.store.state()
            model = self.current_model()
            dimension = state.dimension or model.encoder.dimension
            indexes = self.search_index.sync(state, dimension)
            background = model.sampler.background(state.generation, indexes.vectors)
            return indexes, background, state, model

    # Questions

    def ask(
        self,
        question: str,
        top_k: int = 3,
        about: Article | None = None,
        follows: Turn | None = None,
    ) -> Answer:
        """Answer with at most ``top_k`` quotes. Finding no answer is a value, not an exception.

        Quotes of the article that the question is ``about`` come first if they answer it. The turn
        that it ``follows`` is its context if it cannot stand alone.
        """
        return self.answer(self.rank(question, about, follows), top_k)

    def rank(
        self, question: str, about: Article | None = None, follows: Turn | None = None
    ) -> Ranking:
        """Rank the passages nearest to ``question``, which may be ``about`` an article.

        A source whose name may be a thing, such as The Sun, is what makes the better answer.
        """
        with self.view() as retriever:
            ranking = retriever.rank(question, about, follows=follows)
            things = ranking.question.hints.things
            if not things:
                return ranking
            return max(ranking, retriever.rank(question, about, things, follows), key=certainty)

    def look_up(self, claims: Sequence[str], language: str | None) -> list[Answer]:
        """Return what the articles say about each claim, a sentence, with at most one quote each.

        ``language`` is the ISO 639-1 code of what all of them are in, at least one. ``ANSWERED``
        means that the quote is about the same thing: it may say the same, more, or the contrary.
        """
        with self.view() as retriever:
            rankings = retriever.rank_statements(claims, language_of(language))
            return [self.answer(each, top_k=1) for each in rankings]

    def answer(self, ranking: Ranking, top_k: int = 3) -> Answer:
        """Turn a ranking into quotes and a verdict."""
        least, reads_all = self.settings.min_confidence, self._reads_all_scripts
        composed = compose(ranking, top_k, least, reads_all)
        question = ranking.question
        return replace(
            composed,
            follows=question.follows,
            in_full=question.sought.text if question.follows else None,
            language=question.asked.language.code,
        )

    def verify(self, quoted: str) -> Receipt:
        """Check whether an article has ``quoted`` word for word; if not, where it differs."""
        with self.view() as retriever:
            stored = retriever.background.languages
            guess = asked_in(quoted[:LONGEST], {*codes(), *stored}, stored)
            languages = languages_of(guess, stored)
            verifier = Verifier(self.store, retriever.indexes, languages)
            return verifier.check(quoted)

    def reads(self, text: str) -> bool:
        """Whether the model can read the script of ``text``."""
        return self._reads_all_scripts or not is_foreign(text)

    @property
    def _reads_all_scripts(self) -> bool:
        return self.current_model().reads_all_scripts

    # Stories

    def story_so_far(self, topic: str, since: datetime | None = None) -> list[Quote]:
        """Return quotes of the articles about ``topic`` that each add something, oldest first.

        With ``since`` (aware), only what is new from then on. Empty if nothing is about it.
        """
        ranking = self.rank(topic)
        if not self.answer(ranking).is_about_it:
            return []
        with self.view() as retriever:
            return _tell(on_topic(ranking), retriever, since)

    def story_of(self, article: Article, since: datetime | None = None) -> list[Quote]:
        """Return the same for the articles that tell of the events of ``article``."""
        with self.view() as retriever:
            current = self.store.articles([article.number])
            known = (on_same_events(each, retriever) for each in current.values())
            return _tell(next(known, []), retriever, since)

    # Topics and saved questions

    def match(self, topics: Collection[str], article: Article) -> dict[str, TopicMatch]:
        """Return those of ``topics`` that the current text of ``article`` matches."""
        with self._matching:
            model = self.current_model()
            model.topic_matcher.follow(topics)  # before the view, as it may write
            with self._view_of(article, model) as (current, retriever):
                return model.topic_matcher.match(current, retriever) if current else {}

    def answers_in(self, article: Article, questions: Collection[str]) -> dict[str, AnswerMatch]:
        """Return those of ``questions`` that the current text of ``article`` answers.

        Articles are expected in the order of their numbers.
        """
        readers = self if article.is_personal else self.seen_by(None)
        with self._matching:
            model = self.current_model()
            model.question_matcher.follow(questions)
            with readers._view_of(article, model) as (current, retriever):
                return model.question_matcher.match(current, retriever) if current else {}

    @contextlib.contextmanager
    def _view_of(
        self, article: Article, model: Model
    ) -> Iterator[tuple[Article | None, Retriever]]:
        """Open a view, with ``article`` as it is in it; ``ModelError`` if the model was changed."""
        with self.view() as retriever:
            if retriever.encoder is not model.encoder:
                raise ModelError("The index has just been rebuilt with another model.")
            yield self.store.articles([article.number]).get(article.number), retriever

    @property
    def topic_matcher(self) -> TopicMatcher:
        """Compares articles with topics; not thread-safe, unlike ``match``."""
        return self.current_model().topic_matcher

    def similarity(self, text: str, others: Sequence[str]) -> float:
        """Return the highest cosine of ``text`` to one of ``others``, at least one text."""
        return similarity(self.encoder, text, others)

    # Articles

    def article(self, id_or_url: str) -> Article | None:
        """Find one article by its id or URL."""
        return self.store.article(id_or_url)

    def titled(self, title: str) -> Article | None:
        """Find the newest article with this title."""
        return self.store.titled(title)

    def opening(self, article: Article) -> Quote | None:
        """Quote the first passage of the current text of ``article``, if it has any."""
        with self.database.read():
            current = self.store.articles([article.number]).get(article.number)
            passages = self.store.passages_of(article.number, self.store.state().generation)
        return quote_of(current, passages[0].passage) if current and passages else None

    def passage_like(self, article: Article, text: str) -> Quote | None:
        """Quote the passage of the current text of ``article`` that an edit made from ``text``."""
        with self.database.read():
            current = self.store.articles([article.number]).get(article.number)
            passages = self.store.passages_of(article.number, self.store.state().generation)
        found = get_close_matches(text, [each.passage.text for each in passages], 1, EDITED)
        edited = (each.passage for each in passages if each.passage.text in found)
        return quote_of(current, next(edited)) if current and found else None

    def latest_stories(self, count: int) -> list[list[Article]]:
        """Return the latest stories, newest first, each as its articles in order.

        A story is as new as its newest article.
        """
        return self.store.latest_stories(count)

    def newest(
        self, count: int, sources: Collection[str], ids: Collection[str] = ()
    ) -> list[Article]:
        """Return the newest articles of these sources or with these ids, newest first."""
        return self.store.newest(count, sources, ids)

    def story(self, article: Article) -> list[Article]:
        """Return the articles of the same story as ``article``, itself included, oldest first.

        Empty if it has been removed.
        """
        return self.store.story(article.number)

    def articles_after(self, number: int, limit: int) -> list[Article]:
        """Return up to ``limit`` articles added after the one with ``number``, in that order."""
        return self.store.articles_after(number, limit)

    def articles(self, numbers: Iterable[int]) -> dict[int, Article]:
        """Map numbers to articles; missing ones are left out."""
        return self.store.articles(numbers)

    def replaced_after(self, version: int) -> tuple[Version, Version] | None:
        """Return the first version replaced after the one with this id, and what replaced it."""
        return self.store.replaced_after(version)

    def last_version(self) -> int:
        """Return the id of the version that was replaced last; 0 if nothing has changed."""
        return self.store.last_version()

    def sources(self) -> list[str]:
        """Return the names of all sources of articles, in order."""
        return self.store.sources()

    def last_number(self) -> int:
        """Return the number of the newest article ever added; 0 if there was none."""
        return self.store.last_number()

    def status(self) -> Status:
        """Return counts and the model of the index; loads nothing."""
        state = self.store.state()
        articles, passages = self.store.counts()
        model = state.model or model_name(self.settings.model)
        loaded = self.models.loaded
        precision = loaded.encoder.precision if loaded else None
        languages = {code: count for code, count in self.store.languages().items() if code}
        return Status(
            articles, passages, model, state.dimension, state.generation, precision, languages
        )


def _last_layer(encoder: Encoder, texts: Sequence[str]) -> list[Vectors] | None:
    """Return the vectors of each text's tokens, shape (t, d)."""
    found = encoder.encode_tokens(texts, are_passages=True)
    return None if found is None else [each[:, 0] for each in found]


def _tell(articles: Sequence[Article], retriever: Retriever, since: datetime | None) -> list[Quote]:
    encoder = retriever.encoder
    told = story_so_far(
        read(articles, retriever), unrelated_of(encoder), partial(_last_layer, encoder), since
    )
    return [
        Quote(each.article, each.article.text[slice(*each.span)], *each.span, each.paragraph, 1.0)
        for each in told
    ]
