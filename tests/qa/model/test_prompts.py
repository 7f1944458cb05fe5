"""The prompts of queries and passages, in every way a text becomes a vector."""

from pathlib import Path

import numpy as np
import pytest

from qa.model import onnx_model
from qa.model.encoder import SentenceEncoder
from qa.model.prompts import Prompts, known_prompts, prompts_of
from qa.vectors import unit
from tests.qa.model.tiny import loaded, save_bert, save_model

WORDS = ["query", "passage", "other", ":", "the", "vault", "is", "shut", "it", "lies", "deep", "."]
OWN = {"query": "query: ", "document": "passage: "}
TEXT = "The vault is shut. It lies deep."
SPANS = [(0, 18), (19, 32)]


@pytest.fixture
def model_of(tmp_path, monkeypatch):
    """Save a tiny model with this pooling and these prompts; return its folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    bert = save_bert(tmp_path, WORDS, initializer_range=1.0)

    def save(prompts, pooling="mean", **options):
        return save_model(bert, tmp_path / "model", pooling, prompts=prompts, **options)

    return save


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({}, Prompts("", "")),
        ({"query": "q: ", "document": "d: ", "passage": "p: "}, Prompts("q: ", "d: ")),
        ({"query": "", "document": "", "passage": "p: "}, Prompts("", "p: ")),
        ({"query": None, "corpus": "c: ", "clustering": "x: "}, Prompts("", "c: ")),
    ],
)
def test_prompts_are_chosen_by_the_names_that_models_use(named, expected):
    assert prompts_of(named) == expected


@pytest.mark.parametrize(
    ("pooling", "options", "has_graph"),
    [("mean", {}, True), ("cls", {}, False), ("mean", {"include_prompt": False}, False)],
    ids=["graph", "torch", "prompt not pooled"],
)
def test_vectors_are_those_of_the_models_own_encode_query_and_encode_document(
    model_of, pooling, options, has_graph
):
    folder = model_of(OWN, pooling, **options)
    encoder = SentenceEncoder(folder, "float32")
    assert (encoder._graph is not None, encoder.prompts) == (has_graph, Prompts(*OWN.values()))
    full = loaded(folder)
    queries = unit(full.encode_query([TEXT], show_progress_bar=False))
    passages = unit(full.encode_document([TEXT], show_progress_bar=False))
    assert not np.allclose(queries, passages, atol=1e-3)
    for again in (encoder, SentenceEncoder(folder, "float32")):  # the second loads the graph
        assert again.encode_queries([TEXT]) == pytest.approx(queries, abs=1e-5)
        for quick in (True, False):
            (found,) = again.encode_passages([TEXT], quick=quick)
            assert found == pytest.approx(passages, abs=1e-5)


def test_sentences_keep_their_own_tokens_behind_a_prompt(model_of):
    """Spans are offsets into the text without the prompt."""
    prompt = OWN["document"]
    (found,) = SentenceEncoder(model_of(OWN), "float32").encode_passages([TEXT], [SPANS])
    plain = SentenceEncoder(model_of({}), "float32")
    shifted = [(len(prompt) + a, len(prompt) + b) for a, b in SPANS]
    (expected,) = plain.encode_passages([prompt + TEXT], [shifted])
    assert found == pytest.approx(expected, abs=1e-5)
    assert not np.allclose(expected[1], expected[2], atol=1e-3)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_given_prompts_win_over_the_models_own(model_of, pooling):
    folder = model_of(OWN, pooling)
    given = SentenceEncoder(folder, "float32", query_prompt="other: ", passage_prompt="")
    full = loaded(folder)
    assert given.prompts == Prompts("other: ", "")
    other = unit(full.encode([TEXT], prompt="other: ", show_progress_bar=False))
    bare = unit(full.encode([TEXT], prompt="", show_progress_bar=False))
    assert given.encode_queries([TEXT]) == pytest.approx(other, abs=1e-5)
    assert given.encode_passages([TEXT])[0] == pytest.approx(bare, abs=1e-5)


def test_prompts_are_kept_with_the_graph(model_of, tmp_path):
    folder = model_of(OWN)
    SentenceEncoder(folder, "int8").encode_passages([TEXT])
    (kept, quantized) = sorted((tmp_path / "cache" / "pullquote" / "graphs").iterdir())
    for each in (kept, quantized):
        assert onnx_model.load(each).prompts == Prompts(*OWN.values())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("intfloat/multilingual-e5-small", Prompts("query: ", "passage: ")),
        ("/models/e5-base-v2", Prompts("query: ", "passage: ")),
        ("intfloat/multilingual-e5-large-instruct", Prompts()),
        ("owner/fine5-small", Prompts()),
        ("all-MiniLM-L6-v2", Prompts()),
    ],
)
def test_prompts_of_some_models_are_known_by_name(name, expected):
    assert known_prompts(name) == expected


def test_known_prompts_are_used_if_the_model_names_none(model_of, tmp_path):
    Path(model_of({})).rename(tmp_path / "e5-small")
    encoder = SentenceEncoder(str(tmp_path / "e5-small"))
    assert encoder.prompts == Prompts("query: ", "passage: ")
    Path(model_of({"query": "q: "})).rename(tmp_path / "e5-base")
    assert SentenceEncoder(str(tmp_path / "e5-base")).prompts == Prompts("q: ", "")
