"""/subscribe: alerts about new articles, about a topic, from a source, or all of them."""

import asyncio
import time
from dataclasses import replace

from telegram import Update

from bot.commands.command import Chats, Command
from bot.commands.permission import may_change
from bot.context import Context, Services
from bot.sending import reply
from bot.subscriptions.interest import (
    TOPIC_LENGTH,
    address_in,
    feed_sources,
    known_sources,
    read_interest,
    source_key,
)
from bot.subscriptions.model import Destination, Interest, Subscribed, SubscribeOutcome
from bot.texts import alerts as alert_texts
from bot.texts import answers as answer_texts
from bot.texts.catalogue import Texts
from bot.texts.markup import units
from bot.updates import destination_of, message_of, text_after_command
from qa.language import ENGLISH, Language, codes, language_of, load
from qa.language.detect import asked_in


async def _subscribe(update: Update, context: Context) -> None:
    """/subscribe [TOPIC] [from SOURCE]."""
    message, texts, services = message_of(update), context.texts, context.services
    if not await may_change(update):
        await reply(message, texts("error.not_chat_admin"))
        return
    text = text_after_command(message)
    interest, no_source = await asyncio.to_thread(read, text, texts, services)
    problem = await asyncio.to_thread(_problem, texts, interest, no_source, services)
    if problem is not None:
        await reply(message, problem)
        return
    user = message.from_user.id if message.from_user else 0
    result = await subscribe(context, destination_of(message), interest, user)
    if result.outcome is SubscribeOutcome.TOO_MANY:
        await reply(message, texts("subscribe.too_many"))
        return
    is_new = result.outcome is SubscribeOutcome.NEW
    html = alert_texts.subscribed(texts, interest, is_new=is_new, no_source=no_source)
    await reply(message, html)


COMMAND = Command("subscribe", _subscribe, chats=Chats.CHANNELS_TOO)


async def subscribe(
    context: Context, destination: Destination, interest: Interest, user_id: int
) -> Subscribed:
    """Subscribe ``destination`` to articles that are added from now on."""
    return await asyncio.to_thread(
        context.alert_store.subscriptions.subscribe, destination, interest, user_id, time.time()
    )


def read(text: str, texts: Texts, services: Services) -> tuple[Interest, str]:
    """Read what people write, or copy from a list of their subscriptions."""
    sources, language = known(services), language_of(texts.locale.language)
    for listed in alert_texts.interests_named(texts, text):
        source = sources.get(source_key(listed.source), "")
        if source and not language.can_be_topic(listed.topic):  # such as "all of it"
            return Interest("", source), ""
        if source or not listed.source:
            return replace(listed, source=source), ""
    return read_interest(text, sources, language)


def known(services: Services) -> dict[str, str]:
    """Known sources by key: those of articles, and the feeds that the bot follows."""
    names = services.feeds.store.names()
    feeds = [(each.url, each.title, names[each.id]) for each in services.followed()]
    return feed_sources(feeds) | known_sources(services.library.sources())


def _problem(texts: Texts, interest: Interest, no_source: str, services: Services) -> str | None:
    """What to reply to an interest that cannot be matched; ``None`` if it can."""
    topic = interest.topic
    if address := address_in(f"{topic} {no_source}"):
        return alert_texts.not_followed(texts, address, can_follow=services.settings.open_feeds)
    if no_source and interest == Interest():
        titles = (feed.title for feed in services.followed())
        names = known_sources([*titles, *services.library.sources()]).values()
        return alert_texts.unknown_source(texts, no_source, sorted(names, key=str.casefold))
    if units(topic) > TOPIC_LENGTH:
        return texts("subscribe.topic_too_long", count=TOPIC_LENGTH)
    if topic and not any(map(str.isalnum, topic)):
        return texts("subscribe.topic_without_words")
    if topic and not _language_of(topic, texts).can_be_topic(topic):
        return texts("subscribe.topic_too_vague")
    if not services.library.reads(topic):
        return answer_texts.unreadable(texts, "subscribe.unreadable", topic)
    return None


def _language_of(topic: str, texts: Texts) -> Language:
    """Return the language of a topic that may be one word.

    In Latin letters it is English or the chat's: "war" is a topic, but in German only a verb.
    """
    chat = texts.locale.language
    others = {code for code in codes() if not load(code).scripts & ENGLISH.scripts}
    return load(asked_in(topic, {ENGLISH.code, chat, *others}, likely=[chat]))
