"""The command line as other programs and people rely on it."""

import json
from pathlib import Path

import pytest

from qa.article import article_id
from tests.e2e.conftest import open_house

FLOOD = """---
title: Old bridge closed after flood
url: https://example.org/bridge
source: Valley Post
date: 2024-05-03
---

Heavy rain fell on the valley on Monday, and the river Lenn rose by two metres within hours.

The old bridge at Mill Lane was closed because the flood had damaged two of its pillars. Engineers \
from the county will inspect it next week.
"""
PARAGRAPH = (
    "The old bridge at Mill Lane was closed because the flood had damaged two of its pillars. "
    "Engineers from the county will inspect it next week."
)
SENTENCE = PARAGRAPH.partition(" Engineers")[0]


@pytest.fixture(scope="module")
def flooded(tmp_path_factory):
    """A data folder with one article, for tests that change nothing."""
    with open_house(tmp_path_factory.mktemp("house")) as house:
        (house.folder / "flood.md").write_text(FLOOD)
        assert house.run("add", "flood.md").returncode == 0
        yield house


def asked(house, *arguments):
    done = house.run("ask", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_answer_is_printed_as_json(flooded):
    answer = json.loads(asked(flooded, "Why was the old bridge closed?", "-n", "1", "--json"))
    confidence = answer.pop("confidence")
    (quote,) = answer.pop("quotes")
    assert answer == {
        "question": "Why was the old bridge closed?",
        "answered": True,
        "verdict": "answered",
    }
    assert 0.32 <= confidence <= 1
    assert quote.pop("score") > 0
    start = len("Heavy rain fell on the valley on Monday, and the river Lenn rose by two metres ")
    start += len("within hours.\n")
    assert quote == {
        "text": PARAGRAPH,
        "highlight": [0, len(SENTENCE)],
        "start": start,
        "end": start + len(PARAGRAPH),
        "paragraph": 1,
        "section": None,
        "page": None,
        "article": {
            "id": article_id("https://example.org/bridge"),
            "title": "Old bridge closed after flood",
            "url": "https://example.org/bridge",
            "source": "Valley Post",
            "published_at": "2024-05-03T00:00:00+00:00",
        },
    }


def test_answer_for_people_is_printed_without_quotation_marks(flooded):
    shown = asked(flooded, "Why", "was", "the", "old", "bridge", "closed?", "-n", "1")
    number = article_id("https://example.org/bridge")
    assert [line.strip() for line in shown.splitlines() if line.strip()] == [
        "The old bridge at Mill Lane was closed because the flood had damaged two of",
        "its pillars. Engineers from the county will inspect it next week.",
        f"— Old bridge closed after flood · Valley Post · 2024-05-03  [{number}]",
        "https://example.org/bridge",
    ]


@pytest.mark.parametrize(
    ("question", "verdict", "first_line"),
    [
        (
            "Who won the chess cup?",
            "nothing near",
            "None of the articles is about this.",
        ),
        (
            "How long is the bridge?",
            "near, but not answering",
            "None of the articles answers this. Closest matches:",
        ),
    ],
)
def test_refusal_states_its_reason_and_json_lists_the_nearest_passages(
    flooded, question, verdict, first_line
):
    assert asked(flooded, question).splitlines()[0] == first_line
    answer = json.loads(asked(flooded, question, "--json"))
    assert (answer["answered"], answer["verdict"]) == (False, verdict)
    assert {quote["article"]["title"] for quote in answer["quotes"]} == {
        "Old bridge closed after flood"
    }


def test_empty_index_is_not_a_failure(house):
    assert (
        asked(house, "Anything?") == "There are no articles yet. Add some with `pullquote add`.\n"
    )
    assert json.loads(asked(house, "Anything?", "--json")) == {
        "question": "Anything?",
        "answered": False,
        "confidence": 0.0,
        "verdict": "nothing indexed",
        "quotes": [],
    }


def test_articles_are_added_once_updated_counted_and_rebuilt(house):
    number = article_id("https://example.org/bridge")
    house.add("flood.md", FLOOD)
    path = house.folder / "flood.md"
    again = house.run("add", path)
    assert again.stdout == (
        f"unchanged  {number}  Old bridge closed after flood\n"
        "0 added, 0 updated, 1 unchanged, 0 failed.\n"
    )
    path.write_text(FLOOD.replace("two of its", "three of its"))
    assert house.run("add", path).stdout.splitlines()[1] == (
        "0 added, 1 updated, 0 unchanged, 0 failed."
    )
    rebuilt = house.command("rebuild")
    assert rebuilt.stdout.startswith("Rebuilt 1 article, 2 passages in ")
    assert rebuilt.stdout.endswith("; generation 2 is current.\n")
    figures = json.loads(house.run("status", "--json").stdout)
    assert figures["articles"] == 1
    assert figures["passages"] == 2
    assert figures["generation"] == 2
    assert {"model", "feeds", "subscriptions", "outbox"} <= figures.keys()


def test_evaluation_prints_figures_and_writes_predictions(house):
    folder = house.folder / "set"
    folder.mkdir()
    paragraphs = FLOOD.split("---\n\n")[1].strip().split("\n\n")
    article = {"id": "flood", "title": "Old bridge", "paragraphs": paragraphs}
    query = {
        "id": "q1",
        "question": "Why was the old bridge closed?",
        "paragraph_ids": ["flood#1"],
        "answers": ["the flood had damaged two of its pillars"],
        "answerable": True,
    }
    (folder / "corpus.jsonl").write_text(json.dumps(article) + "\n")
    (folder / "queries.jsonl").write_text(json.dumps(query) + "\n")
    predictions = house.folder / "predictions.jsonl"
    done = house.run("eval", folder, "--json", "--predictions", predictions)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["hit"]["1"] == report["highlight_hit"] == 1.0
    (prediction,) = map(json.loads, Path(predictions).read_text().splitlines())
    assert prediction.pop("ms") > 0
    assert 0.32 <= prediction.pop("confidence") <= 1
    assert prediction == {
        "id": "q1",
        "answered": True,
        "ranked": ["flood#1", "flood#0"],
        "quote": PARAGRAPH,
        "highlight": SENTENCE,
    }
