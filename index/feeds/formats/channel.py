"""The public preview of a Telegram channel, ``https://t.me/s/NAME`` (pure).

Its newest posts, oldest first, are elements of the class ``tgme_widget_message``. An album is one
of them, with one caption.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import Any
from urllib.parse import urlsplit

from lxml import html  # type: ignore[import-untyped]  # lxml ships no types
from lxml.html import HtmlElement  # type: ignore[import-untyped]

from index.feeds.channels import TELEGRAM
from index.feeds.formats import iso_moment
from index.web.urls import canonical_url
from qa.errors import SourceError

TEASER_WORDS = 50
"""A post of fewer words with one link to another site sends its readers to that page."""
LONGEST_POST = 10_000
"""Characters; Telegram allows less than half of that."""

_FEED = re.compile(r"(?:<[!?][^>]*>|\s)*<(?:rss|feed|rdf:RDF|opml)\b", re.IGNORECASE)
_MARK = "tgme_"
_UTF8 = html.HTMLParser(encoding="utf-8")
_POST = re.compile(r"([A-Za-z0-9_]{1,64})/([1-9]\d{0,14})")
_MESSAGE = "tgme_widget_message"
_SERVICE = "service_message"
"""The class of notices that are not posts: a pinned post, a new photo, a new name."""
_TEXT, _PREVIEW = f"{_MESSAGE}_text", f"{_MESSAGE}_link_preview"
_NOT_ITS_OWN = frozenset({_TEXT, _PREVIEW, f"{_MESSAGE}_reply", f"{_MESSAGE}_poll"})
"""Inside these, text is repeated or belongs to somebody else."""
_REPLY_TEXT = "js-message_reply_text"
_LINES = ("blockquote", "div", "li", "p", "pre")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_NO_POSTS = (
    "Telegram shows no posts there: it is a person, a bot, a group, or a channel that is private,"
    " empty or without a public preview"
)


def read(text: str, url: str, most_entries: int) -> dict[str, Any] | None:
    """Return what ``index.feeds.formats.xml.read`` returns, and ``numbers``, those of all posts.

    The texts of entries, which ``is_post`` marks, are plain, a line each; ``page`` is the address
    that a teaser leads to. ``None`` if this is not a page of Telegram, ``SourceError`` naming
    ``url`` if it is one without posts.
    """
    if _MARK not in text or _FEED.match(text):
        return None
    page = html.fromstring(f"<html>{text}</html>".encode(errors="replace"), parser=_UTF8)
    posts = dict(_posts(page))
    if not posts:
        if _is_telegrams(page):
            raise SourceError(url, _NO_POSTS)
        return None
    name = next(iter(posts.values())).get("data-post").partition("/")[0]
    newest_first = [posts[number] for number in sorted(posts, reverse=True)]
    return {
        "title": escape(_title(page) or f"@{name}", quote=False),
        "site": f"https://t.me/{name}",
        "period": ["", "", ""],
        "entries": [entry for post in newest_first if (entry := _entry(post))][:most_entries],
        "numbers": sorted(posts),
    }


def _posts(page: HtmlElement) -> Iterator[tuple[int, HtmlElement]]:
    for message in page.find_class(_MESSAGE):
        if place := _POST.fullmatch(message.get("data-post") or ""):
            yield int(place[2]), message


def _is_telegrams(page: HtmlElement) -> bool:
    return bool(page.find_class("tgme_page") or page.find_class("tgme_channel_info"))


def _title(page: HtmlElement) -> str:
    places = ("tgme_channel_info_header_title", f"{_MESSAGE}_owner_name")
    shown = (_seen(each) for place in places for each in page.find_class(place))
    return next(filter(None, map(str.strip, shown)), "")


def _entry(post: HtmlElement) -> dict[str, Any] | None:
    """Return a post as an entry; ``None`` if it has no words or no date, as when it was cut off."""
    published = _published(post)
    if published is None or _SERVICE in post.classes:
        return None
    texts = list(filter(_is_its_own, post.find_class(_TEXT)))
    links = dict(_links(texts, post))
    said = "\n".join(dict.fromkeys(map(_seen, texts)))[:LONGEST_POST].strip()
    words = _WORD.findall(_without_addresses(said, texts))
    page = next(iter(links.values())) if len(links) == 1 and len(words) < TEASER_WORDS else ""
    if not words and not page:
        return None
    channel, number = post.get("data-post").split("/")
    return {
        "id": number,
        "link": f"https://t.me/{channel}/{number}",
        "file": "",
        "title": "",
        "markup": said if words else "",
        "updated": "",
        "published": published,
        "is_post": True,
        "page": page,
    }


def _published(post: HtmlElement) -> float | None:
    """Return when a post was published, which stands below it."""
    moments = (iso_moment(each.get("datetime") or "") for each in [*post.iter("time")][::-1])
    return next(filter(None, moments), None)


def _is_its_own(text: HtmlElement) -> bool:
    around = [each for each in text.iterancestors() if not _NOT_ITS_OWN.isdisjoint(each.classes)]
    return not around and _REPLY_TEXT not in text.classes


def _links(texts: list[HtmlElement], post: HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield the links to other sites in the text of a post and in its preview, by what they are."""
    for link in (*(each for text in texts for each in text.iter("a")), *post.find_class(_PREVIEW)):
        address = (link.get("href") or "").strip()
        if _is_elsewhere(address):
            yield canonical_url(address), address


def _is_elsewhere(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return False
    is_telegrams = host in TELEGRAM or host.endswith(".t.me")
    return parts.scheme in ("http", "https") and "." in host and not is_telegrams


def _without_addresses(said: str, texts: list[HtmlElement]) -> str:
    shown = {_seen(link).strip(): link.get("href") for text in texts for link in text.iter("a")}
    for address, target in shown.items():
        if "." in address and not _SPACE.search(address) and address in (target or ""):
            said = said.replace(address, " ")
    return _ADDRESS.sub(" ", said)


def _seen(element: HtmlElement) -> str:
    """Return the text of an element with its lines as a person sees them."""
    return "".join(_parts(element, is_written=False))


def _parts(element: HtmlElement, *, is_written: bool) -> Iterator[str]:
    is_written = is_written or element.tag == "pre"
    end = "\n" if element.tag in _LINES else ""
    yield end
    yield _as_shown(element.text, is_written)
    for child in element.iterchildren():
        if isinstance(child.tag, str):
            yield "\n" if child.tag == "br" else ""
            yield from _parts(child, is_written=is_written)
        yield _as_shown(child.tail, is_written)
    yield end


def _as_shown(text: str | None, is_written: bool) -> str:
    return (text or "") if is_written else _SPACE.sub(" ", text or "")
