"""Sends rich messages where the Bot API server has them, and ordinary ones elsewhere.

python-telegram-bot has no rich messages yet, so they are sent and read as raw JSON.
"""

import logging
from typing import Any

from telegram import InlineKeyboardMarkup, Message
from telegram.error import BadRequest, EndPointNotFound

from bot.sending import patiently, reply
from bot.updates import destination_of

logger = logging.getLogger(__name__)


class RichMessages:
    """Remembers until the next start that the Bot API server has no rich messages."""

    def __init__(self, *, are_wanted: bool) -> None:
        """``are_wanted``: off unless set, since older apps show less of them."""
        self._are_sent = are_wanted

    async def reply(
        self,
        message: Message,
        html: str,
        buttons: InlineKeyboardMarkup | None,
        rich: str | None,
    ) -> Message:
        """Reply to ``message`` with ``rich``; with ``html`` where that cannot be sent."""
        if rich is not None and self._are_sent:
            try:
                return await patiently(lambda: _send(message, rich, buttons))
            except EndPointNotFound:
                self._are_sent = False
                logger.info("The Bot API server has no rich messages")
            except BadRequest as error:
                logger.warning("A rich message was refused: %s", error.message)
        return await reply(message, html, quote=True, buttons=buttons)


async def _send(message: Message, rich: str, buttons: InlineKeyboardMarkup | None) -> Message:
    params: dict[str, Any] = {
        "chat_id": message.chat_id,
        "rich_message": {"html": rich, "skip_entity_detection": True},
        "reply_parameters": {
            "message_id": message.message_id,
            "allow_sending_without_reply": True,
        },
    }
    if thread := destination_of(message).thread_id:
        params["message_thread_id"] = thread
    if buttons is not None:
        params["reply_markup"] = buttons.to_dict()
    bot = message.get_bot()
    sent = await bot.do_api_request("sendRichMessage", api_kwargs=params, return_type=Message)
    assert isinstance(sent, Message)
    return sent
