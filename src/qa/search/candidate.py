"""A passage that may answer, with its signals."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from qa.article import Passage, Span
from qa.language import ENGLISH, Language
from qa.language.marks import is_of_other_name
from qa.language.question import Wording, share_of
from qa.search.background import Usual
from qa.search.highlight import covered, highlight, questions_left_open
from qa.search.late import Levels
from qa.store.passages import Sentences, StoredPassage


@dataclass(slots=True)
class Candidate:
    """A passage and its signals: shares (0..1), and how far cosines stand out (about 0..1)."""

    stored: StoredPassage
    cosine: float = 0.0
    dense: float = 0.0
    """How far ``cosine`` stands out (``qa.search.background``)."""
    words: float = 0.0
    """BM25, scaled to the best passage's; 0 for a passage in another language."""
    language: Language = field(default=ENGLISH, repr=False)
    """Of the passage."""
    is_across: bool = False
    """Whether the question is in another language, so that only names and numbers compare."""
    is_of_other_model: bool = False
    """Whether another model than the packaged English one made its vectors."""
    late: float = 0.0
    """How far its tokens stand out, in another language only (``qa.search.late``); ``dense`` until
    they are compared, and where none are stored."""
    hint: float = 0.0
    """How well the article fits what the question says about it."""
    coverage: float = 0.0
    """Share of the question's idf weight that the passage and its context cover."""
    sentence: float = 0.0
    """How far the nearest sentence stands out, which need not be the highlighted one."""
    answer: float = 0.0
    """How well the highlighted sentence answers, about 0 to 2 (``qa.search.highlight``)."""
    highlight: Span | None = None
    highlight_cosine: float = 0.0
    highlight_coverage: float = 0.0
    contradicts: bool = False
    """Whether the question asks what is not the case, but the highlighted sentence says what is."""
    names: float = 0.0
    """Share of the question's names and numbers that the passage and its context have."""
    is_of_other_name: bool = False
    """Whether it lacks a letter, code or number of a name in the question: vitamin E, Q1."""
    present: str = ""
    """Stems of the passage and its context; empty until it is read closely."""
    score: float = 0.0
    before: Sequence[Passage] = ()
    """The passages before it, nearest first, as far as they are needed to understand this one."""


def read_closely(
    candidate: Candidate,
    asked: Wording,
    sentences: Sentences,
    usual: Usual,
    levels: Levels | None = None,
) -> Candidate:
    """Compare the words and sentences of a passage with what is ``asked``; highlight the best one.

    ``usual`` are its cosines to any sentences of the passage's language. In another language the
    ``levels`` of its tokens say more, where they are stored.
    """
    stored, language = candidate.stored, candidate.language
    question = asked.read_in(language)
    texts = _read(stored.passage.text, sentences.spans, question)
    present = present_in(stored.passage, language)
    if left_open := questions_left_open(question, texts):
        said = "\n".join(text for n, text in enumerate(texts) if n not in left_open)
        present = present_in(replace(stored.passage, text=said), language)
    read = replace(
        candidate,
        present=present,
        coverage=covered(present, question),
        names=share_of(question.names, present),
        is_of_other_name=is_of_other_name(asked.text, asked.language, present, language),
        late=levels.passage if levels else candidate.late,
    )
    if sentences.spans:
        products = (sentences.vectors @ question.vector).tolist()
        cosines = levels.sentences if levels else [usual.stands_out(c) for c in products]
        best = highlight(question, texts, cosines)
        last = sentences.spans[best.number + best.count - 1]
        read.highlight = (sentences.spans[best.number][0], last[1])
        read.highlight_cosine, read.highlight_coverage = best.cosine, best.coverage
        read.sentence, read.answer = max(cosines), best.score
        read.contradicts = question.negates and not language.negates(texts[best.number])
    return read


def _read(text: str, spans: Sequence[Span], question: Wording) -> list[str]:
    """Return the sentences of a passage.

    The number of an item belongs to none of them, but the question may ask for that item by it.
    """
    ends = [0, *(end for _, end in spans)]
    found = []
    for (start, end), before in zip(spans, ends, strict=False):
        mark = text[before:start].rpartition("\n")[2].strip()
        number = mark.strip("().")
        is_asked_for = number.isdecimal() and number in question.stems
        found.append(f"{mark} {text[start:end]}" if is_asked_for else text[start:end])
    return found


def coverage_of(candidates: Iterable[Candidate], asked: Wording) -> float:
    """Return the share (0..1) of the idf weight of what is ``asked`` that passages cover together.

    Passages in different languages are counted apart, and the best language counts.
    """
    present: defaultdict[Language, str] = defaultdict(str)
    for c in candidates:
        present[c.language] += c.present
    shares = (covered(text, asked.read_in(language)) for language, text in present.items())
    return max(shares, default=0.0)


def present_in(passage: Passage, language: Language) -> str:
    """Return the stems of a passage and its context."""
    return language.stemmed_cached(passage.context) + language.stemmed_cached(passage.text)


def leans_back(c: Candidate) -> bool:
    """Whether no sentence of the passage up to the highlighted one can stand alone."""
    text, language = c.stored.passage.text, c.language
    if c.highlight is None or not language.leans_back(text[slice(*c.highlight)]):
        return False
    before = (text[a:b] for a, b in language.sentences(text) if b <= c.highlight[0])
    return all(map(language.leans_back, before))
