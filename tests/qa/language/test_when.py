import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa.language import load
from qa.language.when import (
    HALF_LIFE,
    AskedTime,
    asked_time,
    freshness,
    named_periods,
    since,
    without_periods,
)

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # a Tuesday


def days(year, month, day, count=1):
    begin = datetime(year, month, day, tzinfo=UTC)
    return begin, begin + timedelta(days=count)


def windows(question, now=NOW):
    return asked_time(question, now).windows


@pytest.mark.parametrize(
    "date",
    [
        "26 September 2023",
        "the 26th of September, 2023",
        "26 Sep 2023",
        "September 26, 2023",
        "september 26 2023",
        "Sept. 26, 2023",
        "SEPT 26th , 2023",
        "Tuesday, September 26, 2023",
        "2023-09-26",
        "2023/09/26",
        "26.9.2023",
        "26.09.2023",
    ],
)
def test_a_full_date_is_that_day(date):
    assert windows(f"What was said on {date}?") == (days(2023, 9, 26),)
    assert windows(f"What does the {date} report say?") == (days(2023, 9, 26),)


@pytest.mark.parametrize(
    ("question", "window"),
    [
        ("What happened in October 2023?", days(2023, 10, 1, 31)),
        ("What happened in February of 2024?", days(2024, 2, 1, 29)),
        ("What happened in Feb. 2023?", days(2023, 2, 1, 28)),
        ("What happened in December, 2023?", days(2023, 12, 1, 31)),
        ("What happened in may 2023?", days(2023, 5, 1, 31)),
        ("Who won the March 2023 vote?", days(2023, 3, 1, 31)),
    ],
)
def test_a_month_with_its_year_is_that_month(question, window):
    assert windows(question) == (window,)


@pytest.mark.parametrize(
    ("question", "window"),
    [
        ("What was said on November 20?", days(2026, 11, 20)),
        ("What was said on Friday, 20 November?", days(2026, 11, 20)),
        ("What was said on November 24?", days(2026, 11, 24)),
        ("What was said on November 25?", days(2025, 11, 25)),
        ("What does the report dated 24 Dec. say?", days(2025, 12, 24)),
        ("What was said on 29 February?", days(2024, 2, 29)),
        ("Who spoke on May 5?", days(2026, 5, 5)),
        ("Who spoke on the 5th of May?", days(2026, 5, 5)),
        ("Who spoke on Tuesday the 5th of May?", days(2026, 5, 5)),
        ("Who spoke on May the 5th?", days(2026, 5, 5)),
    ],
)
def test_a_day_without_a_year_is_the_last_such_day(question, window):
    assert windows(question) == (window,)


@pytest.mark.parametrize(
    ("question", "window"),
    [
        ("What happened today?", days(2026, 11, 24)),
        ("What did she say this morning?", days(2026, 11, 24)),
        ("What happened yesterday?", days(2026, 11, 23)),
        ("Yesterday's vote: who won?", days(2026, 11, 23)),
        ("Who won last night?", days(2026, 11, 23)),
        ("Who won the day before yesterday?", days(2026, 11, 22)),
        ("What happened this week?", days(2026, 11, 23, 7)),
        ("What happened last week?", days(2026, 11, 16, 7)),
        ("WHAT HAPPENED LAST WEEK?", days(2026, 11, 16, 7)),
        ("What happened this month?", days(2026, 11, 1, 30)),
        ("What happened last month?", days(2026, 10, 1, 31)),
        ("Who spoke last Tuesday?", days(2026, 11, 17)),
        ("Who spoke last monday?", days(2026, 11, 23)),
        ("Last Wednesday, who spoke?", days(2026, 11, 18)),
        ("What happened at Vik on Friday?", days(2026, 11, 20)),
        ("What happened on Tuesday night?", days(2026, 11, 17)),
        ("What happened at Vik in October?", days(2026, 10, 1, 31)),
        ("What was said of Vik in May?", days(2026, 5, 1, 31)),
        ("What was said in late december?", days(2025, 12, 1, 31)),
        ("What was said in November?", days(2026, 11, 1, 30)),
        ("Who led the march in October?", days(2026, 10, 1, 31)),
        ("Who won three days ago?", days(2026, 11, 21)),
        ("Who won two weeks ago?", days(2026, 11, 9, 7)),
        ("Who won a month ago?", days(2026, 10, 1, 31)),
        ("Who won 11 months ago?", days(2025, 12, 1, 31)),
        ("Who won last year?", days(2025, 1, 1, 365)),
        ("Who won two years ago?", days(2024, 1, 1, 366)),
    ],
)
def test_a_relative_period_is_counted_from_now(question, window):
    assert windows(question) == (window,)


def test_relative_periods_cross_the_year():
    new_year = datetime(2027, 1, 1, 8, tzinfo=UTC)  # a Friday
    assert windows("What happened yesterday?", new_year) == (days(2026, 12, 31),)
    assert windows("What happened this week?", new_year) == (days(2026, 12, 28, 7),)
    assert windows("What happened last month?", new_year) == (days(2026, 12, 1, 31),)


def test_days_are_those_of_utc_wherever_now_is():
    tokyo = datetime(2026, 11, 25, 7, 0, tzinfo=timezone(timedelta(hours=9)))
    assert windows("What happened today?", tokyo) == (days(2026, 11, 24),)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "Do the report on 2023-11-24 and the one on 25 November 2023 agree?",
            (days(2023, 11, 24), days(2023, 11, 25)),
        ),
        (
            "Between Wired on Oct. 2, 2023, and Forbes in May 2022, what changed since yesterday?",
            (days(2023, 10, 2), days(2022, 5, 1, 31), days(2026, 11, 23)),
        ),
        ("Is 2023-11-24 the same as 24 November 2023?", (days(2023, 11, 24),)),
    ],
)
def test_several_periods_are_named_each_once_and_in_order(question, expected):
    assert windows(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "",
        "Who won in 1987?",
        "Who won the 2022 World Cup?",
        "What changed this year, and what last year?",
        "May 5 people enter?",
        "May 2000 people enter?",
        "How many may 2000 tickets admit?",
        "Did they march 2000 miles?",
        "Is it more than last year?",
        "What was it in the last year of the war?",
        "Who made Last Year at Marienbad?",
        "Will it rain on Friday?",
        "Who plays in Friday Night Lights, or on Friday Night Lights?",
        "Is it shut on Fridays?",
        "What was said in May of that year?",
        "Does it snow in May every year?",
        "Who was in May's cabinet, or in June Carter's band?",
        "Who was in august company, and in may?",
        "What was long ago?",
        "What caused the September 11 attacks?",
        "What was said on 31 February 2023?",
        "What was said on February 30?",
        "What was said on November 24, 20235?",
        "the report of 2023-13-45",
        "the part 2023-11-24-7 or 12023-11-24",
        "the 0 May 2023 report",
        "Is 11/24/2023 a date?",
        "Is 24.13.2023 a date, or 1.24.11.2023, or 24.11.2023.1?",
        "What was said on ٢٦ September ٢٠٢٣?",
        "What was said laſt week, or last ſunday?",
        "Who painted the Last Supper?",
        "How did they meet in the last week of the war?",
        "What did she do in her last month?",
        "Who sang 'Yesterday'?",
        "Who hosts the Today show?",
        "Who hosts Last Week Tonight?",
    ],
)
def test_no_period_is_named(question):
    assert windows(question) == ()


@pytest.mark.parametrize(
    "question",
    [
        "What is the latest on the bridge?",
        "What does 'the latest' say?",
        "What is the newest model?",
        "What is the most recent count?",
        "What did recent reports say?",
        "Who resigned recently?",
        "Who currently leads it?",
        "What is happening right now?",
        "What is the toll now?",
        "What happened today?",
        "What happened yesterday?",
        "What happened this week?",
        "How many have died so far this month?",
        "How many have died so far this year?",
        "Who resigned in the last few days?",
        "Who resigned in the past 24 hours?",
        "Who resigned over the last week?",
        "Any breaking news?",
        "Any news on the bridge?",
        "Is there any update on the bridge?",
        "What's new?",
        "What’s new in Paris?",
        "Who is the current president?",
        "What is the bridge's current status?",
    ],
)
def test_what_is_new_is_asked_for(question):
    assert asked_time(question, NOW).recent is True


@pytest.mark.parametrize(
    "question",
    [
        "",
        "Who built the new bridge?",
        "What is New Zealand's capital?",
        "What is new to the reader?",
        "What is known of recent history?",
        "What is the most recent common ancestor?",
        "Who must pay by Friday at the latest?",
        "What is the latest possible date?",
        "Which ocean current warms Norway?",
        "What is the current in a wire?",
        "How fast is the current flowing?",
        "What does electric current do?",
        "What is it now known as?",
        "Who directed Apocalypse Now?",
        "What did USA Today report?",
        "Who sang “Yesterday”?",
        "Why is breaking the glass a custom?",
        "Who stars in Breaking Bad?",
        "Who painted the Last Supper?",
        "What happened in the last week of the war?",
        "What happened in the last weeks of the war?",
        "Does any newspaper say so?",
        "What did he do this year?",
        "What was said on 26 September 2023?",
        "What happened last month?",
    ],
)
def test_nothing_new_is_asked_for(question):
    assert asked_time(question, NOW).recent is False


@given(
    st.text(max_size=400)
    | st.text(st.characters(categories=["Cs", "Nd", "So"]), max_size=50)
    | st.from_regex(r"(on )?[0-9]+(th)? (May|june|Sept\.),? [0-9]+", fullmatch=True)
    | st.from_regex(r"\d{4}[-/]\d\d[-/]\d\d", fullmatch=True)
    | st.lists(
        st.sampled_from(
            [
                "on",
                "last",
                "this",
                "day before",
                "week",
                "month",
                "yesterday",
                "29",
                "feb",
                "2023",
                "0",
            ]
        )
    ).map(" ".join),
    st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
)
@example("\ud800 last \udfff week 🌍", NOW)
@example("on May " + "9" * 5_000, NOW)
def test_any_question_can_be_read(question, now):
    asked = asked_time(question, now)
    assert isinstance(asked, AskedTime)
    assert len(set(asked.windows)) == len(asked.windows)
    for begin, end in asked.windows:
        assert begin.tzinfo is UTC
        assert (begin.hour, begin.minute, begin.second, begin.microsecond) == (0, 0, 0, 0)
        assert (end - begin).days in (1, 7, 28, 29, 30, 31)


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "9",
        " ",
        "on ",
        "May ",
        "on 26 ",
        "2023-",
        "the last ",
        "Monday, ",
        "so far ",
        "is new ",
    ],
)
def test_a_long_question_takes_time_in_proportion(part):
    """In quadratic time, ten times the length would take a hundred times as long: minutes."""
    assert windows(part * (1_000_000 // len(part))) == ()


def test_freshness_halves_each_week():
    assert timedelta(days=7) == HALF_LIFE
    fresh = [freshness(NOW - timedelta(days=age), NOW) for age in (0, 7, 14, 3.5)]
    assert fresh == [1.0, 0.5, 0.25, pytest.approx(math.sqrt(0.5))]


def test_freshness_of_the_future_the_unknown_and_the_ancient():
    assert freshness(NOW + timedelta(days=400), NOW) == 1.0
    assert freshness(None, NOW) == 0.0
    assert freshness(datetime.min.replace(tzinfo=UTC), NOW) == 0.0


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What closed on Friday, 20 November 2026 in Lenn?", ["on Friday, 20 November 2026"]),
        ("Who won last week, and on 2026-11-02?", ["2026-11-02", "last week"]),
        ("Did USA Today write of 3 May yesterday?", ["yesterday"]),
        ("Who won the 2022 World Cup?", []),
    ],
)
def test_spans_are_where_periods_are_named(question, named):
    assert [question[a:b] for a, b in asked_time(question, NOW).spans] == named


@pytest.mark.parametrize(
    ("question", "bare"),
    [
        ("What closed on  Friday, 20 November 2026 in Lenn?", "What closed in Lenn?"),
        ("Who won last week, and on 2026-11-02?", "Who won , and on ?"),
        ("What happened at Vik on Friday?", "What happened at Vik ?"),
        ("Who won the 2022 World Cup?", "Who won the 2022 World Cup?"),
    ],
)
def test_question_without_the_periods_that_it_names(question, bare):
    assert without_periods(question, NOW) == bare


@pytest.mark.parametrize(
    ("code", "text", "moment", "rest"),
    [
        ("en", "since Monday", (2026, 11, 23), ""),
        ("en", "harbour bridge since 3 November 2026", (2026, 11, 3), "harbour bridge"),
        ("en", "since yesterday", (2026, 11, 23), ""),
        ("en", "since last week", (2026, 11, 16), ""),
        ("en", "harbour bridge", None, "harbour bridge"),
        ("uk", "міст з понеділка", (2026, 11, 23), "міст"),
        ("ru", "мост со среды", (2026, 11, 18), "мост"),
        ("de", "seit Mittwoch", (2026, 11, 18), ""),
        ("es", "desde el lunes", (2026, 11, 23), ""),
        ("fr", "depuis lundi", (2026, 11, 23), ""),
        ("it", "da lunedì", (2026, 11, 23), ""),
        ("pl", "od poniedziałku", (2026, 11, 23), ""),
        ("pt", "desde segunda-feira", (2026, 11, 23), ""),
        ("tr", "köprü salı günü", (2026, 11, 17), "köprü"),
        ("tr", "pazartesi beri", (2026, 11, 23), ""),
        ("en", "harbour bridge since March", (2026, 3, 1), "harbour bridge"),
        ("de", "seit Dezember", (2025, 12, 1), ""),
        ("uk", "міст з березня", (2026, 3, 1), "міст"),
        ("en", "harbour bridge in March", (2026, 3, 1), "harbour bridge"),
    ],
)
def test_since_when_is_read_and_the_rest_is_the_topic(code, text, moment, rest):
    begins = moment and datetime(*moment, tzinfo=UTC)
    assert since(text, NOW, load(code)) == (begins, rest)


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("The bridge has been shut since August.", [(2026, 8, 1)]),
        ("It was shut in August, and it rained on Friday.", [(2026, 8, 1), (2026, 11, 20)]),
        ("August Lindt has known it since he was a child.", []),
    ],
)
def test_periods_that_a_sentence_names(text, begins):
    found = sorted(start for start, _ in named_periods(text, NOW))
    assert found == [datetime(*each, tzinfo=UTC) for each in begins]


@pytest.mark.parametrize(
    ("code", "text", "begin", "end"),
    [
        ("en", "The bridge has been shut for three days.", (11, 21), (11, 22)),
        ("en", "They have been waiting for months.", (2, 1), (11, 1)),
        ("de", "Die Brücke ist seit zwei Wochen dicht.", (11, 9), (11, 16)),
        ("de", "Seit einigen Tagen steigt das Wasser.", (11, 15), (11, 24)),
        ("es", "El puente lleva dos meses cerrado.", (9, 1), (10, 1)),
        ("fr", "Le pont est fermé depuis deux semaines.", (11, 9), (11, 16)),
        ("it", "Il ponte è chiuso da tre giorni.", (11, 21), (11, 22)),
        ("pl", "Most jest zamknięty od dwóch tygodni.", (11, 9), (11, 16)),
        ("pl", "Most jest zamknięty już trzeci dzień.", (11, 15), (11, 24)),
        ("pt", "A ponte está fechada faz três dias.", (11, 21), (11, 22)),
        ("ru", "Мост закрыт уже две недели.", (11, 9), (11, 16)),
        ("ru", "Мост закрыт вторую неделю.", (9, 21), (11, 23)),
        ("tr", "Köprü iki haftadır kapalı.", (11, 9), (11, 16)),
        ("uk", "Міст закрито вже два тижні.", (11, 9), (11, 16)),
        ("uk", "Міст закрито третій день.", (11, 15), (11, 24)),
    ],
)
def test_what_has_lasted_for_so_long_began_then(code, text, begin, end):
    window = datetime(2026, *begin, tzinfo=UTC), datetime(2026, *end, tzinfo=UTC)
    assert named_periods(text, NOW, load(code)) == [window]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "The bridge will be shut for three days."),
        ("de", "Der Umbau dauert zwei Wochen."),
        ("uk", "На третій день міст відкрили."),
        ("ru", "Мост закроют на две недели."),
    ],
)
def test_what_will_last_names_no_time(code, text):
    assert named_periods(text, NOW, load(code)) == []


@pytest.mark.parametrize(
    ("code", "question", "begins"),
    [
        ("en", "What happened in spring?", (2026, 3, 92)),
        ("en", "What happened this autumn?", (2026, 9, 91)),
        ("en", "What did the mayor open in the summer of 2024?", (2024, 6, 92)),
        ("en", "Who won last autumn?", (2025, 9, 91)),
        ("en", "Who won last winter?", (2025, 12, 90)),
        ("de", "Was geschah im Herbst?", (2026, 9, 91)),
        ("de", "Was baute die Stadt im Frühjahr 2024?", (2024, 3, 92)),
        ("es", "¿Qué pasó el verano pasado?", (2026, 6, 92)),
        ("fr", "Que s’est-il passé au printemps ?", (2026, 3, 92)),
        ("it", "Che cosa è successo la scorsa estate?", (2026, 6, 92)),
        ("pl", "Co się stało zeszłej zimy?", (2025, 12, 90)),
        ("pt", "O que aconteceu no verão passado?", (2026, 6, 92)),
        ("ru", "Что открыли летом 2024 года?", (2024, 6, 92)),
        ("tr", "Geçen kış ne oldu?", (2025, 12, 90)),
        ("uk", "Що сталося навесні?", (2026, 3, 92)),
    ],
)
def test_a_season_is_the_last_one_that_has_begun_and_the_last_one_is_over(code, question, begins):
    year, month, length = begins
    assert asked_time(question, NOW, load(code)).windows == (days(year, month, 1, length),)


@pytest.mark.parametrize(
    "question",
    [
        "What did they build in the fall of Rome?",
        "Who won in winter sports?",
        "What burst in spring water?",
        "Who won in winter 2024?",  # of which year are January and February?
        "What fell in the last spring of the war?",
    ],
)
def test_what_only_looks_like_a_season_is_no_time(question):
    assert windows(question) == ()
