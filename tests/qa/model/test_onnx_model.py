import logging
import os
import shutil
import subprocess
import sys
import threading

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from index.indexer import Indexer
from qa import Article, Library, Settings
from qa.model import onnx_model as graph
from qa.model.cache import filled
from qa.model.encoder import SentenceEncoder
from qa.model.packaged import english_model
from qa.model.short_weights import write_both
from qa.vectors import unit
from tests.qa.model.tiny import loaded, save_bert, save_model

WORDS = ["vault", "svalbard", "opened", "was", "it", "the", "in", "lies", "on", "."]
LENGTH = 64
TEXTS = [
    "The vault lies on Svalbard.",
    "It was opened in the vault. It was.",
    "",
    " \n\x00",
    "half a pair: \ud83d",
    "😀 vault",
    "vault svalbard opened " * 100,
]


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    """A tiny transformer with random weights."""
    return save_bert(tmp_path_factory.mktemp("bert"), WORDS)


@pytest.fixture(scope="module")
def model_of(bert, tmp_path_factory):
    """Save the tiny transformer as a model with this pooling; return its folder."""
    return lambda pooling, **how: save_model(bert, tmp_path_factory.mktemp(pooling), pooling, **how)


@pytest.fixture(scope="module")
def averaging(model_of):
    return model_of("mean")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache for this test only."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pullquote" / "graphs"


def by_torch(model, texts=TEXTS):
    readable = [text.encode("utf-8", "replace").decode() for text in texts]
    return unit(np.asarray(loaded(model).encode(readable, show_progress_bar=False), np.float32))


def has_graph(encoder, expected):
    """Whether queries are encoded by the graph and agree with the model."""
    assert encoder._graph is not None
    np.testing.assert_allclose(encoder.encode_queries(TEXTS), expected, rtol=0, atol=1e-5)
    return True


# The graph is exported once and agrees with the model


def test_graph_of_the_packaged_model_agrees_with_it(encoder):
    texts = [*graph.PROBES, *TEXTS, "Why was the bridge closed?"]
    theirs = by_torch(str(english_model()), texts)
    for each, least in ((encoder, 0.998), (SentenceEncoder(precision="float32"), 0.9999)):
        ours = each.encode_queries(texts)
        assert each._graph is not None
        assert (ours * theirs).sum(axis=1).min() > least
        assert np.linalg.norm(ours, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)


def test_graph_is_exported_once_and_then_loaded_without_the_model(cache, averaging):
    expected = by_torch(averaging)
    first = SentenceEncoder(averaging)
    assert (first.dimension, has_graph(first, expected)) == (8, True)
    (folder,) = cache.iterdir()
    assert sorted(path.name for path in folder.iterdir()) == [
        "facts.json",
        "model.onnx",
        "quick.onnx",
        "tokenizer.json",
        "weights.bin",
    ]
    made = (folder / "model.onnx").stat().st_mtime_ns
    second = SentenceEncoder(averaging)
    assert (second.dimension, has_graph(second, expected)) == (8, True)
    assert second._torch is None
    assert (folder / "model.onnx").stat().st_mtime_ns == made


def test_graph_of_the_packaged_model_is_found_whenever_that_was_installed(encoder, tmp_path):
    """As in a container whose image was pushed, which rounds the times of files."""
    package = english_model().parent
    shutil.copytree(package, tmp_path / package.name)
    for file in (tmp_path / package.name).rglob("*.*"):
        os.utime(file, (0, 0))
    code = "from qa.model.encoder import *; e = SentenceEncoder(); print(e._path, e._folder)"
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert done.stdout.decode().split() == [
        str(tmp_path / package.name / english_model().name),
        str(encoder._folder),
    ]


def test_queries_and_passages_of_a_model_without_prompts_agree(cache, averaging):
    encoder = SentenceEncoder(averaging)
    queries, passages = encoder.encode_queries(TEXTS), encoder.encode_passages(TEXTS)
    assert (queries * np.concatenate(passages)).sum(axis=1).min() > 0.999


def test_text_is_cut_at_the_limit_of_the_model(cache, averaging):
    encoder = SentenceEncoder(averaging)
    read = encoder.encode_queries(["vault " * n for n in (LENGTH - 2, 500, LENGTH - 3)])
    assert read[0] == pytest.approx(read[1], abs=1e-6)
    assert not np.allclose(read[0], read[2], atol=1e-6)


def test_threads_get_their_own_vectors(cache, averaging):
    encoder = SentenceEncoder(averaging)
    expected, found = encoder.encode_queries(TEXTS), {}

    def encode(n):
        for _ in range(20):
            found[n] = encoder.encode_queries([TEXTS[n]])[0]

    threads = [threading.Thread(target=encode, args=(n,)) for n in range(len(TEXTS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = np.stack([found[n] for n in range(len(TEXTS))])
    np.testing.assert_allclose(together, expected, rtol=0, atol=1e-5)


def test_changed_model_folder_gets_another_graph(cache, averaging, tmp_path):
    shutil.copytree(averaging, tmp_path / "model")
    encoder = SentenceEncoder(str(tmp_path / "model"))
    weights = tmp_path / "model" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-400:] = bytes(400)
    weights.write_bytes(content)
    changed = SentenceEncoder(str(tmp_path / "model"))
    assert len(list(cache.iterdir())) == 2
    assert has_graph(changed, by_torch(str(tmp_path / "model")))
    vectors = [each.encode_queries(["vault"]) for each in (changed, encoder)]
    assert not np.allclose(*vectors, atol=1e-4)


# A graph that cannot be used is exported again


def half(content):
    return content[: len(content) // 2]


def other_weight(content):
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 0x40]) + content[place + 1 :]


@pytest.mark.parametrize(
    "name", ["model.onnx", "quick.onnx", "weights.bin", "tokenizer.json", "facts.json"]
)
@pytest.mark.parametrize("damage", [None, half, bytes, other_weight, lambda _: b"{}"])
def test_damaged_graph_is_exported_again(cache, averaging, name, damage, caplog):
    """``bytes`` changes nothing, which must not be mistaken for damage."""
    SentenceEncoder(averaging)
    (folder,) = cache.iterdir()
    before = (folder / name).read_bytes()
    if damage is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(damage(before))
    assert has_graph(SentenceEncoder(averaging), by_torch(averaging))
    assert list(cache.iterdir()) == [folder]
    noticed = f"The model's graph in {folder} is exported again" in caplog.text
    assert noticed is (damage is not bytes)
    caplog.clear()
    assert SentenceEncoder(averaging)._torch is None
    assert caplog.text == ""


def test_the_first_of_two_exports_at_once_is_kept(cache, averaging):
    encoder = SentenceEncoder(averaging)
    (folder,) = cache.iterdir()
    exported = folder.rename(cache / "exported")
    with filled(folder) as late:
        shutil.copytree(exported, late, dirs_exist_ok=True)
        with filled(folder) as first:
            shutil.copytree(exported, first, dirs_exist_ok=True)
        kept = folder.stat().st_ino
    assert folder.stat().st_ino == kept
    assert {each.name for each in cache.iterdir()} == {"exported", folder.name}
    again = SentenceEncoder(averaging)
    assert again._torch is None
    assert again.encode_queries(TEXTS) == pytest.approx(encoder.encode_queries(TEXTS), abs=1e-6)


# In eight bits


def test_weights_of_a_question_take_eight_bits(cache, tmp_path):
    """Each block of 32 numbers is rounded to 127 steps on both sides of zero."""
    weights = np.random.default_rng(0).standard_normal((64, 3)).astype(np.float32)
    weights[:32, 0] = 0
    asked = helper.make_tensor_value_info("asked", TensorProto.FLOAT, [2, 64])
    found = helper.make_tensor_value_info("found", TensorProto.FLOAT, [2, 3])
    product = helper.make_node("MatMul", ["asked", "weights"], ["found"], "product")
    stored = numpy_helper.from_array(weights, "weights")
    whole = helper.make_graph([product], "graph", [asked], [found], [stored])
    onnx.save(helper.make_model(whole, ir_version=10), tmp_path / "exported.onnx")
    names = [tmp_path / name for name in (graph.EXACT, graph.QUICK)]
    write_both(tmp_path / "exported.onnx", *names)
    # One number a row, the largest of its block, so that none is lost when the input is rounded.
    given = np.zeros((2, 64), np.float32)
    given[0, 5], given[1, 40] = 3, -7
    exact, quick = (run(str(name), asked=given) for name in names)
    steps = np.abs(weights.reshape(2, 32, 3)).max(axis=1) / 127
    rounded = np.rint(weights[[5, 40]] / np.maximum(steps, 1e-30)) * steps
    assert exact == pytest.approx(given @ weights)
    assert quick == pytest.approx(np.array([[3], [-7]]) * rounded, abs=1e-5)
    assert not np.allclose(exact, quick, atol=1e-3)


def run(path, **inputs):
    return onnxruntime.InferenceSession(path).run(None, inputs)[0]


@pytest.mark.parametrize(("spread", "is_shortened"), [(0.02, True), (3.0, False)])
def test_model_that_loses_too_much_in_eight_bits_keeps_full_precision(
    cache, tmp_path, spread, is_shortened
):
    """Weights that are spread this far make tiny differences large."""
    sizes = {"hidden_size": 32, "intermediate_size": 64, "initializer_range": spread}
    model = save_model(save_bert(tmp_path, WORDS, **sizes), tmp_path / "model", "mean")
    exact = SentenceEncoder(model, "float32").encode_queries(graph.PROBES)
    quick = SentenceEncoder(model, "int8").encode_queries(graph.PROBES)
    assert (exact * quick).sum(axis=1).min() > 0.999
    assert np.array_equal(exact, quick) is not is_shortened


def test_eight_bit_graph_is_made_once_and_again_if_damaged(cache, averaging):
    def passages():
        return np.concatenate(SentenceEncoder(averaging, "int8").encode_passages(TEXTS))

    first = passages()
    quantized = next(cache.glob("*-int8"))
    made = (quantized / "model.onnx").stat()
    assert passages() == pytest.approx(first)
    assert (quantized / "model.onnx").stat().st_mtime_ns == made.st_mtime_ns
    encoder = SentenceEncoder(averaging, "int8")
    encoder.encode_passages(TEXTS)
    assert encoder._torch is None
    (quantized / "model.onnx").write_bytes(b"rubbish")
    assert passages() == pytest.approx(first)
    assert len(list(cache.iterdir())) == 2


def test_passages_are_encoded_in_full_precision_without_an_eight_bit_graph(
    cache, averaging, caplog
):
    encoder = SentenceEncoder(averaging, "int8")
    (folder,) = cache.iterdir()
    folder.with_name(f"{folder.name}-int8").write_text("no folder")
    passages = np.concatenate(encoder.encode_passages(TEXTS))
    assert passages == pytest.approx(encoder.encode_queries(TEXTS), abs=1e-5)
    assert encoder.precision == "float32"
    assert "Articles are encoded in full precision: " in caplog.text


def test_making_an_eight_bit_graph_prints_nothing_and_leaves_nothing_else(cache, averaging):
    """ONNX Runtime would keep an identity of the machine there, and send its notes home."""
    script = (
        "from qa.model.encoder import SentenceEncoder as E; "
        f"E({averaging!r}, 'int8').encode_passages([''])"
    )
    SentenceEncoder(averaging)
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [each.name for each in cache.parent.parent.iterdir()] == ["pullquote"]


# Without a graph


def test_model_whose_graph_cannot_be_written_runs_in_torch(cache, averaging, caplog):
    cache.parent.parent.mkdir()
    cache.parent.write_text("no folder")
    encoder = SentenceEncoder(averaging)
    assert encoder._graph is None
    assert "Questions are encoded by torch, as there is no graph" in caplog.text
    agreement = (encoder.encode_queries(TEXTS) * by_torch(averaging)).sum(axis=1)
    assert agreement == pytest.approx(np.ones(len(TEXTS)), abs=0.01)
    (read,) = encoder.encode_passages(["The vault. It was."], [[(0, 10), (11, 18)]])
    assert read.shape == (3, 8)


def test_model_without_mean_pooling_has_no_graph(cache, model_of, caplog):
    caplog.set_level(logging.WARNING)
    model = model_of("cls")
    encoder = SentenceEncoder(model)
    assert (encoder._graph, encoder.dimension) == (None, 8)
    assert not cache.exists()
    agreement = (encoder.encode_queries(TEXTS) * by_torch(model)).sum(axis=1)
    assert agreement == pytest.approx(np.ones(len(TEXTS)), abs=0.01)
    assert "graph" not in caplog.text


def test_model_with_more_after_pooling_has_no_graph(cache, model_of):
    model = model_of("mean", dense=4)
    encoder = SentenceEncoder(model)
    assert (encoder._graph, encoder.dimension) == (None, 4)
    agreement = (encoder.encode_queries(TEXTS) * by_torch(model)).sum(axis=1)
    assert agreement == pytest.approx(np.ones(len(TEXTS)), abs=0.01)


# A process that only answers questions


def test_question_in_a_fresh_process_loads_no_torch(encoder, tmp_path):
    library = Library(Settings(data_dir=tmp_path / "data"), encoder)
    text = "Heavy rain fell.\n\nThe old bridge was closed because the flood had damaged a pillar."
    Indexer(library).add(Article("bridge", "Old bridge closed", text))
    expected = library.ask("Why was the bridge closed?")
    library.close()
    script = f"""
import sys
from pathlib import Path
from qa import Library, Settings

library = Library(Settings(data_dir=Path({str(tmp_path / "data")!r})))
library.warm_up()
answer = library.ask("Why was the bridge closed?")
loaded = {{"torch", "transformers", "sentence_transformers"}} & set(sys.modules)
print(answer.verdict.name, answer.quotes[0].sentence, loaded)
"""
    asked = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert asked.returncode == 0, asked.stderr
    sentence = "The old bridge was closed because the flood had damaged a pillar."
    assert expected.quotes[0].sentence == sentence
    assert asked.stdout == f"ANSWERED {sentence} set()\n"
