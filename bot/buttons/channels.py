"""The button below a forwarded post: follows its channel, as ``/feeds add`` does."""

from bot.buttons.query import Action, Allowed, ButtonQuery
from bot.commands.feeds import carry_out, follower_of
from bot.keyboards import channels as keyboards


async def _follow(tapped: ButtonQuery) -> None:
    await tapped.answer()
    follower = follower_of(tapped.message, tapped.query.from_user, tapped.context)
    await carry_out(tapped.message, tapped.context, ["add", f"@{tapped.word}"], follower)


ACTIONS = {keyboards.FOLLOW: Action(_follow, allowed=Allowed.FOLLOWERS, expired="feeds.old_button")}
