"""Whether the rule of stories finds copies, and keeps texts of one form apart.

    python scripts/stories.py FOLDER FOLDER…

Each FOLDER is a data set in the format of ``pullquote eval``; ``PARAGRAPHS`` of its paragraphs make
an article, of which copies are made. ``forms.toml`` holds forms of texts, such as bulletins; each
is filled in for pairs of different events. A rule is chosen on half of the articles and some of the
forms, and its figures are reported on the others. Printed for each kind of pair: how many there
are, how many share as many runs of words as copies do, and how many are one story.
"""

import argparse
import random
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations, islice
from pathlib import Path
from typing import Any

from qa.article import Article
from qa.evaluate import read_corpus
from qa.language import ENGLISH, language_of
from qa.language.detect import detect
from qa.store.forms import differ
from qa.store.stories import SAME, SHORT, overlap, runs, sketch

PARAGRAPHS, MOST, EVENTS = 6, 150, 40
"""Paragraphs of an article; articles of each half; pairs of each form."""
FORMS = Path(__file__).parent / "forms.toml"
LEAD = (
    "Officials and residents told our own correspondent this morning how they see the matter, and "
    "we set down what they said before the report of the agency, which follows in full below."
)
MASTHEAD = "Lowmark Herald, 14 March 2024. By our staff and agencies. Reading time: 4 minutes."
FOOTER = (
    "Do you know more about this? Write to the newsroom at 12 Quay Street, or call 0555 1234.\n"
    "Sign up for our letter of the evening, which 40,000 people read every day.\n"
    "© 2024 Lowmark Herald. All rights reserved. May not be copied without leave."
)
SPELLED = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ALONE = re.compile(r"(?<!\d[\s.,:/-])\b\d\b(?![\s.,:/-]\d)")
HOUSE_STYLE = {"percent": "per cent", "however": "but", "began": "started", "September": "Sept."}

Pair = tuple[Article, Article]


def articles(folder: Path) -> Iterator[Article]:
    """Yield articles of more than twice ``SHORT`` words."""
    for each in read_corpus(folder):
        paragraphs = [each.text[block.start : block.end] for block in each.blocks]
        for start in range(0, len(paragraphs), PARAGRAPHS):
            text = "\n".join(paragraphs[start : start + PARAGRAPHS])
            if len(ENGLISH.words(text)) > 2 * SHORT:
                yield replace(each, text=text, language=detect(text, None))


# Copies


def sentences(article: Article) -> list[str]:
    """Return the sentences of an article."""
    cut = language_of(article.language).sentences(article.text)
    return [article.text[start:end] for start, end in cut]


def first_half(article: Article) -> Article:
    """Return the first half of an article, cut between words."""
    found = article.text.split(" ")
    return replace(article, text=" ".join(found[: len(found) // 2]))


def another_lead(article: Article) -> Article:
    """Put another lead in the place of the first sentence."""
    return replace(article, text="\n".join([LEAD, *sentences(article)[1:]]))


def shortened(article: Article) -> Article:
    """Leave out every third sentence, as an editor does who needs room."""
    kept = [each for n, each in enumerate(sentences(article)) if n % 3 != 2]
    return replace(article, text="\n".join(kept))


def another_headline(article: Article) -> Article:
    """Make a headline of the first words of a sentence in the middle."""
    found = sentences(article)
    return replace(article, title=" ".join(found[len(found) // 2].split()[:9]))


def with_boilerplate(article: Article) -> Article:
    """Put the source's own lines around the text."""
    return replace(article, text=f"{MASTHEAD}\n{article.text}\n{FOOTER}")


def in_house_style(article: Article) -> Article:
    """Spell figures below ten, and write some words in another way."""
    text = ALONE.sub(lambda match: SPELLED[int(match[0])], article.text)
    for word, other in HOUSE_STYLE.items():
        text = re.sub(rf"\b{word}\b", other, text)
    return replace(article, text=text)


def edited(article: Article) -> Article:
    """Do most of it at once."""
    return with_boilerplate(another_headline(in_house_style(shortened(article))))


COPIES: dict[str, Callable[[Article], Article]] = {
    "cut to the first half": first_half,
    "another lead": another_lead,
    "shortened": shortened,
    "another headline": another_headline,
    "boilerplate": with_boilerplate,
    "house style": in_house_style,
    "all but the lead": edited,
}


# Events


def value(slot: str | list[str], dice: random.Random) -> str:
    """Return one of a list, or a number within ``least..most``, with as many decimals."""
    if isinstance(slot, list):
        return dice.choice(slot)
    least, most = slot.split("..")
    decimals = len(least.partition(".")[2])
    return f"{dice.uniform(float(least), float(most)):.{decimals}f}"


def event(form: Mapping[str, Any], dice: random.Random) -> Article:
    """Fill a form."""
    values = {name: value(slot, dice) for name, slot in form["slots"].items()}
    title, text = (form[part].format(**values).strip() for part in ("title", "text"))
    return Article(repr(values), title, text, language=form["language"])


def events(form: Mapping[str, Any], dice: random.Random) -> Iterator[Pair]:
    """Yield endless pairs of events of one form; their titles are different."""
    while True:
        one, other = event(form, dice), event(form, dice)
        if one.title != other.title:
            yield one, other


# The figures


def meets(one: Article, other: Article) -> bool:
    """Whether two articles have a band in common, without which they are not compared."""
    return any(sketch(runs(one.text)) == sketch(runs(other.text)))


def shares(one: Article, other: Article) -> bool:
    """Whether two articles share as much as copies do."""
    return meets(one, other) and overlap(runs(one.text), runs(other.text)) >= SAME


def report(kind: str, pairs: list[Pair]) -> None:
    """Print a line."""
    alike = [pair for pair in pairs if shares(*pair)]
    found = sum(not differ(*pair) for pair in alike)
    print(f"  {kind:28} {len(pairs):5} {len(alike):6} {found:6}")


def main() -> None:
    """Print the figures of both halves."""
    parser = argparse.ArgumentParser(description="Are copies one story, and events several?")
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+")
    parser.add_argument("--half", choices=["chosen", "reported"], help="only this half")
    options = parser.parse_args()
    texts = [article for folder in options.folders for article in articles(folder)]
    texts = texts[:: max(len(texts) // (2 * MOST), 1)]
    forms = tomllib.loads(FORMS.read_text(encoding="utf-8"))["form"]
    for is_reported, half in enumerate(["chosen", "reported"]):
        if options.half in (None, half):
            print(f"{half}: pairs, alike, one story")
            some = texts[is_reported::2][:MOST]
            most = max(overlap(a, b) for a, b in combinations([runs(a.text) for a in some], 2))
            print(f"  most that two different articles share: {most:.2f} of their runs")
            for name, copy in COPIES.items():
                report(name, [(each, copy(each)) for each in some])
            for form in forms:
                if bool(form.get("is_reported")) == bool(is_reported):
                    pairs = list(islice(events(form, random.Random(7)), EVENTS))
                    report(f"{form['kind']} ({form['language']})", pairs)


if __name__ == "__main__":
    main()
