"""What articles are about in general: a topic must be nearer to an article than these are.

A subject is its name, a colon, and what belongs to it.
"""

import re
from collections.abc import Collection

from qa.language.words import content_stems, stem

SUBJECTS = (
    "World: international relations, diplomacy, foreign leaders and conflicts abroad",
    "Politics: governments, elections, parliaments and parties",
    "War and conflict: attacks, armies, ceasefires and peace talks",
    "Crime, courts and law: police, trials, lawsuits and sentences",
    "Economy, business and finance: companies, markets, shares and trade",
    "Technology: software, gadgets, internet companies and artificial intelligence",
    "Science: research, discoveries, space, physics and astronomy",
    "Health: diseases, medicine, nutrition and hospitals",
    "Sport: football, basketball, tennis, races, teams, players and results",
    "Arts and entertainment: films, television, music, books and celebrities",
    "Video games: consoles, new releases and how to play them",
    "Environment and climate: nature, animals, energy and pollution",
    "Weather and disasters: storms, floods, fires and earthquakes",
    "Education: schools, universities, teachers and students",
    "Religion and belief: churches, faith and festivals",
    "Lifestyle: family, relationships, fashion, beauty and home",
    "Food and drink: recipes, cooking and restaurants",
    "Travel: holidays, hotels, airlines and places to see",
    "Shopping: deals, discounts and gift guides",
    "Work and jobs: wages, strikes, unions and careers",
    "Transport: cars, trains, aviation and roads",
    "History: empires, monarchs, revolutions and the past",
    "Property and housing: homes, rents and mortgages",
    "Opinion: essays, advice and letters from readers",
)

NAMES = [
    (row, frozenset(content_stems(name)))
    for row, subject in enumerate(SUBJECTS)
    for name in re.split(r", | and ", subject.partition(":")[0])
]
"""What each subject (its row) is called, as stems: "Crime, courts and law" are three names."""
IN_NAMES = frozenset().union(*(name for _, name in NAMES))
SHORT = {"tech": stem("technology"), "sci": stem("science")}
"""Names that people cut off, as stems."""


def subjects_named(stems: Collection[str]) -> list[int]:
    """Rows of the subjects that a topic with these stems names, if it says no more.

    "World news", "business" and "Sci/Tech" do; "video", "tech in schools" and "bus" do not.
    """
    said = {SHORT.get(each, each) for each in stems}
    if not said or not said <= IN_NAMES:
        return []
    named = [(row, name) for row, name in NAMES if name <= said]
    is_all = said == frozenset().union(*(name for _, name in named))
    return sorted({row for row, _ in named}) if is_all else []
