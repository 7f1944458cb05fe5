"""What is searched: indexes derived from the database, which follow its changes.

The vectors' index lives in memory and takes 0.4 s for 100,000 passages. The indexes of words lie on
disk beside the database, in a folder a generation, for all processes; one at a time writes them.
Whatever is missing, stale or damaged there is made anew.
"""

import logging
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from qa.errors import PullquoteError
from qa.language import ENGLISH, Language
from qa.search.fulltext import WordIndex
from qa.search.vectors import VectorIndex
from qa.store.articles import IndexState, Store

log = logging.getLogger(__name__)

LOCK_SECONDS = 120
"""How long we wait for another process that writes the words of a large index."""
FORMAT = 2
"""Changes when words that were indexed before cannot be searched any more: another stemmer, say."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to where an index holds the database."""

    generation: int
    revision: int
    token: int
    passage: int
    removal: int
    format: int = FORMAT


NOTHING = Mark(generation=0, revision=-1, token=0, passage=0, removal=0)
"""Of an index that was not opened or read yet."""


@dataclass(frozen=True, slots=True)
class Indexes:
    """What one question searches: nearness, and the words of passages and of whole articles."""

    vectors: VectorIndex
    passages: WordIndex
    articles: WordIndex


class Derived:
    """Keeps the indexes of one library. ``follow`` may be called by one thread at a time."""

    vectors: VectorIndex
    passages: WordIndex
    articles: WordIndex

    def __init__(self, store: Store, folder: Path, language: Language = ENGLISH) -> None:
        """``folder`` is where the indexes of words lie; the articles are in ``language``."""
        self._store = store
        self._folder = folder
        self._language = language
        self._vectors_mark = NOTHING
        self._words_mark = NOTHING
        self._off_disk: int | None = None
        """Generation whose words could not be kept there."""

    def follow(self, state: IndexState, dimension: int) -> Indexes:
        """Bring all indexes to ``state``, which is that of the database's view now open."""
        if self._vectors_mark.token != state.token:
            self._vectors_mark = self._follow_vectors(state, dimension)
        if self._is_open(state) and (self.passages.damaged or self.articles.damaged):
            self._words_mark = NOTHING
        if self._words_mark.revision < state.revision or not self._is_open(state):
            self._words_mark = self._follow_words(state)
        return Indexes(self.vectors, self.passages, self.articles)

    def _is_open(self, state: IndexState) -> bool:
        return self._words_mark.generation == state.generation

    def _target(self, state: IndexState) -> Mark:
        ends = self._store.ends(state.generation)
        return Mark(state.generation, state.revision, state.token, *ends)

    # Vectors

    def _follow_vectors(self, state: IndexState, dimension: int) -> Mark:
        # Should this fail half-way, the next question begins from nothing.
        mark, self._vectors_mark = self._vectors_mark, NOTHING
        target = self._target(state)
        if mark.generation != state.generation or self.vectors.dimension != dimension:
            self.vectors = VectorIndex(dimension)
            mark = replace(NOTHING, removal=target.removal)
        gone = [passage for _, passage, _ in self._store.removed_after(mark.removal)]
        self.vectors.remove(np.array(gone, np.int64))
        for ids, vectors in self._store.vectors_after(state.generation, mark.passage, dimension):
            self.vectors.add(ids, vectors)
        return target

    # Words

    def _follow_words(self, state: IndexState) -> Mark:
        for anew in (False, True):
            try:
                if self._off_disk != state.generation:
                    self._delete_before(state.generation)
                    return self._follow_on_disk(state, anew=anew)
            except PullquoteError:
                raise  # of the database, not of the words
            except Exception as error:  # a full disk, a damaged file, a lock never freed
                log.warning("The words on disk cannot be followed: %s", error)
                self._words_mark = NOTHING
                if anew or isinstance(error, Timeout):
                    self._off_disk = state.generation
        return self._follow_in_memory(state)

    def _follow_in_memory(self, state: IndexState) -> Mark:
        if self._is_open(state):
            return self._write(self._target(state), self._words_mark)
        log.warning("The words are indexed in memory, until the next start or rebuild.")
        self.passages, self.articles = self._in_memory(), self._in_memory()
        return self._write(self._target(state))

    def _follow_on_disk(self, state: IndexState, *, anew: bool = False) -> Mark:
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / f"lock-{state.generation}", timeout=LOCK_SECONDS):
            target, first = self._target(state), not self._is_open(state)
            if first:
                self._open(state.generation, anew=anew)
            marks = [_mark_of(self.passages), _mark_of(self.articles)]
            if not all(self._is_usable(mark, state, first) for mark in marks):
                return self._write(target)
            mark = min(marks, key=lambda mark: mark.revision)
            # Another process may have seen more already. What a view lacks, it does not find.
            if mark == target or mark.revision > state.revision:
                return mark
            written = self._write(target, mark)
            sound = len(self.passages) == self._store.passage_count(state.generation)
            return written if sound else self._write(target)

    def _is_usable(self, mark: Mark, state: IndexState, first: bool) -> bool:
        if (mark.generation, mark.format) != (state.generation, FORMAT):
            return False
        # What lies there at first may be of another database, or of this one before it was restored
        # from a backup. (It may also be of another process that has just seen more: a pity.)
        return not first or self._store.has_been(mark.revision, mark.token)

    def _delete_before(self, generation: int) -> None:
        # Whoever still searches one of these keeps what he has opened.
        for folder in self._folder.glob("[0-9]*"):
            if int(folder.name) < generation:
                shutil.rmtree(folder, ignore_errors=True)
                (self._folder / f"lock-{folder.name}").unlink(missing_ok=True)

    def _open(self, generation: int, *, anew: bool) -> None:
        folder = self._folder / str(generation)
        if anew:
            shutil.rmtree(folder, ignore_errors=True)
        self.passages = WordIndex.open(folder / "passages", self._language)
        self.articles = WordIndex.open(folder / "articles", self._language)

    def _in_memory(self) -> WordIndex:
        return WordIndex.in_memory(self._language)

    def _write(self, target: Mark, since: Mark | None = None) -> Mark:
        """Write what came and went since ``since``, or everything."""
        begin = since or replace(NOTHING, removal=target.removal)
        removed = self._store.removed_after(begin.removal)
        changed = {article for _, _, article in removed}

        def texts() -> Iterator[tuple[int, str]]:
            for passage, article, text in self._store.texts_after(target.generation, begin.passage):
                changed.add(article)
                yield passage, text

        gone = [passage for _, passage, _ in removed]
        mark, from_nothing = asdict(target), since is None
        self.passages.update(mark, gone, texts(), from_nothing=from_nothing)
        # Articles come last: should this end between the two, both are brought up from their mark.
        texts_now = self._store.article_texts(changed)
        self.articles.update(mark, changed, texts_now, from_nothing=from_nothing)
        return target

    def prepare(self, generation: int) -> None:
        """Index the words of a generation that is not current yet, so that nobody waits for it.

        Again, when articles came in meanwhile, costs no more than those.
        """
        ahead = Derived(self._store, self._folder, self._language)
        try:
            with self._store.database.read():
                ahead._follow_on_disk(replace(self._store.state(), generation=generation))
        except Exception as error:  # as in _follow_words; the next question does it
            log.warning("The words of generation %s are not indexed yet: %s", generation, error)


def _mark_of(words: WordIndex) -> Mark:
    try:
        return Mark(**words.mark())  # type: ignore[arg-type]  # JSON that this module wrote
    except TypeError:  # it wrote other fields once, or nothing yet
        return NOTHING
