"""Messages that are questions, and messages in a private chat that the bot cannot read."""

from telegram import Update

from bot.commands.talk import answer_message
from bot.context import Context
from bot.messages import albums
from bot.sending import reply
from bot.updates import addressed_text, message_of, question_in


async def private_text(update: Update, context: Context) -> None:
    """Answer any text or caption in a private chat."""
    message = message_of(update)
    await answer_message(update, context, question_in(message, context.bot.bot))


async def group_text(update: Update, context: Context) -> None:
    """In a group, answer a mention or a reply to one of our messages."""
    question = addressed_text(message_of(update), context.bot.bot)
    if question is not None:
        await answer_message(update, context, question)


async def not_text(update: Update, context: Context) -> None:
    """Answer the caption of a photo, sticker, voice message… in a private chat, or say why not."""
    message = message_of(update)
    if message.caption:
        await albums.note(message, context)
        await private_text(update, context)
    elif not await albums.is_answered(message, context):
        await reply(message, context.texts("answer.only_text"))


async def unknown_command(update: Update, context: Context) -> None:
    """Say that the bot does not have this command."""
    await reply(message_of(update), context.texts("error.unknown_command"))
