"""A callback query of one of our buttons, and the actions that handle them."""

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from telegram import CallbackQuery, InlineKeyboardMarkup, Message
from telegram.error import BadRequest

from bot.alerts.model import OutboxRow
from bot.alerts.store import AlertStore
from bot.context import Context
from bot.subscriptions.model import Destination, Subscription
from bot.texts.catalogue import Texts
from bot.updates import destination_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ButtonQuery:
    """A callback query of one of our buttons, with the numbers and the word in its data."""

    query: CallbackQuery
    message: Message
    context: Context
    numbers: tuple[int, ...]
    word: str

    @property
    def destination(self) -> Destination:
        """Where the button is."""
        return destination_of(self.message)

    @property
    def store(self) -> AlertStore:
        """The subscriptions and the outbox."""
        return self.context.alert_store

    @property
    def texts(self) -> Texts:
        """The texts in the language of the chat."""
        return self.context.texts

    async def alert(self) -> OutboxRow | None:
        """The alert that the button is below; ``None`` if it was deleted."""
        chat_id = self.destination.chat_id
        return await asyncio.to_thread(self.store.outbox.alert, self.numbers[0], chat_id)

    async def end(
        self, subscription_id: int, *, can_be_undone: bool = False
    ) -> Subscription | None:
        """End one of the chat's subscriptions; ``None`` if it has already ended."""
        return await asyncio.to_thread(
            self.store.subscriptions.end,
            subscription_id,
            self.destination.chat_id,
            time.time(),
            can_be_undone=can_be_undone,
        )

    async def answer(self, text: str = "") -> None:
        """Show ``text`` briefly to the person who tapped; empty: only end the waiting."""
        await answer(self.query, text)

    async def edit(self, html: str, buttons: InlineKeyboardMarkup | None = None) -> None:
        """Change the message; without ``buttons`` it loses those it had."""
        await _try(functools.partial(self.message.edit_text, html, reply_markup=buttons))

    async def edit_buttons(self, buttons: InlineKeyboardMarkup | None) -> None:
        """Change only the buttons of the message; ``None`` removes them."""
        # The library adds our default parse mode, which this method does not have.
        no_parse_mode = {"parse_mode": None}
        edit = self.message.edit_reply_markup
        await _try(functools.partial(edit, buttons, api_kwargs=no_parse_mode))


async def answer(query: CallbackQuery, text: str = "") -> None:
    """Answer a callback query, as the Bot API requires for each."""
    try:
        await query.answer(text or None)
    except BadRequest as error:  # tapped while the bot was down
        logger.info("A tapped button was not answered: %s", error.message)


async def _try(edit: Callable[[], Awaitable[object]]) -> None:
    try:
        await edit()
    except BadRequest as error:  # the text is the same, or the message was deleted
        logger.info("A message was not edited: %s", error.message)


class Allowed(Enum):
    """Who may tap a button."""

    EVERYBODY = "everybody"
    CHAT_ADMINS = "in a group its administrators"
    BOT_ADMINS = "the administrators of the bot"
    FOLLOWERS = "who may follow feeds in the chat"


@dataclass(frozen=True, slots=True)
class Action:
    """What a verb does, and with how many numbers.

    ``expired`` is the id of the text that is shown if the button no longer works.
    """

    handle: Callable[[ButtonQuery], Awaitable[None]]
    counts: tuple[int, ...] = (0,)
    allowed: Allowed = Allowed.CHAT_ADMINS
    expired: str = "subscriptions.old_button"
