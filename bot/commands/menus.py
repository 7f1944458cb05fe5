"""The menu of commands that Telegram shows beside the text field."""

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

logger = logging.getLogger(__name__)

EVERYBODY = (
    BotCommand("ask", "Ask a question"),
    BotCommand("latest", "The newest articles"),
    BotCommand("subscribe", "Be told of new articles, about a topic or all"),
    BotCommand("subscriptions", "What you are told of"),
    BotCommand("digest", "Once a day instead of at once"),
    BotCommand("quiet", "Nothing at night"),
    BotCommand("unsubscribe", "End all of it"),
    BotCommand("help", "What I do"),
)
ADMINS = (
    *EVERYBODY,
    BotCommand("add", "Add articles by their URLs"),
    BotCommand("feeds", "The feeds that I follow"),
    BotCommand("rebuild", "Embed all articles again"),
    BotCommand("status", "What I hold"),
)


async def set_all(bot_api: Bot, admins: Iterable[int]) -> None:
    """Set the menus of private chats, of groups, and of each administrator."""
    await _set(bot_api, EVERYBODY, BotCommandScopeDefault())
    await _set(bot_api, EVERYBODY, BotCommandScopeAllGroupChats())
    for user in sorted(admins):
        await set_for_admin(bot_api, user)


async def set_for_admin(bot_api: Bot, user: int) -> None:
    """Set an administrator's own menu; Telegram refuses it before they have written to the bot."""
    await _set(bot_api, ADMINS, BotCommandScopeChat(user))


async def _set(bot_api: Bot, commands: Sequence[BotCommand], scope: BotCommandScope) -> None:
    try:
        await bot_api.set_my_commands(commands, scope=scope)
    except TelegramError as error:  # a menu is a courtesy, and no reason not to start
        who = f" {scope.chat_id}" if isinstance(scope, BotCommandScopeChat) else ""
        logger.info("No menu for %s%s yet: %s", scope.type, who, error.message)
