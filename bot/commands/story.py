"""/story, and the button that does the same: what happened so far, in dated quotes."""

import asyncio
from datetime import UTC, datetime

from telegram import Message, Update

from bot.commands.command import Command
from bot.commands.earlier import article_of
from bot.context import Context
from bot.sending import reply, typing
from bot.texts import stories
from bot.updates import message_of, original_of, text_after_command
from qa.language import language_of
from qa.language.detect import language_of_question
from qa.language.when import since


async def _story(update: Update, context: Context) -> None:
    """/story TOPIC; /story in reply to an answer or alert; with either, since when."""
    message = message_of(update)
    moment, topic = await asyncio.to_thread(_read, text_after_command(message))
    about = original_of(message)
    if topic:
        await _tell_of_topic(message, context, topic, moment)
    elif about is not None:
        await tell(message, about, context, moment)
    else:
        await reply(message, context.texts("story.how"))


COMMAND = Command("story", _story)


def _read(words: str) -> tuple[datetime | None, str]:
    """Since when, and the topic, either of which may be missing."""
    language = language_of(language_of_question(words))
    return since(words, datetime.now(UTC), language)


async def _tell_of_topic(
    message: Message, context: Context, topic: str, moment: datetime | None
) -> None:
    async with typing(message):
        quotes = await asyncio.to_thread(context.library.story_so_far, topic, moment)
    await reply(message, stories.story(context.texts, quotes, moment), quote=True)


async def tell(
    message: Message, about: Message, context: Context, moment: datetime | None = None
) -> None:
    """Reply to ``message`` with the story of the article that ``about`` quotes first."""
    library = context.library
    article = await asyncio.to_thread(article_of, about, library)
    if article is None:
        await reply(message, stories.nothing(context.texts), quote=True)
        return
    async with typing(message):
        quotes = await asyncio.to_thread(library.story_of, article, moment)
    is_alone = all(each.article.id == article.id for each in quotes)
    told = [] if is_alone and moment is None else quotes
    await reply(message, stories.story(context.texts, told, moment), quote=True)
