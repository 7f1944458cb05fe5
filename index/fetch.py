"""Polite HTTP that cannot be led into a private network.

Only http and https; every address that a name resolves to must be public, and the one that was
checked is the one that is dialled; each redirect is checked again. Time and size are limited.
"""

import asyncio
import ipaddress
import socket
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import urljoin

import httpx

from qa.errors import SourceError

PAGE_LIMIT = 5_000_000
"""Bytes of a page, after decompression."""
SECONDS = 20.0
"""How long one fetch may take, redirects and all."""
PAGES = ("text/html", "application/xhtml+xml", "text/plain", "text/markdown")
"""Content types that can hold an article."""
NOT_MODIFIED = 304

_AGENT = "Pullquote (reads articles for a Telegram bot)"
_REDIRECTS = 5
_CONNECT_SECONDS = 5.0
_MOVED = (301, 302, 303, 307, 308)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_EMBEDS_IPV4 = (_NAT64, ipaddress.IPv6Network("::/96"), ipaddress.IPv6Network("::ffff:0:0/96"))
_GZIP_OR_ZLIB = 47  # zlib's window bits for "tell by the header"

_REFUSALS = {
    401: "the site asks for a login",
    403: "the site refuses to show it",
    404: "there is no such page",
    410: "the page is gone for good",
    429: "the site asks us to come back later",
    451: "the site may not show it for legal reasons",
}

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class StatusError(SourceError):
    """The server answered with a status that is no success; ``headers`` are what it sent."""

    def __init__(self, source: str, status: int, headers: Mapping[str, str]) -> None:
        trouble = (
            "the site has trouble of its own" if status >= 500 else "the site does not give it"
        )
        super().__init__(source, f"{_REFUSALS.get(status, trouble)} (HTTP status {status})")
        self.status = status
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: ``url`` after redirects, ``status`` 200..299 or 304, ``body`` decompressed.

    ``headers`` can be asked in any case of letters.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """Media type without parameters, lower case; empty when the server named none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """The encoding that the server declares."""
        _, found, value = self.headers.get("content-type", "").lower().partition("charset=")
        return value.partition(";")[0].strip(" \"'") if found else None


def fetch(
    url: str,
    *,
    allow_private: bool,
    limit: int = PAGE_LIMIT,
    headers: Mapping[str, str] | None = None,
    kinds: tuple[str, ...] = PAGES,
    seconds: float = SECONDS,
) -> Response:
    """Fetch a URL, or raise ``SourceError`` with the reason in one sentence.

    ``limit`` is in bytes after decompression; ``kinds`` are the content types that are wanted (an
    answer without any is taken); ``allow_private`` permits private and loopback addresses. Call it
    from a thread that runs no event loop.
    """
    request = _Request(url, allow_private, limit, dict(headers or {}), kinds)
    return asyncio.run(_within(request, seconds))


@dataclass(frozen=True, slots=True)
class _Request:
    source: str
    allow_private: bool
    limit: int
    headers: dict[str, str]
    kinds: tuple[str, ...]

    def error(self, reason: str) -> SourceError:
        return SourceError(self.source, reason)


async def _within(request: _Request, seconds: float) -> Response:
    try:
        async with asyncio.timeout(seconds):
            return await _follow(request)
    except TimeoutError:
        raise request.error(
            f"the site was too slow, we gave up after {seconds:g} seconds"
        ) from None


async def _follow(request: _Request) -> Response:
    transport = httpx.AsyncHTTPTransport(verify=_tls(), trust_env=False)
    async with transport:
        url = request.source
        for _ in range(_REDIRECTS + 1):
            answer = await _get(transport, request, _checked(request, url))
            if isinstance(answer, Response):
                return answer
            target = urljoin(url, answer)
            if url.lower().startswith("https:") and not target.lower().startswith("https:"):
                raise request.error("it redirects from https to an unprotected address")
            url = target
    raise request.error(f"it redirects more than {_REDIRECTS} times")


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _checked(request: _Request, url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise request.error("this is not a valid address") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise request.error("only http and https addresses can be read")
    if parsed.userinfo:
        # The sentence goes into chats and logs, so it does not repeat the password.
        harmless = str(parsed.copy_with(username=None, password=None))
        raise SourceError(harmless, "an address with a user name or password in it is not read")
    return parsed.copy_with(fragment=None)


async def _get(
    transport: httpx.AsyncHTTPTransport, request: _Request, url: httpx.URL
) -> "Response | str":
    """Return the response, or where it redirects to."""
    error: Exception | None = None
    for address in await _addresses(request, url):
        try:
            answer = await transport.handle_async_request(_pinned(request, url, address))
        except (httpx.ConnectError, httpx.ConnectTimeout) as failure:
            error = failure
            continue
        except httpx.HTTPError as failure:
            raise request.error("the connection broke off") from failure
        return await _read(request, str(url), answer)
    raise request.error(_connect_reason(error)) from error


def _pinned(request: _Request, url: httpx.URL, address: _Address) -> httpx.Request:
    """Ask the checked address; Host and the certificate's name stay those of the URL."""
    headers = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": _AGENT,
        "Accept": ", ".join((*request.kinds, "*/*;q=0.1")),
        "Accept-Encoding": "gzip",
        "Connection": "close",
        **request.headers,
    }
    extensions = {
        "sni_hostname": url.raw_host.decode("ascii"),
        "timeout": {"connect": _CONNECT_SECONDS},
    }
    return httpx.Request(
        "GET", url.copy_with(host=str(address)), headers=headers, extensions=extensions
    )


async def _addresses(request: _Request, url: httpx.URL) -> list[_Address]:
    """Resolve the host; all of its addresses must be public unless private ones are allowed."""
    host = url.raw_host.decode("ascii").strip("[]")
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise request.error(f"the host {host} is not known") from None
    addresses = list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))
    if not request.allow_private and not all(map(is_public, addresses)):
        raise request.error(
            f"the host {host} has a private address, "
            "which PULLQUOTE_ALLOW_PRIVATE_HOSTS does not allow"
        )
    return addresses


def is_public(address: _Address) -> bool:
    """Whether an address is on the open internet, also where it carries another one inside."""
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _EMBEDS_IPV4):
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.sixtofour is not None or address.teredo is not None:
            return False
        if address.scope_id or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _connect_reason(error: Exception | None) -> str:
    cause = str(error)
    if "CERTIFICATE" in cause or "certificate" in cause:
        return "its certificate is not valid"
    return "could not connect to the site"


async def _read(request: _Request, url: str, answer: httpx.Response) -> "Response | str":
    try:
        if answer.status_code in _MOVED and "location" in answer.headers:
            return str(answer.headers["location"])
        response = Response(url, answer.status_code, answer.headers, b"")
        if answer.status_code == NOT_MODIFIED:
            return response
        if not answer.is_success:
            raise StatusError(request.source, answer.status_code, answer.headers)
        if response.content_type and response.content_type not in request.kinds:
            raise request.error(f"this is no article but {response.content_type}")
        return replace(response, body=await _body(request, answer))
    except httpx.HTTPError as failure:
        raise request.error("the connection broke off") from failure
    finally:
        await answer.aclose()


async def _body(request: _Request, answer: httpx.Response) -> bytes:
    """Collect the body; never holds more than the limit, however well it was compressed."""
    encoding = answer.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "gzip", "x-gzip", "deflate"):
        raise request.error(f"it came compressed as {encoding}, which was not asked for")
    unpacker = None if encoding == "identity" else zlib.decompressobj(_GZIP_OR_ZLIB)
    body = bytearray()
    async for chunk in answer.aiter_raw():
        try:
            room = request.limit + 1 - len(body)
            body += unpacker.decompress(chunk, room) if unpacker else chunk
        except zlib.error:
            raise request.error("it came damaged") from None
        if len(body) > request.limit:
            raise request.error(f"it is larger than {request.limit / 1_000_000:g} MB")
    return bytes(body)
