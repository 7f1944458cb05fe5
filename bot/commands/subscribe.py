"""/subscribe, /subscriptions, /unsubscribe, and chats that come to an end or move."""

import asyncio
import time
from collections.abc import Iterable

from telegram import ChatMemberBanned, ChatMemberLeft, InlineKeyboardMarkup, Update

from bot.alerts.interest import TOPIC_LENGTH, host_of, known_sources, read_interest
from bot.alerts.model import Interest, Place, Subscribed
from bot.alerts.store import AlertStore
from bot.alerts.subscriptions import Made
from bot.buttons import keyboards
from bot.commands.ask import words_after_command
from bot.commands.permission import may_change
from bot.context import Context, Services, message_of, place_of
from bot.sending import reply
from bot.texts import alerts as alert_messages
from bot.texts.catalogue import Texts
from bot.texts.markup import units
from index.feeds.model import Feed


async def subscribe(update: Update, context: Context) -> None:
    """/subscribe [TOPIC] [from SOURCE]."""
    message = message_of(update)
    if not await may_change(update):
        await reply(message, context.texts("error.not_chat_admin"))
        return
    words = words_after_command(message)
    services = context.services
    interest, no_source = await asyncio.to_thread(_read_interest, words, services)
    problem = await asyncio.to_thread(_unusable, context.texts, interest, no_source, services)
    if problem is not None:
        await reply(message, problem)
        return
    user = message.from_user.id if message.from_user else 0
    made = await make(context, place_of(message), interest, user)
    if made.outcome is Subscribed.TOO_MANY:
        await reply(message, context.texts("subscribe.too_many"))
        return
    is_new = made.outcome is Subscribed.NEW
    await reply(
        message,
        alert_messages.subscribed(context.texts, interest, is_new=is_new, no_source=no_source),
    )


def _read_interest(words: str, services: Services) -> tuple[Interest, str]:
    """Sources are known by the articles that we have, and by the feeds that we follow."""
    if "from" not in words.casefold():
        return read_interest(words, {})
    followed = services.feeds.store.all()
    hosts = [host_of(feed.url) for feed in followed]
    return read_interest(words, known_sources([*hosts, *_source_names(followed, services)]))


def _source_names(followed: Iterable[Feed], services: Services) -> list[str]:
    return [*(feed.title for feed in followed), *services.library.sources()]


def _unusable(texts: Texts, interest: Interest, no_source: str, services: Services) -> str | None:
    """What to say to an interest that cannot be matched; ``None`` when it can."""
    topic = interest.topic
    if topic.casefold() == f"from {no_source}".casefold():  # the source was all that is wanted
        known = known_sources(_source_names(services.feeds.store.all(), services)).values()
        return alert_messages.unknown_source(texts, no_source, sorted(known, key=str.casefold))
    if units(topic) > TOPIC_LENGTH:
        return texts("subscribe.topic_too_long", count=TOPIC_LENGTH)
    if topic and not any(map(str.isalnum, topic)):
        return texts("subscribe.topic_without_words")
    if topic and not services.library.language.can_be_topic(topic):
        return texts("subscribe.topic_too_vague")
    if not services.library.reads(topic):
        return texts("subscribe.unreadable")
    return None


async def make(context: Context, place: Place, interest: Interest, user_id: int) -> Made:
    """Subscribe ``place`` from now on."""
    return await asyncio.to_thread(
        context.alert_store.subscriptions.subscribe, place, interest, user_id, time.time()
    )


async def subscriptions(update: Update, context: Context) -> None:
    """/subscriptions: a list with buttons to end each, and to change when they come."""
    message = message_of(update)
    html, buttons = await asyncio.to_thread(
        listed, context.texts, context.alert_store, place_of(message)
    )
    await reply(message, html, buttons=buttons)


def listed(
    texts: Texts, store: AlertStore, place: Place
) -> tuple[str, InlineKeyboardMarkup | None]:
    """What a place is told of, and the buttons below that."""
    with store.view():
        found, timetable = store.subscriptions.of(place), store.places.timetable(place)
    html = alert_messages.subscriptions(texts, [each.interest for each in found], timetable)
    return html, keyboards.listed(texts, found, timetable) if found else None


async def unsubscribe(update: Update, context: Context) -> None:
    """/unsubscribe: ends all, after a question."""
    message = message_of(update)
    found = await asyncio.to_thread(context.alert_store.subscriptions.of, place_of(message))
    if not found:
        await reply(message, context.texts("subscriptions.none"))
        return
    question = context.texts("unsubscribe.question", count=len(found))
    await reply(message, question, buttons=keyboards.end_all(context.texts))


async def member_changed(update: Update, context: Context) -> None:
    """Blocked, or thrown out of a group or channel: the chat's subscriptions end."""
    change = update.my_chat_member
    assert change is not None
    if isinstance(change.new_chat_member, ChatMemberBanned | ChatMemberLeft):
        await asyncio.to_thread(context.alert_store.end_chat, change.chat.id)


async def migrated(update: Update, context: Context) -> None:
    """A group became a supergroup; both the old and the new one tell us."""
    message = message_of(update)
    new = message.migrate_to_chat_id or message.chat_id
    old = message.migrate_from_chat_id or message.chat_id
    await asyncio.to_thread(context.alert_store.move, old, new)
