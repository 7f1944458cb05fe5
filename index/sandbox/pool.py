"""Processes that read what strangers wrote, so that a hostile document can hold up nobody."""

import json
import logging
import subprocess
import sys
import threading
import weakref
from functools import cache
from typing import Any

from qa.errors import SourceError

logger = logging.getLogger(__name__)

PROCESSES = 2
"""How many documents are read at once; one process serves until a second is needed."""
SECONDS = 10.0
"""How long a process works at one document before it ends itself."""
TANGLED = "this document is too tangled to be read"

_SIGNALS = (1, 2, 9, 15)  # SIGHUP, SIGINT, SIGKILL, SIGTERM: what people and systems send


class Reader:
    """Reads documents in processes of its own (``index.sandbox.worker``), for many threads at once.

    They are started when they are needed, and end with this object.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        """``seconds`` is how long a document may take."""
        self._seconds = seconds
        self._idle: list[_Process] = []
        self._room = threading.BoundedSemaphore(PROCESSES)

    def read(self, kind: str, body: bytes, source: str, **arguments: str | None) -> Any:  # noqa: ANN401
        """Return what the worker reads in a document of that kind, as JSON values.

        ``SourceError`` names ``source`` when there is nothing to be read, or when the document
        takes too much of us.
        """
        limits = {"seconds": self._seconds, "size": len(body)}
        request = {"kind": kind, "source": source, **limits, **arguments}
        with self._room:
            answer = self._ask(request, body)
        if answer is None or "failure" in answer:
            why = answer["failure"] if answer else "the process that read it has ended itself"
            logger.warning("%s: %s", source, why)
            raise SourceError(source, TANGLED)
        if "reason" in answer:
            raise SourceError(source, answer["reason"])
        return answer["read"]

    def _ask(self, request: dict[str, Any], body: bytes) -> dict[str, Any] | None:
        """Return the answer; ``None`` when the process that read it has come to an end."""
        try:
            process = self._idle.pop()  # the one that was used last: others are paged out
        except IndexError:
            process = _Process()
        answer = process.ask(request, body)
        if process.was_ended_by_others:  # which is not the document's fault; a new one, but once
            process = _Process()
            answer = process.ask(request, body)
        if answer is not None:
            self._idle.append(process)
        return answer


@cache
def reader() -> Reader:
    """Return the reader that the whole program shares, for the computer's sake."""
    return Reader()


class _Process:
    def __init__(self) -> None:
        # -P: a folder named "index" where the person stands must not be taken for ours. A session
        # of its own: Ctrl-C is for us to handle.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "index.sandbox.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.end = weakref.finalize(self, _end, self._process)

    def ask(self, request: dict[str, Any], body: bytes) -> dict[str, Any] | None:
        """Return the answer; ``None`` when the process has come to an end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n" + body)
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
    def was_ended_by_others(self) -> bool:
        """Whether somebody has killed it, or the computer for want of memory."""
        ended_with = self._process.returncode
        return ended_with is not None and -ended_with in _SIGNALS


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.communicate()
