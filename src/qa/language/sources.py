"""Which sources a question names: "what does the Guardian say?"."""

import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from qa.article import Span
from qa.language.files import ENGLISH
from qa.language.language import Language

NONE: Mapping[str, Iterable[str]] = MappingProxyType({})
_TOKEN = re.compile(r"\w+")
_COMMON_WORD = re.compile(r"[A-Z][a-z]+")
"""A name that is also a word: Time, Nature, People."""


class SourceNames:
    """The names of a library's sources, to be looked for in questions. Thread-safe."""

    def __init__(
        self,
        names: Iterable[str],
        language: Language = ENGLISH,
        streams: Mapping[str, Iterable[str]] = NONE,
    ) -> None:
        """Keep all ``names`` that are not blank; nothing is compiled before it is needed.

        ``streams`` are the streams of articles, with more names that mean them.
        """
        self._language = language
        self._streams: defaultdict[str, set[str]] = defaultdict(set)
        for stream, called in streams.items():
            for name in called:
                self._streams[name].add(stream)
        names = dict.fromkeys([*names, *self._streams])
        # A question can only name a source if it has the first word of its name.
        self._by_token: defaultdict[str, list[str]] = defaultdict(list)
        for name in names:
            bare = _bare(name, language)
            if bare:
                first = _TOKEN.search(bare)
                self._by_token[first.group() if first else ""].append(name)

    def find(self, text: str) -> Mapping[str, Sequence[Span]]:
        """Map each source that ``text`` names, spelt with its capitals, to where it does."""
        found = {}
        for token in {"", *_TOKEN.findall(text)}:
            for name in self._by_token.get(token, ()):
                spans = [match.span() for match in _spelling(name, self._language).finditer(text)]
                if spans:
                    found[name] = spans
        return found

    def streams_of(self, names: Iterable[str]) -> frozenset[str]:
        """Return the streams that these names mean."""
        return frozenset().union(*(self._streams.get(name, ()) for name in names))


def _bare(name: str, language: Language) -> str:
    return language.without_article(name.strip())


@functools.lru_cache(maxsize=1_000)
def _spelling(name: str, language: Language) -> re.Pattern[str]:
    bare = _bare(name, language)
    spelt = re.escape(bare)
    if _COMMON_WORD.fullmatch(name.strip()):
        tells = language.source_tells.pattern
        return re.compile(rf"(?<!\w)(?:(?<!^)(?<![.?!] ){spelt}(?!\w)|{spelt}(?={tells}))")
    article = "" if bare == name.strip() else f"(?:{language.source_article.pattern})"
    return re.compile(rf"(?<!\w){article}{spelt}(?!\w)")


def is_surely_named(text: str, name: str, spans: Iterable[Span], language: Language) -> bool:
    """Whether ``text`` names a source at one of ``spans``: the Sun, the Verge and Mars are things.

    A name of several words is one, and so is what others say of it: "from the Sun", "the Sun says".
    """
    if " " in _bare(name, language):
        return True
    starts = [match.end() for match in language.source_from.finditer(text)]
    return any(
        language.source_tells.match(text, end) or any(begin <= at < end for at in starts)
        for begin, end in spans
    )
