"""The word index: tantivy compared with SQLite's FTS5.

    python scripts/bench/words.py --data FOLDER FOLDER… [--sizes 27000 100000 1000000]

Both index the same stems of the same passages, which are those of ``growth.py``: tantivy through
``WordIndex`` in one commit, FTS5 as a contentless table in an SQLite file opened by ``Database``,
``BATCH`` passages a transaction. ``fts5-none`` keeps the stems in a table of their own and neither
frequencies nor positions in the index (``detail=none``); it is skipped above ``NONE_MOST``
passages. A question asks for the ``TOP`` best passages by BM25 and for the document frequency of
each stem, as ``Retriever`` does. Each index has its own process. They take turns, ``TURN``
questions at a time, until all questions are asked or ``PATIENCE`` seconds have passed.

Four tables are printed:

1. At the smallest size: the state after a process was killed in the middle of an update.
2. At the smallest size: what is detected after ``DAMAGE`` bytes of a file were overwritten.
3. For each size: time to build; bytes on disk; time to open and answer one question; p50 / p95 of
   questions with prefix expansion, and of questions of common words; p50 of both without it; memory
   taken by opening and asking, and the part that is not file pages; median time to add an article
   of ``TOGETHER`` passages, and to remove it; time to check the index for damage, and to drop it.
   CPU times are in brackets: unlike the clock, they hardly depend on other work on the machine.
4. For each size and kind of question: the share of the best ``TOP`` passages, and of the best ten,
   that both indexes return, and how often the best one is the same.

FTS5 cannot weight the terms of a query. Expanded terms count half as much as the question's own
stems, as in ``WordIndex``, because its own stems are in the query twice.
"""

import argparse
import multiprocessing
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

import tantivy
from growth import QUESTIONS, SEED, TOGETHER, common_questions
from speed import WARM_UP, passages, share
from tantivy import Occur, Query

from qa.evaluate import read_corpus, read_queries
from qa.language import ENGLISH
from qa.language.language import related_terms
from qa.search.fulltext import WordIndex
from qa.store.sqlite import SqliteDatabase

TOP, BATCH, NONE_MOST, TURN, PATIENCE = 60, 10_000, 100_000, 10, 90
ARTICLES, KILLS, UPDATE, KEPT = 50, 20, 500, 3
"""Articles added; processes killed; passages of an update while processes are killed, and the
number of updates after which they are removed."""
FLIPS, DAMAGE, COMPARED = 40, 16, 50
"""Copies damaged, bytes overwritten in each, questions compared with the undamaged index."""
FIRST_NEW = 10_000_000
"""Ids of passages that are added to a finished index start here."""
SPAWN = multiprocessing.get_context("spawn")

Texts = Sequence[tuple[int, str]]
Question = Sequence[str]
"""The stems of a question."""
P = ParamSpec("P")
T = TypeVar("T")


# The indexes


class Tantivy:
    """``WordIndex``, which verifies the checksums of all files when it is opened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._words = self._open(folder)

    def _open(self, folder: Path) -> WordIndex:
        return WordIndex.open(folder)

    def build(self, texts: Texts) -> None:
        """Index ``texts`` from scratch."""
        self._words.update({"number": 0}, [], _indexed(texts), from_scratch=True)

    def update(self, number: int, removed: Texts, added: Texts) -> None:
        """Remove and add passages and remember ``number``: all or nothing."""
        self._words.update({"number": number}, [id_ for id_, _ in removed], _indexed(added))

    def number(self) -> int:
        """Return the number of the last update, -1 before the first."""
        return int(str(self._words.checkpoint().get("number", -1)))

    def count(self) -> int:
        """Count the passages."""
        return len(self._words)

    def search(self, stems: Question, *, expand: bool) -> list[int]:
        """Return the ``TOP`` best passages, best first; ``OSError`` if a file is damaged."""
        if not expand:
            return self._exactly(stems)
        found = list(self._words.search(stems, TOP))
        if self._words.damaged:
            raise OSError("The word index is damaged.")
        return found

    def _exactly(self, stems: Question) -> list[int]:
        terms = [(Occur.Should, Query.term_query(self._read.schema, "words", s)) for s in stems]
        searcher = self._read.searcher()
        hits = searcher.search(Query.boolean_query(terms), TOP, count=False).hits
        return [int(id_ or 0) for id_ in searcher.fast_field_values("id", [at for _, at in hits])]

    @cached_property
    def _read(self) -> tantivy.Index:
        found = tantivy.Index.open(str(self._folder))
        found.config_reader("manual")  # else a thread goes on to write a lock file in the folder
        found.reload()
        return found

    def frequencies(self, stems: Question) -> dict[str, int]:
        """Map each stem to the number of passages that hold it."""
        return self._words.frequencies(stems)

    def check(self) -> None:
        """Do nothing: opening checked it already."""

    def drop(self) -> None:
        """Delete everything."""
        shutil.rmtree(self._folder)

    def close(self) -> None:
        """Do nothing: the files are closed with the object."""


class Unchecked(Tantivy):
    """``WordIndex`` without the verification of checksums."""

    def _open(self, folder: Path) -> WordIndex:
        return WordIndex(tantivy.Index.open(str(folder)))


class Fts5:
    """A contentless FTS5 table in its own SQLite file."""

    tables = """
        CREATE VIRTUAL TABLE words USING fts5 (stems, content = '', tokenize = 'ascii');
        CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, row);
        CREATE TABLE state (number INTEGER NOT NULL);
        INSERT INTO state VALUES (-1);
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = SqliteDatabase(folder / "words.db")
        self._database.migrate("words", [self.tables])

    def build(self, texts: Texts) -> None:
        """Index ``texts``, ``BATCH`` of them a transaction."""
        for start in range(0, len(texts), BATCH):
            self.update(0, [], texts[start : start + BATCH])

    def update(self, number: int, removed: Texts, added: Texts) -> None:
        """Remove and add passages and remember ``number``: all or nothing."""
        with self._database.write() as db:
            # A contentless table must be told what it indexed. Other words corrupt it silently.
            sql = "INSERT INTO words (words, rowid, stems) VALUES ('delete', ?, ?)"
            db.executemany(sql, _stemmed(removed))
            db.executemany("INSERT INTO words (rowid, stems) VALUES (?, ?)", _stemmed(added))
            db.execute("UPDATE state SET number = ?", (number,))

    def number(self) -> int:
        """Return the number of the last update, -1 before the first."""
        with self._database.read() as db:
            return int(db.execute("SELECT number FROM state").fetchone()[0])

    def count(self) -> int:
        """Count the passages."""
        with self._database.read() as db:
            return int(db.execute("SELECT count(*) FROM words").fetchone()[0])

    def search(self, stems: Question, *, expand: bool) -> list[int]:
        """Return the ``TOP`` best passages, best first."""
        longer = [term for stem in stems for term in related_terms(stem)] if expand else []
        terms = [*stems, *stems, *longer] if longer else stems
        query = " OR ".join(f'"{term}"' for term in terms)
        sql = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?"
        with self._database.read() as db:
            return [int(row[0]) for row in db.execute(sql, (query, TOP))]

    def frequencies(self, stems: Question) -> dict[str, int]:
        """Map each stem to the number of passages that hold it."""
        sql = "SELECT doc FROM vocabulary WHERE term = ?"
        with self._database.read() as db:
            rows = {stem: db.execute(sql, (stem,)).fetchone() for stem in stems}
        return {stem: row[0] if row else 0 for stem, row in rows.items()}

    def check(self) -> None:
        """Raise ``StoreError`` if FTS5 finds the index damaged."""
        with self._database.write() as db:
            db.execute("INSERT INTO words (words) VALUES ('integrity-check')")

    def drop(self) -> None:
        """Delete everything."""
        with self._database.write() as db:
            db.execute("DROP TABLE vocabulary")
            db.execute("DROP TABLE words")

    def close(self) -> None:
        """Close the database, which checkpoints its write-ahead log."""
        self._database.close()


class Fts5None(Fts5):
    """FTS5 with external content, which it tokenizes again for the BM25 of each match."""

    tables = """
        CREATE TABLE passages (id INTEGER PRIMARY KEY, stems TEXT NOT NULL);
        CREATE VIRTUAL TABLE words USING fts5 (
            stems, content = 'passages', content_rowid = 'id', detail = none, tokenize = 'ascii'
        );
        CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, row);
        CREATE TABLE state (number INTEGER NOT NULL);
        INSERT INTO state VALUES (-1);
    """

    def update(self, number: int, removed: Texts, added: Texts) -> None:
        """Remove and add passages and remember ``number``, in two transactions."""
        super().update(number, removed, added)
        with self._database.write() as db:
            db.executemany("DELETE FROM passages WHERE id = ?", [(id_,) for id_, _ in removed])
            db.executemany("INSERT INTO passages VALUES (?, ?)", _stemmed(added))


def _indexed(texts: Texts) -> Iterator[tuple[int, str]]:
    return ((id_, ENGLISH.index_terms(text)) for id_, text in texts)


def _stemmed(texts: Texts) -> Iterator[tuple[int, str]]:
    return ((id_, ENGLISH.stemmed(text)) for id_, text in texts)


Words = Tantivy | Fts5
SYSTEMS: dict[str, type[Words]] = {
    "tantivy": Tantivy,
    "fts5": Fts5,
    "fts5-none": Fts5None,
}


# In the process of an index


_opened: dict[str, Words] = {}


class Child:
    """A process that holds one index."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, SPAWN)

    def do(self, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Return what ``work`` returns there; ``BrokenProcessPool`` if it ends the process."""
        return self._pool.submit(work, *args, **named).result()

    def close(self) -> None:
        """End the process."""
        self._pool.shutdown()


class Spent(NamedTuple):
    """Milliseconds of wall time, and of CPU time of all threads."""

    ms: float
    cpu: float


NOTHING = Spent(0, 0)


@dataclass
class Asked:
    """How long each question took, and the passages found."""

    spent: list[Spent] = field(default_factory=list)
    found: list[list[int]] = field(default_factory=list)

    def extend(self, more: "Asked") -> None:
        """Take in the figures of more questions."""
        self.spent += more.spent
        self.found += more.found


def start(system: str, folder: Path, question: Question) -> Spent:
    """Time opening the index and asking one question."""
    return _timed(lambda: _start(system, folder, question))


def _start(system: str, folder: Path, question: Question) -> None:
    _opened["index"] = SYSTEMS[system](folder)
    _one(question, expand=True)


def ask(questions: Sequence[Question], *, expand: bool) -> Asked:
    """Ask the questions in turn, after a few untimed ones."""
    for question in questions[:WARM_UP]:
        _one(question, expand=expand)
    asked = Asked()
    for question in questions:
        asked.spent.append(_timed(lambda q=question: asked.found.append(_one(q, expand=expand))))  # type: ignore[misc]
    return asked


def _one(question: Question, *, expand: bool) -> list[int]:
    words = _opened["index"]
    words.frequencies(question)
    return words.search(question, expand=expand)


def memory() -> tuple[float, float]:
    """Resident megabytes of this process: all, and without file pages."""
    lines = Path("/proc/self/status").read_text().splitlines()
    sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.endswith(" kB")}
    return int(sizes["VmRSS"]) / 1024, int(sizes["RssAnon"]) / 1024


def add_and_remove(texts: Texts) -> tuple[list[Spent], list[Spent]]:
    """Time adding ``texts`` as articles and removing them again."""
    articles = [texts[n : n + TOGETHER] for n in range(0, len(texts), TOGETHER)]
    added = [_timed(lambda a=a: _opened["index"].update(1, [], a)) for a in articles]  # type: ignore[misc]
    removed = [_timed(lambda a=a: _opened["index"].update(2, a, [])) for a in articles]  # type: ignore[misc]
    return added, removed


def check_and_drop() -> tuple[Spent, Spent]:
    """Time checking the index and deleting it."""
    words = _opened["index"]
    return _timed(words.check), _timed(words.drop)


def _timed(work: Callable[[], object]) -> Spent:
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent(1000 * (time.perf_counter() - began), 1000 * (time.process_time() - cpu))


# Speed and size


@dataclass
class Figures:
    """What was measured of one index at one size."""

    build: Spent
    size: int
    start: Spent = NOTHING
    asked: dict[tuple[str, bool], Asked] = field(default_factory=dict)
    memory: tuple[float, float] = (0, 0)
    added: list[Spent] = field(default_factory=list)
    removed: list[Spent] = field(default_factory=list)
    check: Spent = NOTHING
    drop: Spent = NOTHING


def build(system: str, folder: Path, texts: Texts) -> Figures:
    """Build an index from scratch."""
    words = SYSTEMS[system](folder)
    spent = _timed(lambda: words.build(texts))
    words.close()
    return Figures(spent, sum(file.stat().st_size for file in folder.iterdir()))


def measure(
    scratch: Path, systems: Sequence[str], texts: Texts, kinds: dict[str, list[Question]]
) -> dict[str, Figures]:
    """Build, ask and change an index of each system."""
    figures = {system: build(system, scratch / system, texts) for system in systems}
    children = {system: Child() for system in systems}
    begun = {system: child.do(memory) for system, child in children.items()}
    for system, child in children.items():
        figures[system].start = child.do(start, system, scratch / system, kinds["ordinary"][0])
    for expand in (True, False):
        for kind, questions in kinds.items():
            take_turns(children, figures, kind, questions, expand=expand)
        if expand:
            for system, child in children.items():
                all_, own = child.do(memory)
                figures[system].memory = all_ - begun[system][0], own - begun[system][1]
    new = [(FIRST_NEW + n, text) for n, (_, text) in enumerate(texts[: ARTICLES * TOGETHER])]
    for system, child in children.items():
        figures[system].added, figures[system].removed = child.do(add_and_remove, new)
    return figures | {s: _ended(figures[s], child) for s, child in children.items()}


def _ended(figures: Figures, child: Child) -> Figures:
    figures.check, figures.drop = child.do(check_and_drop)
    child.close()
    return figures


def take_turns(
    children: dict[str, Child],
    figures: dict[str, Figures],
    kind: str,
    questions: Sequence[Question],
    *,
    expand: bool,
) -> None:
    """Ask all indexes the same questions; who goes first rotates."""
    ends = time.monotonic() + PATIENCE
    order = list(children)
    for begin in range(0, len(questions), TURN):
        for system in order:
            asked = children[system].do(ask, questions[begin : begin + TURN], expand=expand)
            figures[system].asked.setdefault((kind, expand), Asked()).extend(asked)
        order.append(order.pop(0))
        if time.monotonic() > ends:
            return


HEADER = (
    "| passages | index | build | disk | open | question p50 / p95, ms | of common words, ms "
    "| not expanded p50: questions / of common words, ms | memory (not files) "
    "| add / remove an article, ms | check | drop |\n" + 12 * "|---" + "|"
)


def row(size: int, system: str, f: Figures) -> str:
    """One line of the first table."""
    asked = {key: each.spent for key, each in f.asked.items()}
    ordinary, common = asked["ordinary", True], asked["common", True]
    cells = [
        f"{size:,}",
        system,
        _seconds(f.build),
        f"{f.size / 1e6:.1f} MB",
        _seconds(f.start),
        f"{_share(ordinary, 0.5)} / {_share(ordinary, 0.95)}, n = {len(ordinary)}",
        f"{_share(common, 0.5)} / {_share(common, 0.95)}, n = {len(common)}",
        f"{_share(asked['ordinary', False], 0.5)} / {_share(asked['common', False], 0.5)}",
        f"{f.memory[0]:.0f} ({f.memory[1]:.0f}) MB",
        f"{_share(f.added, 0.5)} / {_share(f.removed, 0.5)}",
        _seconds(f.check),
        _seconds(f.drop),
    ]
    return f"| {' | '.join(cells)} |"


def _seconds(spent: Spent) -> str:
    return f"{spent.ms / 1000:.2f} ({spent.cpu / 1000:.2f}) s"


def _share(all_: Sequence[Spent], part: float) -> str:
    clock, cpu = (share(times, part) for times in zip(*all_, strict=True))
    return f"{clock:.1f} ({cpu:.1f})"


def agreement(one: Figures, other: Figures) -> str:
    """Return the shares of the best passages that both return, for each kind of question."""
    parts = []
    for (kind, expand), asked in one.asked.items():
        pairs = list(zip(asked.found, other.asked[kind, expand].found, strict=True))
        shared = statistics.fmean(_overlap(a, b, TOP) for a, b in pairs)
        ten = statistics.fmean(_overlap(a, b, 10) for a, b in pairs)
        first = statistics.fmean(a[:1] == b[:1] for a, b in pairs)
        name = f"{kind}, {'expanded' if expand else 'not expanded'}"
        parts.append(f"{name}: {shared:.3f} / {ten:.3f} / {first:.3f}")
    return "; ".join(parts)


def _overlap(a: Sequence[int], b: Sequence[int], most: int) -> float:
    return len({*a[:most]} & {*b[:most]}) / max(len(a[:most]), len(b[:most]), 1)


# Killed in the middle of an update


def update_for_ever(system: str, folder: Path, texts: Texts, said: Connection) -> None:
    """Write one update after another and report each committed one by its number."""
    words = SYSTEMS[system](folder)
    number = 0
    while True:
        number += 1
        words.update(number, news(number - KEPT, texts), news(number, texts))
        said.send(number)


def news(number: int, texts: Texts) -> Texts:
    """Return an update's passages, which share a unique word; none for numbers below 1."""
    first = FIRST_NEW + number * UPDATE
    some = texts[:UPDATE] if number > 0 else []
    return [(first + n, f"{text} {_sign(number)}") for n, (_, text) in enumerate(some)]


def _sign(number: int) -> str:
    return f"sign{number}x"


@dataclass
class Kills:
    """The state found after each kill."""

    consistent: int = 0
    lost: int = 0
    """Updates that were reported as committed but are missing."""
    unfinished: int = 0
    """How often an update was committed but not reported yet."""
    sizes: list[int] = field(default_factory=list)
    """Bytes on disk once the index is open again."""
    opened: list[float] = field(default_factory=list)
    """Seconds until it is open."""


def kill(system: str, built: Path, copy: Path, texts: Texts, chance: random.Random) -> Kills:
    """Kill ``KILLS`` processes while they update a fresh copy of the index."""
    kills = Kills()
    for _ in range(KILLS):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(built, copy)
        last = _killed(system, copy, texts, chance.uniform(0, 0.5))
        began = time.perf_counter()
        words = SYSTEMS[system](copy)
        kills.opened.append(time.perf_counter() - began)
        number = words.number()
        kills.consistent += _is_consistent(words, number, len(texts))
        kills.lost += max(last - number, 0)
        kills.unfinished += number > last
        kills.sizes.append(sum(file.stat().st_size for file in copy.iterdir()))
        words.close()
    return kills


def _killed(system: str, folder: Path, texts: Texts, seconds: float) -> int:
    """Return the last update that the process reported as committed."""
    said, says = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=update_for_ever, args=(system, folder, texts, says))
    process.start()
    says.close()
    last = int(said.recv())
    time.sleep(seconds)
    process.kill()
    process.join()
    while True:
        try:
            last = int(said.recv())
        except EOFError:
            return last


def _is_consistent(words: Words, number: int, built: int) -> bool:
    """Whether exactly the passages that update ``number`` leaves are there."""
    words.check()
    kept = range(max(number - KEPT, 0) + 1, number + 1)
    signs = {_sign(each): UPDATE * (each in kept) for each in range(1, number + 3)}
    found = {s: len(words.search([s], expand=False)) for s in signs}
    return (
        words.count() == built + UPDATE * len(kept)
        and all((found[s] == TOP) == bool(count) for s, count in signs.items())
        and number > 0
    )


# Damage


def damage(folder: Path, chance: random.Random) -> None:
    """Overwrite ``DAMAGE`` bytes of one file; each byte of the folder is equally likely."""
    files = sorted(file for file in folder.iterdir() if file.stat().st_size)
    file = chance.choices(files, [each.stat().st_size for each in files])[0]
    content = bytearray(file.read_bytes())
    place = chance.randrange(max(len(content) - DAMAGE, 1))
    for n in range(place, min(place + DAMAGE, len(content))):
        content[n] ^= chance.randrange(1, 256)
    file.write_bytes(content)


def notice(system: str, folder: Path, questions: Sequence[Question], *, check: bool) -> object:
    """Open a damaged index and ask; return the answers, or when the damage was detected."""
    try:
        words = DAMAGED[system](folder)
        if check:
            words.check()
        if not words.count():  # WordIndex deletes a damaged index
            return "detected when opened"
    except Exception:
        return "detected when opened"
    try:
        return [words.search(q, expand=True) for q in questions], words.frequencies(questions[0])
    except Exception:
        return "detected by a question"


DAMAGED: dict[str, type[Words]] = {
    "tantivy": Tantivy,
    "tantivy, not checked": Unchecked,
    "fts5": Fts5,
    "fts5, checked": Fts5,
}


def damaged(
    system: str, built: Path, copy: Path, questions: Sequence[Question], chance: random.Random
) -> dict[str, int]:
    """Damage copies of an index and count the outcomes."""
    ends = {
        "detected when opened": 0,
        "detected by a question": 0,
        "process ended": 0,
        "wrong answers, undetected": 0,
        "the same answers": 0,
    }
    check = system.endswith(", checked")
    child = Child()
    right = child.do(notice, system, built, questions, check=check)
    for _ in range(FLIPS):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(built, copy)
        damage(copy, chance)
        try:
            found = child.do(notice, system, copy, questions, check=check)
        except BrokenProcessPool:
            found, child = "process ended", Child()
        if not isinstance(found, str):
            found = "the same answers" if found == right else "wrong answers, undetected"
        ends[found] += 1
    child.close()
    return ends


# The command


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="The word index: tantivy compared with FTS5.")
    parser.add_argument("--data", metavar="FOLDER", type=Path, nargs="+", required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[27_000, 100_000, 1_000_000])
    args = parser.parse_args()
    chance = random.Random(SEED)
    documents = [document for folder in args.data for document in read_corpus(folder)]
    all_ = passages(documents, max(args.sizes), random.Random(SEED))
    known = [[query.question for query in read_queries(folder)] for folder in args.data]
    texts = [(n + 1, f"{title}\n{text}") for n, (_, title, text) in enumerate(all_)]
    asked = {
        "ordinary": chance.sample([q for some in known for q in some], QUESTIONS),
        "common": common_questions(all_, chance),
        args.data[0].name: chance.sample(known[0], QUESTIONS),
    }
    kinds: dict[str, list[Question]] = {
        kind: [ENGLISH.content_stems(q) for q in questions] for kind, questions in asked.items()
    }
    with tempfile.TemporaryDirectory(prefix="pullquote-words-") as folder:
        scratch, first = Path(folder), texts[: min(args.sizes)]
        print(after_kills(scratch, first, chance), end="\n\n", flush=True)
        print(after_damage(scratch, kinds["ordinary"][:COMPARED], chance), end="\n\n")
        stems = _timed(lambda: [ENGLISH.stemmed(text) for _, text in first])
        print(f"Stems: {1000 * stems.cpu / len(first):.0f} µs of CPU a passage.\n\n{HEADER}")
        agreed = [speed_and_size(scratch, texts[:size], kinds) for size in args.sizes]
    print("\n" + "\n".join(agreed))


def speed_and_size(scratch: Path, texts: Texts, kinds: dict[str, list[Question]]) -> str:
    """Print the rows of one size; return how well the best passages agree."""
    systems = [s for s in SYSTEMS if s != "fts5-none" or len(texts) <= NONE_MOST]
    figures = measure(scratch, systems, texts, kinds)
    for system, each in figures.items():
        print(row(len(texts), system, each), flush=True)
        shutil.rmtree(scratch / system, ignore_errors=True)
    return f"{len(texts):,} passages: {agreement(figures['tantivy'], figures['fts5'])}"


def after_kills(scratch: Path, texts: Texts, chance: random.Random) -> str:
    """Build both indexes and return the table of killed processes."""
    lines = [
        "| index | killed | consistent | updates lost | committed but not reported "
        "| MB, median (most) | open, median (longest) |\n" + 7 * "|---" + "|"
    ]
    for system in ("tantivy", "fts5"):
        build(system, scratch / system, texts)
        k = kill(system, scratch / system, scratch / "copy", texts, chance)
        size, opened = statistics.median(k.sizes), statistics.median(k.opened)
        lines.append(
            f"| {system} | {KILLS} | {k.consistent} | {k.lost} | {k.unfinished} "
            f"| {size / 1e6:.1f} ({max(k.sizes) / 1e6:.1f}) "
            f"| {opened:.3f} ({max(k.opened):.3f}) s |"
        )
    return "\n".join(lines)


def after_damage(scratch: Path, questions: Sequence[Question], chance: random.Random) -> str:
    """Return the table of damaged copies; delete the indexes that ``after_kills`` built."""
    rows = {}
    for system in DAMAGED:
        built = scratch / system.partition(",")[0]
        rows[system] = damaged(system, built, scratch / "copy", questions, chance)
    for built in scratch.iterdir():
        shutil.rmtree(built)
    names = list(next(iter(rows.values())))
    lines = [f"| index | {' | '.join(names)} |\n" + (len(names) + 1) * "|---" + "|"]
    lines += [f"| {s} | {' | '.join(map(str, ends.values()))} |" for s, ends in rows.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
