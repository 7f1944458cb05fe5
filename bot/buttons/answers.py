"""The buttons below an answer: save the question, follow its topic, undo that, verify quotes."""

import asyncio
import time

from telegram import Chat, Message, User

from bot.buttons.query import Action, Allowed, ButtonQuery
from bot.commands.ask import questions_of, show
from bot.commands.permission import count_question, excess_text
from bot.commands.story import tell
from bot.commands.subscribe import subscribe
from bot.commands.verify import verify
from bot.commands.watch import watch
from bot.feedback.model import shown as shown_answer
from bot.keyboards import answers as keyboards
from bot.sending import reply
from bot.subscriptions.interest import topic_of
from bot.subscriptions.model import Interest, SubscribeOutcome
from bot.texts import alerts as alert_texts
from bot.updates import quotes_in
from qa.language import language_of
from qa.language.detect import language_of_question
from qa.language.when import without_periods


async def _follow(tapped: ButtonQuery) -> None:
    if tapped.message.reply_to_message is None:
        await tapped.answer(tapped.texts("subscriptions.old_button"))
        return
    topic = await asyncio.to_thread(topic_asked, tapped, next(iter(tapped.numbers), 0))
    if not topic:
        await tapped.answer(tapped.texts("subscribe.nothing_to_follow"))
        return
    await follow(tapped, Interest(topic))


def topic_asked(tapped: ButtonQuery, part: int) -> str:
    """The topic of the question that the message answers; empty without one. It blocks.

    ``part`` counts the questions of the message from 0.
    """
    asked = tapped.message.reply_to_message
    if asked is None:
        return ""
    return _topic(asked, tapped.context.bot.bot, part)


async def follow(tapped: ButtonQuery, interest: Interest) -> None:
    """Subscribe the chat to ``interest``, and confirm it."""
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


async def _watch(tapped: ButtonQuery) -> None:
    asked, texts = tapped.message.reply_to_message, tapped.texts
    if asked is None:
        await tapped.answer(texts("subscriptions.old_button"))
        return
    await tapped.answer()
    place = asked, tapped.context.bot.bot, next(iter(tapped.numbers), 0)
    question = await asyncio.to_thread(_question, *place)
    user = tapped.query.from_user.id
    html, saved = await watch(tapped.context, tapped.destination, question, user)
    is_new = saved is not None and saved.outcome is SubscribeOutcome.NEW
    undo = keyboards.unfollow(texts, saved.id) if saved is not None and is_new else None
    await reply(tapped.message, html, buttons=undo)


def _question(asked: Message, me: User, part: int) -> str:
    questions = questions_of(asked, me)
    return questions[part] if part < len(questions) else ""


def _topic(asked: Message, me: User, part: int) -> str:
    question = _question(asked, me, part)
    language = language_of(language_of_question(question))
    return topic_of(without_periods(question, asked.date, language), language)


async def _answer_alone(tapped: ButtonQuery) -> None:
    """Answer the question again, without what was asked before it."""
    asked, context, part = tapped.message.reply_to_message, tapped.context, tapped.numbers[0]
    questions = await asyncio.to_thread(questions_of, asked, context.bot.bot) if asked else []
    if asked is None or part >= len(questions):
        await tapped.answer(tapped.texts("subscriptions.old_button"))
        return
    await tapped.answer()
    said = await asyncio.to_thread(context.library.ask, questions[part])
    await context.conversations.show(asked, tapped.message.message_id, said.turn)
    await context.conversations.put(asked, said.turn if said.answered else None, None, time.time())
    shown = await asyncio.to_thread(
        show,
        tapped.texts,
        said,
        part,
        is_one_of_several=len(questions) > 1,
        is_admin=tapped.query.from_user.id in context.settings.admins,
    )
    has_votes = shown.buttons is not None and context.settings.feedback
    if has_votes:
        place = tapped.message.chat_id, tapped.message.message_id
        context.votes.remember(*place, shown_answer(said))
    buttons = keyboards.below(tapped.texts, shown.html, shown.buttons, has_votes=has_votes)
    await tapped.edit(shown.html, buttons)


async def _unfollow(tapped: ButtonQuery) -> None:
    ended = await tapped.end(tapped.numbers[0])
    await tapped.answer("" if ended else tapped.texts("subscriptions.removed_before"))
    if ended is not None:
        await tapped.edit(alert_texts.unfollowed(tapped.texts, ended.interest))


async def _story(tapped: ButtonQuery) -> None:
    if tapped.message.chat.type == Chat.CHANNEL:  # where any reader could make the bot post
        await tapped.answer(tapped.texts("alert.ask_in_private"))
        return
    await tapped.answer()
    await tell(tapped.message, tapped.message, tapped.context)


async def _verify(tapped: ButtonQuery) -> None:
    excess = count_question(tapped.context, tapped.query.from_user.id)
    if excess is not None:
        await tapped.answer(excess_text(tapped.texts, excess))
        return
    await tapped.answer()
    await verify(tapped.message, tapped.context, quotes_in(tapped.message))


ACTIONS = {
    keyboards.FOLLOW: Action(_follow, (0, 1)),
    keyboards.ALONE: Action(_answer_alone, (1,), Allowed.EVERYBODY),
    keyboards.WATCH: Action(_watch, (0, 1)),
    keyboards.STORY: Action(_story, allowed=Allowed.EVERYBODY),
    keyboards.UNFOLLOW: Action(_unfollow, (1,)),
    keyboards.VERIFY: Action(_verify, allowed=Allowed.EVERYBODY),
}
