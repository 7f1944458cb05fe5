"""The only module that knows tantivy: BM25 over texts, on disk and derived from the database.

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

from qa.language.language import related_terms

log = logging.getLogger(__name__)

HEAP = 64_000_000
"""Bytes that a writer buffers before it writes a segment."""
RELATED_WEIGHT = 0.5
"""Weight of a related word (elect, election) beside the word itself."""
_CHECKPOINT = 0
"""The document that holds the checkpoint; ids of texts start at 1."""


@contextlib.contextmanager
def _panics_are_errors() -> Iterator[None]:
    # Unexpected damage makes tantivy raise something that is not an ``Exception`` and has no
    # importable name.
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise OSError(f"a file is damaged: {error}") from error


def _check_files(folder: Path) -> None:
    """Raise any exception unless all files match the checksums in tantivy's footers.

    It does not verify them itself, and damage may kill the whole process from one of its threads.
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

    The checkpoint says which changes of the database the index has. It is written in the same
    commit as the texts, so the two always agree, even if the process is killed.
    """

    def __init__(self, index: tantivy.Index) -> None:
        """Take an opened index; use ``open`` or ``in_memory``."""
        index.register_tokenizer(
            "stems", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        )
        index.config_reader("manual")  # searches see changes when we reload, not in between
        self._index = index
        self._schema = index.schema
        self.damaged = False

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open or create the index in ``folder``; a damaged one is deleted."""
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with _panics_are_errors():
                _check_files(folder)
                opened = cls(tantivy.Index(_schema(), str(folder)))
                opened.checkpoint()
        except Exception as error:  # a damaged file may raise anything
            log.warning("The word index in %s is built again: %s", folder, error)
            shutil.rmtree(folder)
            folder.mkdir()
            return cls(tantivy.Index(_schema(), str(folder)))
        return opened

    @classmethod
    def in_memory(cls) -> Self:
        """Create an empty index that is never written to disk."""
        return cls(tantivy.Index(_schema()))

    def __len__(self) -> int:
        return max(int(self._index.searcher().num_docs) - 1, 0)

    @_panics_are_errors()
    def checkpoint(self) -> Mapping[str, object]:
        """Return the checkpoint of the last ``update``; empty before the first."""
        self._index.reload()
        searcher = self._index.searcher()
        found = searcher.search(
            Query.term_query(self._schema, "id", _CHECKPOINT), 1, count=False
        ).hits
        text = searcher.doc(found[0][1]).get_first("mark") if found else None
        checkpoint: dict[str, object] = json.loads(text) if text else {}
        return checkpoint

    @_panics_are_errors()
    def update(
        self,
        checkpoint: Mapping[str, object],
        removed: Iterable[int],
        added: Iterable[tuple[int, str]],
        *,
        from_scratch: bool = False,
    ) -> None:
        """Delete ``removed``, add ``added`` (number, terms), set the checkpoint: all or nothing.

        Terms have spaces between them (``Language.index_terms``).

        A number that exists already is replaced. ``from_scratch`` deletes everything first.
        """
        writer = self._index.writer(HEAP, 1)
        if from_scratch:
            writer.delete_all_documents()
        for number in (_CHECKPOINT, *removed):
            writer.delete_documents_by_term("id", number)
        for number, terms in added:
            if not from_scratch:
                writer.delete_documents_by_term("id", number)
            writer.add_document(Document(id=number, words=terms))
        writer.add_document(Document(id=_CHECKPOINT, mark=json.dumps(checkpoint)))
        writer.commit()
        writer.wait_merging_threads()  # or many small additions would stay many small segments
        self._index.reload()

    def search(self, stems: Sequence[str], top_k: int) -> dict[int, float]:
        """Map the numbers of the ``top_k`` best texts with any of ``stems`` to their BM25."""
        with self._damage_noticed():
            return self._search(stems, top_k)
        return {}

    def frequencies(self, stems: Iterable[str]) -> dict[str, int]:
        """Map each stem to the number of texts that have it."""
        with self._damage_noticed():
            searcher = self._index.searcher()
            return {each: searcher.doc_freq("words", each) for each in stems}
        return dict.fromkeys(stems, 0)

    @contextlib.contextmanager
    def _damage_noticed(self) -> Iterator[None]:
        # This question is answered without words; ``damaged`` makes the next one reopen the index.
        try:
            with _panics_are_errors():
                yield
        except (OSError, ValueError) as error:
            log.warning("The word index cannot be searched: %s", error)
            self.damaged = True

    def _search(self, stems: Sequence[str], top_k: int) -> dict[int, float]:
        searcher = self._index.searcher()
        terms = [query for each in stems for query in self._with_related(each)]
        found = searcher.search(Query.boolean_query(terms), top_k, count=False).hits
        ids = searcher.fast_field_values("id", [place for _, place in found])
        return {int(id_ or 0): float(score) for id_, (score, _) in zip(ids, found, strict=True)}

    def _with_related(self, stem: str) -> Iterator[tuple[Occur, Query]]:
        yield Occur.Should, self._term(stem)
        for each in related_terms(stem):
            yield Occur.Should, Query.boost_query(self._term(each), RELATED_WEIGHT)

    def _term(self, stem: str) -> Query:
        return Query.term_query(self._schema, "words", stem, "freq")
