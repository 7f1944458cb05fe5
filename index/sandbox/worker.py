"""Feeds, pages and the markup of entries are read here, in a process of its own.

A hostile document can keep a regular expression, a parser or the normalisation of a text busy for
hours, and no other thread of a Python process gets a turn meanwhile. So the pool starts
this module as a process, which ends itself when a document takes too long, and stays small: what is
imported here knows neither models nor HTTP.

A request is a line of JSON with ``kind``, ``seconds``, ``size`` and the arguments of the function
of that kind, then so many bytes. The answer is a line of JSON: ``read`` is what the function
returns, ``reason`` why there is nothing to be read, ``failure`` what went wrong.
"""

import contextlib
import faulthandler
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

from index.documents.html import named_feed, read_markup
from index.documents.registry import read_document, to_json
from index.feeds.formats import xml as xmlfeed
from qa.errors import SourceError

MEMORY = 1 << 30
"""Bytes of address space that the process may have."""


def _page(body: bytes, source: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
    return to_json(read_document(body, source, **arguments))


def _markup(body: bytes, source: str) -> dict[str, Any]:  # noqa: ARG001
    return to_json(read_markup(body.decode(errors="surrogatepass")))


_KINDS: dict[str, Callable[..., Any]] = {
    "feed": xmlfeed.read,
    "page": _page,
    "markup": _markup,
    "named_feed": named_feed,
}


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until there are no more requests."""
    while line := requests.readline():
        request = json.loads(line)
        faulthandler.dump_traceback_later(request.pop("seconds"), exit=True)
        body = requests.read(request.pop("size"))
        answer = json.dumps(_answer(body, **request)).encode()
        faulthandler.cancel_dump_traceback_later()
        answers.write(answer + b"\n")
        answers.flush()


def _answer(body: bytes, kind: str, source: str, **arguments: str | None) -> dict[str, Any]:
    try:
        return {"read": _KINDS[kind](body, source, **arguments)}
    except SourceError as error:
        return {"reason": error.reason}
    except Exception:  # the libraries stumble in many ways
        return {"failure": traceback.format_exc()}


def _ignore_signals() -> None:
    # At a stop they may go to all processes of a service, and the bot still wants its last pages.
    # We leave when there are no more requests.
    for name in ("SIGHUP", "SIGINT", "SIGTERM"):
        if hasattr(signal, name):  # not on every system
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on every system
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - as long as the process
    _ignore_signals()
    _limit_memory()
    serve(sys.stdin.buffer, sys.stdout.buffer)
