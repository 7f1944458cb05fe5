"""/subscriptions: the list, with buttons to change it."""

import asyncio
from collections.abc import Sequence

from telegram import InlineKeyboardMarkup, Update

from bot.commands.command import Chats, Command
from bot.commands.subscribe import known
from bot.context import Context, Services
from bot.keyboards import subscriptions as keyboards
from bot.sending import reply
from bot.subscriptions.interest import names_keys, source_key
from bot.subscriptions.model import Destination, Interest
from bot.texts import alerts as alert_texts
from bot.texts.catalogue import Texts
from bot.updates import destination_of, message_of
from index.feeds.store import FeedStore


async def _subscriptions(update: Update, context: Context) -> None:
    """/subscriptions."""
    message = message_of(update)
    destination = destination_of(message)
    html, buttons = await asyncio.to_thread(listed, context.texts, context.services, destination)
    await reply(message, html, buttons=buttons)


COMMAND = Command("subscriptions", _subscriptions, chats=Chats.CHANNELS_TOO)


def listed(
    texts: Texts, services: Services, destination: Destination
) -> tuple[str, InlineKeyboardMarkup | None]:
    """The subscriptions of a destination as HTML, and the buttons below them."""
    store = services.alert_store
    with store.view():
        found, timetable = store.subscriptions.of(destination), store.timetables.of(destination)
        pauses = store.pauses.of(destination.chat_id)
    interests = [each.interest for each in found]
    html = alert_texts.subscriptions(texts, interests, timetable)
    stopped = alert_texts.not_read(texts, _not_read(interests, services.feeds.store))
    paused = (alert_texts.paused(texts, each.since, each.reason) for each in pauses)
    gone = alert_texts.no_articles(texts, _gone(interests, services))
    html = "\n\n".join(filter(None, [html, stopped, gone, *paused]))
    return html, keyboards.listed(texts, found, timetable) if found else None


def _not_read(interests: Sequence[Interest], feeds: FeedStore) -> list[str]:
    """Sources whose feeds are all paused, switched off or ended."""
    sources = dict.fromkeys(each.source for each in interests if each.source)
    names = feeds.names() if sources else {}
    is_read: dict[str, bool] = {}
    for feed in feeds.all() if sources else []:
        for key in names_keys([feed.title, *names[feed.id]]):
            is_read[key] = is_read.get(key, False) or feed.next_poll_at is not None
    return [source for source in sources if not is_read.get(source_key(source), True)]


def _gone(interests: Sequence[Interest], services: Services) -> list[str]:
    """Sources that no feed and no article has any more."""
    sources = dict.fromkeys(each.source for each in interests if each.source)
    known_ones = known(services) if sources else {}
    return [source for source in sources if source_key(source) not in known_ones]
