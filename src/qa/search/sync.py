"""The search index: derived from the database and kept in sync with it.

Vectors are indexed in memory, which takes 0.4 s for 100,000 passages; the index of very many is
saved beside the database. Words are indexed on disk there, one folder a generation, for all
processes; one process at a time writes them. Whatever is missing, outdated or damaged is built
again.
"""

import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from qa.errors import PullquoteError
from qa.language import language_of
from qa.language.sources import SourceNames
from qa.search.fulltext import WordIndex
from qa.search.vectors import VectorIndex, sample_of
from qa.store.articles import IndexState, Store
from qa.store.passages import PassageReader
from qa.store.visible import first_visible
from qa.vectors import Vectors

log = logging.getLogger(__name__)

LOCK_SECONDS = 120
"""How long to wait for another process that writes the words of a large index."""
LARGE = 300_000
"""Passages from which on their vectors are sorted into lists, when all of them are read next."""
SAVED_AGAIN = 1.1
"""By how much an index of vectors has grown since it was saved, when it is saved again."""
FORMAT = 4
"""Bump it when indexed words can no longer be searched: after a change of the stemmer, say."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Up to where an index has the changes of the database."""

    generation: int
    revision: int
    token: int
    passage: int
    removal: int
    format: int = FORMAT


EMPTY = Checkpoint(generation=0, revision=-1, token=0, passage=0, removal=0)
"""Of an index that was not opened or read yet."""


@dataclass(frozen=True, slots=True)
class Indexes:
    """What one question searches: vectors and words of passages, names of sources."""

    vectors: VectorIndex
    words: WordIndex
    sources: SourceNames

    def search(self, stems: Sequence[str], top_k: int, store: PassageReader) -> dict[int, float]:
        """Map the ``top_k`` best passages with any of ``stems``, of those in ``store``, to BM25."""
        search = partial(self.words.search, stems)
        if not store.is_restricted:
            return search(top_k)
        return first_visible(search, top_k, store.visible)

    def propose(self, vector: Vectors, store: PassageReader) -> dict[int, float]:
        """Map passages in ``store`` to about their cosines to ``vector`` (d,), the nearest first.

        They should include those that are really nearest.
        """
        search = partial(self.vectors.propose, vector)
        if not store.is_restricted:
            return search()
        return first_visible(search, self.vectors.depth, store.visible)


StreamNames = Mapping[str, Sequence[str]]
"""Streams of articles, such as feeds, to their names."""


class SearchIndex:
    """Keeps the indexes of one library in sync. One thread at a time may call ``sync``."""

    vectors: VectorIndex
    words: WordIndex

    def __init__(
        self,
        store: Store,
        folder: Path,
        stream_names: Callable[[], StreamNames] = dict,
        large: int = LARGE,
    ) -> None:
        """Keep the indexes of words in ``folder``, and that of vectors if they are ``large``.

        ``stream_names`` returns what the streams of articles are called in questions; the same
        mapping as before, if none has changed.
        """
        self._store = store
        self._stream_names = stream_names
        self._folder = folder
        self._large = large
        self._vectors_at = EMPTY
        self._words_at = EMPTY
        self._not_on_disk: int | None = None
        """Generation whose words could not be written there."""
        self._names: tuple[Sequence[str], StreamNames] = [], {}
        self._sources = SourceNames(())
        self._sources_at = self._sources_revision = -1

    def sync(self, state: IndexState, dimension: int) -> Indexes:
        """Bring all indexes to ``state``, that of the database view which is open now."""
        if self._vectors_at.token != state.token:
            self._vectors_at = self._sync_vectors(state, dimension)
        if self._is_open(state) and self.words.damaged:
            self._words_at = EMPTY
        if self._words_at.revision < state.revision or not self._is_open(state):
            self._words_at = self._sync_words(state)
        if self._sources_at != state.revision:
            self._sync_sources(state)
        return Indexes(self.vectors, self.words, self._sources)

    def prepare(self, generation: int, dimension: int) -> None:
        """Index a generation that is not current yet, so that no question waits.

        Called again after more articles came in, it only indexes those.
        """
        ahead = SearchIndex(self._store, self._folder, large=self._large)
        try:
            with self._store.database.read():
                state = replace(self._store.state(), generation=generation)
                ahead._sync_on_disk(state)
                if self._store.passage_count(generation) >= self._large:
                    ahead._save_vectors(ahead._sync_vectors(state, dimension))
        except Exception as error:  # as in _sync_words; the next question will do it
            log.warning("Generation %s is not indexed yet: %s", generation, error)

    def _is_open(self, state: IndexState) -> bool:
        return self._words_at.generation == state.generation

    def _target(self, state: IndexState) -> Checkpoint:
        ends = self._store.ends(state.generation)
        return Checkpoint(state.generation, state.revision, state.token, *ends)

    def _sync_sources(self, state: IndexState) -> None:
        known, _ = self._names
        revision = self._store.sources_revision()
        sources = known if revision == self._sources_revision else self._store.sources()
        self._sources_revision = revision
        names = sources, self._stream_names()
        if names != self._names:
            sources, streams = self._names = names
            self._sources = SourceNames(sources, streams=streams)
        self._sources_at = state.revision

    # Vectors

    def _sync_vectors(self, state: IndexState, dimension: int) -> Checkpoint:
        # If this fails half-way, the next question starts from scratch.
        since, self._vectors_at = self._vectors_at, EMPTY
        target = self._target(state)
        if since.generation == state.generation and self.vectors.dimension == dimension:
            return self._follow_vectors(since, target)
        count = self._store.passage_count(state.generation)
        if count < self._large:
            self.vectors = VectorIndex(dimension)
            return self._follow_vectors(replace(EMPTY, removal=target.removal), target)
        return self._open_vectors(target, dimension, count) or self._sort_vectors(target, dimension)

    def _follow_vectors(self, since: Checkpoint, target: Checkpoint) -> Checkpoint:
        gone = [passage for _, passage in self._store.removed_after(since.removal)]
        self.vectors.remove(np.array(gone, np.int64))
        dimension = self.vectors.dimension
        for ids, vectors in self._store.vectors_after(target.generation, since.passage, dimension):
            self.vectors.add(ids, vectors)
        return target

    def _open_vectors(self, target: Checkpoint, dimension: int, count: int) -> Checkpoint | None:
        """Open the lists that were saved and follow; ``None`` if they are of no use."""
        found = VectorIndex.open(self._vectors_file(target))
        if found is None:
            return None
        self.vectors, note = found
        since, saved = Checkpoint(**note), len(self.vectors)
        if (
            (since.generation, since.format) != (target.generation, FORMAT)
            or not self._store.has_been(since.revision, since.token)
            or self.vectors.dimension != dimension
            or count not in self.vectors.suits
        ):
            return None
        self._follow_vectors(since, target)
        if len(self.vectors) != count:
            return None
        if count > SAVED_AGAIN * saved:
            self._save_vectors(target)
        return target

    def _sort_vectors(self, target: Checkpoint, dimension: int) -> Checkpoint:
        """Sort all vectors into new lists."""
        count = self._store.passage_count(target.generation)
        read = self._store.vectors_after(target.generation, 0, dimension)
        sample = sample_of((vectors for _, vectors in read), count)
        self.vectors = VectorIndex.in_lists(sample, count)
        self._follow_vectors(replace(EMPTY, removal=target.removal), target)
        self._save_vectors(target)
        return target

    def _save_vectors(self, at: Checkpoint) -> None:
        path = self._vectors_file(at)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.vectors.save(path, asdict(at))
        except OSError as error:
            log.warning("The index of vectors is not saved: %s", error)

    def _vectors_file(self, at: Checkpoint) -> Path:
        return self._folder / str(at.generation) / "vectors"

    # Words

    def _sync_words(self, state: IndexState) -> Checkpoint:
        for from_scratch in (False, True):
            try:
                if self._not_on_disk != state.generation:
                    self._delete_before(state.generation)
                    return self._sync_on_disk(state, from_scratch=from_scratch)
            except PullquoteError:
                raise  # about the database, not about the words
            except Exception as error:  # a full disk, a damaged file, a lock that is never released
                log.warning("The index of words on disk failed: %s", error)
                self._words_at = EMPTY
                if from_scratch or isinstance(error, Timeout):
                    self._not_on_disk = state.generation
        return self._sync_in_memory(state)

    def _sync_in_memory(self, state: IndexState) -> Checkpoint:
        if self._is_open(state):
            return self._write(self._target(state), self._words_at)
        log.warning("Words are indexed in memory until the next start or rebuild.")
        self.words = WordIndex.in_memory()
        return self._write(self._target(state))

    def _sync_on_disk(self, state: IndexState, *, from_scratch: bool = False) -> Checkpoint:
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / f"lock-{state.generation}", timeout=LOCK_SECONDS):
            target, is_first = self._target(state), not self._is_open(state)
            if is_first:
                self._open(state.generation, from_scratch=from_scratch)
            since = _checkpoint_of(self.words)
            if not self._is_usable(since, state, is_first):
                return self._write(target)
            # Another process may be ahead. What our view of the database lacks is not found in it.
            if since == target or since.revision > state.revision:
                return since
            written = self._write(target, since)
            is_sound = len(self.words) == self._store.passage_count(state.generation)
            return written if is_sound else self._write(target)

    def _is_usable(self, found: Checkpoint, state: IndexState, is_first: bool) -> bool:
        if (found.generation, found.format) != (state.generation, FORMAT):
            return False
        # The first one to open it may find the words of another database, or of this one before it
        # was restored from a backup. (They may also be of a process that is ahead: a pity.)
        return not is_first or self._store.has_been(found.revision, found.token)

    def _delete_before(self, generation: int) -> None:
        # A process that still searches one of these has its files open.
        for folder in self._folder.glob("[0-9]*"):
            if int(folder.name) < generation:
                shutil.rmtree(folder, ignore_errors=True)
                (self._folder / f"lock-{folder.name}").unlink(missing_ok=True)

    def _open(self, generation: int, *, from_scratch: bool) -> None:
        folder = self._folder / str(generation)
        if from_scratch:
            shutil.rmtree(folder, ignore_errors=True)
        self.words = WordIndex.open(folder / "passages")

    def _write(self, target: Checkpoint, since: Checkpoint | None = None) -> Checkpoint:
        """Write all changes after ``since``, or everything."""
        start = since or replace(EMPTY, removal=target.removal)
        gone = [passage for _, passage in self._store.removed_after(start.removal)]
        found = self._store.texts_after(target.generation, start.passage)
        terms = ((id_, language_of(code).index_terms(text)) for id_, text, code in found)
        self.words.update(asdict(target), gone, terms, from_scratch=since is None)
        return target


def _checkpoint_of(words: WordIndex) -> Checkpoint:
    try:
        return Checkpoint(**words.checkpoint())  # type: ignore[arg-type]  # JSON of this module
    except TypeError:  # it is empty, or has the fields of an older version
        return EMPTY
