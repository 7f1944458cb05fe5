import pytest

from qa import Article

FLOOD = Article(
    "flood",
    "Flood",
    "The mayor took the bus over the bridge in the rain.\n"
    "Zebras are striped. The rain fell on the old zoo.\n"
    "Lions sleep.",
)


@pytest.fixture
def flood(library, indexer):
    indexer.add(FLOOD)
    return library.article("flood")


def test_topic_matches_by_meaning(library, flood):
    quote = library.match("rain", flood)
    assert quote.text == "Zebras are striped. The rain fell on the old zoo."
    assert quote.sentence == "The rain fell on the old zoo."
    assert quote.score == pytest.approx(1.0)
    assert flood.text[quote.start : quote.end] == quote.text


def test_topic_matches_by_all_its_words(library, flood):
    quote = library.match("sleeping lions", flood)
    assert (quote.text, quote.score) == ("Lions sleep.", 0.0)


def test_title_counts_among_the_words(library, flood):
    assert library.match("flood lions", flood).text == "Lions sleep."


def test_some_of_the_words_are_not_enough(library, flood):
    assert library.match("sleeping tigers", flood) is None


def test_six_words_match_though_their_shares_add_up_to_less_than_one(library, indexer):
    topic = "ants bees cows dogs eels fish"
    assert sum([1 / 6] * 6) < 1
    indexer.add(Article("animals", "T", f"Here are {topic}."))
    assert library.match(topic, library.article("animals")).text == f"Here are {topic}."


def test_passage_near_in_meaning_matches_though_another_has_more_of_the_words(library, indexer):
    """The second holds five words of six and matches by neither; the first one is near."""
    indexer.add(Article("a", "T", "Rain, bridge, mayor, bus.\nAnts bees cows dogs eels."))
    quote = library.match("rain ants bees cows dogs eels", library.article("a"))
    assert quote.text == "Rain, bridge, mayor, bus."


def test_updated_article_is_matched_as_it_is_now(library, indexer, flood):
    indexer.add(Article("flood", "Flood", "No. The rain is over."))
    quote = library.match("rain", flood)
    assert quote.text == "No. The rain is over."
    assert quote.article.text[quote.start : quote.end] == quote.text
    assert library.opening(flood).article.text == "No. The rain is over."


def test_removed_article_matches_nothing(library, indexer, flood):
    indexer.remove("flood")
    assert library.match("rain", flood) is None
    assert library.opening(flood) is None


def test_article_without_passages_matches_nothing(library, indexer):
    indexer.add(Article("empty", "Rain", ""))
    assert library.match("rain", library.article("empty")) is None
    assert library.opening(library.article("empty")) is None


def test_opening_is_the_first_passage(library, flood):
    quote = library.opening(flood)
    assert quote.text == "The mayor took the bus over the bridge in the rain."
    assert (quote.start, quote.end, quote.paragraph, quote.highlight) == (0, 51, 0, None)
