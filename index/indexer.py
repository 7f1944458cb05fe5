"""Articles become passages with vectors: add, update, remove, rebuild."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property, partial
from itertools import islice, takewhile
from threading import Event
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import numpy as np
from filelock import FileLock, Timeout

from index.documents.marks import without_marks
from index.documents.passages import sentences_of, split
from index.feeds.channels import is_post
from index.outcome import Outcome, Rebuilt
from index.web.urls import canonical_url, untracked
from qa import Article, Library, Passage, RebuildRunningError, article_id
from qa.article import Span
from qa.language import Language, language_of
from qa.language.detect import detect
from qa.model.encoder import Encoder
from qa.model.packaged import ENGLISH_MODEL, verify_english_model
from qa.models import Model
from qa.store.leases import RENEW_SECONDS, Leases, repeated, this_host
from qa.store.passages import Embedded, Sentences, Tokens, full_context
from qa.store.rebuilds import Rebuild, Rebuilds
from qa.store.stories import tell_the_same
from qa.vectors import Vectors

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Called with (done, total) as long work goes on."""

BATCH = 128
"""Articles encoded together: many, to find passages of like length; few, to show progress."""

LEASE = "rebuild"
"""Of the host that leads one."""
LOOK_SECONDS = 0.5
"""How soon the host that leads a rebuild notices what others have done."""
READY_SECONDS = 600.0
"""How long it waits, when all is embedded, for others that index the new generation."""
REMOVED_AT_ONCE = 200
"""Articles whose removal holds up other writers for less than a second."""


def _silent(_done: int, _total: int) -> None:
    """Ignores progress."""


class Indexer:
    """Writes what ``library`` answers from."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._store = library.store

    @cached_property
    def _leases(self) -> Leases:
        return Leases(self._library.database, self._host)

    @cached_property
    def _rebuilds(self) -> Rebuilds:
        return Rebuilds(self._store, self._host)

    @property
    def _host(self) -> str:
        return this_host(self._library.settings.data_dir)

    def add(self, article: Article) -> Outcome:
        """Add an article, or bring the one of the same id or URL up to date; all or nothing."""
        ((_, outcome),) = self.add_all([article])
        return outcome

    def add_all(self, articles: Iterable[Article]) -> Iterator[tuple[Article, Outcome]]:
        """Add many, a batch of the model at a time; each is stored on its own, all or nothing.

        ``articles`` is read by another thread, ahead by a batch while the one before is stored.
        They come out as they are known here: under the id that they had before, if they had one.
        """
        any_changed = False
        for batch, embedded in _ahead(articles, self._batches):
            # Asked again: two sources may be the same article.
            for article in map(self._identified, batch):
                outcome = self._outcome(article)
                if outcome is not Outcome.UNCHANGED:
                    if article not in embedded:
                        embedded |= self._embedded([article])
                    self._save(article, *embedded[article])
                yield article, outcome
            any_changed = any_changed or bool(embedded)
        if any_changed:
            self._library.catch_up()

    def _batches(
        self, articles: Iterable[Article]
    ) -> Iterator[tuple[list[Article], dict[Article, tuple[Model, Embedded]]]]:
        """Give the articles as they are known here, with what was made of those that changed."""
        waiting = map(self._identified, articles)
        while batch := list(islice(waiting, BATCH)):
            changed = [
                article for article in batch if self._outcome(article) is not Outcome.UNCHANGED
            ]
            yield batch, self._embedded(changed)

    def _embedded(self, articles: Sequence[Article]) -> dict[Article, tuple[Model, Embedded]]:
        """What the model makes of the articles, with the model: a rebuild may change it."""
        if not articles:
            return {}  # without loading the model if nothing has changed
        model = self._library.current_model()
        made = embed(model, articles)
        return {article: (model, each) for article, each in zip(articles, made, strict=True)}

    def _identified(self, article: Article) -> Article:
        """Return ``article`` under the id and URL by which it is known, if it is.

        Ids are made from canonical URLs, but early versions used URLs as found; and a URL that
        only differs in spelling is not a change. A page without a date keeps the date that its
        feed gave. What somebody's own feed says of itself is not believed: it is known by its id.
        """
        known = self._store.article(article.id)
        if known is None and not article.is_personal:
            known = self._known_by_url(article)
        url = self._address(article, known)
        if known is None:
            return replace(article, url=url, language=_language_of(article))
        is_post = article.url and not _is_at_url(article)  # which may be edited to a single line
        if article.text == article.title and known.text != known.title and not is_post:
            # another feed names it, but cannot have its page
            return replace(known, is_backlog=article.is_backlog, is_personal=article.is_personal)
        same = canonical_url(known.url or "") == canonical_url(article.url or "")
        url = known.url if same else url
        published = article.published_at or (known.published_at if article.url else None)
        now = replace(article, id=known.id, url=url, published_at=published)
        is_same = known.content_hash == now.content_hash
        return replace(now, language=known.language if is_same else _language_of(article))

    def _known_by_url(self, article: Article) -> Article | None:
        """Find the article at the same address, or one that tells the same at a claimed address.

        Many entries of a feed may link to one page, and some sites claim one address for all pages.
        The post of a channel is one article whether the bot is in the channel or sees its preview.
        """
        known = self._store.article(article.url) if article.url else None
        if known and (_are_at_one_place(article, known) or tell_the_same(known, article)):
            return known
        claimed = article.claimed_url and self._claimed(article.claimed_url)
        return claimed if claimed and tell_the_same(claimed, article) else None

    def _claimed(self, url: str) -> Article | None:
        return self._store.article(url) or self._store.article(article_id(canonical_url(url)))

    def _address(self, article: Article, known: Article | None) -> str | None:
        """Return the URL to show: the one that a page claims, unless it is that of another one."""
        if not article.url:
            return None
        if not _is_at_url(article):  # a fragment leads to its place on a page
            return urljoin(untracked(article.url), f"#{urlsplit(article.url).fragment}")
        claimed = article.claimed_url
        holder = self._claimed(claimed) if claimed else None
        is_free = claimed and (holder is None or (known and holder.id == known.id))
        return untracked(claimed if claimed and is_free else article.url)

    def _outcome(self, article: Article) -> Outcome:
        known = self._store.article(article.id)
        if known is None:
            return Outcome.ADDED
        if article.is_personal and known.stream != article.stream:
            return Outcome.UNCHANGED  # anybody may follow a feed, so it changes no other's articles
        is_same = known.content_hash == article.content_hash
        is_published = known.is_personal and not article.is_personal
        return Outcome.UNCHANGED if is_same and not is_published else Outcome.UPDATED

    def _save(self, article: Article, model: Model, embedded: Embedded) -> None:
        encoder = model.encoder
        self._verify(encoder)
        self._store.save(article, embedded, encoder.name, encoder.prompts.passage)

    def _verify(self, encoder: Encoder) -> None:
        """Check that the packaged English model is the official one before its first vectors."""
        name = encoder.name
        if name == ENGLISH_MODEL and self._store.state().model != name:
            verify_english_model()

    def remove(self, id_or_url: str) -> Article | None:
        """Take an article out; ``None`` when there is no such article."""
        return self._store.remove(id_or_url) or self._store.remove(
            article_id(canonical_url(id_or_url))
        )

    def remove_before(self, moment: float) -> int:
        """Take out some articles that came in before ``moment`` (seconds since 1970).

        Returns how many; 0 when all of them are out. Questions and alerts go on in between.
        """
        return self._store.remove_before(moment, REMOVED_AT_ONCE)

    def rebuild(self, progress: Progress = _silent) -> Rebuilt:
        """Split and embed all stored articles again, then swap; ``progress`` counts articles.

        Questions are answered from the old generation until the swap. A crash at any point
        leaves it as it was. Other hosts of the same database may ``help``. ``RebuildRunningError``
        while another rebuild runs.
        """
        lock = FileLock(self._library.settings.data_dir / "rebuild.lock")
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(lock.acquire(blocking=False))
            except Timeout:
                raise _is_running() from None
            if not self._leases.hold(LEASE):
                raise _is_running()
            stack.callback(self._leases.release, LEASE)
            stack.enter_context(repeated(self._leases.renew, RENEW_SECONDS))
            return self._rebuild(progress)

    def _rebuild(self, progress: Progress) -> Rebuilt:
        started = time.monotonic()
        model = self._library.models.rebuilding()
        encoder, rebuilds = model.encoder, self._rebuilds
        self._verify(encoder)
        under_way = rebuilds.begin(encoder.name, encoder.dimension, encoder.prompts.passage)
        # Those from before it begins: what another host has prepared has none of their passages.
        _, removal = self._store.ends(under_way.generation)

        def show() -> None:
            done = rebuilds.done(under_way)
            progress(done, max(done, self._store.counts()[0]))

        with contextlib.ExitStack() as stack:
            stack.callback(rebuilds.end, under_way)
            stack.enter_context(repeated(partial(rebuilds.join, under_way), RENEW_SECONDS))
            while not self._embed_and_swap(under_way, model, show):
                pass
        self._store.forget_removals(removal)
        self._store.sweep()
        articles, passages = self._store.counts()
        return Rebuilt(articles, passages, time.monotonic() - started, under_way.generation)

    def _embed_and_swap(self, under_way: Rebuild, model: Model, show: Callable[[], None]) -> bool:
        """Embed what is left, and swap; ``False`` if there is more to embed."""
        while self._prepare_some(under_way, model):
            show()
        if self._store.unprepared(under_way.generation, 1):  # other hosts are at the last ones
            time.sleep(LOOK_SECONDS)
            show()
            return False
        self._library.search_index.prepare(under_way.generation, model.encoder.dimension)
        ends = time.monotonic() + READY_SECONDS
        while self._rebuilds.is_anybody_busy() and time.monotonic() < ends:
            time.sleep(LOOK_SECONDS)
            show()
        return self._rebuilds.swap(under_way)

    def help(self, *, embeds: bool = True) -> bool:
        """Do a part of a rebuild that another host leads; whether there may be more to do.

        This host can then search the new generation before it is current; a host that does not
        embed does only that.
        """
        under_way = self._rebuilds.current()
        if under_way is None or not self._leases.is_held_by_another(LEASE):
            return False
        if not self._library.models.rebuilds_with(under_way.model):
            return False
        model = self._library.models.rebuilding()
        encoder = model.encoder
        made = (encoder.name, encoder.dimension, encoder.prompts.passage)
        if made != (under_way.model, under_way.dimension, under_way.passage_prompt):
            return False
        join = partial(self._rebuilds.join, under_way)
        # It may end at any time.
        with contextlib.suppress(RebuildRunningError), repeated(join, RENEW_SECONDS):
            join()
            if embeds and self._prepare_some(under_way, model):
                return True
            if not self._store.unprepared(under_way.generation, 1):
                self._library.search_index.prepare(under_way.generation, encoder.dimension)
                self._rebuilds.ready(under_way)
        return False

    def _prepare_some(self, under_way: Rebuild, model: Model) -> bool:
        """Embed some articles that no host is working on; ``False`` if there are none."""
        batch = [self._up_to_date(each) for each in self._rebuilds.take(under_way, BATCH)]
        if batch:
            self._rebuilds.prepare(under_way, zip(batch, embed(model, batch), strict=True))
        return bool(batch)

    def _up_to_date(self, article: Article) -> Article:
        """Add to an older article what was not stored at the time: its blocks, its language."""
        if article.layout is None:
            bare = without_marks(article)
            self._store.rewrite(article, bare.article, bare.moved)
            article = bare.article
        if article.language is None:
            article = replace(article, language=_language_of(article))
            self._store.set_language(article)
        return article


def _is_running() -> RebuildRunningError:
    return RebuildRunningError("A rebuild is running already; the index changes when it ends.")


def embed(model: Model, articles: Sequence[Article]) -> Iterator[Embedded]:
    """Yield the passages of each article with their vectors and tokens."""
    passages = [
        split(article.text, article.blocks, language_of(article.language)) for article in articles
    ]
    read = iter(_read(model, articles, passages))
    for some in passages:
        pairs = [next(read) for _ in some]
        vectors = np.array([vector for vector, _ in pairs], np.float32)
        yield Embedded(
            some,
            vectors.reshape(len(some), model.encoder.dimension),
            [sentences_ for _, sentences_ in pairs],
        )


def _read(
    model: Model, articles: Sequence[Article], passages: Sequence[Sequence[Passage]]
) -> Iterator[tuple[Vectors, Sentences]]:
    """The vector of each passage, read in its context, and its sentences."""
    texts: list[str] = []
    cuts: list[list[Span]] = []
    parts: list[list[Span]] = []
    languages: list[Language] = []
    for article, some in zip(articles, passages, strict=True):
        blocks, language = article.blocks, language_of(article.language)
        for passage in some:
            above = f"{full_context(article.title, passage)}\n"
            texts.append(above + passage.text)
            languages.append(language)
            cuts.append(sentences_of(passage, blocks, language))
            parts.append([(len(above) + a, len(above) + b) for a, b in cuts[-1]])
    tokens: dict[int, Tokens] = {}
    late = model.late

    def keep(number: int, vectors: Vectors, ranges: Sequence[Span]) -> None:
        if late is not None:
            tokens[number] = Tokens(late.codes(vectors, languages[number]), ranges)

    encoded = model.encoder.encode_passages(texts, parts, take_tokens=keep if late else None)
    for n, (spans, vectors) in enumerate(zip(cuts, encoded, strict=True)):
        yield vectors[0], Sentences(spans, vectors[1:], tokens.get(n))


def _is_at_url(article: Article) -> bool:
    """Whether an article has its id from its own address; early versions used it as found."""
    url = article.url or ""
    return article.id in (article_id(canonical_url(url)), article_id(url))


def _are_at_one_place(one: Article, other: Article) -> bool:
    """Whether two articles at one address are the same whatever they say."""
    if is_post(one.url):  # by date, because another channel may have taken over the name
        return one.published_at == other.published_at
    return _is_at_url(one) and _is_at_url(other)


def _language_of(article: Article) -> str | None:
    return detect(f"{article.title}\n{article.text}", article.language)


def _ahead(
    articles: Iterable[Article], batches: Callable[[Iterable[Article]], Iterator[T]]
) -> Iterator[T]:
    """Yield the batches of ``articles`` while a thread reads and embeds the next one."""
    ended = Event()  # otherwise an interrupt would wait until the source has yielded a whole batch
    made = batches(takewhile(lambda _: not ended.is_set(), articles))
    with ThreadPoolExecutor(1) as thread:
        try:
            coming = thread.submit(next, made, None)
            while (batch := coming.result()) is not None:
                coming = thread.submit(next, made, None)
                yield batch
        finally:
            ended.set()
