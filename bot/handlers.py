"""Which handler takes which update: the first one that matches."""

import contextlib
import logging
from collections.abc import Callable, Collection, Coroutine, Iterator
from typing import Any

from telegram import Update
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import (
    BaseHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    filters,
)

from bot.buttons.dispatch import button
from bot.commands.command import Audience, Chats, Command
from bot.commands.permission import admins_only, admitted
from bot.commands.registry import COMMANDS
from bot.context import Context
from bot.messages import feeds, files, forwarded, inline, membership, questions
from bot.retry import retry_if_lost
from bot.sending import reply
from bot.settings import Inline
from bot.texts import answers as answer_texts
from bot.texts.languages import Languages
from qa import PullquoteError

logger = logging.getLogger(__name__)

Handler = BaseHandler[Any, Context, Any]
Callback = Callable[[Any, Context], Coroutine[Any, Any, Any]]

NEW = filters.UpdateType.MESSAGE
"""Neither edited messages nor channel posts."""
ASKED = NEW | filters.UpdateType.EDITED_MESSAGE
"""A question that was edited is answered anew."""
PRIVATE, GROUP = NEW & filters.ChatType.PRIVATE, NEW & filters.ChatType.GROUPS
TEXT = filters.TEXT & ~filters.COMMAND & ~inline.PostedResult()
CHATS = {
    Chats.PRIVATE_AND_GROUPS: NEW,
    Chats.CHANNELS_TOO: NEW | filters.UpdateType.CHANNEL_POST,
}


def handlers(
    admins: Collection[int], languages: Languages, from_anywhere: Inline = Inline.OFF
) -> list[Handler]:
    """All handlers, in the order in which they are tried."""
    found = [
        *map(_command, COMMANDS),
        *_messages(admins, languages),
        *inline.handlers(from_anywhere),
        CallbackQueryHandler(admitted(button)),
        ChatMemberHandler(membership.member_changed, ChatMemberHandler.MY_CHAT_MEMBER),
    ]
    for each in found:
        each.callback = _outlasting_restarts(each.callback)
    return found


def _outlasting_restarts(callback: Callback) -> Callback:
    """Let a callback be called again if the database was restarted meanwhile."""

    async def handle(update: Any, context: Context) -> None:  # noqa: ANN401 - the library's own
        await retry_if_lost(lambda: callback(update, context))

    return handle


def _command(command: Command) -> Handler:
    is_closed = command.audience is Audience.ADMINS
    callback = admitted(admins_only(command.callback) if is_closed else command.callback)
    names = [command.name, *command.aliases]
    updates = ASKED if command.is_question else CHATS[command.chats]
    return CommandHandler(names, callback, updates, block=command.blocking)


def _messages(admins: Collection[int], languages: Languages) -> Iterator[Handler]:
    readable = files.ReadableFile()
    from_admins = PRIVATE & filters.FORWARDED & filters.User(admins)
    yield MessageHandler(from_admins & ~filters.COMMAND, admitted(forwarded.forwarded))
    yield MessageHandler(PRIVATE & readable, admitted(files.add_file), block=False)
    names_feed = feeds.NamesFeed(languages)
    yield MessageHandler(NEW & TEXT & names_feed, admitted(feeds.follow_named), block=False)
    yield MessageHandler(ASKED & filters.ChatType.PRIVATE & TEXT, admitted(questions.private_text))
    captions = filters.UpdateType.EDITED_MESSAGE & filters.ChatType.PRIVATE & filters.CAPTION
    yield MessageHandler(captions, admitted(questions.private_text))
    asked_in_groups = ASKED & filters.ChatType.GROUPS & (TEXT | filters.CAPTION)
    yield MessageHandler(asked_in_groups, admitted(questions.group_text))
    yield MessageHandler(NEW & filters.StatusUpdate.MIGRATE, membership.migrated)
    yield MessageHandler(NEW & filters.StatusUpdate.FORUM_TOPIC_REOPENED, membership.reopened)
    yield MessageHandler(PRIVATE & filters.COMMAND, admitted(questions.unknown_command))
    yield MessageHandler(PRIVATE & feeds.FeedList(), admitted(feeds.import_file), block=False)
    yield MessageHandler(
        PRIVATE & ~filters.TEXT & ~filters.StatusUpdate.ALL, admitted(questions.not_text)
    )


async def report_error(update: object, context: Context) -> None:
    """Log an error of a handler or of polling, and tell the person in one sentence."""
    error = context.error
    # A failure of Telegram or the network; a bad request is our own fault.
    is_telegrams = isinstance(error, TelegramError) and not isinstance(error, BadRequest)
    if isinstance(error, Forbidden):
        logger.info("The bot may not write there: %s", error.message)
    elif is_telegrams:
        logger.warning("Telegram: %s", error)
    else:
        logger.error("An update failed", exc_info=error)
    message = update.effective_message if isinstance(update, Update) else None
    if message is None or is_telegrams:
        return
    with contextlib.suppress(PullquoteError):  # the database may be what failed
        await context.refresh_data()
    if isinstance(error, PullquoteError):
        text = answer_texts.failed(str(error))
    else:
        text = context.texts("error.unexpected")
    try:
        await reply(message, text)
    except TelegramError as second:
        logger.warning("The person could not be told: %s", second.message)
