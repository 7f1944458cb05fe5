"""The menu of commands that Telegram shows next to the text field."""

import logging
from collections.abc import Iterable, Sequence

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from bot.commands.command import Audience, Command
from bot.texts.catalogue import Texts

logger = logging.getLogger(__name__)


async def set_all(
    bot_api: Bot, admins: Iterable[int], commands: Sequence[Command], texts: Texts
) -> None:
    """Set the menus of private chats, of groups, and of each administrator."""
    for_everybody = [each for each in commands if each.audience is Audience.EVERYBODY]
    await _set(bot_api, for_everybody, texts, BotCommandScopeDefault())
    await _set(bot_api, for_everybody, texts, BotCommandScopeAllGroupChats())
    for user in sorted(admins):
        await set_for_admin(bot_api, user, commands, texts)


async def set_for_admin(bot_api: Bot, user: int, commands: Sequence[Command], texts: Texts) -> None:
    """Set the menu of an administrator; Telegram refuses until they have written to the bot."""
    await _set(bot_api, commands, texts, BotCommandScopeChat(user))


async def _set(
    bot_api: Bot, commands: Sequence[Command], texts: Texts, scope: BotCommandScope
) -> None:
    menu = [BotCommand(each.name, texts(each.description)) for each in commands]
    try:
        await bot_api.set_my_commands(menu, scope=scope)
    except TelegramError as error:  # the bot works without a menu
        who = f" {scope.chat_id}" if isinstance(scope, BotCommandScopeChat) else ""
        logger.info("No menu for %s%s yet: %s", scope.type, who, error.message)
