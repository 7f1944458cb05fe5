"""The buttons below an alert: mute or stop, less like this or no answer, ask about this."""

import asyncio
import time

from telegram import Chat, ForceReply

from bot.alerts.model import OutboxRow
from bot.buttons.query import Action, Allowed, ButtonQuery
from bot.keyboards import alerts as keyboards
from bot.sending import reply
from bot.subscriptions.model import Subscription
from bot.texts import alerts as alert_texts
from qa import Article, Library


async def _mute(tapped: ButtonQuery) -> None:
    """End the subscription; a button that undoes it replaces all others."""
    alert_id, *chosen = tapped.numbers
    if not chosen:
        await _ask_which(tapped, keyboards.MUTE)
        return
    ended = await tapped.end(chosen[0], can_be_undone=True)
    if ended is None:
        await tapped.answer(tapped.texts("subscriptions.removed_before"))
        return
    await tapped.answer(tapped.texts("alert.muted"))
    await tapped.edit_buttons(keyboards.muted(tapped.texts, alert_id, ended))


async def _unmute(tapped: ButtonQuery) -> None:
    """Undo a mute."""
    restored = await asyncio.to_thread(
        tapped.store.subscriptions.restore, tapped.numbers[1], tapped.destination.chat_id
    )
    if restored is None:
        await tapped.answer(tapped.texts("subscriptions.old_button"))
        return
    await tapped.answer(tapped.texts("alert.unmuted"))
    await _show_buttons(tapped)


async def _less(tapped: ButtonQuery) -> None:
    """Remember the passage as disliked, and be stricter."""
    chosen = tapped.numbers[1:]
    if not chosen:
        await _ask_which(tapped, keyboards.LESS)
        return
    alert = await tapped.alert()
    if alert is None or alert.quote is None:
        await tapped.answer(tapped.texts("subscriptions.old_button"))
        return
    noted = await asyncio.to_thread(
        tapped.store.subscriptions.dislike,
        chosen[0],
        tapped.destination.chat_id,
        alert.quote.article_number,
        alert.quote.text,
    )
    await tapped.answer(tapped.texts(_noted(noted)))
    if len(alert.reasons) > 1:  # the buttons ask which one
        await _show_buttons(tapped)


def _noted(subscription: Subscription | None) -> str:
    """The id of the text that confirms it; ``None`` stands for a subscription that has ended."""
    if subscription is None:
        return "subscriptions.removed_before"
    return "alert.not_answer" if subscription.interest.question else "alert.less"


async def _go_on(tapped: ButtonQuery) -> None:
    """Keep the question; its alert needs no buttons any more."""
    alert_id, chat_id = tapped.numbers[0], tapped.destination.chat_id
    await asyncio.to_thread(tapped.store.outbox.keep_bare, alert_id, chat_id)
    await tapped.answer(tapped.texts("alert.going_on"))
    await tapped.edit_buttons(None)


async def _ask_which(tapped: ButtonQuery, verb: str) -> None:
    alert = await tapped.alert()
    subscriptions = tapped.store.subscriptions
    found = await asyncio.to_thread(subscriptions.active, alert.reasons) if alert else []
    if verb == keyboards.LESS:
        found = [each for each in found if keyboards.can_be_judged(each)]
    if not found:
        await tapped.answer(tapped.texts("subscriptions.old_button"))
        return
    await tapped.answer(tapped.texts("alert.which"))
    await tapped.edit_buttons(keyboards.which(tapped.texts, verb, tapped.numbers[0], found))


async def _back(tapped: ButtonQuery) -> None:
    """Choose none of the topics."""
    await tapped.answer()
    await _show_buttons(tapped)


async def _show_buttons(tapped: ButtonQuery) -> None:
    """The usual buttons of the alert, for those of its subscriptions that are still active."""
    alert = await tapped.alert()
    if alert is None:
        return
    found = await asyncio.to_thread(tapped.store.subscriptions.active, alert.reasons)
    if found:
        await tapped.edit_buttons(keyboards.below_alert(tapped.texts, alert.id, found))


async def _about(tapped: ButtonQuery) -> None:
    """Ask for a question about the article; ``bot.commands.ask`` answers the reply."""
    if tapped.message.chat.type == Chat.CHANNEL:
        await tapped.answer(tapped.texts("alert.ask_in_private"))
        return
    alert = await tapped.alert()
    library = tapped.context.library
    article = await asyncio.to_thread(_article, library, alert) if alert else None
    if article is None:
        await tapped.answer(tapped.texts("subscriptions.old_button"))
        return
    await tapped.answer()
    is_private = tapped.message.chat.type == Chat.PRIVATE
    # In a group, the reply field opens only for the person who is mentioned.
    person = "" if is_private else tapped.query.from_user.mention_html()
    html = alert_texts.about_prompt(tapped.texts, article, person)
    prompt = await reply(tapped.message, html, quote=False, buttons=ForceReply(selective=True))
    await asyncio.to_thread(
        tapped.store.prompts.put, prompt.chat_id, prompt.message_id, article.id, time.time()
    )


def _article(library: Library, alert: OutboxRow) -> Article | None:
    """The alert's article; if it was removed, the next one with the same story."""
    first = [alert.quote.article_id] if alert.quote else []
    return next(filter(None, map(library.article, [*first, *alert.also])), None)


ACTIONS = {
    keyboards.MUTE: Action(_mute, (1, 2)),
    keyboards.UNMUTE: Action(_unmute, (2,)),
    keyboards.LESS: Action(_less, (1, 2)),
    keyboards.GO_ON: Action(_go_on, (1,)),
    keyboards.BACK: Action(_back, (1,)),
    keyboards.ABOUT: Action(_about, (1,), Allowed.EVERYBODY),
}
