"""Interests as people write them, and sources as articles name them (pure)."""

import functools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from bot.subscriptions.model import Interest
from index.web.urls import canonical_url
from qa import Article
from qa.article import Span
from qa.language import ENGLISH, Language, codes, load

TOPIC_LENGTH = 100
"""Longest topic, in UTF-16 code units."""

ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_MARKS = dict(zip("\"'“„«‘<([", ['"', "'", "”", "“”", "»", "’", ">", ")", "]"], strict=True))
"""Which marks close what each mark opens."""
_BEFORE_ADDRESS, _AFTER_ADDRESS = " ".join(_MARKS), "".join(_MARKS.values()) + ".,;:!?"
_TOKEN = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")


@functools.lru_cache(maxsize=100_000)
def source_key(name: str) -> str:
    """A key that all spellings of a source share, whatever their case, spaces and article (the).

    The language of a name is not known: The Verge, Die Zeit and Le Monde are Verge, Zeit and Monde.
    In an address, scheme, ``www.`` and what ``canonical_url`` drops make no difference either.
    Cached: it is needed for each article and subscription, and tries the articles of ten languages.
    """
    name = " ".join(name.split())
    if ADDRESS.fullmatch(name):
        name = canonical_url(name).partition("://")[2]
    spelt = name.casefold().removeprefix("www.").rstrip("/")
    return min((load(code).without_article(spelt) for code in codes()), key=len)


def host_of(url: str | None) -> str:
    """The host of ``url`` without ``www.``; empty if it has no host."""
    try:
        host = urlsplit(url or "").hostname or ""
    except ValueError:  # not a URL at all
        return ""
    return host.removeprefix("www.")


def source_keys(article: Article, feed_names: Sequence[str] = ()) -> frozenset[str]:
    """The keys of every name by which people can follow the article's source.

    ``feed_names`` are titles and addresses of the feeds that have brought it, and of their sites.
    """
    names = [article.source or "", host_of(article.url), *feed_names]
    return names_keys(names)


def names_keys(names: Sequence[str]) -> frozenset[str]:
    """The keys of names, and of the hosts of those that are addresses."""
    return frozenset(map(source_key, [*names, *map(host_of, names)])) - {""}


def fits_source(interest: Interest, keys: frozenset[str]) -> bool:
    """Whether an article whose source has these ``keys`` is from the interest's source."""
    return not interest.source or source_key(interest.source) in keys


def same_interest(one: Interest, other: Interest) -> bool:
    """Whether two interests differ in spelling at most."""
    same = all(
        mine.casefold() == theirs.casefold()
        for mine, theirs in ((one.topic, other.topic), (one.question, other.question))
    )
    return same and source_key(one.source) == source_key(other.source)


def known_sources(names: Iterable[str]) -> dict[str, str]:
    """Names of sources by key."""
    return {key: name for name in names if (key := source_key(name))}


def feed_sources(feeds: Sequence[tuple[str, str, Sequence[str]]]) -> dict[str, str]:
    """Names of the sources that feeds are, by the keys of all their names and hosts.

    A feed is given as its address, its title and all names that it has had. It is called by its
    title, or by its address if others have the same title. A name of several feeds means them all.
    """
    owners = Counter(key for *_, names in feeds for key in {*map(source_key, names)})
    known: dict[str, str] = {}
    for url, title, names in feeds:
        called = title if owners[source_key(title)] == 1 else url
        for key, name in known_sources(names).items():
            known[key] = called if owners[key] == 1 else name
    return known | known_sources(host_of(name) for *_, names in feeds for name in names)


def read_interest(
    text: str, known: Mapping[str, str], language: Language = ENGLISH
) -> tuple[Interest, str]:
    """Read ``text`` as an interest; also return the name after "from" if it is no known source.

    The words after a "from", in any language, are a source if they are in ``known`` (key to name).
    Otherwise they are part of the topic, as in "refugees from Ukraine"; if there is nothing else,
    the interest is empty. An address or a name of several words needs no "from", and a source may
    be called one: "the feed https://…". Quotation marks and brackets around all of it do not belong
    to it.
    """
    text = _bare_of_marks(" ".join(text.split()))
    languages = {ENGLISH, language}
    source = known.get(key := source_key(text))
    if not source or {*" ./@"}.isdisjoint(key):
        source = _called(text, known, languages)
    if source:
        return Interest("", source), ""
    for start, end in _prepositions(text, codes()):
        name = known.get(source_key(_bare_of_marks(text[end:])))
        if name := name or _called(text[end:], known, languages):
            topic = _bare_of_marks(text[:start].strip())
            return Interest(topic if _is_topic(topic, text, (start, end)) else "", name), ""
    address = address_in(text)
    if address and (followed := known.get(source_key(address))):
        before, _, after = text.partition(address)
        rest = f"{before.rstrip(_BEFORE_ADDRESS)} {after.lstrip(_AFTER_ADDRESS)}".strip()
        return Interest(rest if language.is_content(rest) else "", followed), ""
    unknown = _prepositions(text, [ENGLISH.code])
    if unknown and unknown[0][0] == 0:
        return Interest(), text[unknown[0][1] :]
    # In other languages the word means much else inside a topic.
    unknown += [span for span in _prepositions(text, [language.code]) if span[0] == 0]
    return Interest(text), text[unknown[-1][1] :] if unknown else ""


def _is_topic(topic: str, text: str, preposition: Span) -> bool:
    """Whether a topic is given, and not only words such as "alles von", "all articles from"."""
    spoken = (load(code) for code in codes() if preposition in _prepositions(text, [code]))
    return all(language.can_be_topic(topic) for language in spoken)


def _called(text: str, known: Mapping[str, str], languages: Collection[Language]) -> str | None:
    """Return the known source that a text consists of beside words such as "to the feed"."""
    words = text.split()
    at = [n for n, word in enumerate(words) if not _may_stand_beside(word, languages)]
    if not at or len(at) == len(words):
        return None
    name = _bare_of_marks(" ".join(words[at[0] : at[-1] + 1]).rstrip(".,;:!?"))
    beside = [*words[: at[0]], *words[at[-1] + 1 :]]
    is_called = any(_calls(word, languages) for word in beside)
    return known.get(source_key(name)) if is_called or ADDRESS.fullmatch(name) else None


def _may_stand_beside(word: str, languages: Iterable[Language]) -> bool:
    bare = word.strip(_AFTER_ADDRESS)
    return _calls(word, languages) or not all(each.is_content(bare) for each in languages)


def _calls(word: str, languages: Iterable[Language]) -> bool:
    bare = word.strip(_AFTER_ADDRESS)
    return any(each.source_called.fullmatch(bare) for each in languages)


def address_in(text: str) -> str | None:
    """Return the first web address in ``text``, without the marks that may follow it."""
    found = ADDRESS.search(text)
    return found[0].rstrip(_AFTER_ADDRESS) if found else None


def _bare_of_marks(text: str) -> str:
    closing = text[-1:]
    is_marked = closing in _MARKS.get(text[:1], "") and closing not in text[1:-1]
    return text[1:-1].strip() if is_marked and len(text) > 2 else text


def _prepositions(text: str, languages: Iterable[str]) -> list[Span]:
    found = (match for code in languages for match in load(code).source_from.finditer(text))
    return sorted({match.span() for match in found})


def topic_of(question: str, language: Language) -> str:
    """The content words of ``question``, each once, as many as fit into a topic; may be empty."""
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
    """Return a word without what an apostrophe attaches to it: l'Ucraina, Ukraine's."""
    elided = language.elision.match(token)
    word = token[elided.end() :] if elided else token
    return re.sub(f"(?:{language.ending.pattern})$", "", word)


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
