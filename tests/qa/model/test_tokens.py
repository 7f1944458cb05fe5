"""Order, offsets and padding, with a model whose vectors can be computed by hand."""

import threading

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from qa.model.tokens import TokenEncoder, cores, tokenize_by

LENGTH, BATCH = 12, 4
VOCABULARY = {"[CLS]": 1, "[SEP]": 2, "[UNK]": 3} | {f"w{n}": 10 + n for n in range(200)}


@pytest.fixture
def tokenize():
    made = Tokenizer(WordLevel(VOCABULARY, unk_token="[UNK]"))
    made.pre_tokenizer = Whitespace()
    made.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return tokenize_by(made, LENGTH)


class Model:
    """A token's vector is its number and the number of tokens of its text."""

    def __init__(self):
        self.batches = []
        self.threads = set()

    def __call__(self, ids, mask):
        assert ids.dtype == mask.dtype == np.int64
        assert (ids[mask == 0] == 0).all()
        self.batches.append(ids.shape)
        self.threads.add(threading.current_thread().name)
        lengths = np.broadcast_to(mask.sum(axis=1, keepdims=True), ids.shape)
        return np.stack([ids, lengths], axis=2).astype(np.float32)


def encode(encoder, texts):
    """Return each text's tokens and offsets as lists, by its number."""
    found = [(n, tokens.tolist(), offsets.tolist()) for n, tokens, offsets in encoder.encode(texts)]
    assert len({n for n, _, _ in found}) == len(found) == len(texts)
    return {n: (tokens, offsets) for n, tokens, offsets in found}


def mixed(count):
    """Texts of 0 to 9 words, alternately long and short."""
    return [" ".join(f"w{(n * 7 + k) % 200}" for k in range(n * 3 % 10)) for n in range(count)]


def test_each_text_has_its_own_tokens_and_their_offsets(tokenize):
    found = encode(TokenEncoder(tokenize, Model(), BATCH), ["w5  w6 w7", "", "w8"])
    assert found == {
        0: ([[1, 5], [15, 5], [16, 5], [17, 5], [2, 5]], [[0, 0], [0, 2], [4, 6], [7, 9], [0, 0]]),
        1: ([[1, 2], [2, 2]], [[0, 0], [0, 0]]),
        2: ([[1, 3], [18, 3], [2, 3]], [[0, 0], [0, 2], [0, 0]]),
    }


def test_texts_of_similar_length_share_a_batch(tokenize):
    model = Model()
    texts = ["w1 w2 w3 w4 w5", "w1"] * BATCH
    assert len(encode(TokenEncoder(tokenize, model, BATCH), texts)) == 2 * BATCH
    assert model.batches == [(BATCH, 3), (BATCH, 7)]


def test_long_text_is_cut_at_the_limit(tokenize):
    ((tokens, offsets),) = encode(
        TokenEncoder(tokenize, Model(), BATCH), [" ".join(f"w{n}" for n in range(50))]
    ).values()
    assert [token for token, _ in tokens] == [1, *range(10, 20), 2]
    assert offsets[-2] == [27, 29]


def test_no_texts_do_not_run_the_model(tokenize):
    model = Model()
    assert list(TokenEncoder(tokenize, model, BATCH).encode([])) == []
    assert model.batches == []


@pytest.mark.parametrize("count", [1, BATCH, BATCH + 1, 5 * BATCH + 3])
def test_parallel_workers_give_what_one_gives(tokenize, count):
    texts = mixed(count)
    alone = encode(TokenEncoder(tokenize, Model(), BATCH), texts)
    model = Model()
    assert encode(TokenEncoder(tokenize, model, BATCH, workers=3), texts) == alone
    assert len(model.batches) == -(-count // BATCH)
    for n, text in enumerate(texts):
        assert [token for token, _ in alone[n][0]] == [
            1,
            *(VOCABULARY[word] for word in text.split()),
            2,
        ]


def test_a_single_batch_needs_no_other_thread(tokenize):
    one, many = Model(), Model()
    encode(TokenEncoder(tokenize, one, BATCH, workers=3), mixed(BATCH))
    encode(TokenEncoder(tokenize, many, BATCH, workers=3), mixed(6 * BATCH))
    here = threading.current_thread().name
    assert one.threads == {here}
    assert many.threads
    assert here not in many.threads


def test_error_of_the_model_is_raised(tokenize):
    def broken(ids, mask):
        raise MemoryError

    for workers in (1, 2):
        with pytest.raises(MemoryError):
            list(TokenEncoder(tokenize, broken, BATCH, workers).encode(mixed(3 * BATCH)))


def test_threads_may_share_an_encoder(tokenize):
    shared, texts = TokenEncoder(tokenize, Model(), BATCH, workers=2), mixed(3 * BATCH)
    alone, found = encode(shared, texts), []
    threads = [
        threading.Thread(target=lambda: found.append(encode(shared, texts))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alone] * 4


def test_there_is_a_core():
    assert cores() >= 1
