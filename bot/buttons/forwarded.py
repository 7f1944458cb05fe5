"""The buttons below "What shall I do with this?": ask about it, add it, undo that."""

import asyncio
import functools
from collections.abc import Awaitable, Callable

from bot.buttons.query import Action, Allowed, ButtonQuery
from bot.commands.ask import answer_text
from bot.keyboards import forwarded as keyboards
from bot.messages.feeds import import_list, lists_feeds
from bot.messages.forwarded import add_forwarded, buttons_below
from bot.sending import reply, typing
from bot.texts import answers as answer_texts
from bot.updates import written
from index.outcome import Outcome
from qa import Article, PullquoteError

Handle = Callable[[ButtonQuery], Awaitable[None]]

EXPIRED = "forwarded.old_button"
_HANDLED = "forwards whose buttons are handled"


def _one_at_a_time(handle: Handle) -> Handle:
    """Ignore taps while a button of the same message is handled."""

    @functools.wraps(handle)
    async def guarded(tapped: ButtonQuery) -> None:
        assert tapped.context.chat_data is not None
        handled: set[int] = tapped.context.chat_data.setdefault(_HANDLED, set())
        number = tapped.message.message_id
        if number in handled:
            await tapped.answer()
            return
        handled.add(number)
        try:
            await handle(tapped)
        finally:
            handled.remove(number)

    return guarded


@_one_at_a_time
async def _look_up(tapped: ButtonQuery) -> None:
    """Answer the forward as if anybody had sent it, unless that was done."""
    message, replies = tapped.message.reply_to_message, tapped.store.replies
    if message is None:  # deleted
        await tapped.answer(tapped.texts(EXPIRED))
        return
    await tapped.answer()
    if await asyncio.to_thread(replies.of, message.chat_id, message.message_id) is None:
        await answer_text(message, tapped.context, written(message), message, is_admin=True)
        left = await asyncio.to_thread(buttons_below, tapped.texts, message, is_read=True)
        await tapped.edit_buttons(left)


@_one_at_a_time
async def _add(tapped: ButtonQuery) -> None:
    """Add the forward; a button that undoes it replaces all others."""
    message, texts = tapped.message.reply_to_message, tapped.texts
    if message is None:
        await tapped.answer(texts(EXPIRED))
        return
    try:
        async with typing(tapped.message):
            added = await add_forwarded(message, texts, tapped.context.services)
    except PullquoteError as error:
        await tapped.answer()
        await reply(tapped.message, answer_texts.not_added(texts, error))
        return
    if added.outcome is Outcome.UNCHANGED:  # as when it is tapped twice
        await tapped.answer(texts("add.known"))
        return
    await tapped.answer()
    is_new = added.outcome is Outcome.ADDED
    await tapped.edit(added.html(texts), keyboards.undo(texts, added.number) if is_new else None)


@_one_at_a_time
async def _import(tapped: ButtonQuery) -> None:
    """Follow the feeds of a list that was forwarded."""
    message = tapped.message.reply_to_message
    if message is None or not lists_feeds(message):
        await tapped.answer(tapped.texts(EXPIRED))
        return
    await tapped.answer()
    await import_list(message, tapped.texts, tapped.context.feeds)


@_one_at_a_time
async def _undo(tapped: ButtonQuery) -> None:
    """Remove the article; if it was added again since then, it has another number."""
    removed = await asyncio.to_thread(_remove, tapped)
    await tapped.answer("" if removed else tapped.texts("add.removed_before"))
    if removed is not None:
        await tapped.edit(answer_texts.removed(tapped.texts, removed))


def _remove(tapped: ButtonQuery) -> Article | None:
    (number,) = tapped.numbers
    article = tapped.context.library.store.articles([number]).get(number)
    return tapped.context.indexer.remove(article.id) if article else None


ACTIONS = {
    keyboards.LOOK_UP: Action(_look_up, (0,), Allowed.BOT_ADMINS, EXPIRED),
    keyboards.ADD: Action(_add, (0,), Allowed.BOT_ADMINS, EXPIRED),
    keyboards.IMPORT: Action(_import, (0,), Allowed.BOT_ADMINS, EXPIRED),
    keyboards.UNDO: Action(_undo, (1,), Allowed.BOT_ADMINS, EXPIRED),
}
