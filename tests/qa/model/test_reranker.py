import math

import pytest

from index.indexer import Indexer
from qa import Article, Library, ModelError, Settings
from qa.model.reranker import CrossEncoderReranker
from qa.search.retrieval import RERANK_WEIGHT

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "bridge", "rain", "mayor", "why"]


def save_model(folder, labels=1):
    """A tiny model with fixed random weights."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

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


def test_chances_are_a_logistic_of_the_models_scores(model):
    """The expected scores come from the library that runs the model."""
    import torch
    from sentence_transformers import CrossEncoder

    scores = CrossEncoder(model, device="cpu").predict(
        [("why rain", text) for text in TEXTS],
        activation_fn=torch.nn.Identity(),
        show_progress_bar=False,
    )
    found = CrossEncoderReranker(model).chances("why rain", TEXTS)
    assert found == pytest.approx([1 / (1 + math.exp(-score)) for score in scores.tolist()])
    assert len(set(found)) > 1


def test_no_passages_have_no_chances(model):
    assert CrossEncoderReranker(model).chances("why", []) == []


def test_the_setting_loads_it_and_every_question_uses_it(tmp_path, model, counting):
    def scores(folder, reranker):
        settings = Settings(data_dir=tmp_path / folder, reranker=reranker)
        library = Library(settings, counting)
        Indexer(library).add(Article("a", "T", "The rain.\nA bridge.\nThe mayor, why?"))
        found = {c.stored.passage.text: c.score for c in library.rank("why rain").candidates}
        library.close()
        return found

    plain, reranked = scores("plain", None), scores("reranked", model)
    texts = list(plain)
    chances = CrossEncoderReranker(model).chances("why rain", [f"T\n{text}" for text in texts])
    assert [reranked[text] for text in texts] == pytest.approx(
        [plain[text] + RERANK_WEIGHT * chance for text, chance in zip(texts, chances, strict=True)]
    )


@pytest.mark.parametrize("name", ["no-such/cross-encoder", "/no/such/folder"])
def test_missing_model_is_reported_with_its_setting(name):
    with pytest.raises(ModelError) as caught:
        CrossEncoderReranker(name)
    assert str(caught.value).startswith(
        f"The cross-encoder {name} (PULLQUOTE_RERANKER) cannot be loaded: "
    )
    assert "\n" not in str(caught.value)


def test_model_with_several_scores_is_refused(tmp_path):
    with pytest.raises(ModelError, match="returns 3 scores for each pair instead of one"):
        CrossEncoderReranker(save_model(tmp_path, labels=3))
