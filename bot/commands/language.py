"""/language: the language that the bot speaks in a chat."""

import asyncio

from telegram import InlineKeyboardMarkup, Update

from bot.commands.command import Chats, Command
from bot.commands.permission import may_change
from bot.commands.timetables import OFF
from bot.context import Context
from bot.keyboards import language as keyboards
from bot.sending import reply
from bot.texts.answers import in_quotes
from bot.texts.markup import escape, isolate, one_line
from bot.updates import message_of, text_after_command

CODE_LENGTH = 30


async def _language(update: Update, context: Context) -> None:
    """/language, /language CODE, /language off."""
    message = message_of(update)
    code = one_line(text_after_command(message), CODE_LENGTH)
    language = context.languages.nearest(code)
    if code and not await may_change(update):
        await reply(message, context.texts("error.not_chat_admin"))
    elif code and language is None and code.casefold() != OFF:
        await reply(message, _unknown(context, code))
    else:
        if code:
            await choose(context, message.chat_id, language)
        html, buttons = await state(context, message.chat_id)
        await reply(message, html, buttons=buttons)


COMMAND = Command("language", _language, chats=Chats.CHANNELS_TOO)


async def choose(context: Context, chat_id: int, language: str | None) -> None:
    """Speak ``language`` in the chat from now on; ``None`` makes it automatic."""
    await asyncio.to_thread(context.alert_store.languages.choose, chat_id, language)
    await context.refresh_data()


async def state(context: Context, chat_id: int) -> tuple[str, InlineKeyboardMarkup]:
    """The language of the chat as HTML, and the buttons that change it."""
    texts, languages = context.texts, context.languages
    chosen = await asyncio.to_thread(context.alert_store.languages.chosen, chat_id)
    current, spoken = languages.nearest(chosen), languages.nearest(texts.tag)
    assert spoken is not None
    name = escape(isolate(languages.own_name(spoken)))
    said = texts("language.chosen" if current else "language.automatic", language=name)
    html = f"{said}\n\n{texts('language.help')}"
    return html, keyboards.choices(texts, languages, current)


def _unknown(context: Context, code: str) -> str:
    texts, names = context.texts, context.languages.names
    known = ", ".join(f"<code>{name}</code>" for name in names)
    return texts("language.unknown", language=in_quotes(texts, code), languages=known)
