"""Finds and runs the action of a tapped button."""

from telegram import Message, Update

from bot.buttons import (
    alerts,
    answers,
    channels,
    feedback,
    feeds,
    forwarded,
    language,
    shares,
    subscriptions,
)
from bot.buttons.query import Action, Allowed, ButtonQuery, answer
from bot.commands.permission import may_change, refusal_to_follow
from bot.context import Context
from bot.keyboards.data import parse

ACTIONS: dict[str, Action] = {
    **alerts.ACTIONS,
    **answers.ACTIONS,
    **channels.ACTIONS,
    **feedback.ACTIONS,
    **feeds.ACTIONS,
    **forwarded.ACTIONS,
    **language.ACTIONS,
    **shares.ACTIONS,
    **subscriptions.ACTIONS,
}
EXPIRED = "subscriptions.old_button"


async def button(update: Update, context: Context) -> None:
    """A button below one of our messages was tapped."""
    query = update.callback_query
    assert query is not None
    verb, numbers, word = parse(query.data or "")
    action, message = ACTIONS.get(verb), query.message
    if action is None:
        await answer(query, context.texts(EXPIRED))
    elif len(numbers) not in action.counts or not isinstance(message, Message):
        await answer(query, context.texts(action.expired))  # or too old for Telegram to show us
    elif refusal := await _refusal(action, update, context):
        await answer(query, context.texts(refusal))
    else:
        await action.handle(ButtonQuery(query, message, context, numbers, word))


async def _refusal(action: Action, update: Update, context: Context) -> str | None:
    """The id of the text for a person who may not tap this button; ``None`` if they may."""
    if action.allowed is Allowed.BOT_ADMINS:
        return None if context.is_admin(update) else "error.not_admin"
    if action.allowed is Allowed.FOLLOWERS:
        return await refusal_to_follow(update, context)
    if action.allowed is Allowed.CHAT_ADMINS and not await may_change(update):
        return "error.not_chat_admin"
    return None
