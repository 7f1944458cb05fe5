"""What an edit of an article corrects: a figure, a name or a negation in a sentence that stays.

Sentences are compared first, then the words of those that changed. A sentence that was added, taken
out, moved or written anew corrects nothing, and neither does another spelling of the same.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from qa.article import Span
from qa.language.language import Language
from qa.language.words import folded, lemma

SAME = 0.8
"""Share of a sentence's words, those that are corrected aside, that must have stayed."""
FEWEST = 3
"""Words that a sentence must have kept for another to be the same one."""
AROUND = 2
"""Words shown on each side of what was corrected."""
REWRITTEN = 40
"""An edit that changes more sentences makes another article."""
NEGATION = 3
"""Words in which a negation comes or goes: "will not sign"; more are a clause of their own."""
LONG_NAME = 6
"""In names of at least so many letters, one other letter is a misspelling, not another name."""

_TOKEN = re.compile(
    r"(?<!\d)\d{1,3}(?:[\u00a0\u202f ,.'’]\d{3})+(?![^\W_])"  # 1,000 or 1 000
    r"|\d+(?:[.,:]\d+)*(?![^\W_])"
    r"|[^\W_]+(?:['’.][^\W_]+)*"
    r"|[%$€£¥₴₽₺]"
)
_GROUPED = re.compile(r"\d{1,3}(?:\D\d{3})+")


@dataclass(frozen=True, slots=True)
class Correction:
    """Words of the text before an edit, and what stands in their place after it, both verbatim."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    word: str
    key: str
    """The same for all spellings of a number or word."""
    fact: tuple[str, str]
    """Its kind (number, month, weekday, name, sign) and what it says; both empty for others."""


@dataclass(frozen=True, slots=True)
class _Change:
    """Tokens ``old[before]`` that became ``new[after]``, as ranges; what is told if it counts."""

    before: Span
    after: Span


def corrections(before: str, after: str, language: Language) -> list[Correction]:
    """Return what the text ``after`` corrects in ``before``, in order; the same change once."""
    names = _names(before, language) | _names(after, language)
    old, new = _sentences(before, after, language)
    found: dict[tuple[str, ...], Correction] = {}
    for gone, come in _pairs(old, new, language):
        tokens = _tokens(gone, language, names), _tokens(come, language, names)
        for change in _corrected(gone, come, *tokens, language):
            (a, b), (c, d) = change.before, change.after
            keys = (*(t.key for t in tokens[0][a:b]), "", *(t.key for t in tokens[1][c:d]))
            shown = _around(gone, tokens[0], (a, b)), _around(come, tokens[1], (c, d))
            found.setdefault(keys, Correction(*shown))
    return list(found.values())


def figures(text: str, language: Language) -> frozenset[str]:
    """Return the numbers in ``text``, each in one spelling."""
    facts = (_fact(match.group(), language) for match in _TOKEN.finditer(text))
    return frozenset(value for kind, value in facts if kind == "number")


def _sentences(before: str, after: str, language: Language) -> tuple[list[str], list[str]]:
    """Return the sentences that each text has and the other has not."""
    old, new = (_counted(text, language) for text in (before, after))
    return list(old - new), list(new - old)


def _counted(text: str, language: Language) -> Counter[str]:
    found = (text[a:b] for a, b in language.sentences(text))
    # The cells of a table are not a sentence: a ranking changes without having been wrong.
    return Counter(each for each in found if "\t" not in each)


def _pairs(old: Sequence[str], new: Sequence[str], language: Language) -> Iterator[tuple[str, str]]:
    """Yield each old sentence with the new one that has most of its words, if that is free."""
    if max(len(old), len(new)) > REWRITTEN:
        return
    words = {each: Counter(language.words(each)) for each in (*old, *new)}
    free = list(new)
    for gone in old:
        shared = {come: (words[gone] & words[come]).total() for come in free}
        best = max(shared, key=lambda come: shared[come], default=None)
        if best is not None and shared[best] >= FEWEST:
            free.remove(best)
            yield gone, best


def _corrected(
    gone: str, come: str, old: Sequence[_Token], new: Sequence[_Token], language: Language
) -> list[_Change]:
    """Return what was corrected between two forms of a sentence; nothing if they are two."""
    matcher = SequenceMatcher(None, [t.key for t in old], [t.key for t in new], autojunk=False)
    negates = len(language.negation.findall(gone)) != len(language.negation.findall(come))
    told, kept = [], 0
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            kept += b - a
            continue
        was, now = old[a:b], new[c:d]
        if _says_another(was, now, language) or (
            negates and _turns(_slice(gone, was), _slice(come, now), was, now, language)
        ):
            told.append(_Change((a, b), (c, d)))
    changed = sum(max(t.before[1] - t.before[0], t.after[1] - t.after[0]) for t in told)
    rest = max(len(old), len(new)) - changed
    if kept < FEWEST or kept < SAME * rest:
        return []
    return _joined(told)


def _joined(changes: Sequence[_Change]) -> list[_Change]:
    """Make one of changes that would be shown in each other's surroundings."""
    joined: list[_Change] = []
    for each in changes:
        if joined and each.before[0] - joined[-1].before[1] <= AROUND:
            last = joined.pop()
            each = _Change((last.before[0], each.before[1]), (last.after[0], each.after[1]))
        joined.append(each)
    return joined


def _says_another(was: Sequence[_Token], now: Sequence[_Token], language: Language) -> bool:
    """Whether a figure or name gave way to another of its kind."""
    for kind in ("number", "month", "weekday", "sign"):
        old, new = ({t.fact[1] for t in some if t.fact[0] == kind} for some in (was, now))
        if old - new and new - old and _in_digits(old) == _in_digits(new):
            return True
    old_names, new_names = ([t for t in some if t.fact[0] == "name"] for some in (was, now))
    return _names_another(old_names, new_names, language)


def _in_digits(values: set[str]) -> bool:
    return any(character.isdigit() for value in values for character in value)


def _names_another(was: Sequence[_Token], now: Sequence[_Token], language: Language) -> bool:
    old = [t for t in was if not any(_is_same_name(t, other, language) for other in now)]
    new = [t for t in now if not any(_is_same_name(t, other, language) for other in was)]
    return bool(old and new) and not (_abbreviates(was, now) or _abbreviates(now, was))


def _is_same_name(one: _Token, other: _Token, language: Language) -> bool:
    """Whether two names are forms or spellings of the same name."""
    first, second = one.key, other.key
    return (
        one.fact == other.fact
        or _is_misspelt(first, second)
        or (language.lemmas and _shares_root(first, second))
    )


def _is_misspelt(one: str, other: str) -> bool:
    """Whether one letter was added, removed or replaced, or two have changed places."""
    short, long = sorted((one, other), key=len)
    start = next(
        (n for n, pair in enumerate(zip(short, long, strict=False)) if len({*pair}) > 1), len(short)
    )
    if len(long) == len(short) + 1:
        return len(short) >= FEWEST and short[start:] == long[start + 1 :]
    if len(long) > len(short):
        return False
    is_swapped = short[start : start + 2] == long[start : start + 2][::-1]
    if is_swapped and short[start + 2 :] == long[start + 2 :]:
        return True
    return start > 0 and len(short) >= LONG_NAME and short[start + 1 :] == long[start + 1 :]


def _shares_root(one: str, other: str) -> bool:
    """Whether two names differ only in endings, of up to three letters, as cases have."""
    root = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    return root >= 4 and max(len(one), len(other)) - root <= 3


def _abbreviates(short: Sequence[_Token], long: Sequence[_Token]) -> bool:
    """Whether one name is the initials of the others: EU, European Union."""
    initials = "".join(t.key[0] for t in long)
    return len(long) > 1 and any(t.key.replace(".", "") == initials for t in short)


def _turns(
    gone: str, come: str, was: Sequence[_Token], now: Sequence[_Token], language: Language
) -> bool:
    """Whether a negation came or went, without a clause of its own."""
    return max(len(was), len(now)) <= NEGATION and language.negates(gone) != language.negates(come)


# Words


def _tokens(sentence: str, language: Language, names: frozenset[str]) -> list[_Token]:
    matches = list(_TOKEN.finditer(sentence))
    words = [match.group() for match in matches]
    named = _spans_of_names(sentence, language)
    tokens = []
    for n, match in enumerate(matches):
        fact = _fact(match.group(), language)
        if not fact[0] and _is_name(n, words, match.span(), named, language, names):
            key = _key(match.group(), language)
            fact = "name", language.stem(key)
        tokens.append(_Token(*match.span(), match.group(), _key(match.group(), language), fact))
    return tokens


def _key(word: str, language: Language) -> str:
    return (
        _value(word)
        if word[0].isdigit()
        else language.ending.sub("", folded(word, language.folding))
    )


def _value(number: str) -> str:
    """Return a number in one spelling: 1,000 and 1 000 are 1000; 2,5 and 2.50 are 2.5."""
    if _GROUPED.fullmatch(number):
        return re.sub(r"\D", "", number)
    plain = re.sub("[,:]", ".", number)
    return re.sub(r"\.?0+$", "", plain) if plain.count(".") == 1 else plain


def _fact(word: str, language: Language) -> tuple[str, str]:
    """Return the kind of fact that a word is in any place, and its value; empty for most words."""
    plain, time = folded(word), language.time
    if any(map(str.isdigit, word)):
        return "number", _key(word, language)
    if not word[0].isalpha():
        return "sign", word
    if plain in time.weekdays:
        return "weekday", str(time.weekdays[plain])
    if plain in time.months and plain not in time.month_verbs:
        return "month", str(time.months[plain])
    if plain in time.counts:
        return "number", str(time.counts[plain])
    return ("number", stem) if (stem := _count(word.lower(), language)) else ("", "")


def _count(word: str, language: Language) -> str:
    """Return the stem of a number in words; empty for other words, and for "few"."""
    counted = language.answers.get("number")
    key = _key(word, language)
    forms = {word, lemma(language.code, word)} if language.lemmas else {word}
    is_count = counted is not None and any(map(counted.fullmatch, forms))
    return language.stem(key) if is_count and key not in language.stop_words else ""


def _is_name(
    n: int,
    words: Sequence[str],
    span: Span,
    named: Sequence[Span],
    language: Language,
    names: frozenset[str],
) -> bool:
    """Whether the word number ``n`` is a name; the first only if another word shows that it is."""
    word = words[n]
    if not word[0].isupper() or _key(word, language) in language.stop_words:
        return False
    if language.capital_nouns:
        is_shouted = len(word) > 1 and word.isupper()
        return is_shouted or any(a <= span[0] and span[1] <= b for a, b in named)
    is_followed = n + 1 < len(words) and words[n + 1][0].isupper()
    return n > 0 or is_followed or word in names


def _spans_of_names(sentence: str, language: Language) -> list[Span]:
    """Return where names stand in a language whose nouns all have a capital."""
    if not language.capital_nouns:
        return []
    patterns = (language.answers.get(kind) for kind in ("name", "place"))
    return [m.span() for pattern in patterns if pattern for m in pattern.finditer(sentence)]


def _names(text: str, language: Language) -> frozenset[str]:
    """Return words with a capital inside a sentence, which are names at its start, too."""
    return frozenset(
        word
        for a, b in language.sentences(text)
        for before, word in pairwise(_TOKEN.findall(text[a:b]))
        if word[0].isupper() and before
    )


# What is shown


def _slice(sentence: str, tokens: Sequence[_Token]) -> str:
    return sentence[tokens[0].start : tokens[-1].end] if tokens else ""


def _around(sentence: str, tokens: Sequence[_Token], place: Span) -> str:
    """Return the words at ``place`` with those beside them, as they stand in the sentence."""
    first, last = max(place[0] - AROUND, 0), min(place[1] + AROUND, len(tokens))
    return _slice(sentence, tokens[first:last])
