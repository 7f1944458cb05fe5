"""What the buttons below our messages do; ``bot.keyboards`` makes them."""

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from telegram import CallbackQuery, Chat, ForceReply, InlineKeyboardMarkup, Message, Update
from telegram.error import BadRequest

from bot import alert_messages, keyboards
from bot.alerts.interest import topic_of
from bot.alerts.model import Interest, Pending, Place, Subscribed, Timetable
from bot.alerts.schedule import with_digest, with_quiet, without_digest
from bot.alerts.store import AlertStore
from bot.ask import question_in
from bot.context import Context, place_of
from bot.permission import may_change
from bot.sending import reply
from bot.subscribe import listed, make

logger = logging.getLogger(__name__)

MINUTES_A_DAY = 24 * 60


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

    async def alert(self) -> Pending | None:
        """The alert below which the button is; ``None`` when it is forgotten."""
        return await asyncio.to_thread(self.store.outbox.alert, self.numbers[0], self.place.chat_id)


async def button(update: Update, context: Context) -> None:
    """A button below one of our messages was pressed."""
    query = update.callback_query
    assert query is not None
    verb, *numbers = (query.data or "").split(":")
    action = ACTIONS.get(verb)
    message = query.message
    if (
        action is None
        or len(numbers) not in action.counts
        or not all(number.isdecimal() for number in numbers)
        or not isinstance(message, Message)  # too old for Telegram to show it to us
    ):
        await _acknowledge(query, alert_messages.OLD_BUTTON)
    elif not action.is_for_all and not await may_change(update):
        await _acknowledge(query, alert_messages.NOT_A_CHAT_ADMIN)
    else:
        await action.take(Press(query, message, context, tuple(map(int, numbers))))


# The list of subscriptions


async def _end_one(press: Press) -> None:
    ended = await asyncio.to_thread(
        press.store.subscriptions.end, press.numbers[0], press.place.chat_id, time.time()
    )
    await _acknowledge(press.query, alert_messages.ENDED if ended else alert_messages.ENDED_BEFORE)
    await _show_list(press)


async def _end_all(press: Press) -> None:
    ended = await asyncio.to_thread(press.store.end_place, press.place)
    await _acknowledge(press.query)
    await _edit(press.message, alert_messages.ended_all(ended))


async def _keep_all(press: Press) -> None:
    await _acknowledge(press.query)
    await _edit(press.message, alert_messages.KEPT_ALL)


async def _at_once(press: Press) -> None:
    await _change(press, lambda timetable: without_digest(timetable, time.time()))


async def _digest(press: Press) -> None:
    (at,) = press.numbers
    if at < MINUTES_A_DAY:
        await _change(press, lambda timetable: with_digest(timetable, at, None, time.time()))


async def _quiet(press: Press) -> None:
    begin, end = press.numbers
    if max(begin, end) < MINUTES_A_DAY:
        await _change(
            press, lambda timetable: with_quiet(timetable, (begin, end), None, time.time())
        )


async def _no_quiet(press: Press) -> None:
    await _change(press, lambda timetable: replace(timetable, quiet=None))


async def _change(press: Press, change: Callable[[Timetable], Timetable]) -> None:
    await asyncio.to_thread(press.store.places.change, press.place, change)
    await _acknowledge(press.query, alert_messages.CHANGED)
    await _show_list(press)


async def _show_list(press: Press) -> None:
    await _edit(press.message, *await asyncio.to_thread(listed, press.store, press.place))


# Alerts


async def _mute(press: Press) -> None:
    alert_id, *chosen = press.numbers
    if not chosen:
        await _ask_which(press, keyboards.MUTE)
        return
    ended = await asyncio.to_thread(
        press.store.subscriptions.end, chosen[0], press.place.chat_id, time.time()
    )
    if ended is None:
        await _acknowledge(press.query, alert_messages.ENDED_BEFORE)
        return
    await _acknowledge(press.query, alert_messages.MUTED)
    await _put_buttons(press.message, keyboards.muted(alert_id, ended))


async def _unmute(press: Press) -> None:
    restored = await asyncio.to_thread(
        press.store.subscriptions.restore, press.numbers[1], press.place.chat_id
    )
    if restored is None:
        await _acknowledge(press.query, alert_messages.OLD_BUTTON)
        return
    await _acknowledge(press.query, alert_messages.UNMUTED)
    await _put_alert_buttons(press)


async def _less(press: Press) -> None:
    chosen = press.numbers[1:]
    if not chosen:
        await _ask_which(press, keyboards.LESS)
        return
    alert = await press.alert()
    if alert is None or alert.quote is None:
        await _acknowledge(press.query, alert_messages.OLD_BUTTON)
        return
    noted = await asyncio.to_thread(
        press.store.subscriptions.less_like,
        chosen[0],
        press.place.chat_id,
        alert.quote.article_number,
        alert.quote.text,
    )
    await _acknowledge(press.query, alert_messages.LESS if noted else alert_messages.ENDED_BEFORE)
    if len(alert.reasons) > 1:  # the question which is answered
        await _put_alert_buttons(press)


async def _ask_which(press: Press, verb: str) -> None:
    alert = await press.alert()
    found = (
        await asyncio.to_thread(press.store.subscriptions.lasting, alert.reasons) if alert else []
    )
    if verb == keyboards.LESS:
        found = [each for each in found if each.interest.topic]
    if not found:
        await _acknowledge(press.query, alert_messages.OLD_BUTTON)
        return
    await _acknowledge(press.query, alert_messages.WHICH)
    await _put_buttons(press.message, keyboards.which(verb, press.numbers[0], found))


async def _back(press: Press) -> None:
    await _acknowledge(press.query)
    await _put_alert_buttons(press)


async def _put_alert_buttons(press: Press) -> None:
    """The buttons that the alert came with, for those of its subscriptions that last."""
    alert = await press.alert()
    if alert is None:
        return
    found = await asyncio.to_thread(press.store.subscriptions.lasting, alert.reasons)
    if found:
        await _put_buttons(press.message, keyboards.alert(alert.id, found))


async def _about(press: Press) -> None:
    if press.message.chat.type == Chat.CHANNEL:
        await _acknowledge(press.query, alert_messages.ASK_ELSEWHERE)
        return
    alert = await press.alert()
    quote = alert.quote if alert else None
    article = (
        await asyncio.to_thread(press.context.library.article, quote.article_id) if quote else None
    )
    if article is None:
        await _acknowledge(press.query, alert_messages.OLD_BUTTON)
        return
    await _acknowledge(press.query)
    is_private = press.message.chat.type == Chat.PRIVATE
    # In a group the question opens for who is mentioned.
    person = "" if is_private else press.query.from_user.mention_html()
    html = alert_messages.about_prompt(article, person)
    prompt = await reply(press.message, html, quote=False, buttons=ForceReply(selective=True))
    await asyncio.to_thread(
        press.store.prompts.keep, prompt.chat_id, prompt.message_id, article.id, time.time()
    )


# Answers


async def _follow(press: Press) -> None:
    asked = press.message.reply_to_message
    if asked is None:
        await _acknowledge(press.query, alert_messages.OLD_BUTTON)
        return
    interest = Interest(topic_of(question_in(asked, press.context.bot.bot)))
    if not interest.topic:
        await _acknowledge(press.query, alert_messages.NOTHING_TO_FOLLOW)
        return
    await _acknowledge(press.query)
    made = await make(press.context, press.place, interest, press.query.from_user.id)
    if made.outcome is Subscribed.TOO_MANY:
        await reply(press.message, alert_messages.TOO_MANY)
        return
    is_new = made.outcome is Subscribed.NEW
    await reply(
        press.message,
        alert_messages.subscribed(interest, is_new=is_new),
        buttons=keyboards.unfollow(made.id) if is_new else None,
    )


async def _unfollow(press: Press) -> None:
    ended = await asyncio.to_thread(
        press.store.subscriptions.end, press.numbers[0], press.place.chat_id, time.time()
    )
    await _acknowledge(press.query, "" if ended else alert_messages.ENDED_BEFORE)
    if ended is not None:
        await _edit(press.message, alert_messages.unfollowed(ended.interest))


@dataclass(frozen=True, slots=True)
class Action:
    """What a verb does, and how many numbers it may carry."""

    take: Callable[[Press], Awaitable[None]]
    counts: frozenset[int] = frozenset({0})
    is_for_all: bool = False
    """In a group, too; else for its administrators."""


def _with(take: Callable[[Press], Awaitable[None]], *counts: int) -> Action:
    return Action(take, frozenset(counts or (0,)))


ACTIONS = {
    keyboards.END: _with(_end_one, 1),
    keyboards.END_ALL: _with(_end_all),
    keyboards.KEEP_ALL: _with(_keep_all),
    keyboards.AT_ONCE: _with(_at_once),
    keyboards.DIGEST: _with(_digest, 1),
    keyboards.QUIET: _with(_quiet, 2),
    keyboards.NO_QUIET: _with(_no_quiet),
    keyboards.MUTE: _with(_mute, 1, 2),
    keyboards.UNMUTE: _with(_unmute, 2),
    keyboards.LESS: _with(_less, 1, 2),
    keyboards.BACK: _with(_back, 1),
    keyboards.ABOUT: replace(_with(_about, 1), is_for_all=True),
    keyboards.FOLLOW: _with(_follow),
    keyboards.UNFOLLOW: _with(_unfollow, 1),
}


async def _acknowledge(query: CallbackQuery, text: str = "") -> None:
    try:
        await query.answer(text or None)
    except BadRequest as error:  # pressed while the bot was down
        logger.info("A pressed button was not acknowledged: %s", error.message)


async def _edit(message: Message, html: str, buttons: InlineKeyboardMarkup | None = None) -> None:
    await _try_edit(functools.partial(message.edit_text, html, reply_markup=buttons))


async def _put_buttons(message: Message, buttons: InlineKeyboardMarkup) -> None:
    # The library adds our default parse mode, which this method does not have.
    unformatted = {"parse_mode": None}
    edit = functools.partial(message.edit_reply_markup, buttons, api_kwargs=unformatted)
    await _try_edit(edit)


async def _try_edit(edit: Callable[[], Awaitable[object]]) -> None:
    try:
        await edit()
    except BadRequest as error:  # it says so already, or is gone
        logger.info("A message was not edited: %s", error.message)
