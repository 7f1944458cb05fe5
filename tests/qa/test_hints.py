from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import Article
from qa.hints import freshness, read_hints

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # a Tuesday


def day(year, month, day_, days=1):
    begin = datetime(year, month, day_, tzinfo=UTC)
    return begin, begin + timedelta(days=days)


def windows(question):
    return set(read_hints(question, NOW).windows)


@pytest.mark.parametrize(
    ("question", "window"),
    [
        ("What was said on 26 September 2023?", day(2023, 9, 26)),
        ("What was said on the 26th of September, 2023?", day(2023, 9, 26)),
        ("What was said on September 26, 2023?", day(2023, 9, 26)),
        ("What was said on Sept. 26 2023?", day(2023, 9, 26)),
        ("the report of 2023-11-24", day(2023, 11, 24)),
        ("What happened in October 2023?", day(2023, 10, 1, 31)),
        ("What happened in February of 2024?", day(2024, 2, 1, 29)),
        ("What was said on 20 November?", day(2026, 11, 20)),
        ("What was said on December 24?", day(2025, 12, 24)),
        ("What happened today?", day(2026, 11, 24)),
        ("What happened yesterday?", day(2026, 11, 23)),
        ("What happened this week?", day(2026, 11, 23, 2)),
        ("What happened last week?", day(2026, 11, 16, 7)),
        ("What happened this month?", day(2026, 11, 1, 24)),
        ("What happened last month?", day(2026, 10, 1, 31)),
        ("Who spoke last Tuesday?", day(2026, 11, 17)),
        ("Who spoke last Monday?", day(2026, 11, 23)),
    ],
)
def test_period_that_a_question_names(question, window):
    assert windows(question) == {window}


@pytest.mark.parametrize(
    "question",
    [
        "Who won in 1987?",
        "Who won the 2022 World Cup?",
        "May 5 people enter?",
        "Who led the march?",
        "What was said on 31 February 2023?",
        "the report of 2023-13-45",
        "Who painted the Last Supper?",
        "Is it open on 29 February?",
        "How many of the 26 September storms?",
    ],
)
def test_no_period_is_named(question):
    assert windows(question) == set()


def test_two_reports_by_date_are_two_periods():
    question = "Do the report on 2023-11-24 and the one on 25 November 2023 agree?"
    assert windows(question) == {day(2023, 11, 24), day(2023, 11, 25)}


@pytest.mark.parametrize(
    ("question", "recent"),
    [
        ("What is the latest on the bridge?", True),
        ("Any news about the bridge?", True),
        ("Who currently leads it?", True),
        ("What happened today?", True),
        ("What is the most recent count?", True),
        ("Which ocean current is it?", False),
        ("Who built the new bridge?", False),
        ("What is known of recent history?", False),
        ("Who was last?", False),
    ],
)
def test_newness_is_asked_for(question, recent):
    assert read_hints(question, NOW).recent is recent


def test_freshness_halves_each_week():
    ages = (-1, 0, 7, 14)
    moments = [NOW - timedelta(days=age) for age in ages]
    assert [freshness(each, NOW) for each in moments] == pytest.approx([1, 1, 0.5, 0.25])
    assert freshness(moments[2].replace(tzinfo=None), NOW) == pytest.approx(0.5)
    assert freshness(None, NOW) == 0.0


def article(**fields):
    return Article("a", fields.pop("title", "T"), "Text.", **fields)


@pytest.mark.parametrize(
    ("question", "source", "named"),
    [
        ("Does 'The Verge' article say so?", "The Verge", True),
        ("What did BBC News report?", "BBC News", True),
        ("What did bbc news report?", "BBC News", False),
        ("Did the Vergers agree?", "The Verge", False),
        ("Was it Wired?", "Wired", True),
        ("Was it rewired?", "wired", False),
        ("Who?", None, False),
        ("Who?", "  ", False),
    ],
)
def test_source_is_named_as_it_is_spelt(question, source, named):
    assert read_hints(question, NOW).names_source(article(source=source)) is named


def test_fit_adds_source_title_date_and_newness():
    asked = read_hints(
        "What's the latest in the Mill Post of 20 November 2026, 'A Bridge Falls'?", NOW
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
    hints = read_hints(question, NOW)
    assert all(begin < end for begin, end in hints.windows)
    assert hints.fit(article(source="BBC", published_at=NOW)) >= 0.0
