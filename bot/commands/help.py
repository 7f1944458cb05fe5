"""/help and /start: what the bot does, and its commands."""

from collections.abc import Sequence

from telegram import Chat, Message, Update

from bot.commands import menus
from bot.commands.command import Command
from bot.commands.opening import open_shared
from bot.context import Context
from bot.sending import reply
from bot.texts.catalogue import Texts
from bot.updates import message_of, text_after_command, written

ASK = "ask"
"""The code in ``t.me/bot?start=…`` for a person who only wants to know how to ask."""


def with_help(*commands: Command) -> tuple[Command, ...]:
    """``commands`` and /help, which lists them; those for administrators come last."""

    async def show_help(update: Update, context: Context) -> None:
        message, is_admin = message_of(update), context.is_admin(update)
        is_open = context.settings.open_feeds
        if (code := _code(message)) not in {"", ASK}:
            await open_shared(message, context, code)
            return
        html = help_text(context.texts, commands, is_admin=is_admin, is_open=is_open)
        await reply(message, html)
        if is_admin and message.chat.type == Chat.PRIVATE:
            languages = context.languages
            await menus.set_for_admin(context.bot, message.chat_id, everything, languages)

    own = Command("help", show_help, aliases=("start",))
    open_, closed = _split(commands, is_open=False)
    everything = (*open_, own, *closed)
    return everything


def _code(message: Message) -> str:
    """What ``t.me/bot?start=CODE`` sends after /start; empty for /help, whatever follows it."""
    is_start = written(message).startswith("/start")
    return text_after_command(message) if is_start else ""


def help_text(
    texts: Texts, commands: Sequence[Command], *, is_admin: bool, is_open: bool = False
) -> str:
    """What the bot does and its commands, as Telegram HTML; ``is_open``: all may follow feeds."""
    for_everybody, for_admins = _split(commands, is_open=is_open)
    lines = [texts(each.help) for each in for_everybody]
    parts = [texts("help.intro"), "\n".join(lines)]
    if is_admin:
        lines = [texts(each.help) for each in for_admins]
        parts.append("\n".join([texts("help.admins"), *lines]))
    return "\n\n".join(parts)


def _split(commands: Sequence[Command], *, is_open: bool) -> tuple[list[Command], list[Command]]:
    """Return the commands of everybody, and those of administrators only."""
    for_everybody = [each for each in commands if each.audience.has_everybody(is_open=is_open)]
    return for_everybody, [each for each in commands if each not in for_everybody]
