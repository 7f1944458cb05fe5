"""The buttons below an answer: follow its topic, undo that, verify its quotes."""

import asyncio

from telegram import Chat, Message, User

from bot.buttons.query import Action, Allowed, ButtonQuery
from bot.commands.story import tell
from bot.commands.subscribe import subscribe
from bot.commands.verify import verify
from bot.keyboards import answers as keyboards
from bot.sending import reply
from bot.subscriptions.interest import topic_of
from bot.subscriptions.model import Interest, SubscribeOutcome
from bot.texts import alerts as alert_texts
from bot.updates import question_in, quotes_in
from qa.language import language_of
from qa.language.claims import read_message
from qa.language.detect import language_of_question
from qa.language.when import without_periods


async def _follow(tapped: ButtonQuery) -> None:
    if tapped.message.reply_to_message is None:
        await tapped.answer(tapped.texts("subscriptions.old_button"))
        return
    topic = await asyncio.to_thread(topic_asked, tapped)
    if not topic:
        await tapped.answer(tapped.texts("subscribe.nothing_to_follow"))
        return
    await follow(tapped, Interest(topic))


def topic_asked(tapped: ButtonQuery) -> str:
    """The topic of the question that the message answers; empty without one. It blocks."""
    asked = tapped.message.reply_to_message
    if asked is None:
        return ""
    return _topic(asked, tapped.context.bot.bot)


async def follow(tapped: ButtonQuery, interest: Interest) -> None:
    """Subscribe the chat to ``interest``, and reply so."""
    texts = tapped.texts
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


async def _story(tapped: ButtonQuery) -> None:
    if tapped.message.chat.type == Chat.CHANNEL:  # where any reader could make us post
        await tapped.answer(tapped.texts("alert.ask_in_private"))
        return
    await tapped.answer()
    await tell(tapped.message, tapped.message, tapped.context)


async def _verify(tapped: ButtonQuery) -> None:
    await tapped.answer()
    await verify(tapped.message, tapped.context, quotes_in(tapped.message))


ACTIONS = {
    keyboards.STORY: Action(_story, allowed=Allowed.EVERYBODY),
    keyboards.FOLLOW: Action(_follow),
    keyboards.UNFOLLOW: Action(_unfollow, (1,)),
    keyboards.VERIFY: Action(_verify, allowed=Allowed.EVERYBODY),
}
