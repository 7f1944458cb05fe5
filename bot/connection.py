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
from telegram.request import HTTPXRequest

from bot.channels.recording import PostRecorder, RecordingQueue
from bot.context import App, Context
from bot.settings import Inline, Settings
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
    """An application without handlers; ``SettingsError`` if the token is missing or malformed."""
    _keep_token_out_of_logs()
    # Durations as timedelta, without a warning at each "retry after": a switch of the library.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    return (
        Application.builder()
        .bot(_bot_api(settings, rate_limiter, recorder))
        .update_queue(RecordingQueue(recorder) if settings.webhook_url else asyncio.Queue())
        .context_types(ContextTypes(context=Context))
        .concurrent_updates(CONCURRENT_UPDATES)
        .job_queue(None)
        .build()
    )


class RecordingBot(ExtBot[None]):
    """Records channel posts before the library has them, and survives a refused token.

    The next ``getUpdates`` confirms the updates of the last one, so posts must be on the disk by
    then. A Bot API server that restarts refuses the token for a moment; the library would stop
    polling for good, leaving a bot that runs but receives nothing.
    """

    def __init__(self, recorder: PostRecorder, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Record updates with ``recorder``; all other arguments are those of ``ExtBot``."""
        super().__init__(*args, **kwargs)
        self._recorder = recorder

    async def get_updates(self, *args: Any, **kwargs: Any) -> tuple[Update, ...]:  # noqa: ANN401
        """The Bot API's ``getUpdates``."""
        try:
            updates = await super().get_updates(*args, **kwargs)
        except InvalidToken as error:
            raise TelegramError(f"PULLQUOTE_TOKEN is refused ({error.message})") from None
        # All at once: if they were recorded one by one as they are queued, a stop in between would
        # bring the first ones again.
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
        request=HTTPXRequest(
            connection_pool_size=CONNECTIONS,
            # Together less than the lease of an alert.
            pool_timeout=5,
            connect_timeout=5,
            write_timeout=5,
            read_timeout=10,
        ),
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
