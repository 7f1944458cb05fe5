"""The list of feeds, page by page, with its buttons. Each carries a feed, or 0, and the page."""

from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.keyboards.data import button
from bot.texts import feeds as feed_texts
from bot.texts.catalogue import Texts
from index.feeds.model import Feed, Health

PAGE, ADD, ASK = "feeds:page", "feeds:add", "feeds:ask"
PAUSE, RESUME, REMOVE = "feeds:pause", "feeds:resume", "feeds:remove"
LEAVE = "feeds:leave"

PAGE_LENGTH = 8

_RESUMABLE = (Health.PAUSED, Health.SWITCHED_OFF, Health.ENDED)


def page_of(texts: Texts, followed: Sequence[Feed], page: int) -> tuple[str, InlineKeyboardMarkup]:
    """A page of the list, at most the last one, with a row of buttons for each feed."""
    last = max(len(followed) - 1, 0) // PAGE_LENGTH
    page = min(page, last)
    shown = followed[page * PAGE_LENGTH : (page + 1) * PAGE_LENGTH]
    turn = [("‹", page - 1)] * (page > 0) + [("›", page + 1)] * (page < last)
    bottom = [button(label, PAGE, 0, target) for label, target in turn]
    follow = texts("button.follow_another_feed" if followed else "button.follow_feed")
    bottom.append(button(f"＋ {follow}", ADD, 0, page))
    rows = [*(_row(feed, page) for feed in shown), bottom]
    text = feed_texts.listed(texts, shown, page * PAGE_LENGTH, len(followed))
    return text, InlineKeyboardMarkup(rows)


def own(texts: Texts, followed: Sequence[Feed]) -> tuple[str, InlineKeyboardMarkup]:
    """The list of the feeds that a chat follows for itself, each with a button that ends that."""
    rows = [[button(f"✕ {feed_texts.name(feed)}", LEAVE, feed.id)] for feed in followed]
    follow = texts("button.follow_another_feed" if followed else "button.follow_feed")
    text = feed_texts.listed(texts, followed, 0, len(followed), is_own=True)
    return text, InlineKeyboardMarkup([*rows, [button(f"＋ {follow}", ADD, 0, 0)]])


def _row(feed: Feed, page: int) -> list[InlineKeyboardButton]:
    is_off = feed.health in _RESUMABLE
    sign, verb = ("▶", RESUME) if is_off else ("⏸", PAUSE)
    label = f"{sign} {feed_texts.name(feed)}"
    return [button(label, verb, feed.id, page), button("✕", ASK, feed.id, page)]


def confirm_removal(texts: Texts, feed: Feed, page: int) -> InlineKeyboardMarkup:
    """Below the question whether to remove a feed."""
    remove = button(texts("button.remove"), REMOVE, feed.id, page)
    return InlineKeyboardMarkup([[remove, button(texts("button.keep"), PAGE, 0, page)]])
