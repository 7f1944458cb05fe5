"""/unsubscribe: ends one subscription, or, after asking, all of a destination."""

import asyncio
import time

from telegram import Update

from bot.commands.command import Chats, Command
from bot.commands.permission import may_change
from bot.commands.subscribe import read
from bot.commands.subscriptions import listed
from bot.context import Context, Services
from bot.keyboards import subscriptions as keyboards
from bot.sending import reply
from bot.subscriptions.interest import same_interest
from bot.subscriptions.model import Destination, Interest, Subscription
from bot.texts import alerts as alert_texts
from bot.texts.catalogue import Texts
from bot.updates import destination_of, message_of, text_after_command


async def _unsubscribe(update: Update, context: Context) -> None:
    """/unsubscribe, /unsubscribe TOPIC."""
    message, texts = message_of(update), context.texts
    subscriptions = context.alert_store.subscriptions
    found = await asyncio.to_thread(subscriptions.of, destination_of(message))
    words = text_after_command(message)
    if not found:
        await reply(message, texts("subscriptions.none"))
    elif not words:
        question = texts("unsubscribe.question", count=len(found))
        await reply(message, question, buttons=keyboards.end_all(texts))
    elif await may_change(update):
        await _end(update, context, words)
    else:
        await reply(message, texts("error.not_chat_admin"))


COMMAND = Command("unsubscribe", _unsubscribe, chats=Chats.CHANNELS_TOO)


async def _end(update: Update, context: Context, words: str) -> None:
    """End the subscription that ``words`` name, or show the list of all."""
    message, texts, services = message_of(update), context.texts, context.services
    destination = destination_of(message)
    ended = await asyncio.to_thread(_ended, words, texts, services, destination)
    if ended is not None:
        await reply(message, alert_texts.unfollowed(texts, ended.interest))
        return
    html, buttons = await asyncio.to_thread(listed, texts, services, destination)
    await reply(message, alert_texts.not_subscribed(texts, words, html), buttons=buttons)


def _ended(
    words: str, texts: Texts, services: Services, destination: Destination
) -> Subscription | None:
    subscriptions = services.alert_store.subscriptions
    interest, no_source = read(words, texts, services)
    topic = " ".join(words.split())
    # A source may be named without "from", and nobody may know it any more.
    meant = [*alert_texts.interests_named(texts, words), Interest(topic), Interest("", topic)]
    meant += [Interest(question=topic)]
    meant += [Interest("", no_source) if no_source else interest]
    found = subscriptions.of(destination)
    same = (each for one in meant for each in found if same_interest(one, each.interest))
    chosen = next(same, None)
    return chosen and subscriptions.end(chosen.id, destination.chat_id, time.time())
