"""What the bot says about subscriptions and in alerts, as Telegram HTML (pure).

The limits of ``bot.texts.answers`` hold here, too.
"""

from collections.abc import Iterable, Sequence

from bot.alerts.interest import TOPIC_LENGTH
from bot.alerts.model import Interest, Timetable
from bot.alerts.schedule import clock, lies_in
from bot.texts.answers import (
    SOURCE_LENGTH,
    also_in,
    block_quote,
    enumerated,
    headline,
    in_quotes,
    quotation,
    title,
)
from bot.texts.markup import escape, excerpt, isolate, one_line
from qa import Article, Quote

INTEREST_SHOWN = 60
NAMED = 10
"""Topics, and sources, that an alert names as its reason."""
SOURCES = 5
"""Sources that are named to who knows none."""
DIGEST_QUOTE = 240

NOT_A_CHAT_ADMIN = "Sorry, in a group only its administrators may change the subscriptions."
TOO_MANY = "This chat has as many subscriptions as I keep. /subscriptions lets you end some."
TOPIC_TOO_LONG = f"A topic may have at most {TOPIC_LENGTH} characters; a few words work best."
TOPIC_WITHOUT_WORDS = (
    "I found no words in your topic. Please name it in words: <code>/subscribe electric cars</code>"
)
TOPIC_WITHOUT_SENSE = (
    "These words name nothing that I could follow. Please name a topic: "
    "<code>/subscribe electric cars</code>. /subscribe alone tells you of every new article."
)
UNREADABLE = (
    "I cannot read the script of this topic. Please name it in the language of the articles."
)
NOTHING_TO_FOLLOW = "I found no words in the question that could be followed."
NONE = "There are no subscriptions here. /subscribe makes one."
OLD_BUTTON = "This button is too old. Please send /subscriptions again."
ENDED = "Ended."
ENDED_BEFORE = "This one had ended already."
KEPT_ALL = "All subscriptions stay. /subscriptions lets you end single ones."
CHANGED = "Changed."
MUTED = "Muted. The button below undoes it."
UNMUTED = "You are told of it again."
LESS = "I will tell of fewer articles like this one."
WHICH = "Which one?"
ASK_ELSEWHERE = "Please ask me in a private chat."
HOW_TO_DIGEST = (
    "<code>/digest 08:00 Europe/Kyiv</code> collects the alerts of a day into one message, "
    "<code>/digest off</code> sends them at once again."
)
HOW_TO_QUIET = (
    "<code>/quiet 22:00-07:00 Europe/Kyiv</code> holds alerts back at night, "
    "<code>/quiet off</code> ends that."
)
AT_ONCE = "New articles come at once from now on."
COLLECTED_COMES = f"{AT_ONCE} What was collected comes now."
NO_DIGEST = "There was no digest here: new articles come at once."
NO_QUIET = "There are no quiet hours here any more."
DIGEST_GOES_ON = "<b>The digest goes on</b>"


def interest_name(interest: Interest) -> str:
    """A subscription in a list or on a button; plain text."""
    if interest.source:
        name = f"{interest.topic or 'everything'} from {interest.source}"
    else:
        name = interest.topic or "every new article"
    return one_line(name, INTEREST_SHOWN)


def _source(name: str) -> str:
    return escape(isolate(one_line(name, SOURCE_LENGTH)))


def _topic(interest: Interest) -> str:
    named = in_quotes(interest.topic)
    return f"{named} from {_source(interest.source)}" if interest.source else named


def _about(interest: Interest) -> str:
    if interest.topic:
        return f"about {_topic(interest)}"
    return f"from {_source(interest.source)}" if interest.source else "of any topic"


def alert(quote: Quote, interests: Sequence[Interest]) -> str:
    """A new article, and why it is told."""
    return f"{quotation(quote)}\n\n<i>New: {_reason(interests)}.</i>"


def _reason(interests: Sequence[Interest]) -> str:
    topics = _some([_topic(each) for each in interests if each.topic])
    sources = _some([_source(each.source) for each in interests if each.source and not each.topic])
    reasons = []
    if topics:
        word = "topic" if len(topics) == 1 else "topics"
        reasons.append(f"matches your {word} {enumerated(topics)}")
    if sources:
        reasons.append(f"comes from {enumerated(sources)}, which you follow")
    return " and ".join(reasons) or "you get every new article"


def _some(names: Sequence[str], limit: int = NAMED) -> list[str]:
    more = len(names) - limit
    return [*names[:limit], f"{more} more"] if more > 0 else list(names)


def subscribed(interest: Interest, *, is_new: bool, no_source: str = "") -> str:
    """A subscription was made, or was there; ``no_source`` is a name that is none of a source."""
    if not is_new:
        return f"You are already told of new articles {_about(interest)} here."
    made = f"I will tell you here of new articles {_about(interest)}."
    if no_source:
        name = in_quotes(one_line(no_source, SOURCE_LENGTH))
        made = f"I know no source called {name}, so these words are part of the topic. {made}"
    return f"{made} /subscriptions shows and ends it."


def unknown_source(name: str, known: Sequence[str]) -> str:
    """A source was to be followed of which there is nothing; those that are ``known`` can be."""
    said = f"No article is from {in_quotes(one_line(name, SOURCE_LENGTH))} yet"
    if not known:
        return f"{said}, so I subscribed to nothing. I know no source so far."
    sources = enumerated(_some([_source(each) for each in known], SOURCES))
    return f"{said}, so I subscribed to nothing. The sources that I know: {sources}."


def unfollowed(interest: Interest) -> str:
    """What was followed a moment ago is not any more."""
    return f"I will not tell of new articles {_about(interest)}."


def subscriptions(interests: Sequence[Interest], timetable: Timetable) -> str:
    """What a place is told of, and when; buttons below end and change it."""
    if not interests:
        return NONE
    lines = "\n".join(f"• {escape(isolate(interest_name(each)))}" for each in interests)
    when = "\n".join(filter(None, [_digest_line("They", timetable), _quiet_line(timetable)]))
    return f"New articles that I tell of here:\n{lines}\n\n{when}\nA button ends or changes it."


def _digest_line(what: str, timetable: Timetable) -> str:
    if timetable.digest_at is None:
        return f"{what} come at once."
    return f"{what} come in a digest each day at {clock(timetable.digest_at)} ({zone(timetable)})."


def _quiet_line(timetable: Timetable) -> str:
    if timetable.quiet is None:
        return ""
    return f"Quiet hours are {span(timetable.quiet)} ({zone(timetable)})."


def zone(timetable: Timetable) -> str:
    """The place's time zone."""
    return timetable.zone or "UTC"


def span(times: tuple[int, int]) -> str:
    """Such as ``22:00–07:00``."""
    return "–".join(map(clock, times))


def digest_state(timetable: Timetable) -> str:
    """What /digest alone says."""
    return f"{_digest_line('New articles', timetable)}{_waits(timetable)}\n\n{HOW_TO_DIGEST}"


def quiet_state(timetable: Timetable) -> str:
    """What /quiet alone says."""
    return f"{_quiet_line(timetable) or 'There are no quiet hours here.'}\n\n{HOW_TO_QUIET}"


def digest_set(timetable: Timetable, before: Timetable) -> str:
    """A digest comes from now on."""
    at = clock(timetable.digest_at or 0)
    come = f"New articles come here in a digest each day at {at} ({zone(timetable)})."
    moved = ""
    if timetable.quiet is not None and zone(timetable) != zone(before):
        moved = f" The quiet hours, {span(timetable.quiet)}, are in this time zone now, too."
    return come + _waits(timetable) + moved + _hint(timetable)


def _waits(timetable: Timetable) -> str:
    held = _held_back(timetable)
    return f" That is in the quiet hours, so it waits until {clock(held[1])}." if held else ""


def _held_back(timetable: Timetable) -> tuple[int, int] | None:
    """When a digest is made that the quiet hours hold back, and when these end."""
    at, quiet = timetable.digest_at, timetable.quiet
    if at is None or quiet is None or not lies_in(quiet, at):
        return None
    return at, quiet[1]


def quiet_set(timetable: Timetable, before: Timetable) -> str:
    """Quiet hours are kept from now on."""
    hours = span(timetable.quiet or (0, 0)).replace("–", " to ")
    wait = f"Alerts wait here from {hours} ({zone(timetable)})."
    moved = ""
    if timetable.digest_at is not None and zone(timetable) != zone(before):
        moved = f" The digest, at {clock(timetable.digest_at)}, is in this time zone now, too."
    held = ""
    if back := _held_back(timetable):
        held = f" So does the digest, which would come at {clock(back[0])}."
    return wait + held + moved + _hint(timetable)


def collected_comes_after(quiet: tuple[int, int], timetable: Timetable) -> str:
    """The digest has ended in its quiet hours, which hold back what was collected."""
    end = f"{clock(quiet[1])} ({zone(timetable)})"
    return f"{AT_ONCE} What was collected comes when the quiet hours end, at {end}."


def _hint(timetable: Timetable) -> str:
    if timetable.zone is not None:
        return ""
    return " You named no time zone; write it behind the time, such as Europe/Kyiv."


def unknown_time(words: str) -> str:
    """Words in which /digest finds no time of day."""
    return _not_understood("time", words, "it as <code>08:00</code>")


def unknown_hours(words: str) -> str:
    """Words in which /quiet finds no begin and end."""
    return _not_understood("hours", words, "them as <code>22:00-07:00</code>")


def _not_understood(what: str, words: str, example: str) -> str:
    written = in_quotes(one_line(words, SOURCE_LENGTH))
    return f"I do not understand the {what} {written}; nothing was changed. Write {example}."


def unknown_zone(name: str, nearest: str | None) -> str:
    """A time zone that there is not."""
    known = f"Do you mean {escape(nearest)}?" if nearest else "Name one such as Europe/Kyiv."
    return f"I know no time zone {in_quotes(one_line(name, SOURCE_LENGTH))}. {known}"


def end_all_question(count: int) -> str:
    """Asked before all subscriptions of a place are ended."""
    return (
        "End the one subscription here?" if count == 1 else f"End all {count} subscriptions here?"
    )


def ended_all(count: int) -> str:
    """All subscriptions of a place were ended."""
    if not count:
        return "There were no subscriptions here any more."
    return "The subscription here has ended." if count == 1 else f"All {count} have ended."


def digest_title(count: int) -> str:
    """Above a digest."""
    articles = "one new article" if count == 1 else f"{count} new articles"
    return f"<b>Your digest: {articles}</b>"


def digest_heading(interest: Interest) -> str:
    """Above the articles of a digest that match ``interest``."""
    name = interest_name(interest)
    return f"<b>{escape(isolate(name[:1].upper() + name[1:]))}</b>"


def digest_item(quote: Quote) -> str:
    """An article of a digest: headline, and the sentence that matched, or its begin."""
    passage = block_quote(excerpt(quote.sentence, None, DIGEST_QUOTE, 0))
    return "\n".join(filter(None, [headline(quote.article), passage, also_in(quote.also_in)]))


def silent(interest: Interest, nearest: Iterable[Article]) -> str:
    """A topic has matched nothing for long; what came nearest to it."""
    told = f"In 14 days no article matched {_topic(interest)}."
    lines = "\n".join(f"• {headline(each)}" for each in nearest)
    near = f" The nearest that I have:\n{lines}\n\n" if lines else " "
    return f"{told}{near}Other words may find more; /subscriptions ends it."


def about_prompt(article: Article, person: str = "") -> str:
    """Asks for a question about an article; ``person`` is a mention as HTML, in groups."""
    asked = "hat do you want to know about"
    begin = f"{person}, w" if person else "W"
    return f"{begin}{asked} {in_quotes(title(article))}?"
