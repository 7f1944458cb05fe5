"""Feeds and their health, as Telegram HTML (pure); for the limits see ``bot.texts.answers``."""

from collections.abc import Sequence

from bot.texts.answers import ERROR_LENGTH
from bot.texts.catalogue import Texts
from bot.texts.markup import ELLIPSIS, escape, isolate, link, one_line, web_url
from index.feeds.model import Feed, Health
from qa import SourceError

LINES = 15
"""Lines of a list in one message, where there are no pages."""
NAMES = 3
TITLE_LENGTH, BUTTON_LENGTH, REASON_LENGTH, FAILURE_LENGTH = 80, 30, 100, 200

_TROUBLES = (Health.FAILING, Health.SWITCHED_OFF, Health.ENDED)


def listed(
    texts: Texts, shown: Sequence[Feed], before: int, total: int, *, is_own: bool = False
) -> str:
    """A page of the list of feeds, a line each; ``before`` feeds are on earlier pages.

    In a list of all feeds, people's ``own`` ones are marked.
    """
    if not shown:
        return texts("feeds.none_own" if is_own else "feeds.none")
    lines = [_line(texts, feed, is_marked=not (is_own or feed.is_everybodys)) for feed in shown]
    if len(shown) < total:
        last = before + len(shown)
        lines += ["", texts("feeds.page", first=before + 1, last=last, total=total)]
    return "\n".join(lines)


def following(texts: Texts, feed: Feed, *, is_own: bool = False) -> str:
    """A feed is followed from now on; ``is_own``: only for the chat."""
    return texts("feeds.following_own" if is_own else "feeds.following", feed=_linked(feed))


def not_following(texts: Texts, url: str, *, is_own: bool = False) -> str:
    """A feed is no longer followed."""
    shown = escape(one_line(url, ERROR_LENGTH))
    return texts("feeds.stopped_own" if is_own else "feeds.stopped", feed=shown)


def remove_question(texts: Texts, feed: Feed) -> str:
    """Asked before a feed is removed."""
    return texts("feeds.question", feed=_linked(feed))


def imported(texts: Texts, results: Sequence[Feed | SourceError]) -> list[str]:
    """What became of a list of feeds, with the reason of each failure; one message or more."""
    errors = [each for each in results if isinstance(each, SourceError)]
    followed = len(results) - len(errors)
    lines = [texts("feeds.imported", done=followed, count=len(results))]
    for error in errors:
        reason = escape(isolate(one_line(str(error), FAILURE_LENGTH)))
        lines.append(f"• {texts('add.failed', reason=reason)}")
    return ["\n".join(lines[at : at + LINES]) for at in range(0, len(lines), LINES)]


def have_ended(texts: Texts, ended: Sequence[Feed], *, is_own: bool = False) -> str:
    """For administrators, or a chat with feeds of its own: these feeds will bring nothing more.

    Only administrators can resume them.
    """
    lines = [_line(texts, feed) for feed in ended[:LINES]]
    if len(ended) > LINES:
        lines.append(texts("feeds.ended_more", count=len(ended) - LINES))
    title = texts("feeds.ended", count=len(ended))
    advice = [] if is_own else ["", texts("feeds.ended_advice")]
    return "\n".join([title, *lines, *advice])


def name(feed: Feed) -> str:
    """A feed's title on a button."""
    return one_line(feed.title or feed.url, BUTTON_LENGTH)


def _line(texts: Texts, feed: Feed, *, is_marked: bool = False) -> str:
    mark = f" ({texts('feeds.own')})" if is_marked else ""
    return f"• {_linked(feed)}{mark} – {_health(texts, feed)}"


def _linked(feed: Feed) -> str:
    title = one_line(feed.title, TITLE_LENGTH) or one_line(feed.url, TITLE_LENGTH)
    return link(isolate(title), web_url(feed.url))


def _health(texts: Texts, feed: Feed) -> str:
    reason = escape(isolate(one_line(feed.last_error or "", REASON_LENGTH)))
    match feed.health:
        case Health.ENDED:
            return texts("feeds.health_ended", reason=reason)
        case Health.SWITCHED_OFF:
            return texts("feeds.health_switched_off", count=feed.failures, reason=reason)
        case Health.PAUSED:
            return texts("feeds.health_paused")
        case Health.NEW:
            return texts("feeds.health_new")
        case Health.FAILING:
            failed = texts("feeds.health_failing", count=feed.failures, reason=reason)
            if feed.next_poll_at is None:
                return failed
            return f"{failed}; {texts('feeds.next_try', moment=texts.moment(feed.next_poll_at))}"
        case Health.HEALTHY:
            assert feed.last_success_at is not None
            moment = texts.moment(feed.last_success_at)
            articles = texts("format.articles", count=feed.articles)
            return texts("feeds.health_healthy", moment=moment, articles=articles)


def summary(texts: Texts, followed: Sequence[Feed]) -> str:
    """How many feeds there are, and which of them need attention; plain text."""
    troubled = [feed for feed in followed if feed.health in _TROUBLES]
    paused = sum(feed.health is Health.PAUSED for feed in followed)
    own = sum(not feed.is_everybodys for feed in followed)
    parts = [texts.number(len(followed))]
    if own:
        parts.append(texts("feeds.count_own", own=own))
    if paused:
        parts.append(texts("feeds.count_paused", count=paused))
    if troubled:
        names = [isolate(one_line(feed.title or feed.url, TITLE_LENGTH)) for feed in troubled]
        shown = ", ".join([*names[:NAMES], ELLIPSIS] if len(names) > NAMES else names)
        parts.append(texts("feeds.count_troubled", count=len(troubled), names=shown))
    return ", ".join(parts)
