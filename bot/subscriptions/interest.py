"""Interests as people write them, and sources as articles name them (pure)."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from bot.subscriptions.model import Interest
from qa import Article
from qa.language import ENGLISH

TOPIC_LENGTH = 100
"""Longest topic, in UTF-16 code units."""

_TOKEN = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s$")


def source_key(name: str) -> str:
    """What all spellings of a source share: case, spaces and a leading "the" do not matter."""
    return ENGLISH.without_article(" ".join(name.split()).casefold())


def host_of(url: str | None) -> str:
    """The host of ``url`` without ``www.``; empty if it has no host."""
    try:
        host = urlsplit(url or "").hostname or ""
    except ValueError:  # not a URL at all
        return ""
    return host.removeprefix("www.")


def source_keys(article: Article) -> frozenset[str]:
    """The keys of every name by which people can follow the article's source."""
    keys = {source_key(article.source or ""), source_key(host_of(article.url))}
    return frozenset(keys - {""})


def fits_source(interest: Interest, keys: frozenset[str]) -> bool:
    """Whether an article whose source has these ``keys`` is from the interest's source."""
    return not interest.source or source_key(interest.source) in keys


def known_sources(names: Iterable[str]) -> dict[str, str]:
    """Names of sources by key."""
    return {key: name for name in names if (key := source_key(name))}


def read_interest(text: str, known: Mapping[str, str]) -> tuple[Interest, str]:
    """Read ``text`` as an interest; also return the name after "from" if it is no known source.

    The words after a "from" are a source if they are in ``known`` (key to name). Otherwise they
    are part of the topic, as in "refugees from Ukraine".
    """
    text = " ".join(text.split())
    prepositions = list(ENGLISH.source_from.finditer(text))
    for each in prepositions:
        name = known.get(source_key(text[each.end() :]))
        if name is not None:
            return Interest(text[: each.start()].strip(), name), ""
    return Interest(text), text[prepositions[-1].end() :] if prepositions else ""


def topic_of(question: str) -> str:
    """The content words of ``question``, each once, as many as a topic holds; may be empty."""
    kept: dict[str, str] = {}
    for token in _TOKEN.findall(question):
        name = _POSSESSIVE.sub("", token)
        if ENGLISH.is_content(name) and (len(name) > 1 or name.isdigit()):
            kept.setdefault(ENGLISH.stemmed(name), name)
    topic = ""
    for name in kept.values():
        longer = f"{topic} {name}".strip()
        if _utf16_length(longer) <= TOPIC_LENGTH:
            topic = longer
    return topic


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
