"""The buttons below the language of a chat."""

from bot.buttons.query import Action, ButtonQuery
from bot.commands.language import choose, state
from bot.keyboards import language as keyboards


async def _choose(tapped: ButtonQuery) -> None:
    """Speak the language that the button names; without one, it is automatic."""
    chat_id = tapped.destination.chat_id
    await choose(tapped.context, chat_id, tapped.context.languages.nearest(tapped.word))
    await tapped.answer(tapped.texts("subscriptions.changed"))
    await tapped.edit(*await state(tapped.context, chat_id))


ACTIONS = {keyboards.LANGUAGE: Action(_choose, expired="language.old_button")}
