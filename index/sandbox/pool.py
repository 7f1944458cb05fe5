"""A pool of worker processes for parsers, so that a hostile document cannot block the program."""

import json
import logging
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from functools import cache
from typing import Any, Concatenate, ParamSpec, TypeVar

from qa.errors import SourceError

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

WORKERS = 2
"""How many documents are parsed at once; the second worker starts when it is first needed."""
SECONDS = 10.0
"""How long a worker may take for one document before it exits."""
BOOK_SECONDS = 60.0
"""The same for a book."""
TOO_LONG = "this document took too long to parse"
UNREADABLE = "this document could not be parsed"

_SIGNALS = (1, 2, 9, 15)  # SIGHUP, SIGINT, SIGKILL, SIGTERM: sent by people and by the system


class Pool:
    """Runs parsers in worker processes (``index.sandbox.worker``); safe to use from many threads.

    Workers start on demand and exit when the pool is garbage collected.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        """``seconds`` is the time limit for one document."""
        self._seconds = seconds
        self._idle: list[_Worker] = []
        self._slots = threading.BoundedSemaphore(WORKERS)

    def run(
        self,
        parser: Callable[Concatenate[bytes, str, P], T],
        body: bytes,
        source: str,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return what ``parser(body, source, …)`` returns when it runs in a worker.

        ``parser`` is a function of a module; its other arguments and its result are JSON values.
        ``SourceError`` names ``source`` when the parser raises one, fails, or takes too long.
        """
        request = {
            "parser": f"{parser.__module__}:{parser.__qualname__}",
            "source": source,
            "seconds": self._seconds,
            "size": len(body),
            "args": args,
            "kwargs": kwargs,
        }
        with self._slots:
            answer = self._ask(request, body)
        if answer is None:
            logger.warning("%s: parsing took longer than %g seconds", source, self._seconds)
            raise SourceError(source, TOO_LONG)
        if "failure" in answer:
            logger.warning("%s: %s", source, answer["failure"])
            raise SourceError(source, UNREADABLE)
        if "reason" in answer:
            raise SourceError(source, answer["reason"])
        result: T = answer["result"]
        return result

    def _ask(self, request: dict[str, Any], body: bytes) -> dict[str, Any] | None:
        """Return the answer; ``None`` when the worker has exited by itself."""
        try:
            worker = self._idle.pop()  # the last one used: the others may be swapped out
        except IndexError:
            worker = _Worker()
        answer = worker.ask(request, body)
        if worker.was_killed:  # not the document's fault: try once more
            worker = _Worker()
            answer = worker.ask(request, body)
            if worker.was_killed:
                return {"failure": "two workers were killed while parsing"}
        if answer is not None:
            self._idle.append(worker)
        return answer


@cache
def pool() -> Pool:
    """Return the pool that the whole program shares."""
    return Pool()


@cache
def pool_for_books() -> Pool:
    """Return the shared pool for long documents, so that pages need not wait for them."""
    return Pool(BOOK_SECONDS)


class _Worker:
    def __init__(self) -> None:
        # -P: a folder named "index" in the working directory must not shadow ours. A session of
        # its own: Ctrl-C is for the main process to handle.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "index.sandbox.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.end = weakref.finalize(self, _end, self._process)

    def ask(self, request: dict[str, Any], body: bytes) -> dict[str, Any] | None:
        """Return the answer; ``None`` when the process has exited."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.write(body)  # separately: joining them would copy it
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line.endswith(b"\n"):
            self.end()
            return None
        answer: dict[str, Any] = json.loads(line)
        return answer

    @property
    def was_killed(self) -> bool:
        """Whether a person or the system, short of memory, killed the process."""
        status = self._process.returncode
        return status is not None and -status in _SIGNALS


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.communicate()
