import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from index.indexer import Indexer
from qa import Article, Passage, Verdict
from qa.language import ENGLISH, load
from qa.search.candidate import Candidate
from qa.search.confidence import WITHIN, WITHIN_OTHER, confidence_of
from qa.search.highlight import WEIGHTS as OF_SENTENCES
from qa.search.retrieval import READ_CLOSELY, RERANK_WEIGHT, RERANKED, rerank
from qa.search.retrieval import WEIGHTS as OF_PASSAGES
from qa.store.passages import StoredPassage
from tests.articles import english
from tests.counting import Counting

pytestmark = pytest.mark.sqlite

HALF = math.sqrt(0.5)  # cosine between one word and two
SCORE = {"abs": 1e-3}  # vectors are stored in half precision

FLOOD = english("flood", "Flood", "The rain closed the bridge.")
TOWN = english("town", "Town", "The mayor took the bus.")


def ranked(library, question):
    return {c.stored.passage.text: c for c in library.rank(question).candidates}


def usual(library, language=ENGLISH):
    """Return what is usual for passages in ``language``, and for their sentences."""
    with library.view() as retriever:
        return retriever.background.usual(ENGLISH, language)


def stand_out(library, cosine):
    """Return how far a passage and a sentence with this cosine stand out."""
    return tuple(each.stands_out(cosine) for each in usual(library))


def weighted(**signals):
    return sum(getattr(OF_PASSAGES, name) * value for name, value in signals.items())


def logistic(logit):
    return 1 / (1 + math.exp(-logit))


def best_sentence(cosine, coverage=1.0, alone=1.0, phrases=0.0, kind=0.0):
    signals = (cosine, coverage, alone, phrases, kind)
    return sum(w * signal for w, signal in zip(OF_SENTENCES, signals, strict=True))


# The only content word of "Which bridge?" occurs in the best sentence and nowhere else.


def test_score_is_the_weighted_sum_of_its_signals(library, indexer):
    indexer.add(FLOOD)
    indexer.add(TOWN)
    found = ranked(library, "Which bridge?")
    assert list(found) == ["The rain closed the bridge.", "The mayor took the bus."]
    best, other = found.values()
    dense, sentence = stand_out(library, HALF)
    answer = best_sentence(sentence)
    assert best.cosine == pytest.approx(HALF, **SCORE)
    assert best.dense == pytest.approx(dense, **SCORE)
    assert (best.words, best.coverage) == (1.0, 1.0)
    assert best.sentence == best.highlight_cosine == pytest.approx(sentence, **SCORE)
    assert best.answer == pytest.approx(answer, **SCORE)
    signals = {"dense": dense, "words": 1, "coverage": 1, "sentence": sentence, "answer": answer}
    assert best.score == pytest.approx(weighted(**signals), abs=2e-3)
    dense, sentence = stand_out(library, 0.0)
    signals = {"dense": dense, "sentence": sentence, "answer": sentence * OF_SENTENCES[0]}
    assert other.score == pytest.approx(weighted(**signals), **SCORE)


def test_confidence_is_a_logistic_of_meaning_words_and_names(library, indexer):
    indexer.add(FLOOD)
    answer = library.ask("Which bridge?")
    dense, sentence = stand_out(library, HALF)
    w = WITHIN.weights
    logit = (
        WITHIN_OTHER.bias
        + (w.cosine + w.nearest) * sentence
        + w.coverage
        + w.highlight_coverage
        + w.names
    )
    assert answer.verdict is Verdict.ANSWERED
    assert answer.confidence == pytest.approx(logistic(logit), **SCORE)
    signals = {"dense": dense, "words": 1, "coverage": 1, "sentence": sentence}
    score = weighted(**signals, answer=best_sentence(sentence))
    assert answer.quotes[0].score == pytest.approx(score, abs=2e-3)
    assert type(answer.quotes[0].score) is float


def test_article_asked_about_affects_ranking_but_not_confidence(library, indexer):
    """Its title is the context of each of its passages, and would raise all their scores."""
    indexer.add(english("one", "Old bridge of Lenn", "The mayor took the bus."))
    indexer.add(english("two", "Rain", "The mayor took the bus."))
    one, two = library.article("one"), library.article("two")
    assert library.ask("Who took it?", about=two).quotes[0].article == two
    asked = library.ask("Who took the bus?", about=one)
    assert (asked.question, asked.verdict) == ("Who took the bus?", Verdict.ANSWERED)
    assert asked.quotes[0].article == one
    (first, *_) = library.rank("Why rain?", one).candidates
    assert first.stored.article == one.number
    assert first.coverage == 0
    assert ranked(library, "“Old bridge of Lenn”: why rain?")[first.stored.passage.text].coverage


def test_title_of_the_article_asked_about_implies_no_date_news_or_source(library, indexer):
    now = datetime.now(UTC)
    title = "Old bridge of Lenn today, says the Mill Post"
    indexer.add(english("one", title, "Rain took the bus.", published_at=now - timedelta(days=300)))
    indexer.add(english("two", "Rain", "Rain fell.", source="Mill Post", published_at=now))
    asked = library.rank("Why rain?", library.article("one"))
    assert {asked.articles[c.stored.article].id: c.hint for c in asked.candidates} == (
        {"one": 1.0, "two": 0.0}
    )


@pytest.mark.parametrize(
    ("of_one", "of_other", "named"),
    [
        ({"source": "Mill Post"}, {"source": "River Echo"}, ", says the Mill Post?"),
        ({"published_at": datetime(2026, 11, 20, 9, tzinfo=UTC)}, {}, " on 20 November 2026?"),
    ],
    ids=["source", "day"],
)
def test_article_is_queried_without_its_source_or_day(library, indexer, of_one, of_other, named):
    """Articles rarely name their own source or date, so no passage has these words."""
    indexer.add(english("a", "T", "The rain closed the bridge.", **of_one))
    indexer.add(english("b", "T", "The rain shut the bridge.", **of_other))
    bare = ranked(library, "What closed the bridge?")["The rain closed the bridge."]
    asked = ranked(library, f"What closed the bridge{named}")
    first, other = asked["The rain closed the bridge."], asked["The rain shut the bridge."]
    assert (first.coverage, first.highlight_coverage, first.names) == (1.0, 1.0, 1.0)
    assert first.sentence == bare.sentence
    assert other.coverage < 0.5
    assert other.names == 0.0


def test_article_of_the_named_day_can_answer(library, indexer):
    day = datetime(2026, 11, 20, 9, tzinfo=UTC)
    indexer.add(english("a", "T", "Rain on 20 November 2026 at the bridge.", published_at=day))
    (asked,) = ranked(library, "Which rain on 20 November 2026?").values()
    of_five_phrases = 4 / 5  # all but "which rain", the only phrase if the day is left out
    _, sentence = stand_out(library, HALF)
    answer = best_sentence(sentence, phrases=of_five_phrases)
    assert asked.answer == pytest.approx(answer, **SCORE)
    (day_alone,) = ranked(library, "What happened on 20 November 2026?").values()
    assert day_alone.coverage == 1.0


def test_bm25_is_scaled_to_the_best_passage(library, indexer):
    """BM25 sees context and passage as one text: each has six words, except the second."""
    lines = ["bridge bridge rain mud fog", "bridge rain mud fog", "sun sky sea moon star"]
    indexer.add(english("a", "T", *lines))
    words = {text: c.words for text, c in ranked(library, "bridge").items()}

    average = (6 + 5 + 6) / 4  # the checkpoint is an empty text

    def bm25(frequency, length):
        return frequency * 2.2 / (frequency + 1.2 * (0.25 + 0.75 * length / average))

    assert words == {
        lines[0]: 1.0,
        lines[1]: pytest.approx(bm25(1, 5) / bm25(2, 6), abs=1e-4),
        lines[2]: 0.0,
    }


def test_rare_words_weigh_more_than_common_ones(library, indexer):
    indexer.add(english("a", "T", "A bridge.", "A bridge, a mayor.", "A bus."))
    with library.view() as retriever:
        idf = retriever.idf_weights(["mayor", "built", "bridg", "tram"])
    mayor, built, bridge, tram = (math.log(1 + 3 / (1 + seen)) for seen in (1, 0, 2, 0))
    whole = mayor + built + bridge + tram
    assert idf == pytest.approx(
        {"mayor": mayor / whole, "built": built / whole}
        | {"bridg": bridge / whole, "tram": tram / whole}
    )


def test_nearest_sentence_is_highlighted(library, indexer):
    indexer.add(english("a", "T", "The rain fell. The bridge shut. The mayor left."))
    (quote,) = library.ask("Why was the bridge shut?").quotes
    assert quote.sentence == "The bridge shut."
    assert quote.text[slice(*quote.highlight)] == "The bridge shut."


def test_only_the_best_candidates_are_examined_further(library, indexer):
    lines = [f"The bridge {'and the rain ' * n}." for n in range(READ_CLOSELY + 3)]
    indexer.add(english("a", "T", *lines))
    marked = [c.highlight is not None for c in library.rank("bridge").candidates]
    assert marked == [True] * READ_CLOSELY + [False] * 3


def test_passage_found_only_by_words_has_its_cosine(opened):
    """More passages are nearer by cosine than are examined; the one with the word is found."""
    library = opened()
    lines = ["The bridge."] * 250 + ["The bridge, rain, rain, mayor and zebra."]
    Indexer(library).add(english("a", "T", *lines))
    found = ranked(library, "bridge zebra")["The bridge, rain, rain, mayor and zebra."]
    cosine = 1 / math.sqrt(6)
    assert found.cosine == pytest.approx(cosine, **SCORE)
    assert found.dense == pytest.approx(stand_out(library, cosine)[0], **SCORE)


def test_equal_scores_keep_the_order_of_the_index(library, indexer):
    for name in ("b", "a"):
        indexer.add(english(name, "T", "The bridge.", "The bridge."))
    assert [c.stored.id for c in library.rank("bridge").candidates] == [1, 2, 3, 4]


# Two languages

BUS = "Der Bus fuhr nach Lenn."
QUEUE = "Auf Linie 42 half kein Bus mehr."
GERMAN = load("de")


def filled(library):
    """Add articles in English and in German."""
    indexer = Indexer(library)
    for article in (FLOOD, TOWN):
        indexer.add(article)
    for name, text in (("fahrt", BUS), ("stau", QUEUE)):
        indexer.add(Article(name, name.title(), text, language="de"))
    return library


@pytest.fixture
def both(library):
    return filled(library)


def test_names_and_numbers_count_across_languages(both):
    """In another language "bus" and "half", written alike, may be other words."""
    found = ranked(both, "Who took half a bus to Lenn on line 42?")
    town, lenn, line = (found[text] for text in (TOWN.text, BUS, QUEUE))
    assert [c.language.code for c in (town, lenn, line)] == ["en", "de", "de"]
    assert (lenn.coverage, lenn.highlight_coverage) == (0.5, 0.5)
    assert (line.coverage, line.highlight_coverage) == (0.5, 0.5)
    assert 0 < town.coverage < 0.5
    assert (town.words > 0, lenn.words, line.words) == (True, 0.0, 0.0)
    assert not any(ranked(both, "Who took half a bus?")[text].coverage for text in (BUS, QUEUE))


class Busy(Counting):
    """General questions are about buses."""

    def _general(self, count):
        return np.tile(np.array([0, 0, 0, 1], np.float32), (count, 1))


def test_cosine_stands_out_from_those_of_its_language(opened):
    """All that the German articles tell is about buses, so that one more is nothing unusual."""
    library = filled(opened(Busy("rain", "bridge", "mayor", "bus", name="busy")))
    found = ranked(library, "Which bus?")
    for text in (BUS, QUEUE):
        assert (found[text].cosine, found[text].dense, found[text].sentence) == (1.0, 0.0, 0.0)
    town, (of_passages, of_sentences) = found[TOWN.text], usual(library)
    assert of_passages.median == of_sentences.median == pytest.approx(HALF / 2, **SCORE)
    assert town.dense == of_passages.stands_out(town.cosine) > 0
    assert town.sentence == of_sentences.stands_out(town.cosine)


def test_question_is_read_in_its_own_language(both):
    found = ranked(both, "Wem half welcher Bus?")
    assert found[QUEUE].coverage == found[QUEUE].words == 1.0
    assert 0 < found[BUS].words < 1
    assert found[TOWN.text].words == 0.0


def test_name_is_found_in_the_form_that_another_language_gives_it(library, indexer):
    """German stems take "er" off, and no cosine proposes the passage."""
    indexer.add(english("a", "T", *["The bridge."] * 250))
    indexer.add(Article("b", "Ohne Titel", "Gestern kam Müller zu spät.", language="de"))
    assert [each.content_stems("Müller") for each in (ENGLISH, GERMAN)] == [["muller"], ["mull"]]
    assert "Gestern kam Müller zu spät." not in ranked(library, "Which bridge did Maier see?")
    found = ranked(library, "Which bridge did Müller see?")["Gestern kam Müller zu spät."]
    assert (found.cosine, found.words) == (0.0, 0.0)


def test_passages_in_each_language_lead_in_by_its_rules(library, indexer):
    lines = ["Der Bürgermeister kam.", "Er war müde.", "Er nahm den Bus."]
    indexer.add(replace(english("a", "T", *lines), language="de"))
    first = library.rank("Wer nahm den Bus?").candidates[0]
    assert first.stored.passage.text == "Er nahm den Bus."
    assert [each.text for each in first.before] == ["Er war müde.", "Der Bürgermeister kam."]


def test_empty_index_ranks_nothing(library):
    ranking = library.rank("bridge")
    assert ranking.candidates == []
    answer = library.ask("bridge")
    assert (answer.verdict, answer.confidence, answer.quotes) == (Verdict.NOTHING_INDEXED, 0.0, ())


def test_question_without_words_ranks_by_meaning_alone(library, indexer):
    indexer.add(FLOOD)
    (only,) = library.rank("…?!").candidates
    assert (only.words, only.coverage) == (0.0, 0.0)
    _, sentence = stand_out(library, 0.0)
    logit = (
        WITHIN_OTHER.bias
        + (WITHIN.weights.cosine + WITHIN.weights.nearest) * sentence
        + WITHIN.weights.names
    )
    assert confidence_of(only) == pytest.approx(logistic(logit), rel=1e-6)


NEWS = "The bridge is shut."
DAY = datetime.now(UTC)


def reports(indexer, *, source=(None, None), age=(0, 0), titles=("One", "Two")):
    """Two articles with the same words."""
    for n in (0, 1):
        published = DAY - timedelta(days=age[n])
        indexer.add(english(f"a{n}", titles[n], NEWS, source=source[n], published_at=published))


def first_of(library, question):
    ranking = library.rank(question)
    return ranking.articles[ranking.candidates[0].stored.article].id


def test_source_that_the_question_names_comes_first(library, indexer):
    reports(indexer, source=("Mill Post", "River Echo"))
    assert first_of(library, "Is the bridge shut?") == "a0"
    assert first_of(library, "Is the bridge shut, in the River Echo piece?") == "a1"


def test_title_that_the_question_names_comes_first(library, indexer):
    reports(indexer, titles=("A day at Mill Lane", "The end of Mill Lane"))
    assert first_of(library, "Bridge, in 'The end of Mill Lane'?") == "a1"


def test_recency_counts_only_when_asked_for(library, indexer):
    reports(indexer, age=(30, 0))
    assert first_of(library, "Is the bridge shut?") == "a0"
    assert first_of(library, "What is the latest on the bridge?") == "a1"


def test_date_that_the_question_names_comes_first(library, indexer):
    reports(indexer, age=(0, 30))
    day = DAY - timedelta(days=30)
    assert first_of(library, f"Was the bridge shut on {day:%d %B %Y}?") == "a1"


@pytest.mark.parametrize(
    ("lines", "before"),
    [
        (["He shut the bridge. It rained."], ["The mayor came."]),
        (["The bridge is shut. He left."], []),
        (["It rained. He shut the bridge."], ["The mayor came."]),
        (["Rain fell. He shut the bridge."], []),
        (["He left.", "He shut the bridge."], ["He left.", "The mayor came."]),
        (["He left.", "He ate.", "He sat.", "He shut it."], ["He sat.", "He ate.", "He left."]),
    ],
)
def test_paragraph_whose_highlight_depends_on_the_previous_one_comes_with_it(
    library, indexer, lines, before
):
    indexer.add(english("a", "T", "The mayor came.", *lines))
    first = library.rank("Who shut the bridge?").candidates[0]
    assert first.stored.passage.text == lines[-1]
    assert [each.text for each in first.before] == before


def test_affirmative_sentence_contradicts_a_negative_question(library, indexer):
    indexer.add(english("a", "T", "The bridge is shut.", "The bridge was not shut."))
    found = ranked(library, "Which bridge is not shut?")
    assert {text: c.contradicts for text, c in found.items()} == {
        "The bridge is shut.": True,
        "The bridge was not shut.": False,
    }
    assert not any(c.contradicts for c in ranked(library, "Which bridge is shut?").values())


class Short:
    """A reranker that prefers short passages."""

    def chances(self, question, passages):
        assert question == "Why?"
        return [1 / len(passage) for passage in passages]


def test_reranker_orders_the_first_candidates_and_keeps_the_rest_after_them():
    def candidate(n, text):
        stored = StoredPassage(n, 1, Passage(text, 0, len(text), n, "T"))
        return Candidate(stored, score=1.0)

    lengths = [6 + n * 7 % 5 for n in range(RERANKED)]
    found = [candidate(n, "x" * length) for n, length in enumerate(lengths)]
    found.append(candidate(99, "x"))
    rerank(Short(), "Why?", found)
    order = sorted(range(RERANKED), key=lambda n: (lengths[n], n))
    assert [c.stored.id for c in found] == [*order, 99]
    assert [c.score for c in found[:-1]] == pytest.approx(
        [1 + RERANK_WEIGHT / (lengths[n] + len("T\n")) for n in order]
    )
    assert found[-1].score == 1.0
