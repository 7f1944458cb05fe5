"""The buttons below an answer that say whether it is a good one."""

import asyncio
from datetime import UTC, datetime

from telegram import MessageEntity

from bot.buttons.query import Action, Allowed, ButtonQuery
from bot.commands.ask import questions_of
from bot.feedback.model import Feedback, ShownAnswer, Vote, shown
from bot.keyboards import answers as keyboards

EXPIRED = "feedback.old_button"
_QUOTED = (MessageEntity.BLOCKQUOTE, MessageEntity.EXPANDABLE_BLOCKQUOTE)


async def _vote(tapped: ButtonQuery) -> None:
    votes, message = tapped.context.votes, tapped.message
    place = (message.chat_id, message.message_id)
    if message.reply_to_message is not None:
        async with tapped.context.conversations.in_turn(message.reply_to_message):
            pass  # wait until what has just been sent is remembered
    answer = votes.shown(*place) or await asyncio.to_thread(_answered_again, tapped)
    if answer is None or not tapped.context.settings.feedback:
        await tapped.answer(tapped.texts(EXPIRED))
        return
    vote = Vote.UP if tapped.numbers[0] else Vote.DOWN
    feedback = Feedback(answer, vote, datetime.now(UTC))
    await asyncio.to_thread(votes.store.put, *place, tapped.query.from_user.id, feedback)
    await tapped.answer(tapped.texts("feedback.thanks"))


def _answered_again(tapped: ButtonQuery) -> ShownAnswer | None:
    """The answer in a message from before a restart; ``None`` if it would be different today."""
    message, asked = tapped.message, tapped.message.reply_to_message
    questions = questions_of(asked, tapped.context.bot.bot) if asked else []
    if len(questions) != 1:
        return None
    again, text = shown(tapped.context.library.ask(questions[0])), message.text or ""
    quoted = [each for each in message.entities if each.type in _QUOTED]
    is_same = len(quoted) == len(again.quotes)
    return again if is_same and all(each.sentence in text for each in again.quotes) else None


ACTIONS = {keyboards.VOTE: Action(_vote, (1,), Allowed.EVERYBODY, EXPIRED)}
