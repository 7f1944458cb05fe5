"""Pieces, offsets and limits; the library that other models use says what is right."""

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from qa.model import unigram
from qa.model.packaged import multilingual_model
from qa.model.packed import PackedModel, Vocabulary

LENGTH = 512
TEXTS = [
    "How long is the Channel Tunnel, and who dug it?",
    "Яка довжина тунелю під Ла-Маншем? П'ять десятків кілометрів.",
    "Der Ärmelkanaltunnel wurde 1994 eröffnet; er kostete 9,5 Mrd. £.",
    "東京は日本の首都です。人口は約1400万人。",
    "ما هي عاصمة مصر؟",
    "ประเทศไทยมีเมืองหลวงชื่อกรุงเทพฯ",
    "ﬁne ½ ① Ｗｉｄｅ café e\u0301te\u0301",
    "👍🏽 x 𓀀𓀁𓀂 y",
    "https://example.org/a_b?c=d#e",
    "Donaudampfschifffahrtsgesellschaftskapitän",
    "word " * 700,
    "字" * 700,
    "",
]


@pytest.fixture(scope="module")
def vocabulary():
    return PackedModel(multilingual_model()).vocabulary


@pytest.fixture(scope="module")
def loaded(vocabulary, tmp_path_factory):
    path = tmp_path_factory.mktemp("pieces") / "pieces.json"
    unigram.save(vocabulary, path)
    return unigram.load(path, LENGTH)


@pytest.fixture(scope="module")
def theirs(vocabulary):
    pairs = list(zip(vocabulary.pieces, vocabulary.scores, strict=True))
    made = Tokenizer(models.Unigram(pairs, unk_id=vocabulary.unknown))
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    made.enable_truncation(LENGTH - 2)
    return made


def test_vocabulary_is_that_of_xlm_roberta(vocabulary):
    assert len(vocabulary.pieces) == 250_002
    assert vocabulary.pieces[:6] == ["<s>", "<pad>", "</s>", "<unk>", ",", "."]
    assert (vocabulary.begin, vocabulary.end, vocabulary.unknown) == (0, 2, 3)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_pieces_are_those_of_the_library(loaded, theirs, text):
    (ours,) = loaded.encode([text])
    assert ours.ids == [0, *theirs.encode(text).ids, 2]
    assert len(ours.offsets) == len(ours.ids) <= LENGTH


def covered(loaded, text):
    """The text that each token covers, without the two ends."""
    (tokens,) = loaded.encode([text])
    assert tokens.offsets[0] == tokens.offsets[-1] == (0, 0)
    return [text[a:b] for a, b in tokens.offsets[1:-1]]


def test_offsets_leave_out_the_space_before_a_word(loaded):
    assert covered(loaded, "  The  tunnel\tis\u00a0long.") == ["The", "tunnel", "is", "long", "."]
    assert covered(loaded, "Довжина тунелю") == ["Д", "ов", "жина", "тунел", "ю"]


def test_offsets_are_of_the_text_as_it_was_written(loaded):
    text = "Ｔhe ﬁ\x01ve ½ cafe\u0301s."
    assert covered(loaded, text) == ["Ｔhe", "ﬁ\x01ve", "½", "cafe\u0301", "s", "."]


def test_word_that_no_piece_begins_has_a_token_of_its_own_for_the_space(loaded):
    (tokens,) = loaded.encode(["x 𓀀𓀁 y"])
    assert tokens.ids[2:4] == [6, 3]
    assert tokens.offsets[1:-1] == [(0, 1), (2, 2), (2, 4), (5, 6)]


def test_marks_of_the_vocabulary_are_plain_text_in_a_text(loaded):
    (tokens,) = loaded.encode(["<s> </s> <mask> <unk>"])
    assert not {0, 1, 2, 250_001} & set(tokens.ids[1:-1])


def test_likeliest_split_wins_and_unknown_characters_are_joined():
    pieces = ["<s>", "</s>", "<unk>", "▁", "a", "b", "ab", "▁a", "bb"]
    scores = [0.0, 0.0, 0.0, -1.0, -2.0, -2.0, -5.0, -2.5, -3.0]
    tiny = unigram.Unigram(Vocabulary(pieces, scores, {"~": ""}, 0, 1, 2), 8)
    found = tiny.encode(["abb", "ab?!", "~a", "a " * 9])
    assert [each.ids for each in found] == [
        [0, 7, 8, 1],  # -5.5; with "ab" it would be -8
        [0, 7, 5, 2, 1],
        [0, 7, 1],
        [0, *[7] * 6, 1],
    ]
    assert found[1].offsets == [(0, 0), (0, 1), (1, 2), (2, 4), (0, 0)]
    assert found[2].offsets == [(0, 0), (1, 2), (0, 0)]
