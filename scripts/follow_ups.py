"""Ask follow-up questions: how many are answered like the full question, and what they disturb.

    python scripts/follow_ups.py [--model english|multilingual] [--sample N] [--half 0|1]
        FOLDER FOLDER…

Each FOLDER is a data set in the format of ``pullquote eval``, in a language of ``PRONOUNS``; all of
it is indexed. A follow-up is an answerable question of which every name is replaced: "When was the
Channel Tunnel opened?" becomes "When was it opened?". It is asked

- after the original, the full question itself;
- after another question about the same article that has all of its names;
- and full questions after one about another article, which must not disturb them.

Questions of every second article are asked: those of ``--half`` 1 have never been looked at.
``--sample`` asks that many of each kind.
"""

import argparse
import functools
import random
import re
import statistics
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from index.indexer import Indexer
from qa import Answer, Library, Settings, open_library
from qa.evaluate import Paragraphs, Query, read_corpus, read_queries
from qa.language.detect import detect
from qa.search.retrieval import Ranking

SEED, DEPTH = 1, 5
PRONOUNS = {
    "en": ("it", "there", "they", "its"),
    "ru": ("это", "там", "они", "его"),
    "es": ("eso", "allí", "ellos", "su"),
}
"""What stands for a name, for a place, for several, and for what belongs to a name."""
_CAPITAL = r"[A-ZÁÉÍÓÚÑА-ЯЁ][\w’'-]*"
_NAME = re.compile(
    r"(?<!^)(?<![\w«¿¡“\"])"
    r"(?:(?P<place>\b(?:in|at|to|from|en|a|desde|в|во|на|из)\s+(?:the\s+|la\s+|el\s+)?)"
    r"|\b(?:the|an?|el|la|los|las)\s+)?"
    rf"(?P<name>{_CAPITAL}(?:\s+(?:(?:of|the|and|de|la|del|los|y)\s+){{0,2}}{_CAPITAL})*)"
    r"(?P<owner>['’]s)?"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and the question asked just before it."""

    before: Query
    full: Query
    asked: str


def without_names(question: str, language: str) -> str:
    """Replace each name of ``question`` by a pronoun."""
    name, place, several, owner = PRONOUNS[language]

    def pronoun(found: re.Match[str]) -> str:
        if found["place"]:
            return place
        if found["owner"]:
            return owner
        return several if language == "en" and found["name"].endswith("s") else name

    return _NAME.sub(pronoun, question)


def names_in(question: str) -> set[str]:
    """Return the words of the names that ``without_names`` replaces."""
    found = (match["name"].split() for match in _NAME.finditer(question))
    return {word for words in found for word in words if word[0].isupper()}


def article_of(query: Query) -> str:
    """Return the id of the article that answers."""
    return min(query.paragraph_ids).rpartition("#")[0]


def follow_ups(queries: Sequence[Query], language: str, *, of_itself: bool) -> Iterator[Pair]:
    """Yield each question with names, after itself or after another one with these names."""
    chance = random.Random(SEED)
    for query in queries:
        asked, names = without_names(query.question, language), names_in(query.question)
        others = [
            each
            for each in queries
            if each is not query
            and article_of(each) == article_of(query)
            and names <= names_in(each.question)
        ]
        if asked != query.question and (of_itself or others):
            yield Pair(query if of_itself else chance.choice(others), query, asked)


def changes(queries: Sequence[Query]) -> Iterator[Pair]:
    """Yield each question after one about another article."""
    chance = random.Random(SEED)
    for query in queries:
        others = [each for each in queries if article_of(each) != article_of(query)]
        yield Pair(chance.choice(others), query, query.question)


class Asker:
    """Asks a library, which stays as it is."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._paragraphs = Paragraphs(library)
        self.alone = functools.cache(self._alone)

    def _alone(self, question: str) -> tuple[Ranking, Answer]:
        ranking = self._library.rank(question)
        return ranking, self._library.answer(ranking)

    def after(self, pair: Pair) -> tuple[Ranking, Answer]:
        """Ask what is ``asked``, in the context of the question before it."""
        _, said = self.alone(pair.before.question)
        ranking = self._library.rank(pair.asked, follows=said.turn)
        return ranking, self._library.answer(ranking)

    def hits(self, ranking: Ranking, query: Query) -> bool:
        """Whether one of the first paragraphs answers."""
        return not query.paragraph_ids.isdisjoint(self._paragraphs.ranked(ranking)[:DEPTH])


def report_follow_ups(asker: Asker, pairs: Sequence[Pair]) -> str:
    """Compare follow-ups with the full questions."""
    full = statistics.fmean(asker.hits(asker.alone(p.full.question)[0], p.full) for p in pairs)
    alone = statistics.fmean(asker.hits(asker.alone(p.asked)[0], p.full) for p in pairs)
    asked = [(asker.after(pair), pair.full) for pair in pairs]
    hit = statistics.fmean(asker.hits(ranking, query) for (ranking, _), query in asked)
    refused = statistics.fmean(not answer.answered for (_, answer), _ in asked)
    taken = statistics.fmean(answer.follows is not None for (_, answer), _ in asked)
    return (
        f"n = {len(pairs)}, hit@{DEPTH} {hit:.3f} (full {full:.3f}, ratio {hit / full:.3f}; "
        f"without context {alone:.3f}), refused {refused:.3f}, context taken {taken:.3f}"
    )


def report_changes(asker: Asker, pairs: Sequence[Pair]) -> str:
    """Compare questions after a change of subject with the same questions alone."""
    asked = [(asker.after(pair)[1], asker.alone(pair.asked)[1]) for pair in pairs]
    same = statistics.fmean(_said(after) == _said(alone) for after, alone in asked)
    taken = statistics.fmean(after.follows is not None for after, _ in asked)
    return f"n = {len(pairs)}, as alone {same:.3f}, context taken {taken:.3f}"


def _said(answer: Answer) -> tuple[object, ...]:
    return answer.verdict, *((quote.article.id, quote.start) for quote in answer.quotes)


def measure(folder: Path, model: str, sample: int | None, half: int) -> None:
    """Print three lines for the set in ``folder``."""
    corpus = read_corpus(folder)
    language = detect(corpus[0].text) or "en"
    queries = [each for each in read_queries(folder) if each.answerable]
    asked_of = set(sorted(set(map(article_of, queries)))[half::2])
    queries = [each for each in queries if article_of(each) in asked_of]
    kinds = {
        "after the original": list(follow_ups(queries, language, of_itself=True)),
        "after another": list(follow_ups(queries, language, of_itself=False)),
        "change of subject": list(changes(queries)),
    }
    with (
        TemporaryDirectory() as data,
        closing(open_library(Settings(data_dir=data, model=model))) as library,
    ):
        list(Indexer(library).add_all(corpus))
        asker = Asker(library)
        for kind, pairs in kinds.items():
            random.Random(SEED).shuffle(pairs)
            report = report_changes if kind == "change of subject" else report_follow_ups
            print(f"{folder} {kind}: {report(asker, pairs[:sample])}", flush=True)


def main() -> None:
    """Measure each folder."""
    parser = argparse.ArgumentParser(description="Follow-up questions.")
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+")
    parser.add_argument("--model", default="english")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--half", type=int, choices=(0, 1), default=1)
    arguments = parser.parse_args()
    for folder in arguments.folders:
        measure(folder, arguments.model, arguments.sample, arguments.half)


if __name__ == "__main__":
    main()
