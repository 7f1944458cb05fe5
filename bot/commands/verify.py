"""/verify, and the button below answers: whether articles have a quote word for word."""

import asyncio
from collections.abc import Sequence

from telegram import Message, Update

from bot.alerts.split import fits
from bot.commands.command import Command
from bot.commands.permission import may_ask
from bot.context import Context, Services
from bot.sending import reply, typing
from bot.texts import receipts
from bot.texts.catalogue import Texts
from bot.updates import message_of, original_of, quotes_in, text_after_command
from qa.search.verify import LONGEST

CHECKED = 3
"""Quotes of one message that are checked, at most: no answer has more."""


async def _verify(update: Update, context: Context) -> None:
    """/verify QUOTE, or /verify in reply to a message with quotes or to a part of one."""
    message = message_of(update)
    quotes = _quotes(message)
    if not quotes:
        await reply(message, context.texts("verify.usage"))
        return
    if await may_ask(update, context):
        await verify(message, context, quotes)


COMMAND = Command("verify", _verify)


def _quotes(message: Message) -> list[str]:
    if words := text_after_command(message):
        return [words]
    if message.quote is not None:  # the part of the message that the person has selected
        return [message.quote.text]
    original = original_of(message)
    return quotes_in(original) if original else []


async def verify(message: Message, context: Context, quotes: Sequence[str]) -> None:
    """Check ``quotes``, and reply to ``message`` with the results."""
    async with typing(message):
        checked = await asyncio.to_thread(
            _receipts, context.texts, context.services, quotes[:CHECKED]
        )
    for html in ["\n\n".join(checked)] if fits(checked) else checked:
        await reply(message, html, quote=True)


def _receipts(texts: Texts, services: Services, quotes: Sequence[str]) -> list[str]:
    several = len(quotes) > 1
    return [
        receipts.receipt(texts, services.library.verify(each), LONGEST, is_one_of_several=several)
        for each in quotes
    ]
