"""The articles and everything that answers from them."""

import contextlib
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from qa.answer import Answer, Quote
from qa.article import Article
from qa.language import ENGLISH, Language
from qa.model.encoder import Encoder, SentenceEncoder, model_name
from qa.model.packaged import PACKAGED_MODEL
from qa.model.reranker import CrossEncoderReranker, Reranker
from qa.search.compose import compose, is_foreign, quote_of
from qa.search.retrieval import Ranking, Retriever
from qa.search.sync import Derived, Indexes
from qa.settings import Settings
from qa.store.articles import IndexState, Store, check_model
from qa.store.database import Database
from qa.topics.matching import Match, Matcher, likeness


@dataclass(frozen=True, slots=True)
class Status:
    """What there is: counts, and which model made the vectors."""

    articles: int
    passages: int
    model: str
    dimension: int | None
    generation: int
    precision: str | None
    """Number format that the loaded model computes in; ``None`` before it is loaded."""


class Library:
    """Open for questions. Safe to use from several threads.

    Changes that other threads or processes make are seen by the next question.
    """

    def __init__(
        self, settings: Settings, encoder: Encoder | None = None, language: Language = ENGLISH
    ) -> None:
        """Open or create the database; the model is loaded when it is first needed."""
        self.settings = settings
        self.language = language
        self.database = Database(settings.database)
        self.store = Store(self.database)
        self._given_encoder = encoder
        self._lock = threading.Lock()
        self._matching = threading.Lock()
        self.derived = Derived(self.store, settings.data_dir / "search", language)

    @cached_property
    def encoder(self) -> Encoder:
        """The model; the first use loads it, which takes seconds."""
        return self._given_encoder or SentenceEncoder(
            self.settings.model,
            query_prompt=self.settings.query_prompt,
            passage_prompt=self.settings.passage_prompt,
        )

    @cached_property
    def reranker(self) -> Reranker | None:
        """The cross-encoder, if one is set; the first use loads it."""
        model = self.settings.reranker
        return CrossEncoderReranker(model) if model else None

    def warm_up(self) -> None:
        """Load the models and the index; ``ModelError`` when they do not belong together."""
        self._check_model()
        _ = self.reranker
        self.encoder.encode_queries(["ready"])
        self.catch_up()

    def catch_up(self) -> None:
        """Bring the indexes up to date, so that the next question need not wait for it."""
        with self._view():
            pass

    def _check_model(self) -> None:
        if self._given_encoder is None:  # before seconds are spent on loading it
            check_model(self.store.state(), model_name(self.settings.model))

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    # Questions

    def ask(self, question: str, top_k: int = 3, about: Article | None = None) -> Answer:
        """Answer with at most ``top_k`` quotes. No support is a value, not an exception.

        Quotes of the article that is asked ``about`` come first where they answer.
        """
        return self.answer(self.rank(question, about), top_k)

    def rank(self, question: str, about: Article | None = None) -> Ranking:
        """Rank the passages nearest to ``question``, which may be asked ``about`` an article."""
        with self._view() as retriever:
            return retriever.rank(question, about)

    def answer(self, ranking: Ranking, top_k: int = 3) -> Answer:
        """Turn a ranking into quotes and a verdict."""
        least = self.settings.min_confidence
        return compose(ranking, ranking.articles, top_k, least, self._reads_all_scripts)

    def reads(self, text: str) -> bool:
        """Whether the model was taught the script of ``text``."""
        return self._reads_all_scripts or not is_foreign(text)

    @property
    def _reads_all_scripts(self) -> bool:
        return self.encoder.name != PACKAGED_MODEL

    def match(self, topics: Collection[str], article: Article) -> dict[str, Match]:
        """Return those of ``topics`` that ``article``, as it is now, matches; all at once.

        Hand in the same object as long as the topics are the same, so that none is read again.
        """
        with self._matching:
            self._matcher.follow(topics)  # before the view, since it may write
            with self._view() as retriever:
                current = self.store.articles([article.number]).get(article.number)
                return self._matcher.match(current, retriever) if current else {}

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher(self.encoder, self.store, self.language)

    def likeness(self, text: str, others: Sequence[str]) -> float:
        """Return the highest cosine of ``text`` and one of ``others``, of which there is one."""
        return likeness(self.encoder, text, others)

    def opening(self, article: Article) -> Quote | None:
        """Return the first passage of ``article``, as it is now, ``None`` if it has none."""
        with self.database.read():
            current = self.store.articles([article.number]).get(article.number)
            passages = self.store.passages_of(article.number, self.store.state().generation)
        return quote_of(current, passages[0].passage) if current and passages else None

    @contextlib.contextmanager
    def _view(self) -> Iterator[Retriever]:
        """One view of the database for all that is read inside, and the indexes that belong to it.

        An article that is changed, or a rebuild that ends, meanwhile is seen by the next view:
        passages are never taken for those of another text, nor missed because they were swept.
        """
        encoder, reranker = self.encoder, self.reranker
        with self.database.read():
            indexes, state = self._current_indexes()
            check_model(state, encoder.name, encoder.dimension, encoder.prompts.passage)
            yield Retriever(self.store, indexes, encoder, state.generation, reranker)

    def _current_indexes(self) -> tuple[Indexes, IndexState]:
        # The view begins with the first statement, here: were it older than the lock, it might be
        # older than the indexes, which never go back.
        with self._lock:
            state = self.store.state()
            return self.derived.follow(state, state.dimension or self.encoder.dimension), state

    # Articles

    def article(self, id_or_url: str) -> Article | None:
        """Find one article by its id or URL."""
        return self.store.article(id_or_url)

    def latest(self, count: int) -> list[Article]:
        """Return the articles that came in last, newest first."""
        return self.store.latest(count)

    def latest_stories(self, count: int) -> list[list[Article]]:
        """Return the stories that came in last, newest first, each told by its articles in order.

        A story is as new as its newest article.
        """
        return self.store.latest_stories(count)

    def story(self, article: Article) -> list[Article]:
        """Return the articles that tell the same as ``article``, which is one of them.

        Oldest first; empty when it has been removed.
        """
        return self.store.story(article.number)

    def articles_after(self, number: int, limit: int) -> list[Article]:
        """Return up to ``limit`` articles that came in after ``number``, in that order."""
        return self.store.articles_after(number, limit)

    def sources(self) -> list[str]:
        """Return the names of all sources that articles have."""
        return self.store.sources()

    def last_number(self) -> int:
        """Return the number of the newest article ever added, 0 before the first."""
        return self.store.last_number()

    def status(self) -> Status:
        """Return counts and the index's model; loads nothing."""
        state = self.store.state()
        articles, passages = self.store.counts()
        model = state.model or model_name(self.settings.model)
        precision = self.encoder.precision if "encoder" in vars(self) else None
        return Status(articles, passages, model, state.dimension, state.generation, precision)
