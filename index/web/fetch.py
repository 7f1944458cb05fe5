"""Polite HTTP that cannot be led into a private network.

Only http and https. All addresses that a name resolves to must be public, and the connection is to
one that was checked, so the name is not resolved again. Each redirect is checked, too. Time and
size are limited, and a host is asked over one connection at a time.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from functools import cache
from typing import Protocol
from weakref import WeakValueDictionary

import httpx
from anyio.from_thread import BlockingPortalProvider

from index.web.request import ANYTHING, Exchange, Response
from qa.errors import PullquoteError

PAGE_LIMIT = 5_000_000
"""Bytes of a page, after decompression."""
SECONDS = 20.0
"""How long one fetch may take, including redirects."""

_REDIRECTS = 5


class StoppedError(PullquoteError):
    """The fetch was aborted by ``Fetcher.stop``."""


class Fetch(Protocol):
    """A way to fetch from the web: what readers of sources use of ``Fetcher.fetch``."""

    def __call__(self, url: str, *, kinds: tuple[str, ...], limit: int = PAGE_LIMIT) -> Response:
        """Fetch a document of one of these media types, of at most ``limit`` bytes.

        ``SourceError`` if that fails.
        """


class Fetcher:
    """Fetches for many threads at once, over one connection a host at a time.

    ``allow_private`` permits private and loopback addresses. One event loop serves all threads
    that are in ``fetch``; it ends when the last one leaves.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._loops = BlockingPortalProvider()
        self._hosts: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
        self._under_way: set[Future[Response]] = set()
        self._stopped = False

    def fetch(
        self,
        url: str,
        *,
        limit: int = PAGE_LIMIT,
        headers: Mapping[str, str] | None = None,
        kinds: tuple[str, ...] = (ANYTHING,),
        seconds: float = SECONDS,
    ) -> Response:
        """Fetch a URL, or raise ``SourceError`` with the reason in one sentence.

        ``limit`` is in bytes after decompression; ``kinds`` are the wanted content types (an answer
        without one is accepted, and any if ``ANYTHING`` is among them). ``seconds`` count from when
        the host is free.
        """
        exchange = Exchange(url, self._allow_private, limit, dict(headers or {}), kinds)
        with self._loops as portal:
            future = portal.start_task_soon(self._within, exchange, seconds)
            self._under_way.add(future)
            try:
                if self._stopped:
                    future.cancel()
                answer = future.result()
            except CancelledError:
                answer = None
            finally:
                self._under_way.discard(future)
        if answer is None or self._stopped:  # it may have come before it could be cancelled
            raise StoppedError(f"{url} was not fetched: Pullquote is shutting down.")
        return answer

    def is_stopped(self) -> bool:
        """Whether ``stop`` was called."""
        return self._stopped

    def stop(self) -> None:
        """Abort what is under way and all later fetches; may be called in any thread."""
        self._stopped = True
        for future in tuple(self._under_way):
            future.cancel()

    async def _within(self, exchange: Exchange, seconds: float) -> Response:
        try:
            async with asyncio.timeout(seconds) as deadline:
                return await self._follow(exchange, deadline)
        except TimeoutError:
            raise exchange.outage(
                f"the site was too slow, we gave up after {seconds:g} seconds"
            ) from None

    async def _follow(self, exchange: Exchange, deadline: asyncio.Timeout) -> Response:
        url = first = exchange.checked(exchange.source)
        is_for_good = True
        # Some sites set a cookie, and redirect until it comes back. It is forgotten afterwards.
        cookies = httpx.Cookies()
        async with httpx.AsyncHTTPTransport(verify=_tls(), trust_env=False) as transport:
            for _ in range(_REDIRECTS + 1):
                async with self._only_connection(url.raw_host, deadline):
                    addresses = await exchange.addresses(url)
                    answer = await exchange.get(transport, url, addresses, cookies)
                if isinstance(answer, Response):
                    return replace(answer, lasting_url=str(url if is_for_good else first))
                url = exchange.redirected(url, answer.target)
                is_for_good = is_for_good and answer.is_for_good
        raise exchange.error(f"it redirects more than {_REDIRECTS} times")

    @contextlib.asynccontextmanager
    async def _only_connection(self, host: bytes, deadline: asyncio.Timeout) -> AsyncIterator[None]:
        """Wait for the host to be free; that time does not count, as it is not the site's fault."""
        now = asyncio.get_running_loop().time
        ends = deadline.when()
        assert ends is not None  # `_within` has set it
        left = ends - now()
        deadline.reschedule(None)
        async with self._hosts.setdefault(host, asyncio.Lock()):
            deadline.reschedule(now() + left)
            yield


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()
