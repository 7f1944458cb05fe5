"""The buttons below an answer: follow its topic, and undo that."""

import asyncio

from telegram import Message, User

from bot.buttons.query import Action, ButtonQuery
from bot.commands.subscribe import subscribe
from bot.keyboards import answers as keyboards
from bot.sending import reply
from bot.subscriptions.interest import topic_of
from bot.subscriptions.model import Interest, SubscribeOutcome
from bot.texts import alerts as alert_texts
from bot.updates import question_in
from qa.language import language_of
from qa.language.claims import read_message
from qa.language.detect import language_of_question
from qa.language.when import without_periods


async def _follow(tapped: ButtonQuery) -> None:
    asked, texts = tapped.message.reply_to_message, tapped.texts
    if asked is None:
        await tapped.answer(texts("subscriptions.old_button"))
        return
    interest = Interest(await asyncio.to_thread(_topic, asked, tapped.context.bot.bot))
    if not interest.topic:
        await tapped.answer(texts("subscribe.nothing_to_follow"))
        return
    await tapped.answer()
    user = tapped.query.from_user.id
    result = await subscribe(tapped.context, tapped.destination, interest, user)
    if result.outcome is SubscribeOutcome.TOO_MANY:
        await reply(tapped.message, texts("subscribe.too_many"))
        return
    is_new = result.outcome is SubscribeOutcome.NEW
    await reply(
        tapped.message,
        alert_texts.subscribed(texts, interest, is_new=is_new),
        buttons=keyboards.unfollow(texts, result.id) if is_new else None,
    )


def _topic(asked: Message, me: User) -> str:
    is_forward = asked.forward_origin is not None
    question = read_message(question_in(asked, me), is_forward=is_forward).question
    language = language_of(language_of_question(question))
    return topic_of(without_periods(question, asked.date, language), language)


async def _unfollow(tapped: ButtonQuery) -> None:
    ended = await tapped.end(tapped.numbers[0])
    await tapped.answer("" if ended else tapped.texts("subscriptions.removed_before"))
    if ended is not None:
        await tapped.edit(alert_texts.unfollowed(tapped.texts, ended.interest))


ACTIONS = {
    keyboards.FOLLOW: Action(_follow),
    keyboards.UNFOLLOW: Action(_unfollow, (1,)),
}
