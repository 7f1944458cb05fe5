"""The buttons below the list of feeds. Their numbers are a feed, or 0, and the page."""

import asyncio
from collections.abc import Awaitable, Callable

from telegram import ForceReply

from bot.buttons.query import Action, Allowed, ButtonQuery
from bot.commands.feeds import listed
from bot.keyboards import feeds as keyboards
from bot.sending import patiently
from bot.texts import feeds as feed_texts
from index.feeds.follow import Feeds
from index.feeds.model import Feed
from qa import SourceError

EXPIRED = "feeds.old_button"


async def _ask_which(tapped: ButtonQuery) -> None:
    """Ask for an address; ``bot.messages.feeds`` takes the reply."""
    await tapped.answer()
    question, ask = tapped.texts("feeds.which"), ForceReply(selective=True)
    await patiently(lambda: tapped.message.reply_text(question, reply_markup=ask))


async def _turn_page(tapped: ButtonQuery) -> None:
    await tapped.answer()
    await _show_list(tapped)


async def _confirm_removal(tapped: ButtonQuery) -> None:
    feed = await _feed(tapped)
    if feed is None:
        await _expired(tapped)
        return
    await tapped.answer()
    buttons = keyboards.confirm_removal(tapped.texts, feed, tapped.numbers[1])
    await tapped.edit(feed_texts.remove_question(tapped.texts, feed), buttons)


def _action(handle: Callable[[ButtonQuery], Awaitable[None]]) -> Action:
    return Action(handle, (2,), Allowed.BOT_ADMINS, EXPIRED)


def _changing(change: Callable[[Feeds, Feed], None], done: str) -> Action:
    """An action that changes the feed, and shows the text ``done`` and the list as it is now."""

    async def handle(tapped: ButtonQuery) -> None:
        feed = await _feed(tapped)
        if feed is None:
            await _expired(tapped)
            return
        await asyncio.to_thread(change, tapped.context.feeds, feed)
        await tapped.answer(tapped.texts(done))
        await _show_list(tapped)

    return _action(handle)


async def _feed(tapped: ButtonQuery) -> Feed | None:
    return await asyncio.to_thread(tapped.context.feeds.store.feed, tapped.numbers[0])


async def _expired(tapped: ButtonQuery) -> None:
    """The feed was removed: show the list as it is now."""
    await tapped.answer(tapped.texts(EXPIRED))
    await _show_list(tapped)


async def _show_list(tapped: ButtonQuery) -> None:
    place = tapped.texts, tapped.context.feeds, None, tapped.numbers[1]
    await tapped.edit(*await asyncio.to_thread(listed, *place))


async def _leave(tapped: ButtonQuery) -> None:
    """End the chat's own following, and show its list as it is now."""
    feed, feeds, chat = await _feed(tapped), tapped.context.feeds, tapped.message.chat_id
    done = ""
    try:
        if feed is not None:
            await asyncio.to_thread(feeds.store.leave, chat, feed)
    except SourceError:  # tapped twice
        done = tapped.texts(EXPIRED)
    await tapped.answer(done)
    await tapped.edit(*await asyncio.to_thread(listed, tapped.texts, feeds, chat))


ACTIONS = {
    keyboards.ADD: Action(_ask_which, (2,), Allowed.FOLLOWERS, EXPIRED),
    keyboards.LEAVE: Action(_leave, (1,), Allowed.FOLLOWERS, EXPIRED),
    keyboards.PAGE: _action(_turn_page),
    keyboards.ASK: _action(_confirm_removal),
    keyboards.PAUSE: _changing(lambda feeds, feed: feeds.store.pause(feed.id), "feeds.paused"),
    keyboards.RESUME: _changing(lambda feeds, feed: feeds.store.resume(feed.id), "feeds.resumed"),
    keyboards.REMOVE: _changing(lambda feeds, feed: feeds.store.remove(feed.url), "feeds.removed"),
}
