"""The connection to the Bot API: token, address, timeouts, and how updates are received."""

import asyncio
import logging
import os
import re
from typing import Any

from telegram import LinkPreviewOptions, Update
from telegram.constants import ParseMode
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, BaseRateLimiter, ContextTypes, Defaults, ExtBot
from telegram.request import BaseRequest, HTTPXRequest

from bot.channels.recording import PostRecorder, RecordingQueue
from bot.context import App, Context
from bot.sending import TIMEOUTS
from bot.settings import Inline, Role, Settings
from qa import SettingsError

CONCURRENT_UPDATES = 32
CONNECTIONS = CONCURRENT_UPDATES + 8
"""One for each update, and some for chat actions, alerts and menus."""
UPDATES = [
    Update.MESSAGE,
    Update.CHANNEL_POST,
    Update.EDITED_MESSAGE,
    Update.EDITED_CHANNEL_POST,
    Update.CALLBACK_QUERY,
    Update.MY_CHAT_MEMBER,
]
"""The kinds of updates that the bot asks Telegram for."""
INLINE_UPDATES = [Update.INLINE_QUERY, Update.GUEST_MESSAGE]
"""Also, if people may ask from chats that the bot is not in."""


def wanted_updates(settings: Settings) -> list[str]:
    """Return the kinds of updates that a bot with these settings asks for."""
    return UPDATES if settings.inline is Inline.OFF else [*UPDATES, *INLINE_UPDATES]


def connect(settings: Settings, rate_limiter: BaseRateLimiter[None], recorder: PostRecorder) -> App:
    """An application without handlers; ``SettingsError`` if a token or secret cannot be used."""
    are_many = settings.database_url is not None
    answers = Role.ANSWER in settings.roles
    if are_many and answers and settings.webhook_url and settings.webhook_secret is None:
        raise SettingsError(
            "PULLQUOTE_WEBHOOK_SECRET is not set; all hosts with one PostgreSQL need the same."
        )
    is_counted = are_many or settings.webhook_url is not None
    _keep_token_out_of_logs()
    # Durations as timedelta, without a warning at each "retry after": a switch of the library.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    return (
        Application.builder()
        .bot(_bot_api(settings, rate_limiter, recorder))
        .update_queue(RecordingQueue(recorder) if is_counted else asyncio.Queue())
        .context_types(ContextTypes(context=Context))
        .concurrent_updates(CONCURRENT_UPDATES)
        .job_queue(None)
        .build()
    )


class RecordingBot(ExtBot[None]):
    """Records channel posts before python-telegram-bot has them, and survives a refused token.

    The next ``getUpdates`` confirms the updates of the last one, so posts must be on the disk by
    then. A Bot API server that restarts refuses the token for a moment; the library would stop
    polling for good, leaving a bot that runs but receives nothing.
    """

    def __init__(self, recorder: PostRecorder, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Record updates with ``recorder``; all other arguments are those of ``ExtBot``."""
        super().__init__(*args, **kwargs)
        self._recorder = recorder
        self._polling: BaseRequest = kwargs["get_updates_request"]

    async def connect_anew(self) -> None:
        """Call it before polling again: an aborted poll may occupy the only connection."""
        await self._polling.shutdown()
        await self._polling.initialize()

    async def set_webhook(self, *_args: Any, **_kwargs: Any) -> bool:  # noqa: ANN401
        """Does nothing: the library calls this on each host. ``point_webhook`` does it on one."""
        return True

    async def point_webhook(self, **kwargs: Any) -> None:  # noqa: ANN401
        """The Bot API's ``setWebhook``."""
        await super().set_webhook(**kwargs)

    async def get_updates(self, *args: Any, **kwargs: Any) -> tuple[Update, ...]:  # noqa: ANN401
        """The Bot API's ``getUpdates``."""
        try:
            updates = await super().get_updates(*args, **kwargs)
        except InvalidToken as error:
            raise TelegramError(f"PULLQUOTE_TOKEN is refused ({error.message})") from None
        # All at once: if they were recorded one by one as they are queued, a stop in between would
        # bring the first ones back.
        for update in updates:
            await self._recorder.record(update)
        return updates


def _bot_api(
    settings: Settings, rate_limiter: BaseRateLimiter[None], recorder: PostRecorder
) -> ExtBot[None]:
    api = api_url(settings)
    return RecordingBot(
        recorder,
        token_of(settings),
        base_url=f"{api}/bot",
        base_file_url=f"{api}/file/bot",
        request=HTTPXRequest(connection_pool_size=CONNECTIONS, **TIMEOUTS),
        get_updates_request=HTTPXRequest(connection_pool_size=1),
        defaults=Defaults(
            parse_mode=ParseMode.HTML,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            allow_sending_without_reply=True,
        ),
        rate_limiter=rate_limiter,
    )


def api_url(settings: Settings) -> str:
    """The address of the Bot API, without a trailing slash."""
    return str(settings.api_url).rstrip("/")


def token_of(settings: Settings) -> str:
    """The bot's token; ``SettingsError`` if it is missing or malformed."""
    token = settings.token.get_secret_value() if settings.token else ""
    if not re.fullmatch(r"[\w:-]+", token, re.ASCII):
        state = "wrong: it contains characters that no token has" if token else "not set"
        raise SettingsError(f"PULLQUOTE_TOKEN is {state}; get one from @BotFather.")
    return token


def _keep_token_out_of_logs() -> None:
    # The token is part of every URL of the Bot API.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    logging.getLogger("telegram").setLevel(logging.INFO)
    # These log a traceback where ours log a sentence.
    logging.getLogger("telegram.ext.Updater").setLevel(logging.CRITICAL)
    logging.getLogger("telegram.request").setLevel(logging.CRITICAL)
