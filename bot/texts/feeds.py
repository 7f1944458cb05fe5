"""What the bot says of feeds, as Telegram HTML (pure); see ``bot.texts.answers`` for the limits."""

from collections.abc import Sequence
from datetime import datetime

from bot.texts.answers import ERROR_LENGTH, plain_date
from bot.texts.markup import escape, isolate, link, one_line, web_url
from index.feeds.poll import Feed, Health
from qa import SourceError

LINES = 15
"""Of a list without pages, those in one message."""
NAMES = 3
TITLE_LENGTH, BUTTON_LENGTH, REASON_LENGTH, FAILURE_LENGTH = 80, 30, 100, 200

HOW_TO_USE = (
    "/feeds lists the feeds that I follow, <code>/feeds add https://example.org/feed</code> "
    "follows one, <code>/feeds remove https://example.org/feed</code> ends that, and "
    "<code>/feeds export</code> sends the list as an OPML file. Send me such a file to follow "
    "what is in it."
)
WHICH_FEED = (
    "Which feed? Answer this message with its address, or with that of a page that has one."
)
FOLLOW_FIRST, FOLLOW_ANOTHER = "＋ Follow a feed", "＋ Follow another"
PAUSED = "Paused."
RESUMED = "Resumed."
REMOVED = "Removed. Its articles stay."
OLD_BUTTON = "This button is too old. Please send /feeds again."
NO_FEEDS = "I follow no feeds. <code>/feeds add https://example.org/feed</code> follows one."

_TROUBLES = (Health.FAILING, Health.SWITCHED_OFF, Health.ENDED)


def listed(shown: Sequence[Feed], before: int, total: int) -> str:
    """Some of the feeds that are followed and how they are, a line each; ``before`` come first."""
    if not shown:
        return NO_FEEDS
    lines = [f"• {_linked(feed)} – {_health(feed)}" for feed in shown]
    if len(shown) < total:
        lines.append(f"\nFeeds {before + 1} to {before + len(shown)} of {total:,}.")
    return "\n".join(lines)


def following(feed: Feed) -> str:
    """A feed is followed from now on."""
    return f"I follow {_linked(feed)} from now on."


def not_following(url: str) -> str:
    """A feed is followed no more."""
    shown = escape(one_line(url, ERROR_LENGTH))
    return f"I follow {shown} no more. Its articles stay."


def remove_question(feed: Feed) -> str:
    """Asked before a feed is removed."""
    return f"Follow {_linked(feed)} no more? Its articles stay."


def importing(count: int) -> str:
    """A list of feeds came in, which takes a while."""
    return f"Looking at {count:,} {'feed' if count == 1 else 'feeds'}…"


def imported(results: Sequence[Feed | SourceError]) -> list[str]:
    """What became of a list of feeds, with the reason of each failure; a message or several."""
    errors = [each for each in results if isinstance(each, SourceError)]
    done = f"I follow {len(results) - len(errors):,} of the {len(results):,} feeds in this file."
    lines = [f"• Not {escape(isolate(one_line(str(e), FAILURE_LENGTH)))}" for e in errors]
    parts = [lines[at : at + LINES] for at in range(0, len(lines), LINES)] or [[]]
    return ["\n".join([done, *parts[0]]), *map("\n".join, parts[1:])]


def have_ended(ended: Sequence[Feed]) -> str:
    """Told to administrators: nothing will come of these feeds any more."""
    lines = [f"• {_linked(feed)} – {_health(feed)}" for feed in ended[:LINES]]
    if len(ended) > LINES:
        lines.append(f"… and {len(ended) - LINES:,} more")
    title = "A feed has come to an end:" if len(ended) == 1 else "Feeds have come to an end:"
    return "\n".join([title, *lines, "\n/feeds lets you resume or remove feeds."])


def name(feed: Feed) -> str:
    """A feed's title on a button."""
    return one_line(feed.title or feed.url, BUTTON_LENGTH)


def _linked(feed: Feed) -> str:
    title = one_line(feed.title, TITLE_LENGTH) or one_line(feed.url, TITLE_LENGTH)
    return link(isolate(title), web_url(feed.url))


def _health(feed: Feed) -> str:
    reason = escape(isolate(one_line(feed.last_error or "", REASON_LENGTH)))
    match feed.health:
        case Health.ENDED:
            return f"has ended: {reason}"
        case Health.SWITCHED_OFF:
            return f"switched off after {feed.failures} failures: {reason}"
        case Health.PAUSED:
            return "paused"
        case Health.NEW:
            return "not read yet"
        case Health.FAILING:
            times = "once" if feed.failures == 1 else f"{feed.failures} times"
            upcoming = f"; next try {_moment(feed.next_poll_at)}" if feed.next_poll_at else ""
            return f"failed {times}: {reason}{upcoming}"
    read = f"read {_moment(feed.last_success_at)}" if feed.last_success_at else "read"
    return f"{read}, {feed.articles:,} {'article' if feed.articles == 1 else 'articles'}"


def summary(followed: Sequence[Feed]) -> str:
    """How many feeds there are, and which of them need a look."""
    troubled = [feed for feed in followed if feed.health in _TROUBLES]
    paused = sum(feed.health is Health.PAUSED for feed in followed)
    parts = [f"{len(followed):,}"]
    if paused:
        parts.append(f"{paused:,} paused")
    if troubled:
        names = [isolate(one_line(feed.title or feed.url, TITLE_LENGTH)) for feed in troubled]
        named = ", ".join([*names[:NAMES], "…"] if len(names) > NAMES else names)
        parts.append(f"{len(troubled):,} failing or ended ({named})")
    return ", ".join(parts)


def _moment(moment: datetime) -> str:
    return f"{plain_date(moment)}, {moment:%H:%M} {moment.tzname()}"
