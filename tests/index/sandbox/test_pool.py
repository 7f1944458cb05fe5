"""Documents are parsed in small processes that a hostile one can kill and that never outlive us."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest

from index.documents.registry import parse_markup, parse_page
from index.feeds.formats import xml
from index.sandbox.pool import WORKERS, Pool
from qa.errors import SourceError
from tests.index.feed_helpers import BODY, PAGE, TANGLED_PAGE, rss

URL = "https://oak.example/story"
TANGLED_FEED = rss(f"<item><author>{'a' * 200_000}</author></item>")
OF_PAGE = {"media_type": "text/html", "name": "story", "url": URL, "charset": None}
needs_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")


def read_page(pool, body):
    return pool.run(parse_page, body, URL, **OF_PAGE)["text"]


def children(process="self"):
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return {int(pid) for task in tasks for pid in task.read_text().split()}


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def seconds_worked(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until(condition, seconds=10):
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("parser", "body", "arguments"),
    [(xml.read, TANGLED_FEED, {"most_entries": 9}), (parse_page, TANGLED_PAGE, OF_PAGE)],
    ids=["feed", "page"],
)
def test_document_that_takes_too_long_is_abandoned_and_the_next_is_read(parser, body, arguments):
    pool = Pool(seconds=1)
    with pytest.raises(SourceError) as caught:
        pool.run(parser, body, URL, **arguments)
    assert str(caught.value) == f"{URL}: this document took too long to parse"
    assert pool.run(xml.read, rss(), URL, 1)["title"] == "The Daily Oak"


def test_failing_parser_is_reported_and_its_worker_continues(caplog):
    pool = Pool()
    with pytest.raises(SourceError) as caught:
        pool.run(parse_page, PAGE.encode(), URL, **{**OF_PAGE, "url": 7})
    assert str(caught.value) == f"{URL}: this document could not be parsed"
    assert "Traceback" in caplog.text
    assert read_page(pool, PAGE.encode()) == BODY


def test_parser_results_and_errors_are_returned():
    pool = Pool()
    with pytest.raises(SourceError) as caught:
        pool.run(parse_page, b"<p></p>", URL, **OF_PAGE)
    assert str(caught.value) == f"{URL}: no article text was found"
    assert pool.run(parse_markup, b"<p>One<p>Two", URL, title="")["text"] == "One\nTwo"
    assert pool.run(xml.read, b"<html>", URL, 1) is None


def test_other_threads_run_while_a_hostile_page_is_read():
    pool, started, turns = Pool(seconds=1.5), threading.Event(), 0

    def read():
        started.set()
        with pytest.raises(SourceError):
            read_page(pool, TANGLED_PAGE)

    thread = threading.Thread(target=read)
    thread.start()
    started.wait()
    while thread.is_alive():
        time.sleep(0.01)
        turns += 1
    assert turns > 10  # a regular expression in this process would leave at most one


@needs_proc
def test_many_threads_share_a_few_workers_that_end_with_the_pool():
    before, pool = children(), Pool()
    with ThreadPoolExecutor(12) as threads:
        texts = list(threads.map(partial(read_page, pool), [PAGE.encode()] * 12))
    assert texts == [BODY] * 12
    made = children() - before
    assert 0 < len(made) <= WORKERS
    del pool
    wait_until(lambda: not any(map(is_alive, made)))


def read_one_more(pool):
    """Read a page; return the earlier worker processes and those started for it."""
    before = children()
    assert read_page(pool, PAGE.encode()) == BODY
    return before, children() - before


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_workers_ignore_signals_sent_to_all_processes_of_a_service(number):
    pool = Pool()
    _, (made,) = read_one_more(pool)
    os.kill(made, number)
    assert read_one_more(pool)[1] == set()
    assert is_alive(made)


@needs_proc
def test_document_is_read_even_if_its_process_was_killed():
    pool = Pool()
    _, (made,) = read_one_more(pool)
    os.kill(made, signal.SIGKILL)
    assert len(read_one_more(pool)[1]) == 1


@needs_proc
def test_document_is_abandoned_after_its_second_process_is_killed():
    before, pool, made = children(), Pool(seconds=60), set()
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(read_page, pool, TANGLED_PAGE)
        for _ in range(2):
            wait_until(lambda: children() - before - made)
            (child,) = children() - before - made
            made.add(child)
            os.kill(child, signal.SIGKILL)
        with pytest.raises(SourceError, match="this document could not be parsed"):
            reading.result(timeout=10)
    assert children() - before == set()


# A background process inherits an ignored SIGINT; a program in a person's terminal does not.
PROGRAM = f"""
import signal, sys, threading
from index.documents.registry import parse_page
from index.sandbox.pool import Pool
signal.signal(signal.SIGINT, signal.default_int_handler)
pool, body = Pool(seconds=4), sys.stdin.buffer.read()
for each in ({PAGE.encode()!r}, body):
    print(pool.run(parse_page, each, "story", **{OF_PAGE})["text"], flush=True)
threading.Event().wait()
"""


@contextlib.contextmanager
def program(body):
    """Start a program that reads a page, runs ``body``, and then waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with process:
        try:
            process.stdin.write(body)
            process.stdin.close()
            assert process.stdout.readline().decode() == f"{BODY}\n"
            yield process
        finally:
            process.kill()  # otherwise a failed test would wait for it


@needs_proc
@pytest.mark.parametrize("body", [PAGE.encode(), TANGLED_PAGE], ids=["idle", "busy"])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=["killed", "ctrl-c"])
def test_workers_end_with_the_program_however_it_ends(body, end):
    with program(body) as process:
        (made,) = children(process.pid)
        if body is TANGLED_PAGE:
            begun = seconds_worked(made)
            wait_until(lambda: seconds_worked(made) > begun + 0.5)
        process.send_signal(end)
        process.wait(timeout=10)
        wait_until(lambda: not is_alive(made))


LOADED = """
import sys
def modules(body, source):
    return [name for name in sys.modules if sys.modules[name]]
"""


def test_worker_process_loads_neither_models_nor_http(tmp_path, monkeypatch):
    (tmp_path / "loaded.py").write_text(LOADED)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    pool = Pool()
    assert read_page(pool, PAGE.encode()) == BODY
    assert pool.run(xml.read, rss(), URL, 1)["title"] == "The Daily Oak"
    found = set(pool.run(import_module("loaded").modules, b"", URL))
    assert {"trafilatura", "index.feeds.formats.xml"} <= found
    assert not found & {
        *("faiss", "httpx", "numpy", "onnxruntime", "py3langid", "pydantic", "simplemma"),
        *("tantivy", "telegram", "torch"),
    }
