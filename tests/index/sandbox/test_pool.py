"""Documents are read in small processes, which end over a hostile one and never outlive us."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from index.sandbox.pool import PROCESSES, Reader
from qa.errors import SourceError
from tests.index.feed_helpers import BODY, PAGE, TANGLED_PAGE, rss

URL = "https://oak.example/story"
TANGLED_FEED = rss(f"<item><author>{'a' * 200_000}</author></item>")
ANYWHERE = {"url": URL, "charset": None}
OF_PAGE = {**ANYWHERE, "content_type": "text/html", "name": "story"}
needs_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")


def read_page(reader, body):
    return reader.read("page", body, URL, **OF_PAGE)["text"]


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
    ("kind", "body", "arguments"),
    [
        ("feed", TANGLED_FEED, {}),
        ("named_feed", TANGLED_PAGE, ANYWHERE),
        ("markup", TANGLED_PAGE, {}),
        ("page", TANGLED_PAGE, OF_PAGE),
        ("page", b"a-\n![" * 1_000_000, {**OF_PAGE, "content_type": "text/plain"}),
        ("page", b"a-\n![" * 1_000_000, {**OF_PAGE, "content_type": "text/markdown"}),
    ],
    ids=["feed", "feed's page", "markup", "HTML", "text", "markdown"],
)
def test_a_document_that_takes_too_long_is_given_up_and_the_next_one_is_read(kind, body, arguments):
    reader = Reader(seconds=0.5)
    for _ in range(2):
        with pytest.raises(SourceError) as caught:
            reader.read(kind, body, URL, **arguments)
        assert str(caught.value) == f"{URL}: this document is too tangled to be read"
    assert read_page(reader, PAGE.encode()) == BODY


def test_other_threads_go_on_while_a_hostile_page_is_read():
    reader, started, turns = Reader(seconds=1.5), threading.Event(), 0

    def read():
        started.set()
        with pytest.raises(SourceError):
            read_page(reader, TANGLED_PAGE)

    thread = threading.Thread(target=read)
    thread.start()
    started.wait()
    while thread.is_alive():
        time.sleep(0.01)
        turns += 1
    assert turns > 10  # a regular expression in this process would leave one or none


@needs_proc
def test_many_threads_share_a_few_processes_that_end_with_the_reader():
    before, reader = children(), Reader()
    with ThreadPoolExecutor(12) as pool:
        texts = list(pool.map(partial(read_page, reader), [PAGE.encode()] * 12))
    assert texts == [BODY] * 12
    made = children() - before
    assert 0 < len(made) <= PROCESSES
    del reader
    wait_until(lambda: not any(map(is_alive, made)))


def read_one_more(reader):
    """Read a page; return the processes that were there, and those that came for it."""
    before = children()
    assert read_page(reader, PAGE.encode()) == BODY
    return before, children() - before


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_for_all_processes_of_a_service_leaves_those_that_read(number):
    reader = Reader()
    _, (made,) = read_one_more(reader)
    os.kill(made, number)
    assert read_one_more(reader)[1] == set()
    assert is_alive(made)


@needs_proc
def test_a_document_is_read_all_the_same_when_its_process_was_killed():
    reader = Reader()
    _, (made,) = read_one_more(reader)
    os.kill(made, signal.SIGKILL)
    assert len(read_one_more(reader)[1]) == 1


@needs_proc
def test_a_document_whose_processes_are_killed_is_given_up_after_the_second():
    before, reader, made = children(), Reader(seconds=60), set()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read_page, reader, TANGLED_PAGE)
        for _ in range(2):
            wait_until(lambda: children() - before - made)
            (child,) = children() - before - made
            made.add(child)
            os.kill(child, signal.SIGKILL)
        with pytest.raises(SourceError, match="this document is too tangled to be read"):
            reading.result(timeout=10)
    assert children() - before == set()


# What was started in the background inherits that Ctrl-C is ignored: a person's terminal does not.
PROGRAM = f"""
import signal, sys, threading
from index.sandbox.pool import Reader
signal.signal(signal.SIGINT, signal.default_int_handler)
reader, body = Reader(seconds=2), sys.stdin.buffer.read()
for each in ({PAGE.encode()!r}, body):
    print(reader.read("page", each, "story", **{OF_PAGE})["text"], flush=True)
threading.Event().wait()
"""


@contextlib.contextmanager
def program(body):
    """A program that reads a page, then ``body``, and then waits."""
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
            process.kill()  # else a test that has failed waits for it


@needs_proc
@pytest.mark.parametrize("body", [PAGE.encode(), TANGLED_PAGE], ids=["idle", "busy"])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=["killed", "ctrl-c"])
def test_processes_end_with_the_program_however_it_ends(body, end):
    with program(body) as process:
        (made,) = children(process.pid)
        if body is TANGLED_PAGE:
            begun = seconds_worked(made)
            wait_until(lambda: seconds_worked(made) > begun + 0.5)
        process.send_signal(end)
        process.wait(timeout=10)
        wait_until(lambda: not is_alive(made))


def test_the_process_carries_neither_models_nor_http():
    heavy = {"faiss", "httpx", "numpy", "onnxruntime", "pydantic", "tantivy", "telegram", "torch"}
    code = f"import sys, index.sandbox.worker; print(sorted({heavy} & set(sys.modules)))"
    command = [sys.executable, "-c", code]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
