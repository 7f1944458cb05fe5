"""What somebody wants to be told of, as words and as what an article is compared with (pure)."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from bot.alerts.model import Interest
from bot.texts.markup import head
from qa import Article
from qa.language import ENGLISH

TOPIC_LENGTH = 100
"""UTF-16 units of a topic."""

_TOKEN = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s$")


def source_key(name: str) -> str:
    """What two spellings of a source have in common; a leading "the" makes no difference."""
    return " ".join(name.split()).casefold().removeprefix(f"{ENGLISH.source_article} ")


def host_of(url: str | None) -> str:
    """The host that ``url`` names, without ``www.``; empty when there is none."""
    try:
        host = urlsplit(url or "").hostname or ""
    except ValueError:  # what somebody took for a URL
        return ""
    return host.removeprefix("www.")


def source_keys(article: Article) -> frozenset[str]:
    """The keys of all names by which the article's source may be followed."""
    keys = {source_key(article.source or ""), source_key(host_of(article.url))}
    return frozenset(keys - {""})


def fits_source(interest: Interest, keys: frozenset[str]) -> bool:
    """Whether an article whose source has these ``keys`` comes from the source that is wanted."""
    return not interest.source or source_key(interest.source) in keys


def known_sources(names: Iterable[str]) -> dict[str, str]:
    """Names of sources by their keys."""
    return {key: name for name in names if (key := source_key(name))}


def read_interest(text: str, known: Mapping[str, str]) -> tuple[Interest, str]:
    """What ``text`` asks for, and the name behind "from" that is no source of ours, if any.

    The words behind a "from" are a source when they are in ``known`` (key to name); else they
    belong to the topic: "refugees from Ukraine".
    """
    text = " ".join(text.split())
    places = list(ENGLISH.source_from.finditer(text))
    for place in places:
        name = known.get(source_key(text[place.end() :]))
        if name is not None:
            return Interest(text[: place.start()].strip(), name), ""
    return Interest(text), text[places[-1].end() :] if places else ""


def topic_of(question: str) -> str:
    """The telling words of ``question``, as they are spelt there, each once; may be empty."""
    kept: dict[str, str] = {}
    for token in _TOKEN.findall(question):
        name = _POSSESSIVE.sub("", token)
        if ENGLISH.is_content(name) and (len(name) > 1 or name.isdigit()):
            kept.setdefault(ENGLISH.stemmed(name), name)
    topic = " ".join(kept.values())
    return topic[: head(topic, TOPIC_LENGTH)].rstrip()
