"""The bot put together: which handler answers what, and how it is started and stopped."""

import asyncio
import logging
import os
import re
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from telegram import (
    LinkPreviewOptions,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError
from telegram.ext import (
    Application,
    BaseHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    Defaults,
    ExtBot,
    MessageHandler,
    filters,
)
from telegram.request import HTTPXRequest

from bot.alerts.delivery import Sender
from bot.alerts.digests import Digests
from bot.alerts.housekeeping import Housekeeping
from bot.alerts.matcher import Matcher
from bot.alerts.pace import Pace
from bot.alerts.store import AlertStore
from bot.alerts.topics import LibraryTopics
from bot.buttons import dispatch as buttons
from bot.channels.reading import Inbox, PostKeeper, PostReader
from bot.channels.store import ChannelStore
from bot.commands import add as incoming
from bot.commands import admin, ask, menus, subscribe
from bot.commands import digest as timing
from bot.commands import feeds as following
from bot.context import SERVICES, App, Context, Services
from bot.jobs.background import Background, Step
from bot.jobs.notices import FeedNotices, NoticeStore
from bot.jobs.polling import FeedPoller
from bot.jobs.retention import Keeper
from bot.sending import reply
from bot.settings import Settings
from bot.texts import answers as messages
from index.feeds.follow import AT_ONCE, Feeds
from index.indexer import Indexer
from qa import Library, PullquoteError, SettingsError

logger = logging.getLogger(__name__)

CONCURRENT_UPDATES = 32
CONNECTIONS = CONCURRENT_UPDATES + 8
"""One for each update, and some for typing, alerts and menus."""
THREADS = CONNECTIONS + AT_ONCE
UPDATES = [
    Update.MESSAGE,
    Update.CHANNEL_POST,
    Update.EDITED_CHANNEL_POST,
    Update.CALLBACK_QUERY,
    Update.MY_CHAT_MEMBER,
]

COMMANDS = {
    "start": ask.welcome,
    "help": ask.welcome,
    "ask": ask.ask,
    "latest": ask.latest,
    "status": admin.status,
}
ALERT_COMMANDS = {
    "subscribe": subscribe.subscribe,
    "subscriptions": subscribe.subscriptions,
    "unsubscribe": subscribe.unsubscribe,
    "digest": timing.digest,
    "quiet": timing.quiet,
}
"""In channels, too, where only their administrators can write."""
LONG_COMMANDS = {"add": incoming.add, "feeds": following.feeds, "rebuild": admin.rebuild}


def build(settings: Settings, library: Library) -> App:
    """The whole bot, ready to be run; ``SettingsError`` when there is no token."""
    _silence_loggers_that_tell_the_token()
    store, indexer = AlertStore(library), Indexer(library)
    feeds = Feeds(
        library.database,
        interval=timedelta(seconds=settings.feed_interval),
        allow_private=settings.allow_private_hosts,
    )
    pace, channels = Pace(), ChannelStore(library.database)
    application = _application(settings, pace, PostKeeper(channels, settings.admins))
    services = Services(settings, library, indexer, store, feeds)
    application.bot_data[SERVICES] = services
    background = Background()
    steps = _background_steps(application, services, pace, channels, background)

    async def begin(started: App) -> None:
        # Rebuilds and feeds keep their threads for long, and questions must find one.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        await menus.set_all(started.bot, settings.admins)
        background.start(steps)
        logger.info("@%s is ready", started.bot.username)

    async def end(_stopped: App) -> None:
        await background.stop()

    application.post_init = begin
    application.post_stop = end
    application.post_shutdown = end
    application.add_handlers(_handlers(settings.admins))
    application.add_error_handler(tell_of_error)
    return application


def _background_steps(
    application: App,
    services: Services,
    pace: Pace,
    channels: ChannelStore,
    background: Background,
) -> list[Step]:
    """What goes on beside the answers, each step by itself."""
    library, store, indexer = services.library, services.alert_store, services.indexer
    matcher = Matcher(library, store, LibraryTopics(library))
    digests, housekeeping = Digests(library, store), Housekeeping(library, store)
    sender = Sender(application.bot, library, store, pace)
    poller = FeedPoller(services.feeds, indexer, background.is_stopping)
    told = NoticeStore(services.feeds.store, library.database)
    notices = FeedNotices(application.bot, told, services.settings.admins)
    allow_private = services.settings.allow_private_hosts
    posts = PostReader(channels, indexer, allow_private=allow_private)
    keep_days = services.settings.keep_days
    return [
        matcher.match_next,
        digests.make_next,
        sender.send_next,
        housekeeping.sweep,
        housekeeping.tell_of_silence,
        *poller.steps,
        notices.tell,
        posts.read_next,
        *([Keeper(indexer, keep_days).remove_next] if keep_days is not None else []),
    ]


class PatientBot(ExtBot[None]):
    """Goes on polling when the token is refused, as a server that restarts does for a moment.

    The library's polling would end for good, and leave a bot that runs and hears nothing. What
    channels post is written down before the library has it: the next call confirms it.
    """

    def __init__(self, keeper: PostKeeper, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Let ``keeper`` write each update down; the rest is handed on."""
        super().__init__(*args, **kwargs)
        self._keeper = keeper

    async def get_updates(self, *args: Any, **kwargs: Any) -> tuple[Update, ...]:  # noqa: ANN401 handed on
        """As the Bot API's ``getUpdates``."""
        try:
            updates = await super().get_updates(*args, **kwargs)
        except InvalidToken as error:
            raise TelegramError(f"PULLQUOTE_TOKEN is refused ({error.message})") from None
        # Not when they are queued, one by one: a stop between two would bring the first again.
        for update in updates:
            await self._keeper.keep(update)
        return updates


def _application(settings: Settings, pace: Pace, keeper: PostKeeper) -> App:
    # Durations as timedelta, and no warning at each "retry after": the library's own switch.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    api = api_url(settings)
    defaults = Defaults(
        parse_mode=ParseMode.HTML,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        allow_sending_without_reply=True,
    )
    api_bot: ExtBot[None] = PatientBot(
        keeper,
        token_of(settings),
        base_url=f"{api}/bot",
        base_file_url=f"{api}/file/bot",
        request=HTTPXRequest(
            connection_pool_size=CONNECTIONS,
            # In all less than the lease of an alert.
            pool_timeout=5,
            connect_timeout=5,
            write_timeout=5,
            read_timeout=10,
        ),
        get_updates_request=HTTPXRequest(connection_pool_size=1),
        defaults=defaults,
        rate_limiter=pace,
    )
    return (
        Application.builder()
        .bot(api_bot)
        .update_queue(Inbox(keeper) if settings.webhook_url else asyncio.Queue())
        .context_types(ContextTypes(context=Context))
        .concurrent_updates(CONCURRENT_UPDATES)
        .job_queue(None)
        .build()
    )


def _handlers(admins: Collection[int]) -> list[BaseHandler[Any, Context, Any]]:
    new = filters.UpdateType.MESSAGE  # neither edited messages nor channel posts
    private, group = new & filters.ChatType.PRIVATE, new & filters.ChatType.GROUPS
    words = filters.TEXT & ~filters.COMMAND
    moved = new & filters.StatusUpdate.MIGRATE
    told = private & filters.FORWARDED & filters.User(admins) & (filters.TEXT | filters.CAPTION)
    anywhere = new | filters.UpdateType.CHANNEL_POST
    return [
        *(CommandHandler(name, callback, new) for name, callback in COMMANDS.items()),
        *(CommandHandler(name, callback, anywhere) for name, callback in ALERT_COMMANDS.items()),
        *(
            CommandHandler(name, callback, new, block=False)
            for name, callback in LONG_COMMANDS.items()
        ),
        MessageHandler(told & ~filters.COMMAND, incoming.forwarded),
        MessageHandler(new & words & following.answers_which_feed, following.named, block=False),
        MessageHandler(private & words, ask.private_text),
        MessageHandler(group & words, ask.group_text),
        MessageHandler(moved, subscribe.migrated),
        MessageHandler(private & filters.COMMAND, ask.unknown_command),
        MessageHandler(private & following.opml_files, following.document, block=False),
        MessageHandler(private & ~filters.TEXT & ~filters.StatusUpdate.ALL, ask.not_text),
        CallbackQueryHandler(following.button, following.BUTTON),
        CallbackQueryHandler(buttons.button),
        ChatMemberHandler(subscribe.member_changed, ChatMemberHandler.MY_CHAT_MEMBER),
    ]


async def tell_of_error(update: object, context: Context) -> None:
    """Log what a handler or the polling met, and tell the person in one sentence."""
    error = context.error
    # Telegram's own trouble, except that a bad request is ours.
    telegrams = isinstance(error, TelegramError) and not isinstance(error, BadRequest)
    if isinstance(error, Forbidden):
        logger.info("The bot may not write there: %s", error.message)
    elif telegrams:
        logger.warning("Telegram: %s", error)
    else:
        logger.error("An update failed", exc_info=error)
    message = update.effective_message if isinstance(update, Update) else None
    if message is None or telegrams:
        return
    try:
        known = isinstance(error, PullquoteError)
        await reply(
            message, messages.failed(str(error)) if known else context.texts("error.unexpected")
        )
    except TelegramError as second:
        logger.warning("Nor could the person be told: %s", second.message)


def api_url(settings: Settings) -> str:
    """Address of the Bot API, without a slash at the end."""
    return str(settings.api_url).rstrip("/")


def token_of(settings: Settings) -> str:
    """The bot's token; ``SettingsError`` when it is not set or cannot be one."""
    token = settings.token.get_secret_value() if settings.token else ""
    if not re.fullmatch(r"[\w:-]+", token, re.ASCII):
        state = "wrong: it holds characters that no token has" if token else "not set"
        raise SettingsError(f"PULLQUOTE_TOKEN is {state}; @BotFather gives you one.")
    return token


def _silence_loggers_that_tell_the_token() -> None:
    # The token is part of every URL of the Bot API.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    logging.getLogger("telegram").setLevel(logging.INFO)
    # Theirs come with a traceback for what ours say in a sentence.
    logging.getLogger("telegram.ext.Updater").setLevel(logging.CRITICAL)
    logging.getLogger("telegram.request").setLevel(logging.CRITICAL)
