from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from qa import Article, Passage
from qa.search.story import MOST, Read, story_so_far
from qa.vectors import unit

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def told_by(number, day, *sentences, source="Post", gap=" "):
    """One passage whose sentences, with their vectors (d,), follow each other."""
    text = gap.join(words for words, _ in sentences)
    article = Article(str(number), "T", text, source=source, language="en", number=number)
    spans = [(start := text.index(words), start + len(words)) for words, _ in sentences]
    vectors = unit(np.array([vector for _, vector in sentences], np.float32))
    passage = Passage(text, 0, len(text), 0)
    return Read(article, START + timedelta(days=day), passage, spans, vectors)


def texts(reads, encode_tokens=lambda _: None, **options):
    """What is quoted, by a model that has no vectors of tokens unless it is told otherwise."""
    told = story_so_far(reads, 0.0, encode_tokens, **options)
    return [each.article.text[slice(*each.span)] for each in told]


def test_nothing_has_no_story():
    assert texts([]) == []


def test_what_an_earlier_article_told_is_left_out_and_the_oldest_comes_first():
    later = told_by(
        2, 3, ("The mill burned on Monday.", (1, 0.1, 0)), ("A guard was arrested.", (0, 1, 0))
    )
    first = told_by(1, 0, ("The mill burned down on Monday.", (1, 0, 0)))
    assert texts([later, first]) == ["The mill burned down on Monday.", "A guard was arrested."]


def test_below_its_news_an_article_repeats_what_is_known_in_other_words():
    first = told_by(1, 0, ("The mill burned down.", (1, 0, 0)))
    later = told_by(
        2,
        40,
        ("Owners will rebuild Vik Street.", (0, 1, 0)),
        ("Flames had destroyed the plant in those days.", (0.9, 0, 0.4)),
        ("Doves nest on walls.", (0, 0.2, 1)),
    )
    assert texts([first, later]) == [
        "The mill burned down.",
        "Owners will rebuild Vik Street.",
        "Doves nest on walls.",
    ]


def test_below_its_news_an_article_that_names_an_earlier_time_tells_nothing_new():
    first = told_by(1, 0, ("The mill burned down.", (1, 0, 0)))
    told = {}
    for month in ("March", "April"):
        second = (f"Flames destroyed the plant in {month}.", (0.5, 0, 0.9))
        later = told_by(2, 60, ("Owners will rebuild Vik Street.", (0, 1, 0)), second)
        told[month] = texts([first, later])[1]
    assert told == {
        "March": "Owners will rebuild Vik Street.",
        "April": "Owners will rebuild Vik Street. Flames destroyed the plant in April.",
    }


@pytest.mark.parametrize(
    "background",
    ["Flames had destroyed the plant.", "The plant has been out of use for two months."],
)
def test_below_its_news_an_article_that_tells_of_what_was_over_tells_nothing_new(background):
    first = told_by(1, 0, ("The mill burned down.", (1, 0, 0)))
    news = ("Owners will rebuild Vik Street.", (0, 1, 0))
    later = told_by(2, 60, news, (background, (0.5, 0, 0.9)))
    assert texts([first, later]) == ["The mill burned down.", news[0]]
    alone = told_by(2, 60, (background, (0.5, 0, 0.9)), news)
    assert texts([first, alone])[1] == f"{background} {news[0]}"


def test_below_its_news_what_cannot_be_quoted_without_what_was_told_is_left_out():
    first = told_by(1, 0, ("The mill burned down.", (1, 0, 0, 0)))
    told = ("The mill burned down.", (1, 0, 0, 0))
    news, more = ("Guards left Vik Street.", (0, 1, 0, 0)), ("It was very cold.", (0, 0, 1, 0))
    assert texts([first, told_by(2, 3, news, told, more)])[1:] == ["Guards left Vik Street."]
    assert texts([first, told_by(2, 3, told, more)])[1:] == [f"{told[0]} {more[0]}"]


def test_what_other_words_tell_again_in_what_would_be_quoted_is_left_out():
    """Its passage hides it, but read alone its tokens are near those of an earlier quote."""
    again = "Flames took that plant."
    tokens = {
        "The mill burned down.": [(1, 0, 0), (0, 0, 1)],
        again: [(1, 0.1, 0), (0, 0.1, 1)],
        "Owners will rebuild Vik Street.": [(0, 1, 0), (-1, 1, -1)],
    }
    reads = [
        told_by(1, 0, ("The mill burned down.", (1, 0, 0))),
        told_by(2, 60, ("Owners will rebuild Vik Street.", (0, 1, 0)), (again, (0, 0.3, 1))),
    ]
    both = ["The mill burned down.", f"Owners will rebuild Vik Street. {again}"]
    assert texts(reads) == both
    read_alone = texts(reads, lambda some: [np.array(tokens[each], np.float32) for each in some])
    assert read_alone == ["The mill burned down.", "Owners will rebuild Vik Street."]


def test_figure_that_moved_is_told_again():
    reads = [
        told_by(n, n, (f"The repairs cost {cost} million.", (1, 0)))
        for n, cost in enumerate((4, 4, 9))
    ]
    assert texts(reads) == ["The repairs cost 4 million.", "The repairs cost 9 million."]


def test_other_figure_of_another_source_stands_beside_the_first():
    reads = [
        told_by(1, 0, ("The flood hit 40 homes.", (1, 0, 0))),
        told_by(2, 0, ("Schools are closed.", (0, 1, 0))),
        told_by(3, 1, ("The flood hit 55 homes.", (1, 0, 0)), source="Echo"),
        told_by(4, 9, ("The flood hit 70 homes.", (1, 0, 0)), source="Echo"),
    ]
    assert texts(reads) == [
        "The flood hit 40 homes.",
        "The flood hit 55 homes.",
        "Schools are closed.",
        "The flood hit 70 homes.",
    ]


def test_neighbours_that_add_something_are_one_verbatim_quote():
    one = told_by(1, 0, ("A ship sank.", (1, 0)), ("Divers found gold.", (0, 1)), gap="\n\n")
    assert texts([one]) == ["A ship sank.\n\nDivers found gold."]


def test_sentence_that_leans_back_comes_with_the_one_before_it():
    first = told_by(1, 0, ("The mayor resigned.", (1, 0, 0)))
    second = told_by(
        2, 1, ("The mayor resigned.", (1, 0, 0)), ("He denied taking money.", (0, 1, 0))
    )
    assert texts([first, second])[1] == "The mayor resigned. He denied taking money."


def test_long_story_has_the_most_quotes_that_fit_one_of_each_article():
    reads = [
        told_by(n, n, (f"Event {'abcdefghijkl'[n] * 9} took place.", np.eye(12)[n]))
        for n in range(12)
    ]
    assert len(texts(reads)) == MOST


def test_since_a_day_what_was_told_before_is_known_but_not_quoted():
    reads = [
        told_by(1, 0, ("The mill burned down.", (1, 0))),
        told_by(2, 5, ("The mill burned down.", (1, 0)), ("A guard was arrested.", (0, 1))),
    ]
    since = START + timedelta(days=4)
    assert texts(reads, since=since) == ["A guard was arrested."]
    assert texts(reads, since=since + timedelta(days=9)) == []
