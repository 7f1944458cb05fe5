"""What Telegram shows of the bot in each language: its menus of commands and descriptions."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from bot.commands.command import Command
from bot.texts.languages import Languages

logger = logging.getLogger(__name__)


async def set_all(
    bot_api: Bot,
    admins: Iterable[int],
    commands: Sequence[Command],
    languages: Languages,
    *,
    is_open: bool = False,
) -> None:
    """Set the descriptions, the menu of everybody, and that of each administrator.

    ``is_open``: everybody may follow feeds.
    """
    await _describe(bot_api, languages)
    for_everybody = [each for each in commands if each.audience.has_everybody(is_open=is_open)]
    await _set(bot_api, for_everybody, languages, BotCommandScopeDefault())
    # Groups had a menu of their own before, which would hide this one.
    of_groups = bot_api.delete_my_commands(BotCommandScopeAllGroupChats())
    await _request([of_groups], "Old menu of groups stays")
    for user in sorted(admins):
        await set_for_admin(bot_api, user, commands, languages)


async def set_for_admin(
    bot_api: Bot, user: int, commands: Sequence[Command], languages: Languages
) -> None:
    """Set the menu of an administrator; Telegram refuses until they have written to the bot."""
    await _set(bot_api, commands, languages, BotCommandScopeChat(user))


async def _set(
    bot_api: Bot, commands: Sequence[Command], languages: Languages, scope: BotCommandScope
) -> None:
    requests = []
    for code, texts in languages.by_code().items():
        menu = [BotCommand(each.name, texts(each.description)) for each in commands]
        requests.append(bot_api.set_my_commands(menu, scope=scope, language_code=code or None))
    who = f" {scope.chat_id}" if isinstance(scope, BotCommandScopeChat) else ""
    await _request(requests, f"No menu for {scope.type}{who} yet")


async def _describe(bot_api: Bot, languages: Languages) -> None:
    """Set what people read before they start, and on the bot's profile."""
    requests = []
    for code, texts in languages.by_code().items():
        full, short = texts("bot.description"), texts("bot.short_description")
        requests.append(bot_api.set_my_description(full, code or None))
        requests.append(bot_api.set_my_short_description(short, code or None))
    await _request(requests, "No description yet")


async def _request(requests: Sequence[Coroutine[Any, Any, bool]], failure: str) -> None:
    try:
        await asyncio.gather(*requests)
    except TelegramError as error:  # the bot works without
        logger.info("%s: %s", failure, error.message)
