import re

import pytest

from qa.language import ENGLISH, codes, load


def test_a_language_is_read_once():
    assert load("en") is ENGLISH
    assert ENGLISH.code == "en"


def test_every_data_file_can_be_read():
    assert codes() == ["en", "mul", "ru"]
    assert [load(code).code for code in codes()] == codes()


def test_a_language_without_a_data_file_is_not_known():
    with pytest.raises(FileNotFoundError):
        load("tlh")


def test_what_a_data_file_leaves_out_matches_nothing():
    russian = load("ru")
    assert not russian.negates("")
    assert not russian.leans_back("He left.")
    assert russian.stop_words == frozenset()
    assert russian.stem("bridges") == "bridges"
    assert russian.content_stems("The bridges") == ["the", "bridges"]
    assert russian.words("Ada's") == ["ada", "s"]


def test_parts_fill_patterns_and_counts_stay_counts():
    recent = ENGLISH.time.recent
    assert recent.search("What is the current price?")
    assert not recent.search("What is the current flowing there?")
    assert recent.search("What came in the past 12 days?")
    assert not recent.search("What came in the past 123 days?")


def test_lines_of_a_pattern_are_joined():
    assert ENGLISH.source_tells.match(" reported")
    assert re.fullmatch("|".join(ENGLISH.boilerplate), "share this story on mastodon")


@pytest.mark.parametrize(
    ("topic", "can"),
    [
        ("rain", True),
        ("the WHO", True),
        ("US", True),
        ("IT", True),
        ("May", True),
        ("the latest news", False),
        ("from", False),
        ("", False),
    ],
)
def test_a_topic_has_a_content_word_or_a_name(topic, can):
    assert ENGLISH.can_be_topic(topic) is can


def test_months_and_weekdays_are_numbered_as_calendars_do():
    assert (ENGLISH.time.months["sept"], ENGLISH.time.months["may"]) == (9, 5)
    assert (ENGLISH.time.weekdays["monday"], ENGLISH.time.weekdays["sunday"]) == (0, 6)
