import json
import math
from dataclasses import replace

import pytest

from index.indexer import Indexer
from qa import SourceError
from qa.article import BlockKind
from qa.evaluate import (
    Prediction,
    Query,
    holds_answer,
    predict,
    read_corpus,
    read_queries,
    report,
)
from qa.search.confidence import WITHIN_OTHER

ARTICLES = [
    {
        "id": "flood",
        "title": "Flood",
        "url": "https://example.org/flood",
        "published_at": "2026-03-04T05:06:07+00:00",
        "paragraphs": ["The rain closed the bridge.", "The mayor took the bus."],
    },
    {"id": "sun", "title": "Sun", "paragraphs": ["No rain, no rain.", "The sea is calm."]},
]
QUERIES = [
    {
        "id": "q1",
        "question": "What closed the bridge?",
        "paragraph_ids": ["flood#0"],
        "answers": ["The rain"],
        "answerable": True,
    },
    {
        "id": 2,
        "question": "Who saw a zebra?",
        "paragraph_ids": [],
        "answers": [],
        "answerable": False,
    },
]


def write(path, *rows):
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "corpus.jsonl", *ARTICLES)
    write(tmp_path / "queries.jsonl", *QUERIES)
    return tmp_path


def query(id_, gold=(), answers=(), answerable=True):
    return Query(id_, f"{id_}?", frozenset(gold), tuple(answers), answerable)


def said(id_, ranked=(), quote="", highlight="", answered=True, ms=10.0):
    return Prediction(id_, answered, 0.5, tuple(ranked), quote, highlight, ms)


def test_paragraphs_are_found_in_the_text_of_their_article(folder):
    flood, sun = read_corpus(folder)
    for article, read in ((flood, ARTICLES[0]), (sun, ARTICLES[1])):
        assert {block.kind for block in article.blocks} == {BlockKind.PARAGRAPH}
        assert [article.text[b.start : b.end] for b in article.blocks] == read["paragraphs"]
    assert (flood.id, flood.title, sun.url) == ("flood", "Flood", None)
    assert flood.published_at.isoformat() == "2026-03-04T05:06:07+00:00"


def test_questions_are_read(folder):
    assert read_queries(folder) == [
        Query("q1", "What closed the bridge?", frozenset({"flood#0"}), ("The rain",), True),
        Query("2", "Who saw a zebra?", frozenset(), (), False),
    ]


def test_blank_lines_are_skipped(folder):
    write(folder / "queries.jsonl", QUERIES[0], "", "  ", QUERIES[1], "")
    assert [query.id for query in read_queries(folder)] == ["q1", "2"]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "is empty."),
        (["", ""], "is empty."),
        (["{"], "is not JSON lines (Expecting property name enclosed in double quotes"),
        ([ARTICLES[0], {"id": "x", "title": "X"}], "line 2 lacks 'paragraphs'."),
        (["[1]"], "line 1 is wrong (list indices must be integers or slices, not str)."),
        ([ARTICLES[0] | {"paragraphs": None}], "line 1 is wrong ('NoneType' object is not iter"),
        ([ARTICLES[0] | {"published_at": "soon"}], "line 1 is wrong (Invalid isoformat string"),
    ],
)
def test_broken_corpus_names_the_line(folder, lines, reason):
    write(folder / "corpus.jsonl", *lines)
    with pytest.raises(SourceError) as caught:
        read_corpus(folder)
    assert str(caught.value).startswith(f"{folder / 'corpus.jsonl'}: {reason}")


def test_broken_questions_name_the_line(folder):
    write(folder / "queries.jsonl", QUERIES[0], {"id": "x"})
    with pytest.raises(SourceError) as caught:
        read_queries(folder)
    assert str(caught.value) == f"{folder / 'queries.jsonl'}: line 2 lacks 'question'."


def test_missing_folder_and_wrong_encoding_are_reported(folder):
    with pytest.raises(SourceError) as caught:
        read_corpus(folder / "nowhere")
    path = folder / "nowhere" / "corpus.jsonl"
    assert str(caught.value) == f"{path}: cannot be read (No such file or directory)."
    (folder / "corpus.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(SourceError, match="is not JSON lines \\('utf-8' codec can't decode"):
        read_corpus(folder)


def test_predictions_list_paragraphs_quote_and_highlighted_sentence(folder, library, indexer):
    closed = "The rain closed the bridge. It stays closed until the mayor says that it can be used."
    opened = "The mayor took the bus. She does so each day, and many people of the town do so, too."
    write(folder / "corpus.jsonl", ARTICLES[0] | {"paragraphs": [closed, opened]}, ARTICLES[1])
    assert len(list(indexer.add_all(read_corpus(folder)))) == 2
    first, second = predict(library, read_queries(folder))
    assert (first.id, first.answered) == ("q1", True)
    assert first.ranked == ("flood#0", "flood#1", "sun#0", "sun#1")
    assert (first.quote, first.highlight) == (closed, "The rain closed the bridge.")
    assert first.ms > 0
    unlikely = 1 / (1 + math.exp(-WITHIN_OTHER.bias - WITHIN_OTHER.weights.names))
    assert (second.id, second.answered, second.confidence) == ("2", False, round(unlikely, 4))


def test_passage_of_several_short_paragraphs_counts_as_each_of_them(folder, library):
    list(Indexer(library).add_all(read_corpus(folder)))
    first, _ = predict(library, read_queries(folder))
    assert first.ranked == ("flood#0", "flood#1", "sun#0", "sun#1")
    assert first.quote == "The rain closed the bridge.\n\nThe mayor took the bus."


def test_figures_of_known_predictions_are_exact():
    queries = [
        query("a", ["x#0"], ["rain"]),
        query("b", ["x#1", "y#0"], ["the Bus"]),
        query("c", ["x#2"]),
        query("d", ["x#3"], ["mayor"]),
        query("e", answerable=False),
        query("f", answerable=False),
    ]
    late = [f"z#{n}" for n in range(10)]
    predictions = [
        said("a", ["x#0"], quote="It is rain. It is late.", highlight="It is rain.", ms=10),
        said("b", ["z#0", "y#0", "z#1", "x#1"], quote="A bus; the bus!", highlight="A bus;", ms=20),
        said("c", [*late[:4], "x#2"], answered=False, ms=30),
        said("d", [*late, "x#3"], quote="mayors", highlight="mayors", ms=40),
        said("e", late, answered=False, ms=50),
        said("f", late, ms=100),
    ]
    figures = report("tiny", [], queries, predictions)
    assert (figures.name, figures.answerable, figures.unanswerable) == ("tiny", 4, 2)
    assert figures.hit == {1: 0.25, 3: 0.5, 5: 0.75, 10: 0.75}
    assert figures.mrr == pytest.approx((1 + 1 / 2 + 1 / 5 + 0) / 4)
    assert figures.all_evidence == 0.75
    assert figures.quote_hit == pytest.approx(2 / 3)
    assert figures.highlight_hit == pytest.approx(1 / 3)
    assert (figures.refused_answerable, figures.refused_unanswerable) == (0.25, 0.5)
    assert figures.marked_of_right == 1.0
    assert figures.questions_a_second == pytest.approx(6 / 0.250)
    assert (figures.p50_ms, figures.p95_ms) == (35, 50)


def test_figures_that_no_question_measures_are_none(folder):
    documents = read_corpus(folder)
    figures = report("tiny", documents, [query("a", ["x#0"])], [said("a")])
    assert (figures.articles, figures.paragraphs) == (2, 4)
    assert (figures.quote_hit, figures.highlight_hit) == (None, None)
    assert figures.refused_unanswerable is None
    assert (figures.marked_of_right, figures.auroc) == (None, None)
    assert (figures.mrr, figures.all_evidence) == (0.0, 0.0)


def test_auroc_counts_ordered_pairs_and_brier_averages_squared_errors():
    """Of four pairs, one is in order, two are ties and one is out of order."""
    queries = [
        query("a", ["x#0"]),
        query("b", ["x#0"]),
        *(query(i, answerable=False) for i in "cd"),
    ]
    confidences = {"a": 0.9, "b": 0.5, "c": 0.9, "d": 0.5}
    predictions = [replace(said(name), confidence=sure) for name, sure in confidences.items()]
    figures = report("tiny", [], queries, predictions)
    assert figures.auroc == pytest.approx((1 + 0.5 + 0.5 + 0) / 4)
    assert figures.brier == pytest.approx((0.1**2 + 0.5**2 + 0.9**2 + 0.5**2) / 4)


def test_figures_by_the_language_of_the_gold_article_if_there_are_several(folder):
    flood, sun = read_corpus(folder)
    queries = [
        query("a", ["flood#0"]),
        query("b", ["flood#1"]),
        query("c", ["sun#0"]),
        query("d", answerable=False),
    ]
    predictions = [said("a", ["flood#0"]), said("b"), said("c", ["sun#0"]), said("d")]

    def languages(*codes):
        articles = [replace(a, language=c) for a, c in zip([flood, sun], codes, strict=True)]
        return report("tiny", articles, queries, predictions).languages

    assert languages("en", "en") == languages("en", None) == {}
    found = languages("en", "de")
    assert [(c, r.name, r.articles, r.answerable, r.hit[1]) for c, r in found.items()] == [
        ("de", "tiny: de", 1, 1, 1.0),
        ("en", "tiny: en", 1, 2, 0.5),
    ]


def test_half_of_the_evidence_does_not_count_as_all_evidence():
    queries = [query("a", ["x#0", "x#1"])]
    assert report("t", [], queries, [said("a", ["x#0"])]).all_evidence == 0.0
    assert report("t", [], queries, [said("a", ["x#1", "x#0"])]).all_evidence == 1.0


@pytest.mark.parametrize(
    ("text", "answers", "holds"),
    [
        ("It was the rain.", ["rain"], True),
        ("It was the RAIN — again", ["Rain, again"], True),
        ("It was a rainbow.", ["rain"], False),
        ("In “May 1999”", ["may 1999"], True),
        ("It   cost\n3.5 million", ["cost 3.5"], True),
        ("It was the rain.", ["sun", "the rain"], True),
        ("It was the rain.", [], False),
        ("", ["rain"], False),
    ],
)
def test_answer_is_found_as_whole_words(text, answers, holds):
    assert holds_answer(text, answers) is holds
