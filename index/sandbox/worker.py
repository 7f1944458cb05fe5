"""A worker process of ``index.sandbox.pool``: parses documents that strangers wrote.

A hostile document can keep a regular expression, a parser or Unicode normalisation busy for hours,
and no other thread of the same Python process runs meanwhile. So parsers run here, in a process
that exits when a document takes too long.

A request is a line of JSON and then ``size`` bytes, the document. ``parser`` names a function as
``module:function``; it is called with the document, ``source``, ``args`` and ``kwargs`` and may
take ``seconds``. The answer is a line of JSON: ``result`` is what the function returned, ``reason``
the reason of a ``SourceError``, ``failure`` the traceback of any other exception.
"""

import contextlib
import faulthandler
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any, BinaryIO

from qa.errors import SourceError

MEMORY = 1 << 30
"""Address space that the process may use, in bytes."""


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more."""
    while line := requests.readline():
        request = json.loads(line)
        body = requests.read(request["size"])
        parser = _imported(request["parser"])  # before the clock starts
        faulthandler.dump_traceback_later(request["seconds"], exit=True)
        answer = json.dumps(_answer(parser, body, request)).encode()
        faulthandler.cancel_dump_traceback_later()
        answers.write(answer + b"\n")
        answers.flush()


def _imported(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    parser: Callable[..., Any] = getattr(import_module(module), function)
    return parser


def _answer(parser: Callable[..., Any], body: bytes, request: dict[str, Any]) -> dict[str, Any]:
    try:
        result = parser(body, request["source"], *request["args"], **request["kwargs"])
    except SourceError as error:
        return {"reason": error.reason}
    except Exception:  # parsing libraries raise all sorts of exceptions
        return {"failure": traceback.format_exc()}
    return {"result": result}


def _ignore_signals() -> None:
    # A service manager may send them to all processes at a stop, while the bot still needs its last
    # pages. The worker exits when its input ends.
    for name in ("SIGHUP", "SIGINT", "SIGTERM"):
        if hasattr(signal, name):  # not on every system
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on every system
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _load_no_model() -> None:
    # trafilatura imports it, and with it numpy, where it is installed; no parser needs it.
    sys.modules["py3langid"] = None  # type: ignore[assignment]  # not to be imported, says Python


if __name__ == "__main__":
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - as long as the process
    _ignore_signals()
    _limit_memory()
    _load_no_model()
    serve(sys.stdin.buffer, sys.stdout.buffer)
