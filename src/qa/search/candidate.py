"""A passage that may answer, with everything that speaks for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.article import Passage
from qa.language import ENGLISH
from qa.store.passages import StoredPassage


@dataclass(slots=True)
class Candidate:
    """A passage and its signals: cosines, BM25 scaled to the best passage's, shares (0..1)."""

    stored: StoredPassage
    dense: float
    words: float
    article: float
    coverage: float = 0.0
    """Share of the question's idf weight whose words the passage or its context has."""
    lead: float = 0.0
    """Coverage by the heading directly above: the paragraph below says what a heading announces."""
    sentence: float = 0.0
    """Cosine of the nearest sentence, which need not be the highlighted one."""
    answer: float = 0.0
    """How well the highlighted sentence answers, about 0 to 2 (``qa.search.highlight``)."""
    marked_cosine: float = 0.0
    marked_coverage: float = 0.0
    contradicts: bool = False
    """Whether the question asks for what is not so and the highlighted sentence denies nothing."""
    names: float = 0.0
    """Share of the question's names and numbers that the passage or its context has."""
    hint: float = 0.0
    """How well the article fits what the question says about it."""
    highlight: tuple[int, int] | None = None
    before: Sequence[Passage] = ()
    """The passages before it, nearest first, as far as they are needed to understand this one."""
    score: float = 0.0
    present: str = ""
    """Stems of the passage and its context, once it has been read closely."""

    @property
    def leans_back(self) -> bool:
        """Whether no sentence of the passage up to the highlighted one can stand alone."""
        text = self.stored.passage.text
        if self.highlight is None or not ENGLISH.leans_back(text[slice(*self.highlight)]):
            return False
        begin = self.highlight[0]
        return all(ENGLISH.leans_back(text[a:b]) for a, b in ENGLISH.sentences(text) if b <= begin)
