"""Subscriptions, alerts and digests, as Telegram HTML (pure).

For the limits see ``bot.texts.answers``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from bot.subscriptions.model import Interest, Timetable
from bot.subscriptions.timetable import lies_in
from bot.subscriptions.zones import shown_zone
from bot.texts.answers import (
    ERROR_LENGTH,
    SOURCE_LENGTH,
    also_in,
    announcement,
    block_quote,
    headline,
    in_quotes,
    repeats_title,
    shortened,
    title,
)
from bot.texts.catalogue import Texts
from bot.texts.markup import (
    DIRECTION_CONTROLS,
    ELLIPSIS,
    escape,
    excerpt,
    head,
    isolate,
    one_line,
)
from qa import Article, Quote
from qa.language.corrections import Correction

INTEREST_SHOWN = 60
QUESTION_SHOWN = 100
NAMED = 10
"""Topics, and sources, that an alert names as its reason, at most."""
SOURCES = 5
"""Sources that are suggested instead of an unknown one, at most."""
DIGEST_QUOTE = 240
CORRECTED_LENGTH = 100
AS_LISTED = (
    "interest.everything",
    "interest.all_articles",
    "interest.source",
    "interest.articles_from",
    "interest.topic_from",
)
"""Texts by which people may know an interest."""
_PLACEHOLDER = re.compile(r"\\{(topic|source)\\}")


# What is subscribed to


def interest_name(texts: Texts, interest: Interest) -> str:
    """A subscription in a list or on a button; plain text."""
    if not interest.source:
        name = interest.question or interest.topic or texts("interest.everything")
    elif interest.topic:
        name = texts("interest.topic_from", topic=interest.topic, source=interest.source)
    else:
        name = texts("interest.source", source=interest.source)
    return one_line(name, INTEREST_SHOWN)


def interests_named(texts: Texts, name: str) -> Iterator[Interest]:
    """The interests that a list would show as ``name``, the likeliest first."""
    written = DIRECTION_CONTROLS.sub("", " ".join(name.split()))
    templates = texts.under("interest.")
    for id_ in AS_LISTED:
        pattern = _PLACEHOLDER.sub(r"(?P<\1>.+)", re.escape(templates[id_]))
        if found := re.fullmatch(pattern, written, re.IGNORECASE):
            yield Interest(**found.groupdict())


def _source(name: str) -> str:
    return escape(isolate(one_line(name, SOURCE_LENGTH)))


def _topic(texts: Texts, interest: Interest) -> str:
    topic = in_quotes(texts, interest.topic)
    if not interest.source:
        return topic
    return texts("interest.topic_from", topic=topic, source=_source(interest.source))


def _question(texts: Texts, interest: Interest) -> str:
    return in_quotes(texts, one_line(interest.question, QUESTION_SHOWN))


def _articles(texts: Texts, interest: Interest) -> str:
    if interest.question:
        return texts("interest.answers_to", question=_question(texts, interest))
    topic, source = in_quotes(texts, interest.topic), _source(interest.source)
    if interest.topic and interest.source:
        return texts("interest.articles_about_from", topic=topic, source=source)
    if interest.topic:
        return texts("interest.articles_about", topic=topic)
    if interest.source:
        return texts("interest.articles_from", source=source)
    return texts("interest.all_articles")


def subscribed(texts: Texts, interest: Interest, *, is_new: bool, no_source: str = "") -> str:
    """A subscription was made, or existed; ``no_source`` is a name that no source has."""
    articles = _articles(texts, interest)
    if not is_new:
        return texts("subscribe.already", articles=articles)
    done = texts("subscribe.done", articles=articles)
    if not no_source:
        return done
    name = _written(texts, no_source)
    return f"{texts('subscribe.no_source_called', name=name)} {done}"


def watched(texts: Texts, interest: Interest, *, is_new: bool, is_answered: bool) -> str:
    """A question was saved, or had been before; it may be answered already."""
    done = subscribed(texts, interest, is_new=is_new)
    return f"{done} {texts('watch.answered')}" if is_new and is_answered else done


def unknown_source(texts: Texts, name: str, known: Sequence[str]) -> str:
    """Nothing was subscribed to: no article is from this source. ``known`` ones are suggested."""
    nothing = texts("subscribe.nothing_from", name=_written(texts, name))
    if not known:
        return f"{nothing} {texts('subscribe.no_sources')}"
    sources = shortened(texts, list(map(_source, known)), SOURCES)
    return f"{nothing} {texts('subscribe.sources', sources=sources)}"


def not_followed(texts: Texts, address: str, *, can_follow: bool = False) -> str:
    """Nothing was subscribed to: the bot follows no feed at this address.

    ``can_follow``: everybody may follow feeds for themselves.
    """
    advice = "subscribe.follow_first" if can_follow else "subscribe.not_followed"
    return texts(advice, address=escape(one_line(address, ERROR_LENGTH)))


def unfollowed(texts: Texts, interest: Interest) -> str:
    """A subscription made a moment ago was undone."""
    return texts("subscribe.undone", articles=_articles(texts, interest))


def subscriptions(texts: Texts, interests: Sequence[Interest], timetable: Timetable) -> str:
    """The subscriptions of a place and when it gets alerts; the buttons below change them."""
    if not interests:
        return texts("subscriptions.none")
    lines = [f"• {escape(isolate(interest_name(texts, each)))}" for each in interests]
    when = [_digest_line(texts, timetable)]
    if timetable.quiet is not None:
        when.append(_quiet_line(texts, timetable))
    buttons = texts("subscriptions.buttons")
    return "\n".join([texts("subscriptions.title"), *lines, "", *when, buttons])


def not_read(texts: Texts, sources: Sequence[str]) -> str:
    """Below subscriptions: sources whose feeds the bot does not read; empty without any."""
    return _of_sources(texts, "subscriptions.not_read", sources)


def no_articles(texts: Texts, sources: Sequence[str]) -> str:
    """Below subscriptions: sources that no feed and no article has any more; empty without any."""
    return _of_sources(texts, "subscriptions.no_articles", sources)


def _of_sources(texts: Texts, text: str, sources: Sequence[str]) -> str:
    return (
        texts(text, sources=shortened(texts, list(map(_source, sources)), SOURCES))
        if sources
        else ""
    )


def paused(texts: Texts, since: float, reason: str) -> str:
    """Below subscriptions: Telegram refuses messages to this chat, or to one of its topics."""
    moment = texts.moment(datetime.fromtimestamp(since, UTC))
    said = escape(isolate(one_line(reason, ERROR_LENGTH)))
    return texts("subscriptions.paused", moment=moment, reason=said)


def not_subscribed(texts: Texts, words: str, subscriptions: str) -> str:
    """No subscription is like ``words``; ``subscriptions`` is the list of those that are."""
    return f"{texts('unsubscribe.unknown', name=_written(texts, words))}\n\n{subscriptions}"


def ended_all(texts: Texts, count: int) -> str:
    """All subscriptions of a place were removed."""
    return texts("unsubscribe.done", count=count) if count else texts("unsubscribe.nothing")


def _written(texts: Texts, words: str) -> str:
    """What a person wrote, in quotes."""
    return in_quotes(texts, one_line(words, SOURCE_LENGTH))


# Digest and quiet hours


def _digest_line(texts: Texts, timetable: Timetable) -> str:
    if timetable.digest_at is None:
        return texts("digest.no_schedule")
    time = texts.clock(timetable.digest_at)
    return texts("digest.schedule", time=time, zone=zone(timetable))


def _quiet_line(texts: Texts, timetable: Timetable) -> str:
    if timetable.quiet is None:
        return texts("quiet.no_schedule")
    return texts("quiet.schedule", hours=span(texts, timetable.quiet), zone=zone(timetable))


def zone(timetable: Timetable) -> str:
    """The place's time zone."""
    return shown_zone(timetable.zone)


def span(texts: Texts, times: tuple[int, int]) -> str:
    """Such as ``22:00–07:00``."""
    return "–".join(map(texts.clock, times))


def digest_state(texts: Texts, timetable: Timetable) -> str:
    """What /digest alone says."""
    lines = [_digest_line(texts, timetable), *_waits(texts, timetable)]
    return f"{' '.join(lines)}\n\n{texts('digest.help')}"


def quiet_state(texts: Texts, timetable: Timetable) -> str:
    """What /quiet alone says."""
    return f"{_quiet_line(texts, timetable)}\n\n{texts('quiet.help')}"


def digest_set(texts: Texts, timetable: Timetable, before: Timetable) -> str:
    """A digest comes from now on."""
    time = texts.clock(timetable.digest_at or 0)
    said = [texts("digest.set", time=time, zone=zone(timetable)), *_waits(texts, timetable)]
    if timetable.quiet is not None and zone(timetable) != zone(before):
        said.append(texts("quiet.moved", hours=span(texts, timetable.quiet)))
    return " ".join([*said, *_hint(texts, timetable)])


def quiet_set(texts: Texts, timetable: Timetable, before: Timetable) -> str:
    """Quiet hours are kept from now on."""
    begin, end = map(texts.clock, timetable.quiet or (0, 0))
    said = [texts("quiet.set", begin=begin, end=end, zone=zone(timetable))]
    if timetable.digest_at is not None:
        time = texts.clock(timetable.digest_at)
        if _held_back(timetable):
            said.append(texts("quiet.holds_digest", time=time))
        if zone(timetable) != zone(before):
            said.append(texts("digest.moved", time=time))
    return " ".join([*said, *_hint(texts, timetable)])


def _waits(texts: Texts, timetable: Timetable) -> list[str]:
    if timetable.quiet is None or not _held_back(timetable):
        return []
    return [texts("digest.waits", time=texts.clock(timetable.quiet[1]))]


def _held_back(timetable: Timetable) -> bool:
    """Whether the digest is due in the quiet hours, and so waits for their end."""
    at, quiet = timetable.digest_at, timetable.quiet
    return at is not None and quiet is not None and lies_in(quiet, at)


def _hint(texts: Texts, timetable: Timetable) -> list[str]:
    return [texts("zone.missing")] if timetable.zone is None else []


def collected_comes_after(texts: Texts, quiet: tuple[int, int], timetable: Timetable) -> str:
    """The digest was turned off during quiet hours, which hold back what was collected."""
    return texts("digest.off_waiting", time=texts.clock(quiet[1]), zone=zone(timetable))


def unknown_time(texts: Texts, words: str) -> str:
    """Words in which /digest finds no time of day."""
    return texts("digest.unknown_time", words=_written(texts, words))


def unknown_hours(texts: Texts, words: str) -> str:
    """Words in which /quiet finds no beginning and end."""
    return texts("quiet.unknown_hours", words=_written(texts, words))


def unknown_zone(texts: Texts, name: str, nearest: str | None) -> str:
    """A time zone that does not exist."""
    unknown = texts("zone.unknown", name=_written(texts, name))
    known = texts("zone.nearest", zone=escape(nearest)) if nearest else texts("zone.example")
    return f"{unknown} {known}"


# Alerts and digests


def alert(
    texts: Texts,
    quote: Quote,
    interests: Sequence[Interest],
    corrections: Sequence[Correction] = (),
) -> str:
    """A new article, its corrections since, and why it was posted."""
    said = "\n".join([announcement(texts, quote), *_corrected(texts, corrections)])
    return f"{said}\n\n<i>{_reason(texts, interests)}</i>"


def _corrected(texts: Texts, corrections: Sequence[Correction]) -> list[str]:
    """A line for each correction, its words verbatim unless they are very long."""
    return [
        texts("alert.corrected", before=_words(each.before), after=_words(each.after))
        for each in corrections
    ]


def _words(text: str) -> str:
    kept = text[: head(text, CORRECTED_LENGTH)]
    return escape(isolate(kept)) + ELLIPSIS * (len(kept) < len(text))


def _reason(texts: Texts, interests: Sequence[Interest]) -> str:
    questions = [_question(texts, each) for each in interests if each.question]
    topics = [_topic(texts, each) for each in interests if each.topic]
    sources = [_source(each.source) for each in interests if each.source and not each.topic]
    reasons = []
    if questions:
        named = shortened(texts, questions, NAMED)
        reasons.append(texts("alert.questions", count=len(questions), questions=named))
    if topics:
        named = shortened(texts, topics, NAMED)
        reasons.append(texts("alert.topics", count=len(topics), topics=named))
    if sources:
        reasons.append(texts("alert.sources", sources=shortened(texts, sources, NAMED)))
    return " ".join(reasons) or texts("alert.everything")


def digest_heading(texts: Texts, interest: Interest) -> str:
    """Above the articles of a digest that match ``interest``."""
    name = interest_name(texts, interest)
    return f"<b>{escape(isolate(name[:1].upper() + name[1:]))}</b>"


def digest_item(texts: Texts, quote: Quote, corrections: Sequence[Correction] = ()) -> str:
    """An article of a digest: headline, the sentence that matched or the opening, corrections."""
    says_more = not repeats_title(quote, quote.sentence)
    passage = block_quote(excerpt(quote.sentence, None, DIGEST_QUOTE, 0)) if says_more else ""
    others = also_in(texts, quote.also_in)
    lines = [headline(texts, quote.article), passage, others, *_corrected(texts, corrections)]
    return "\n".join(filter(None, lines))


def silent(texts: Texts, interest: Interest, nearest: Iterable[Article], days: int) -> str:
    """A topic has matched nothing for ``days``; which articles came closest."""
    silence = texts("alert.silent", count=days, topic=_topic(texts, interest))
    advice = texts("alert.silent_advice")
    lines = [f"• {headline(texts, each)}" for each in nearest]
    if not lines:
        return f"{silence} {advice}"
    closest = f"{silence} {texts('alert.silent_closest')}"
    return "\n".join([closest, *lines, "", advice])


def about_prompt(texts: Texts, article: Article, person: str = "") -> str:
    """Asks for a question about an article; ``person`` is a mention as HTML, in groups."""
    name = in_quotes(texts, title(texts, article))
    if person:
        return texts("alert.ask_person", person=person, title=name)
    return texts("alert.ask", title=name)
