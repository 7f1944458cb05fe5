"""The button below a forwarded post: its channel is followed as ``/feeds add`` does."""

from bot.buttons.query import Action, Allowed, ButtonQuery
from bot.commands.feeds import carry_out
from bot.keyboards import channels as keyboards


async def _follow(tapped: ButtonQuery) -> None:
    await tapped.answer()
    await carry_out(tapped.message, tapped.context, ["add", f"@{tapped.word}"])


ACTIONS = {
    keyboards.FOLLOW: Action(_follow, allowed=Allowed.BOT_ADMINS, expired="feeds.old_button")
}
