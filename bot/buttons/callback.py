"""A button that was pressed, and what can be said and changed in turn."""

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from telegram import CallbackQuery, InlineKeyboardMarkup, Message
from telegram.error import BadRequest

from bot.alerts.model import Pending, Place, Subscription
from bot.alerts.store import AlertStore
from bot.context import Context, place_of
from bot.texts.catalogue import Texts

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed, and the numbers that it carries."""

    query: CallbackQuery
    message: Message
    context: Context
    numbers: tuple[int, ...]

    @property
    def place(self) -> Place:
        """Where the button is."""
        return place_of(self.message)

    @property
    def store(self) -> AlertStore:
        """The subscriptions and the outbox."""
        return self.context.alert_store

    @property
    def texts(self) -> Texts:
        """The texts in the language of the chat."""
        return self.context.texts

    async def alert(self) -> Pending | None:
        """The alert below which the button is; ``None`` when it is forgotten."""
        return await asyncio.to_thread(self.store.outbox.alert, self.numbers[0], self.place.chat_id)

    async def end(
        self, subscription_id: int, *, may_be_undone: bool = False
    ) -> Subscription | None:
        """End one of the chat's subscriptions; ``None`` when it has ended already."""
        return await asyncio.to_thread(
            self.store.subscriptions.end,
            subscription_id,
            self.place.chat_id,
            time.time(),
            may_be_undone=may_be_undone,
        )

    async def acknowledge(self, text: str = "") -> None:
        """Show ``text`` to who pressed; without it only the waiting ends."""
        await acknowledge(self.query, text)

    async def edit(self, html: str, buttons: InlineKeyboardMarkup | None = None) -> None:
        """Change the message; without ``buttons`` it has none any more."""
        await edit(self.message, html, buttons)

    async def put_buttons(self, buttons: InlineKeyboardMarkup) -> None:
        """Change the message's buttons alone."""
        # The library adds our default parse mode, which this method does not have.
        unformatted = {"parse_mode": None}
        edit = self.message.edit_reply_markup
        await _try(functools.partial(edit, buttons, api_kwargs=unformatted))


async def acknowledge(query: CallbackQuery, text: str = "") -> None:
    """Answer a pressed button, as every one must be."""
    try:
        await query.answer(text or None)
    except BadRequest as error:  # pressed while the bot was down
        logger.info("A pressed button was not acknowledged: %s", error.message)


async def edit(message: Message, html: str, buttons: InlineKeyboardMarkup | None = None) -> None:
    """Change one of our messages; without ``buttons`` it has none any more."""
    await _try(functools.partial(message.edit_text, html, reply_markup=buttons))


async def _try(edit: Callable[[], Awaitable[object]]) -> None:
    try:
        await edit()
    except BadRequest as error:  # it says so already, or is gone
        logger.info("A message was not edited: %s", error.message)
