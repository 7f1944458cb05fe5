from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import Article
from qa.language.hints import read_hints, without_sources
from qa.language.when import freshness

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # a Tuesday


def article(**fields):
    return Article("a", fields.pop("title", "T"), "Text.", **fields)


@pytest.mark.parametrize(
    ("question", "source", "named"),
    [
        ("Does 'The Verge' article say so?", "The Verge", True),
        ("What does the Verge say?", "The Verge", True),
        ("Is he on the verge?", "The Verge", False),
        ("What did BBC News report?", "BBC News", True),
        ("What did bbc news report?", "BBC News", False),
        ("Did the Vergers agree?", "The Verge", False),
        ("Was it Wired?", "Wired", True),
        ("Was it rewired?", "wired", False),
        ("Time of death?", "Time", False),
        ("Nature reserves in Kenya: how many?", "Nature", False),
        ("Who won? People want to know.", "People", False),
        ("What did People write?", "People", True),
        ("Time says who won?", "Time", True),
        ("Reuters: who won?", "Reuters", True),
        ("Reuters on the vote?", "Reuters", True),
        ("BBC vote report?", "BBC", True),
        ("The Verge review?", "The Verge", True),
        ("Who?", None, False),
        ("Who?", "  ", False),
    ],
)
def test_source_is_named_as_it_is_spelt(question, source, named):
    assert read_hints(question, now=NOW).names_source(article(source=source)) is named


def test_question_without_the_names_of_sources_keeps_the_rest():
    told_by = [article(source=source) for source in ("BBC", "BBC News", "The Verge", None, " ")]
    question = "What do BBC News, the Verge and BBCX say about a verge?"
    assert without_sources(question, told_by).split() == (
        ["What", "do", ",", "and", "BBCX", "say", "about", "a", "verge?"]
    )
    assert without_sources(question, []) == question


def test_fit_adds_source_title_date_and_newness():
    asked = read_hints(
        "What's the latest in the Mill Post of 20 November 2026, 'A Bridge Falls'?", now=NOW
    )
    published = datetime(2026, 11, 17, 15, 30, tzinfo=UTC)
    assert asked.fit(article()) == 0.0
    assert asked.fit(article(source="Mill Post")) == 1.0
    assert asked.fit(article(title="A bridge falls")) == 1.0
    assert asked.fit(article(title="Falls")) == 0.0
    assert asked.fit(article(published_at=published)) == pytest.approx(0.5)
    in_window = datetime(2026, 11, 23, 23, tzinfo=UTC)
    assert asked.fit(article(published_at=in_window)) == pytest.approx(
        0.5 + freshness(in_window, NOW)
    )
    too_late = datetime(2026, 11, 24, 0, tzinfo=UTC)
    assert asked.fit(article(published_at=too_late)) == pytest.approx(freshness(too_late, NOW))


@given(
    st.text(max_size=400)
    | st.from_regex(r"on \d+ (?:May|June) \d+|\d{4}-\d\d-\d\d", fullmatch=True)
)
def test_any_question_can_be_read(question):
    hints = read_hints(question, now=NOW)
    assert hints.fit(article(source="BBC", published_at=NOW)) >= 0.0
