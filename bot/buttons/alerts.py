"""The buttons below an alert: mute, less like this, ask about this."""

import asyncio
import time

from telegram import Chat, ForceReply

from bot.alerts.model import Pending
from bot.buttons import keyboards
from bot.buttons.callback import Press
from bot.sending import reply
from bot.texts import alerts as alert_messages
from qa import Article, Library


async def mute(press: Press) -> None:
    """End the subscription; the button that undoes it takes the place of all others."""
    alert_id, *chosen = press.numbers
    if not chosen:
        await _ask_which(press, keyboards.MUTE)
        return
    ended = await press.end(chosen[0], may_be_undone=True)
    if ended is None:
        await press.acknowledge(press.texts("subscriptions.removed_before"))
        return
    await press.acknowledge(press.texts("alert.muted"))
    await press.put_buttons(keyboards.muted(press.texts, alert_id, ended))


async def unmute(press: Press) -> None:
    """Undo a mute."""
    restored = await asyncio.to_thread(
        press.store.subscriptions.restore, press.numbers[1], press.place.chat_id
    )
    if restored is None:
        await press.acknowledge(press.texts("subscriptions.old_button"))
        return
    await press.acknowledge(press.texts("alert.unmuted"))
    await _put_alert_buttons(press)


async def less(press: Press) -> None:
    """Keep the passage as one that is not wanted, and be stricter."""
    chosen = press.numbers[1:]
    if not chosen:
        await _ask_which(press, keyboards.LESS)
        return
    alert = await press.alert()
    if alert is None or alert.quote is None:
        await press.acknowledge(press.texts("subscriptions.old_button"))
        return
    noted = await asyncio.to_thread(
        press.store.subscriptions.less_like,
        chosen[0],
        press.place.chat_id,
        alert.quote.article_number,
        alert.quote.text,
    )
    done = "alert.less" if noted else "subscriptions.removed_before"
    await press.acknowledge(press.texts(done))
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
        await press.acknowledge(press.texts("subscriptions.old_button"))
        return
    await press.acknowledge(press.texts("alert.which"))
    await press.put_buttons(keyboards.which(press.texts, verb, press.numbers[0], found))


async def back(press: Press) -> None:
    """None of the topics was meant."""
    await press.acknowledge()
    await _put_alert_buttons(press)


async def _put_alert_buttons(press: Press) -> None:
    """The buttons that the alert came with, for those of its subscriptions that last."""
    alert = await press.alert()
    if alert is None:
        return
    found = await asyncio.to_thread(press.store.subscriptions.lasting, alert.reasons)
    if found:
        await press.put_buttons(keyboards.alert(press.texts, alert.id, found))


def _article(library: Library, alert: Pending) -> Article | None:
    """The alert's article; when it was removed, the next one that tells the same."""
    first = [alert.quote.article_id] if alert.quote else []
    return next(filter(None, map(library.article, [*first, *alert.also])), None)


async def about(press: Press) -> None:
    """Ask for a question about the article; ``bot.commands.ask`` takes the reply."""
    if press.message.chat.type == Chat.CHANNEL:
        await press.acknowledge(press.texts("alert.ask_in_private"))
        return
    alert = await press.alert()
    article = await asyncio.to_thread(_article, press.context.library, alert) if alert else None
    if article is None:
        await press.acknowledge(press.texts("subscriptions.old_button"))
        return
    await press.acknowledge()
    is_private = press.message.chat.type == Chat.PRIVATE
    # In a group the question opens for who is mentioned.
    person = "" if is_private else press.query.from_user.mention_html()
    html = alert_messages.about_prompt(press.texts, article, person)
    prompt = await reply(press.message, html, quote=False, buttons=ForceReply(selective=True))
    await asyncio.to_thread(
        press.store.prompts.keep, prompt.chat_id, prompt.message_id, article.id, time.time()
    )
