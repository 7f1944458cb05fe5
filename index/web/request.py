"""One request and its answer: checks, limits, and reasons for failure."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urljoin

import httpx

from index.web.addresses import Address, is_public, resolve
from qa.errors import SourceError

ANYTHING = "*/*"
NOT_MODIFIED = 304

_AGENT = "Pullquote (reads articles for a Telegram bot)"
_CONNECT_SECONDS = 5.0
_MOVED = (301, 302, 303, 307, 308)
_MOVED_FOR_GOOD = (301, 308)
_GZIP_OR_ZLIB = 47  # zlib's window bits for "tell by the header"
_PLAIN = ("identity", "", "none", "utf-8")
"""Encodings that mean no compression, including those that servers write by mistake."""
_HIGHEST_PORT = 65_535

_REFUSALS = {
    401: "the site asks for a login",
    403: "the site refuses to show it",
    404: "there is no such page",
    410: "the page is gone for good",
    429: "the site asks us to come back later",
    451: "the site may not show it for legal reasons",
}
_PASSING = (408, 425, 429)


class StatusError(SourceError):
    """The server answered with a status other than success.

    ``headers`` are what it sent; ``url`` is the address that answered, perhaps after redirects.
    """

    def __init__(self, source: str, status: int, headers: Mapping[str, str], url: str = "") -> None:
        trouble = "the server has an error" if status >= 500 else "the server refused the request"
        super().__init__(source, f"{_REFUSALS.get(status, trouble)} (HTTP status {status})")
        self.status = status
        self.headers = headers
        self.url = url or source


class UnreachableError(SourceError):
    """The page cannot be had now: no such host, no answer, too slow, the connection was lost."""


def may_pass(error: SourceError) -> bool:
    """Whether the same fetch may succeed at another time."""
    if isinstance(error, StatusError):
        return error.status >= 500 or error.status in _PASSING
    return isinstance(error, UnreachableError)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: ``url`` after redirects, ``status`` 200..299 or 304, ``body`` decompressed.

    ``lasting_url`` is the address to ask next time: where the page has moved if each redirect was
    permanent, else the one that was asked for. ``headers`` ignore the case of names.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    lasting_url: str

    @property
    def content_type(self) -> str:
        """Media type without parameters, in lower case; empty if the server named none."""
        return self._kind.partition(";")[0].strip()

    @property
    def charset(self) -> str | None:
        """The encoding that the server declares."""
        _, found, value = self._kind.partition("charset=")
        return value.partition(";")[0].strip(" \"'") if found else None

    @property
    def _kind(self) -> str:
        # Some servers send the header twice, which comes here as one with a comma.
        return self.headers.get("content-type", "").partition(",")[0].lower()


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where an answer sends us, and whether permanently."""

    target: str
    is_for_good: bool


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is asked for, and on which conditions; ``limit`` is in bytes."""

    source: str
    allow_private: bool
    limit: int
    headers: dict[str, str]
    kinds: tuple[str, ...]

    def error(self, reason: str) -> SourceError:
        """Return what to raise if asking again would not help."""
        return SourceError(self.source, reason)

    def outage(self, reason: str) -> SourceError:
        """Return what to raise if asking later may help."""
        return UnreachableError(self.source, reason)

    def checked(self, url: str) -> httpx.URL:
        """Return an address that may be asked, without its fragment."""
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, ValueError):
            raise self.error("this is not a valid address") from None
        # Not `host`: reading it decodes the name, which fails for a malformed "xn--" one.
        if parsed.scheme not in ("http", "https") or not parsed.raw_host:
            raise self.error("only http and https addresses can be read")
        if parsed.userinfo:
            # The sentence goes into chats and logs, so it does not repeat the password.
            harmless = str(parsed.copy_with(username=None, password=None))
            raise SourceError(harmless, "an address must not contain a user name or password")
        if (parsed.port or 0) > _HIGHEST_PORT:
            raise self.error("this is not a valid address")
        return parsed.copy_with(fragment=None)

    def redirected(self, url: httpx.URL, target: str) -> httpx.URL:
        """Return where ``url`` sends us, if we may go there."""
        try:
            joined = urljoin(str(url), target)
        except ValueError:
            raise self.error("it redirects to something that is not an address") from None
        if url.scheme == "https" and not joined.lower().startswith("https:"):
            raise self.error("it redirects from https to an unprotected address")
        return self.checked(joined)

    async def addresses(self, url: httpx.URL) -> list[Address]:
        """Resolve the host; all of its addresses must be public unless private ones are allowed."""
        host = url.raw_host.decode("ascii").strip("[]")
        try:
            found = await resolve(host, url.port or (443 if url.scheme == "https" else 80))
        except (OSError, UnicodeError):
            raise self.outage(f"the host {host} was not found") from None
        if not self.allow_private and not all(map(is_public, found)):
            raise self.error(
                f"the host {host} has a private address, "
                "which PULLQUOTE_ALLOW_PRIVATE_HOSTS does not allow"
            )
        return found

    async def get(
        self,
        transport: httpx.AsyncHTTPTransport,
        url: httpx.URL,
        addresses: list[Address],
        cookies: httpx.Cookies,
    ) -> Response | Redirect:
        """Ask the first of ``addresses`` that can be connected to for ``url``.

        The site gets its own among ``cookies``; those that it sets are added to them.
        """
        failure: Exception | None = None
        request = self._request(url)
        cookies.set_cookie_header(request)
        for address in addresses:
            try:
                answer = await transport.handle_async_request(_pinned(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
                continue
            except httpx.HTTPError as error:
                raise self.outage("the connection was lost") from error
            answer.request = request
            cookies.extract_cookies(answer)
            return await self._read(str(url), answer)
        raise self.outage(_connect_reason(failure)) from failure

    def _request(self, url: httpx.URL) -> httpx.Request:
        headers = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": _AGENT,
            "Accept": ", ".join((*self.kinds, "*/*;q=0.1")),
            "Accept-Encoding": "gzip",
            "Connection": "close",
            **self.headers,
        }
        return httpx.Request("GET", url, headers=httpx.Headers(headers, encoding="latin-1"))

    async def _read(self, url: str, answer: httpx.Response) -> Response | Redirect:
        # Latin-1 maps every byte to a character and back: an ETag goes back as it came.
        answer.headers.encoding = "latin-1"
        try:
            if answer.status_code in _MOVED and "location" in answer.headers:
                is_for_good = answer.status_code in _MOVED_FOR_GOOD
                return Redirect(_as_written(answer.headers["location"]), is_for_good)
            response = Response(url, answer.status_code, answer.headers, b"", url)
            if answer.status_code == NOT_MODIFIED:
                return response
            if not answer.is_success:
                raise StatusError(self.source, answer.status_code, answer.headers, url)
            if ANYTHING not in self.kinds and response.content_type not in ("", *self.kinds):
                raise self.error(f"this is {response.content_type}, not an article")
            return replace(response, body=await self._body(answer))
        except httpx.HTTPError as error:
            raise self.outage("the connection was lost") from error
        finally:
            await answer.aclose()

    async def _body(self, answer: httpx.Response) -> bytes:
        """Read the body, never more than the limit in memory, however well it is compressed."""
        encoding = answer.headers.get("content-encoding", "identity").lower()
        if encoding not in (*_PLAIN, "gzip", "x-gzip", "deflate"):
            raise self.error(f"it arrived compressed as {encoding}, which we did not accept")
        unpacker = None if encoding in _PLAIN else zlib.decompressobj(_GZIP_OR_ZLIB)
        body = bytearray()
        async for chunk in answer.aiter_raw():
            try:
                room = self.limit + 1 - len(body)
                body += unpacker.decompress(chunk, room) if unpacker else chunk
            except zlib.error:
                raise self.error("it arrived damaged") from None
            if len(body) > self.limit:
                raise self.error(f"it is larger than {self.limit / 1_000_000:g} MB")
        return bytes(body)


def _pinned(request: httpx.Request, address: Address) -> httpx.Request:
    """Ask the checked address; Host and the certificate's name stay those of the URL."""
    extensions = {
        "sni_hostname": request.url.raw_host.decode("ascii"),
        "timeout": {"connect": _CONNECT_SECONDS},
    }
    url = request.url.copy_with(host=str(address))
    return httpx.Request("GET", url, headers=request.headers, extensions=extensions)


def _as_written(location: str) -> str:
    """Decode an address that was read as Latin-1: it is mostly ASCII, otherwise mostly UTF-8."""
    try:
        return location.encode("latin-1").decode()
    except UnicodeDecodeError:
        return location


def _connect_reason(error: Exception | None) -> str:
    cause = str(error)
    if "CERTIFICATE" in cause or "certificate" in cause:
        return "its certificate is not valid"
    return "could not connect to the site"
