import math

import pytest
import torch
from sentence_transformers import CrossEncoder
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from qa import Article, Library, ModelError, Passage, Settings
from qa.model.reranker import WEIGHT, CrossEncoderReranker
from qa.search.retrieval import Candidate
from qa.store.passages import StoredPassage

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "bridge", "rain", "mayor", "why"]


def save_model(folder, labels=1):
    """A tiny model of which nothing is known but that it is the same each time."""
    torch.manual_seed(7)
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY))
    config = BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=64, num_labels=labels,
        initializer_range=1.0,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_model(tmp_path_factory.mktemp("cross-encoder"))


TEXTS = ["why bridge", "mayor rain", "bridge bridge", "rain", "mayor mayor mayor"]


def candidates():
    return [
        Candidate(
            StoredPassage(n, 1, Passage(text, 0, len(text), n, "T"), False),
            0, 0, 0, score=1.5 - 0.01 * n,
        )
        for n, text in enumerate(TEXTS)
    ]  # fmt: skip


def test_first_few_come_in_the_order_of_the_model(model):
    """The model is asked here by itself, as its library does it."""
    pairs = [("why rain", f"T\n{text}") for text in TEXTS[:4]]
    logits = CrossEncoder(model, device="cpu").predict(
        pairs, activation_fn=torch.nn.Identity(), show_progress_bar=False
    )
    expected = {
        text: 1.5 - 0.01 * n + WEIGHT / (1 + math.exp(-logit))
        for n, (text, logit) in enumerate(zip(TEXTS, logits.tolist(), strict=False))
    }
    found = candidates()
    CrossEncoderReranker(model).reorder("why rain", found, 4)
    order = sorted(expected, key=lambda text: -expected[text])
    assert [c.stored.passage.text for c in found] == [*order, TEXTS[4]]
    assert [c.score for c in found[:4]] == pytest.approx([expected[text] for text in order])
    assert order != TEXTS[:4]
    assert found[4].score == pytest.approx(1.46)


def test_nothing_has_no_order(model):
    found = []
    CrossEncoderReranker(model).reorder("why", found, 4)
    assert found == []


def test_setting_loads_it_and_questions_go_through_it(tmp_path, model, counting, indexer_of):
    def scores(folder, reranker):
        settings = Settings(data_dir=tmp_path / folder, reranker=reranker)
        library = Library(settings, counting)
        indexer_of(library).add(Article("a", "T", "The rain.\nA bridge.\nThe mayor, why?"))
        found = {c.stored.passage.text: c.score for c in library.rank("why rain").candidates}
        library.close()
        return found

    plain, reranked = scores("plain", None), scores("reranked", model)
    assert plain.keys() == reranked.keys()
    assert all(plain[text] < reranked[text] < plain[text] + WEIGHT for text in plain)


@pytest.mark.parametrize("name", ["no-such/cross-encoder", "/no/such/folder"])
def test_model_that_is_not_there_is_said_with_the_setting(name):
    with pytest.raises(ModelError) as caught:
        CrossEncoderReranker(name)
    assert str(caught.value).startswith(
        f"The cross-encoder {name} (PULLQUOTE_RERANKER) cannot be loaded: "
    )
    assert "\n" not in str(caught.value)


def test_model_of_several_figures_is_refused(tmp_path):
    with pytest.raises(ModelError, match="gives 3 figures for a pair, not one"):
        CrossEncoderReranker(save_model(tmp_path, labels=3))
