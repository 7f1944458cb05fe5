"""The worker's side of the benchmark: JSON lines on stdin and stdout.

A worker prints ``{"versions": …}`` when its model is loaded, then answers each line it is sent:
``add`` with seconds, ``ready`` with seconds, ``ask`` with milliseconds and the ids on top,
``ask4`` with the milliseconds of each question, ``memory`` with megabytes. Failures are
``{"error": …}``.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

Passage = tuple[str, str, str]
"""Id, title, text."""
MULTILINGUAL = "BENCH_MULTILINGUAL"
"""Environment variable: the folder of the multilingual model, if that is what all are to run."""
THREADS = 4
"""Concurrent callers in ``ask4``."""


class System(Protocol):
    """A system to measure. Its constructor loads the model."""

    @property
    def packages(self) -> Sequence[str]:
        """Distributions whose versions are reported."""

    def add(self, passages: Sequence[Passage]) -> None:
        """Index some more passages."""

    def ready(self) -> None:
        """Do what is left before the first question."""

    def ask(self, question: str) -> list[str]:
        """Return the ids of the passages found, best first."""


def serve(build: Callable[[], System]) -> None:
    """Build the system and answer until stdin ends."""
    # Libraries print to stdout at will: that goes to stderr, stdout is for the protocol.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(reply: Mapping[str, Any]) -> None:
        out.write(json.dumps(reply) + "\n")
        out.flush()

    try:
        system = build()
        say({"versions": {name: version(name) for name in system.packages}})
        for line in sys.stdin:
            say(_reply(system, json.loads(line)))
    except Exception as error:  # the driver puts it in the table and continues with the others
        say({"error": f"{type(error).__name__}: {error}"})
        raise


def _reply(system: System, request: Mapping[str, Any]) -> dict[str, Any]:
    match request["do"]:
        case "add":
            passages = [(id_, title, text) for id_, title, text in request["passages"]]
            return {"seconds": _seconds(lambda: system.add(passages))}
        case "ready":
            return {"seconds": _seconds(system.ready)}
        case "ask":
            started = time.perf_counter()
            top = system.ask(request["question"])
            return {"ms": 1000 * (time.perf_counter() - started), "top": top}
        case "ask4":
            with ThreadPoolExecutor(THREADS) as pool:
                timed = pool.map(lambda q: _seconds(lambda: system.ask(q)), request["questions"])
                return {"ms": [1000 * seconds for seconds in timed]}
        case "memory":
            return {"rss_mb": rss_mb()}
        case other:
            raise ValueError(f"unknown request {other!r}")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def rss_mb() -> float:
    """Return the resident memory of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(kilobytes) / 1024
