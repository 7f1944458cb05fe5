"""Processes that read feed documents, so that a hostile one can hold up nobody."""

import json
import logging
import subprocess
import sys
import threading
import weakref
from typing import Any

from qa.errors import SourceError

logger = logging.getLogger(__name__)

PROCESSES = 2
"""How many documents are read at once; one process serves until a second is needed."""
SECONDS = 10.0
"""How long a process works at one document before it ends itself."""
TANGLED = "this document is too tangled to be read"


class FeedReader:
    """Reads RSS, Atom and RDF documents in processes of its own, for many threads at once.

    They are started when they are needed, and end with this object.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        """``seconds`` is how long a document may take."""
        self._seconds = seconds
        self._idle: list[_Process] = []
        self._room = threading.BoundedSemaphore(PROCESSES)

    def read(self, body: bytes, url: str) -> dict[str, Any] | None:
        """As ``index.xmlfeed.read``; ``SourceError`` when the document takes too much of us."""
        with self._room:
            try:
                process = self._idle.pop()  # the one that was used last: others are paged out
            except IndexError:
                process = _Process()
            answer = process.ask(body, url, self._seconds)
            self._idle.append(process)
        if isinstance(answer, str):
            logger.info("Feed %s: %s", url, answer)
            raise SourceError(url, TANGLED)
        return answer


class _Process:
    def __init__(self) -> None:
        # -P: a folder named "index" where the person stands must not be taken for ours. A session
        # of its own: Ctrl-C is for us to handle.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "index.xmlfeed"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.end = weakref.finalize(self, _end, self._process)

    def ask(self, body: bytes, url: str, seconds: float) -> dict[str, Any] | str | None:
        request = {"url": url, "seconds": seconds, "size": len(body)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n" + body)
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line:  # it has ended itself
            self.end()
            raise SourceError(url, TANGLED)
        answer: dict[str, Any] | str | None = json.loads(line)
        return answer


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.communicate()
