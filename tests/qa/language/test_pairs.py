"""Look-alike words: forms of one word match, different words do not.

The pairs were written without reference to the rule, before it was tried on them.
"""

import pytest

from qa.language import ENGLISH

DIFFERENT = """
    police policy | plane planet | party particular | state station | train training
    universe university | general generation | organ organization | import important
    court courtesy | secret secretary | corn corner | count country | author authority
    cart carton | contract contraction | mess message | plan planet | port portion
    mission missile | rest restaurant | infant infantry | hospital hospitality | cover covert
    meter meteor
"""
SAME = """
    Russia Russian | Ukraine Ukrainian
    Norway Norwegian | Kenya Kenyans | Iceland Icelandic | Peru Peruvian | Vietnam Vietnamese
    city cities | win won | dig dug | vote voting | bury buried | church churches
    knife knives | mouse mice | freeze frozen | die died | swim swimming | study studied
    index indexes | Brazil Brazilians | lead led
"""


def pairs(text):
    lines = text.strip().splitlines()
    return [tuple(pair.split()) for line in lines for pair in line.split("|")]


def stems_of(pair):
    return [ENGLISH.stem(*ENGLISH.words(word)) for word in pair]


@pytest.mark.parametrize("pair", pairs(DIFFERENT))
def test_a_different_word_does_not_match(pair):
    one, other = stems_of(pair)
    assert one != other


@pytest.mark.parametrize("pair", pairs(SAME))
def test_a_form_of_the_same_word_matches(pair):
    one, other = stems_of(pair)
    assert one == other
