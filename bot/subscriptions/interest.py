"""Interests as people write them, and sources as articles name them (pure)."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from bot.subscriptions.model import Interest
from qa import Article
from qa.article import Span
from qa.language import ENGLISH, Language, codes, load

TOPIC_LENGTH = 100
"""Longest topic, in UTF-16 code units."""

_TOKEN = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")


def source_key(name: str) -> str:
    """What all spellings of a source share: case, spaces and its article do not matter.

    The language of a name is not known: The Verge, Die Zeit and Le Monde are Verge, Zeit and Monde.
    """
    spelt = " ".join(name.split()).casefold()
    return min((load(code).without_article(spelt) for code in codes()), key=len)


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

    The words after a "from", in any language, are a source if they are in ``known`` (key to name).
    Otherwise they are part of the topic, as in "refugees from Ukraine".
    """
    text = " ".join(text.split())
    for start, end in _prepositions(text):
        name = known.get(source_key(text[end:]))
        if name is not None:
            return Interest(text[:start].strip(), name), ""
    # Only the word that the help names: those of other languages are also part of names.
    meant = list(ENGLISH.source_from.finditer(text))
    return Interest(text), text[meant[-1].end() :] if meant else ""


def may_name_source(text: str) -> bool:
    """Whether ``text`` has a "from" in any language."""
    return bool(_prepositions(text))


def _prepositions(text: str) -> list[Span]:
    found = (match for code in codes() for match in load(code).source_from.finditer(text))
    return sorted({match.span() for match in found})


def topic_of(question: str, language: Language) -> str:
    """The content words of ``question``, each once, as many as a topic holds; may be empty."""
    kept: dict[str, str] = {}
    for token in _TOKEN.findall(question):
        name = _bare(token, language)
        if language.is_content(name) and (len(name) > 1 or name.isdigit()):
            kept.setdefault(language.stemmed(name), name)
    topic = ""
    for name in kept.values():
        longer = f"{topic} {name}".strip()
        if _utf16_length(longer) <= TOPIC_LENGTH:
            topic = longer
    return topic


def _bare(token: str, language: Language) -> str:
    """Return a word without what an apostrophe joins to it: l'Ucraina, Ukraine's."""
    elided = language.elision.match(token)
    word = token[elided.end() :] if elided else token
    return re.sub(f"(?:{language.ending.pattern})$", "", word)


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
