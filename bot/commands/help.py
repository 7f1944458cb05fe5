"""/help and /start: what the bot does, and its commands."""

from collections.abc import Sequence

from telegram import Chat, Message, Update

from bot.commands import menus
from bot.commands.command import Audience, Command
from bot.commands.opening import open_shared
from bot.context import Context
from bot.sending import reply
from bot.texts.catalogue import Texts
from bot.updates import message_of, text_after_command, written

ASK = "ask"
"""What ``t.me/bot?start=…`` says to a person who only wants to know how to ask."""


def with_help(*commands: Command) -> tuple[Command, ...]:
    """``commands`` and /help, which lists them; those for administrators come last."""

    async def show_help(update: Update, context: Context) -> None:
        message, is_admin = message_of(update), context.is_admin(update)
        if (code := _code(message)) not in {"", ASK}:
            await open_shared(message, context, code)
            return
        await reply(message, help_text(context.texts, commands, is_admin=is_admin))
        if is_admin and message.chat.type == Chat.PRIVATE:
            languages = context.languages
            await menus.set_for_admin(context.bot, message.chat_id, everything, languages)

    own = Command("help", show_help, aliases=("start",))
    everything = (*_of(commands, Audience.EVERYBODY), own, *_of(commands, Audience.ADMINS))
    return everything


def _code(message: Message) -> str:
    """What ``t.me/bot?start=CODE`` sends after /start; empty for /help, whatever follows it."""
    is_start = written(message).startswith("/start")
    return text_after_command(message) if is_start else ""


def help_text(texts: Texts, commands: Sequence[Command], *, is_admin: bool) -> str:
    """What the bot does and its commands, as Telegram HTML."""
    lines = [texts(each.help) for each in _of(commands, Audience.EVERYBODY)]
    parts = [texts("help.intro"), "\n".join(lines)]
    if is_admin:
        lines = [texts(each.help) for each in _of(commands, Audience.ADMINS)]
        parts.append("\n".join([texts("help.admins"), *lines]))
    return "\n\n".join(parts)


def _of(commands: Sequence[Command], audience: Audience) -> list[Command]:
    return [each for each in commands if each.audience is audience]
