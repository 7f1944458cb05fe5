import math

import pytest

from qa import Article, Verdict
from qa.compose import confidence
from qa.retrieval import READ_CLOSER, Signals, covered

HALF = math.sqrt(0.5)  # cosine between one word and two
SCORE = {"abs": 1e-3}  # vectors are stored in half precision

FLOOD = Article("flood", "Flood", "The rain closed the bridge.")
TOWN = Article("town", "Town", "The mayor took the bus.")


def ranked(library, question):
    return {c.stored.passage.text: c for c in library.rank(question).candidates}


def test_score_is_the_weighted_sum_of_its_signals(library, indexer):
    indexer.add(FLOOD)
    indexer.add(TOWN)
    found = ranked(library, "Which bridge?")
    assert list(found) == ["The rain closed the bridge.", "The mayor took the bus."]
    best, other = found.values()
    assert best.dense == pytest.approx(HALF, **SCORE)
    assert (best.words, best.article, best.coverage, best.lead) == (1.0, 1.0, 1.0, 0.0)
    assert best.sentence == pytest.approx(HALF, **SCORE)
    assert best.score == pytest.approx(0.4 * HALF + 0.25 + 0.15 + 0.25 + 0.35 * HALF, **SCORE)
    assert other.score == pytest.approx(0.0, **SCORE)


def test_confidence_is_a_logistic_of_meaning_and_words(library, indexer):
    indexer.add(FLOOD)
    answer = library.ask("Which bridge?")
    logit = -8.8 + 1.9 * HALF + 11.4 * HALF + 4.8
    assert answer.verdict is Verdict.ANSWERED
    assert answer.confidence == pytest.approx(1 / (1 + math.exp(-logit)), **SCORE)
    assert answer.confidence == pytest.approx(0.9956, **SCORE)
    assert answer.quotes[0].score == pytest.approx(1.1803, **SCORE)


def test_signals_are_the_best_of_the_first_three(library, indexer):
    indexer.add(FLOOD)
    indexer.add(TOWN)
    signals = library.rank("bridge, mayor").signals
    assert signals.dense == pytest.approx(0.5, **SCORE)
    assert signals.sentence == pytest.approx(0.5, **SCORE)
    assert signals.coverage == pytest.approx(0.5)
    assert library.rank("bridge").signals.coverage == 1.0


def test_words_count_by_bm25_scaled_to_the_best_passage(library, indexer):
    """All passages have five words, so length plays no part: k1 = 1.2, a context's word 0.6."""
    lines = [
        "bridge bridge rain mud",
        "bridge rain mud fog",
        "# bridge",
        "sun sky sea",
        "# bay",
        "sun sky sea",
        "sun moon sea",
        "sun moon sky",
    ]
    indexer.add(Article("a", "T", "\n".join(lines)))
    words = [(c.stored.passage.text, c.words) for c in library.rank("bridge").candidates]

    def saturated(frequency):
        return frequency * 2.2 / (frequency + 1.2)

    assert sorted(words, key=lambda pair: -pair[1])[:4] == [
        ("bridge bridge rain mud", 1.0),
        ("bridge rain mud fog", pytest.approx(saturated(1) / saturated(2))),
        ("sun sky sea", pytest.approx(saturated(0.6) / saturated(2))),
        ("sun sky sea", 0.0),
    ]


def test_rare_words_weigh_more(library, indexer):
    indexer.add(Article("a", "T", "A bridge.\nA bridge, a mayor.\nA bus."))
    with library._view() as retriever:
        rarity = retriever.rarity("Which mayor built the bridge of which tram?")
    mayor, built, bridge, tram = (math.log(1 + 3 / (1 + seen)) for seen in (1, 0, 2, 0))
    whole = mayor + built + bridge + tram
    assert rarity == pytest.approx(
        {"mayor": mayor / whole, "built": built / whole}
        | {"bridg": bridge / whole, "tram": tram / whole}
    )
    assert covered("The mayor is on the bridge.", rarity) == pytest.approx((mayor + bridge) / whole)


def test_word_that_full_text_search_stems_by_a_later_rule_is_no_rarity(library, indexer):
    indexer.add(Article("a", "T", "Technology of rain.\nTechnology of fog.\nA mayor."))
    with library._view() as retriever:
        rarity = retriever.rarity("technology mayor")
    assert rarity["technolog"] < rarity["mayor"]


def test_covered_is_the_share_of_weight_and_a_long_stem_covers_its_longer_kin():
    rarity = {"russia": 0.5, "rain": 0.3, "mayor": 0.2}
    assert covered("Russian mayors", rarity) == pytest.approx(0.7)
    assert covered("Rainbows", rarity) == 0.0
    assert covered("rain", {}) == 0.0


def test_passage_below_its_heading_leads(library, indexer):
    text = "# The bridge\nIt is shut.\nIt is old.\n# The mayor\nShe left."
    indexer.add(Article("a", "T", text))
    found = ranked(library, "bridge")
    assert {text: c.lead for text, c in found.items()} == {
        "It is shut.": 1.0,
        "It is old.": 0.0,
        "She left.": 0.0,
    }
    assert found["It is shut."].score - found["It is old."].score == pytest.approx(0.2, **SCORE)


def test_nearest_sentence_is_marked(library, indexer):
    indexer.add(Article("a", "T", "The rain fell. The bridge shut. The mayor left."))
    (quote,) = library.ask("Why was the bridge shut?").quotes
    assert quote.sentence == "The bridge shut."
    assert quote.text[slice(*quote.highlight)] == "The bridge shut."


def test_only_the_best_are_read_closer(library, indexer):
    lines = [f"The bridge {'and the rain ' * n}." for n in range(READ_CLOSER + 3)]
    indexer.add(Article("a", "T", "\n".join(lines)))
    marked = [c.highlight is not None for c in library.rank("bridge").candidates]
    assert marked == [True] * READ_CLOSER + [False] * 3


def test_passage_that_only_words_find_has_its_cosine(opened, indexer_of):
    """Sixty passages are nearer in meaning; the one that holds the word is found all the same."""
    library = opened()
    lines = ["The bridge."] * 61 + ["The bridge, rain, rain, mayor and zebra."]
    indexer_of(library).add(Article("a", "T", "\n".join(lines)))
    found = ranked(library, "bridge zebra")
    assert found["The bridge, rain, rain, mayor and zebra."].dense == pytest.approx(
        1 / math.sqrt(6), **SCORE
    )


def test_equal_scores_come_in_the_order_of_the_index(library, indexer):
    for name in ("b", "a"):
        indexer.add(Article(name, "T", "The bridge.\nThe bridge."))
    assert [c.stored.id for c in library.rank("bridge").candidates] == [1, 2, 3, 4]


def test_empty_index_ranks_nothing(library):
    ranking = library.rank("bridge")
    assert (ranking.candidates, ranking.signals) == ([], Signals())
    answer = library.ask("bridge")
    assert (answer.verdict, answer.confidence, answer.quotes) == (Verdict.NOTHING_INDEXED, 0.0, ())


def test_question_without_words_ranks_by_meaning_alone(library, indexer):
    indexer.add(FLOOD)
    (only,) = library.rank("…?!").candidates
    assert (only.words, only.article, only.coverage) == (0.0, 0.0, 0.0)
    assert confidence(only) == pytest.approx(1 / (1 + math.exp(8.8)), rel=1e-6)
