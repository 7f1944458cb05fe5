"""A rebuild that several hosts share: each has its own data folder, all have one PostgreSQL."""

import contextlib
import threading
import time

import pytest

from index.indexer import BATCH, LEASE, Indexer, embed
from qa import Article, Library, RebuildRunningError, Settings
from qa.store.leases import LEASE_SECONDS, Leases
from qa.store.rebuilds import HOST_SECONDS, Rebuilds
from tests.counting import GENERAL, Counting

pytestmark = pytest.mark.postgresql
COUNT = BATCH + 10
WORDS = ("rain", "bridge", "mayor", "bus")
QUESTION = "Which bus took the mayor?"


class Gated(Counting):
    """Waits before each batch of passages until it is told to go on; counts the passages."""

    def __init__(self, name="counting"):
        super().__init__(*WORDS, name=name)
        self.gate = threading.Event()
        self.gate.set()
        self.waiting = threading.Event()
        self.encoded = 0

    def encode_passages(self, texts, *args, **options):
        self.waiting.set()
        assert self.gate.wait(30)
        self.encoded += len([text for text in texts if text not in GENERAL])
        return super().encode_passages(texts, *args, **options)


@pytest.fixture
def opened(tmp_path, database_url):
    with contextlib.ExitStack() as stack:

        def open_(name, encoder=None):
            settings = Settings(data_dir=tmp_path / name, database_url=database_url)
            library = Library(settings, encoder or Gated())
            return stack.enter_context(contextlib.closing(library))

        yield open_


@pytest.fixture
def count():
    """How many articles there are: more than one host takes at once."""
    return COUNT


@pytest.fixture
def one(opened, count):
    library = opened("one")
    articles = (
        Article(str(n), f"Article {n}", f"The mayor took the bus {n} in the rain.")
        for n in range(count)
    )
    assert len(list(Indexer(library).add_all(articles))) == count
    library.encoder.encoded = 0
    library.encoder.waiting.clear()
    return library


@pytest.fixture
def two(one, opened):
    library = opened("two")
    assert library.ask(QUESTION).quotes
    return library


@pytest.fixture
def run():
    """Run work in threads, which end before the test does."""
    with contextlib.ExitStack() as stack:

        def start(work, *args):
            results = []
            thread = threading.Thread(target=lambda: results.append(work(*args)))
            thread.start()
            stack.callback(thread.join)
            return thread, results

        yield start


def rebuilds(library, host):
    return Rebuilds(library.store, host)


def help_until_done(library, ended):
    indexer = Indexer(library)
    while not ended.is_set():
        if not indexer.help():
            time.sleep(0.02)


def age(library, table, seconds):
    with library.database.write() as db:
        db.execute(f"UPDATE {table} SET until = until - ?", (seconds,))


def passages(library, generation):
    """Return how many passages each article has in a generation."""
    with library.database.read() as db:
        sql = """
            SELECT (SELECT count(*) FROM passages WHERE article = number AND generation = ?)
            FROM articles ORDER BY number
        """
        return [row[0] for row in db.execute(sql, (generation,))]


def wait_for(condition):
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_hosts_share_a_rebuild_and_questions_are_answered_throughout(one, two, run, tmp_path):
    ended, progress, slowest = threading.Event(), [], []

    def ask(library):
        answers = 0
        while not ended.is_set():
            begin = time.monotonic()
            assert library.ask(QUESTION).quotes
            slowest.append(time.monotonic() - begin)
            answers += 1
        return answers

    one.encoder.gate.clear()
    leader, rebuilt = run(Indexer(one).rebuild, lambda *each: progress.append(each))
    assert one.encoder.waiting.wait(20)
    asking = [run(ask, library) for library in (one, two)]
    run(help_until_done, two, ended)
    # The other host does all but what the first one is at, and is ready for the swap.
    wait_for(lambda: sum(passages(one, 2)) == COUNT - BATCH)
    assert {*passages(one, 2)[:BATCH]} == {0}
    one.encoder.gate.set()
    leader.join()
    (words,) = (tmp_path / "two/search/2").glob("passages")
    (words / "mark").touch()  # gone if it is indexed from nothing
    time.sleep(0.2)
    ended.set()
    for thread, _ in asking:
        thread.join()
    assert all(answers > 0 for _, (answers,) in asking)
    assert max(slowest) < 10
    assert (rebuilt[0].articles, rebuilt[0].passages, rebuilt[0].generation) == (COUNT, COUNT, 2)
    assert progress[-1] == (COUNT, COUNT)
    assert (one.encoder.encoded, two.encoder.encoded) == (BATCH, COUNT - BATCH)
    assert passages(one, 2) == [1] * COUNT
    # What the other host has indexed before the swap is what it answers from.
    assert two.ask(QUESTION).quotes
    assert (words / "mark").exists()
    assert two.status().generation == 2
    assert rebuilds(one, "any").current() is None


@pytest.mark.parametrize("count", [3])
def test_one_host_at_a_time_may_begin_one(one, two, run):
    one.encoder.gate.clear()
    leader, rebuilt = run(Indexer(one).rebuild)
    assert one.encoder.waiting.wait(20)
    sentence = "A rebuild is running already; the index changes when it ends."
    with pytest.raises(RebuildRunningError, match=sentence):
        Indexer(two).rebuild()
    one.encoder.gate.set()
    leader.join()
    assert rebuilt[0].generation == 2
    assert Indexer(two).rebuild().generation == 3


def test_articles_of_a_killed_helper_are_embedded_by_the_others(one, run):
    one.encoder.gate.clear()
    leader, rebuilt = run(Indexer(one).rebuild)
    assert one.encoder.waiting.wait(20)
    dead = rebuilds(one, "dead")
    taken = dead.take(dead.current(), BATCH)
    assert [each.id for each in taken] == [str(n) for n in range(BATCH, COUNT)]
    one.encoder.gate.set()
    wait_for(lambda: sum(passages(one, 2)) == BATCH)
    time.sleep(0.6)
    assert leader.is_alive()
    age(one, "rebuilding_hosts", HOST_SECONDS)
    leader.join()
    assert passages(one, 2) == [1] * COUNT
    assert rebuilt[0].passages == COUNT


@pytest.mark.parametrize("count", [3])
def test_swap_waits_for_a_host_that_is_not_ready(one, run):
    other = rebuilds(one, "other")
    one.encoder.gate.clear()
    leader, _ = run(Indexer(one).rebuild)
    assert one.encoder.waiting.wait(20)
    other.join(other.current())
    one.encoder.gate.set()
    wait_for(lambda: sum(passages(one, 2)) == 3)
    time.sleep(0.8)
    assert one.store.state().generation == 1
    other.ready(other.current())
    leader.join()
    assert one.store.state().generation == 2


def test_killed_leader_leaves_the_index_as_it_was(one, two):
    """Helpers stop when its lease has ended, and the next rebuild begins with nothing."""
    Leases(one.database, "dead").hold(LEASE)
    under_way = rebuilds(one, "dead").begin("counting", 4, "")
    assert Indexer(two).help()
    assert sum(passages(one, 2)) == BATCH
    age(one, "leases", LEASE_SECONDS)
    assert not Indexer(two).help()
    assert sum(passages(one, 2)) == BATCH
    assert one.store.state().generation == 1
    assert two.ask(QUESTION).quotes
    assert rebuilds(one, "any").current() == under_way
    assert Indexer(two).rebuild().passages == COUNT
    assert passages(one, 2) == [1] * COUNT


@pytest.mark.parametrize("count", [3])
def test_host_that_was_stopped_adds_nothing_to_what_is_current_then(one, two):
    """Neither to the index, nor to another rebuild to a generation of the same number."""
    first, second = rebuilds(one, "first"), rebuilds(one, "second")
    old = first.begin("counting", 4, "")
    batch = first.take(old, 2)
    made = [*zip(batch, embed(one.current_model(), batch), strict=True)]
    new = second.begin("counting", 4, "")
    assert (new.generation, new.id > old.id) == (old.generation, True)
    for write in (
        lambda: first.prepare(old, made),
        lambda: first.take(old, 2),
        lambda: first.ready(old),
        lambda: first.swap(old),
    ):
        with pytest.raises(RebuildRunningError):
            write()
    first.end(old)
    assert second.current() == new
    second.end(new)
    assert Indexer(two).rebuild().generation == 2
    with pytest.raises(RebuildRunningError):
        first.prepare(old, made)
    assert passages(one, 2) == [1] * 3


@pytest.mark.parametrize("count", [3])
def test_articles_that_two_hosts_have_embedded_are_written_once(one):
    slow, quick = rebuilds(one, "slow"), rebuilds(one, "quick")
    under_way = slow.begin("counting", 4, "")
    batch = slow.take(under_way, 2)
    age(one, "rebuilding_hosts", HOST_SECONDS)
    assert quick.take(under_way, 2) == batch
    made = [*zip(batch, embed(one.current_model(), batch), strict=True)]
    quick.prepare(under_way, made)
    slow.prepare(under_way, made)
    assert passages(one, 2)[:3] == [1, 1, 0]
    assert slow.done(under_way) == 2


@pytest.mark.parametrize("count", [3])
@pytest.mark.parametrize("model", ["counting", "other"])
def test_only_hosts_with_the_same_model_help(one, opened, model):
    Leases(one.database, "leader").hold(LEASE)
    rebuilds(one, "leader").begin("counting", 4, "")
    indexer = Indexer(opened("two", Gated(model)))
    assert indexer.help() == (model == "counting")
    assert sum(passages(one, 2)) == (3 if model == "counting" else 0)
    assert not indexer.help(embeds=False)
