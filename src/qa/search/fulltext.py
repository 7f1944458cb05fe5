"""The only module that knows tantivy: BM25 over texts on disk, derived from the database.

Texts come in as stems (``qa.language``), so that question, passage and index agree about
what a word is. The index can be thrown away at any time: it is built again from the database.
"""

import contextlib
import json
import logging
import mmap
import shutil
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import tantivy
from tantivy import Document, Occur, Query

from qa.language.language import ENGLISH, LONG_STEM, Language

log = logging.getLogger(__name__)

HEAP = 64_000_000
"""Bytes that a writer collects before it writes a segment."""
KIN, KIN_WORDS = 0.5, 8
"""A longer word with the same beginning (Russia, Russian) counts so much; so many are tried."""
_MARK = 0
"""The document that holds the mark; ids of texts begin at 1."""


@contextlib.contextmanager
def _panics_are_errors() -> Iterator[None]:
    # What tantivy does with damage that it does not expect is no ``Exception``, and has no name.
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise OSError(f"a file is damaged: {error}") from error


def _check_files(folder: Path) -> None:
    """Raise any exception unless all files have the checksums that tantivy wrote below them.

    It does not look at them itself, and damage may end the whole process in one of its threads.
    """
    meta = folder / "meta.json"
    for segment in json.loads(meta.read_bytes())["segments"] if meta.exists() else []:
        for file in folder.glob(f"{segment['segment_id'].replace('-', '')}.*"):
            _check_file(file)


def _check_file(path: Path) -> None:
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        memoryview(content) as view,
    ):
        (length,) = struct.unpack("<I", content[-8:-4])
        footer = json.loads(content[-8 - length : -8])
        with view[: -8 - length] as body:
            if zlib.crc32(body) != footer["crc"]:
                raise OSError(f"{path.name} is damaged")


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)
    builder.add_text_field("words", tokenizer_name="stems", index_option="freq")
    builder.add_text_field("mark", stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


class WordIndex:
    """Texts by number, ranked by BM25. Several processes may search; one at a time may write.

    ``mark`` says what of the database the index holds. It is written in the same commit as the
    texts, so that the two always agree, whenever the process is killed.
    """

    def __init__(self, index: tantivy.Index, language: Language) -> None:
        """Take an opened index; use ``open`` or ``in_memory``."""
        self._language = language
        index.register_tokenizer(
            "stems", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        )
        index.config_reader("manual")  # what is searched changes when we say so, not between
        self._index = index
        self._schema = index.schema
        self.damaged = False

    @classmethod
    def open(cls, folder: Path, language: Language = ENGLISH) -> Self:
        """Open or create the one in ``folder``; what is damaged there is deleted."""
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with _panics_are_errors():
                _check_files(folder)
                opened = cls(tantivy.Index(_schema(), str(folder)), language)
                opened.mark()
        except Exception as error:  # whatever a damaged file makes it raise
            log.warning("The word index in %s is made anew: %s", folder, error)
            shutil.rmtree(folder)
            folder.mkdir()
            return cls(tantivy.Index(_schema(), str(folder)), language)
        return opened

    @classmethod
    def in_memory(cls, language: Language = ENGLISH) -> Self:
        """Start an empty one that is never written to disk."""
        return cls(tantivy.Index(_schema()), language)

    def __len__(self) -> int:
        return max(int(self._index.searcher().num_docs) - 1, 0)

    @_panics_are_errors()
    def mark(self) -> Mapping[str, object]:
        """Return what was given to the last ``update``; empty before the first."""
        self._index.reload()
        searcher = self._index.searcher()
        found = searcher.search(Query.term_query(self._schema, "id", _MARK), 1, count=False).hits
        text = searcher.doc(found[0][1]).get_first("mark") if found else None
        mark: dict[str, object] = json.loads(text) if text else {}
        return mark

    @_panics_are_errors()
    def update(
        self,
        mark: Mapping[str, object],
        removed: Iterable[int],
        added: Iterable[tuple[int, str]],
        *,
        from_nothing: bool = False,
    ) -> None:
        """Forget ``removed``, take in ``added`` (number, text) and set ``mark``: all or nothing.

        A number that is there already is replaced. ``from_nothing`` forgets everything first.
        """
        writer = self._index.writer(HEAP, 1)
        if from_nothing:
            writer.delete_all_documents()
        for number in (_MARK, *removed):
            writer.delete_documents_by_term("id", number)
        for number, text in added:
            if not from_nothing:
                writer.delete_documents_by_term("id", number)
            writer.add_document(Document(id=number, words=self._language.stemmed(text)))
        writer.add_document(Document(id=_MARK, mark=json.dumps(mark)))
        writer.commit()
        writer.wait_merging_threads()  # else many small additions would stay many small segments
        self._index.reload()

    def search(self, stems: Sequence[str], top_k: int) -> dict[int, float]:
        """Map the numbers of the ``top_k`` best texts with any of ``stems`` to their BM25."""
        with self._damage_noticed():
            return self._search(stems, top_k)
        return {}

    def frequencies(self, stems: Iterable[str]) -> dict[str, int]:
        """Map each stem to the number of texts that hold it."""
        with self._damage_noticed():
            searcher = self._index.searcher()
            return {each: searcher.doc_freq("words", each) for each in stems}
        return dict.fromkeys(stems, 0)

    @contextlib.contextmanager
    def _damage_noticed(self) -> Iterator[None]:
        # One question is answered without words; ``damaged`` tells to open the index anew.
        try:
            with _panics_are_errors():
                yield
        except (OSError, ValueError) as error:
            log.warning("The word index cannot be searched: %s", error)
            self.damaged = True

    def _search(self, stems: Sequence[str], top_k: int) -> dict[int, float]:
        searcher = self._index.searcher()
        terms = [pair for each in stems for pair in self._with_kin(searcher, each)]
        found = searcher.search(Query.boolean_query(terms), top_k, count=False).hits
        ids = searcher.fast_field_values("id", [place for _, place in found])
        return {int(id_ or 0): float(score) for id_, (score, _) in zip(ids, found, strict=True)}

    def _with_kin(self, searcher: tantivy.Searcher, own: str) -> list[tuple[Occur, Query]]:
        query = Query.term_query(self._schema, "words", own, "freq")
        if len(own) < LONG_STEM:
            return [(Occur.Should, query)]
        longer = [
            Query.boost_query(Query.term_query(self._schema, "words", kin, "freq"), KIN)
            for kin, _ in searcher.terms_with_prefix("words", own, limit=KIN_WORDS)
            if kin != own
        ]
        return [(Occur.Should, each) for each in (query, *longer)]
