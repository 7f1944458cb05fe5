"""What people say to a bot without asking the articles: hello, thanks, what can you do."""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import Enum

from qa.language.files import codes, talk_words
from qa.language.words import folded, split

_SEGMENT = re.compile(r"[^.,;:!?…\n]+")
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")


class Talk(Enum):
    """What is meant; of several things in one message, the first here."""

    HELP = "help"
    LATEST = "latest"
    THANKS = "thanks"
    GREETING = "greeting"
    BYE = "bye"
    NOTHING = "extra"


_COURTESIES = (Talk.BYE, Talk.GREETING, Talk.THANKS)


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The phrases of one language, as their words without those that add nothing."""

    extra: Set[str]
    kinds: Mapping[tuple[str, ...], Talk]

    def kind(self, words: Sequence[str]) -> Talk | None:
        """Return what ``words`` mean, if they are phrases one after another and nothing else."""
        said, meant = tuple(word for word in words if word not in self.extra), [Talk.NOTHING]
        while said:
            ends = range(len(said), 0, -1)
            longest = next((end for end in ends if said[:end] in self.kinds), None)
            if longest is None:
                return None
            meant.append(self.kinds[said[:longest]])
            said = said[longest:]
        return _first(meant)


def read_talk(text: str) -> tuple[Talk | None, str]:
    """Return what ``text`` means if it is not a question, and otherwise the question in it.

    "Hello, how long is the tunnel?" is a question without the first word.
    """
    segments = [(match.span(), _kind(match.group())) for match in _SEGMENT.finditer(text)]
    segments = [each for each in segments if split(text[slice(*each[0])])]
    others = [n for n, (_, kind) in enumerate(segments) if kind not in _COURTESIES]
    if not others or all(segments[n][1] for n in others):
        meant = _first([kind for _, kind in segments if kind])
        return meant if meant is not Talk.NOTHING else None, text
    first, last = others[0], others[-1]
    end = segments[last + 1][0][0] if last + 1 < len(segments) else len(text)
    return None, text[segments[first][0][0] : end].strip() if first or end < len(text) else text


def _first(kinds: Sequence[Talk]) -> Talk | None:
    return next((kind for kind in Talk if kind in kinds), None)


def _kind(segment: str) -> Talk | None:
    words = _words(segment)
    return _first([kind for code in codes() if (kind := _phrases(code).kind(words))])


def _words(text: str) -> list[str]:
    """Fold words; letters that are drawn out count once: "hiii"."""
    return split(_DRAWN_OUT.sub(r"\1", folded(text)))


@functools.cache
def _phrases(code: str) -> _Phrases:
    written = talk_words(code)
    extra = frozenset(_words(" ".join(written["extra"])))
    return _Phrases(extra, dict(_read(written, extra)))


def _read(
    written: Mapping[str, list[str]], extra: Set[str]
) -> Iterator[tuple[tuple[str, ...], Talk]]:
    for kind in (*_COURTESIES, Talk.LATEST, Talk.HELP):
        for phrase in written[kind.value]:
            words = tuple(word for word in _words(phrase) if word not in extra)
            yield words or tuple(_words(phrase)), kind
