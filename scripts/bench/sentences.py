"""Pullquote's sentence splitter compared with others, on cases no careful editor would dispute.

    .venv-bench/bin/python scripts/bench/sentences.py

``sentences.jsonl`` holds one case per line: its sentences, joined by spaces, are the text to split.
A case is right if exactly its sentences come back. The cases were written before any splitter ran
on them. All but Pullquote are given the language of the text; where pysbd has no rules for it
(Ukrainian), it uses those of Russian. A missing library is reported as missing.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROUNDS = 7
"""How often all cases are split for timing; the median counts."""

Split = Callable[[str, str], Sequence[str]]
"""Maps language and text to pieces, with or without surrounding white space."""


@dataclass(frozen=True)
class Case:
    """One text and its sentences."""

    language: str
    kind: str
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """The text to split."""
        return " ".join(self.sentences)


@dataclass(frozen=True)
class Result:
    """The output of one splitter; ``pieces`` are in the order of the cases."""

    name: str
    version: str
    pieces: tuple[tuple[str, ...], ...]
    microseconds: float


def sentencex() -> Split:
    """The library Pullquote builds on, without Pullquote's rules."""
    import sentencex as library

    return lambda language, text: library.segment(language, text)


def pysbd() -> Split:
    """The pragmatic segmenter, in the mode that keeps the text as it is."""
    from pysbd import Segmenter
    from pysbd.languages import LANGUAGE_CODES

    @cache
    def segmenter(language: str) -> Segmenter:
        return Segmenter(language if language in LANGUAGE_CODES else "ru", clean=False)

    return lambda language, text: segmenter(language).segment(text)


def choppa() -> Split:
    """The rules of LanguageTool."""
    import choppa as library

    rules = Path(library.__file__).parent / "data/srx/languagetool_segment.srx"
    document = library.SrxDocument(ruleset=str(rules))
    return lambda language, text: list(library.SrxTextIterator(document, f"{language}_two", text))


def pullquote() -> Split:
    """The library with Pullquote's rules."""
    sys.path.insert(0, str(HERE.parents[1] / "src"))
    from qa.language import ENGLISH

    return lambda _, text: [text[start:end] for start, end in ENGLISH.sentences(text)]


SPLITTERS: dict[str, tuple[str, Callable[[], Split]]] = {
    "sentencex": ("sentencex", sentencex),
    "pysbd": ("pysbd", pysbd),
    "choppa (LanguageTool's rules)": ("choppa-srx", choppa),
    "Pullquote (sentencex and own rules)": ("sentencex", pullquote),
}
"""Name in the table: distribution whose version is shown, and factory of the splitter."""


def read_cases(path: Path) -> list[Case]:
    """Return the cases of a file in order."""
    records = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [Case(**{**record, "sentences": tuple(record["sentences"])}) for record in records]


def measure(name: str, cases: Sequence[Case]) -> Result | None:
    """Split all cases, once for the pieces and then for timing; None without the library."""
    distribution, make = SPLITTERS[name]
    try:
        split = make()
    except ImportError:
        return None
    pieces = tuple(_stripped(split(case.language, case.text)) for case in cases)
    seconds = statistics.median(_seconds(split, cases) for _ in range(ROUNDS))
    sentences = sum(len(case.sentences) for case in cases)
    return Result(name, metadata.version(distribution), pieces, seconds / sentences * 1e6)


def _stripped(pieces: Sequence[str]) -> tuple[str, ...]:
    return tuple(piece.strip() for piece in pieces if piece.strip())


def _seconds(split: Split, cases: Sequence[Case]) -> float:
    texts = [(case.language, case.text) for case in cases]
    start = time.perf_counter()
    for language, text in texts:
        split(language, text)
    return time.perf_counter() - start


def table(cases: Sequence[Case], results: dict[str, Result | None]) -> Iterator[str]:
    """Return lines of Markdown, one row per splitter."""
    kinds = list(dict.fromkeys(case.kind for case in cases))
    heads = ["splitter", "version", "right", *kinds, "µs a sentence"]
    yield _row(heads)
    yield _row(["---", "---", *["---:"] * (len(heads) - 2)])
    for name, result in results.items():
        yield _row(_cells(name, result, cases, kinds))


def _cells(
    name: str, result: Result | None, cases: Sequence[Case], kinds: Sequence[str]
) -> Iterator[str]:
    yield name
    if result is None:
        yield from ["not installed", *["–"] * (len(kinds) + 2)]
        return
    yield result.version
    right = [
        (case.kind, pieces == case.sentences)
        for case, pieces in zip(cases, result.pieces, strict=True)
    ]
    yield _share([hit for _, hit in right])
    for kind in kinds:
        yield _share([hit for other, hit in right if other == kind])
    yield f"{result.microseconds:.1f}"


def _share(hits: Sequence[bool]) -> str:
    return f"{sum(hits)}/{len(hits)}"


def _row(cells: Sequence[str] | Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def missed(cases: Sequence[Case], result: Result) -> Iterator[str]:
    """Return lines of Markdown: the wrong cases, cut where the splitter cut."""
    for case, pieces in zip(cases, result.pieces, strict=True):
        if pieces != case.sentences:
            yield f"- {case.kind}: {' ‖ '.join(pieces)}"


def main() -> None:
    """Print the table, then the cases that Pullquote got wrong."""
    cases = read_cases(HERE / "sentences.jsonl")
    results = {name: measure(name, cases) for name in SPLITTERS}
    print("\n".join(table(cases, results)))
    own = list(results.values())[-1]
    if own is not None:
        print("\nMissed by Pullquote (‖ is where it cut):\n")
        print("\n".join(missed(cases, own)))


if __name__ == "__main__":
    main()
