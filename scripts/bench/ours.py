"""Pullquote by its public API, as a worker of ``protocol.py``: ``python ours.py [PRECISION]``.

Passages are added as articles of up to ten with the same title, embedded with the title as context,
cut into sentences with their own vectors, and written to a database on disk in one transaction per
article. An answer is three quotes with the answering sentence highlighted.
"""

import atexit
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import get_args

from protocol import MULTILINGUAL, Passage, serve

import qa
from index.indexer import Indexer
from qa.article import Block, BlockKind, layout_of
from qa.model.encoder import SentenceEncoder
from qa.model.multilingual import MultilingualEncoder
from qa.model.precision import Precision

TOGETHER = 10
"""Most passages per article."""
GAP = "\n\n"


class Pullquote:
    """A library in a temporary folder."""

    packages = ("pullquote", "torch", "sentence-transformers", "transformers", "numpy")

    def __init__(self, precision: Precision | None) -> None:
        folder = tempfile.TemporaryDirectory(prefix="pullquote-bench-")
        atexit.register(folder.cleanup)
        # Set explicitly, so that no .env file chooses the model.
        settings = qa.Settings(data_dir=Path(folder.name), model=None)
        is_multilingual = MULTILINGUAL in os.environ
        encoder = MultilingualEncoder() if is_multilingual else SentenceEncoder(precision=precision)
        self._library = qa.Library(settings, encoder)
        atexit.register(self._library.close)
        self._ids: dict[str, list[str]] = {}
        self._indexer = Indexer(self._library)
        # Load the model for passages now, as the peers do theirs.
        self._library.encoder.encode_passages(["ready"])

    def add(self, passages: Sequence[Passage]) -> None:
        """Index passages as articles."""
        articles = [self._article(together) for together in _by_title(passages)]
        for _ in self._indexer.add_all(articles):
            pass

    def _article(self, passages: Sequence[Passage]) -> qa.Article:
        text = GAP.join(passage for _, _, passage in passages)
        blocks, start = [], 0
        for _, _, passage in passages:
            blocks.append(Block(BlockKind.PARAGRAPH, start, start + len(passage)))
            start += len(passage) + len(GAP)
        title, layout = passages[0][1], layout_of(blocks)
        article = qa.Article(f"article-{len(self._ids)}", title, text, layout=layout)
        self._ids[article.id] = [id_ for id_, _, _ in passages]
        return article

    def ready(self) -> None:
        """Read the index into memory, as the first question would."""
        self._library.warm_up()

    def ask(self, question: str) -> list[str]:
        """Return quotes, best first."""
        answer = self._library.ask(question)
        return [self._ids[quote.article.id][quote.paragraph] for quote in answer.quotes]


def _by_title(passages: Sequence[Passage]) -> Iterator[list[Passage]]:
    for _, group in groupby(passages, key=lambda passage: passage[1]):
        together = list(group)
        for start in range(0, len(together), TOGETHER):
            yield together[start : start + TOGETHER]


if __name__ == "__main__":
    chosen = next((each for each in get_args(Precision) if each in sys.argv[1:]), None)
    serve(partial(Pullquote, chosen))
