"""The buttons that share quotes, follow their topic, and revoke their links."""

import asyncio
import logging
from collections.abc import Sequence

from telegram import Chat, MessageEntity
from telegram.error import BadRequest
from telegram.helpers import create_deep_linked_url

from bot.buttons.answers import follow, topic_asked
from bot.buttons.query import Action, Allowed, ButtonQuery
from bot.commands.verify import CHECKED
from bot.keyboards import answers as answer_keyboards
from bot.keyboards import shares as keyboards
from bot.keyboards.data import parse
from bot.sending import reply
from bot.shares.store import Share, Shared
from bot.subscriptions.model import Interest
from bot.texts import shares as share_texts
from bot.updates import quotes_in
from qa import Article, Fidelity

logger = logging.getLogger(__name__)


async def _share_answer(tapped: ButtonQuery) -> None:
    """With the topic of the question, if that can be followed."""
    markup = tapped.message.reply_markup
    buttons = [each for row in markup.inline_keyboard for each in row] if markup else []
    known = (parse(str(each.callback_data)) for each in buttons)
    parts = [numbers for verb, numbers, _ in known if verb == answer_keyboards.FOLLOW]
    part = next(iter(parts[0]), 0) if parts else 0
    topic = await asyncio.to_thread(topic_asked, tapped, part) if parts else ""
    await _share(tapped, Interest(topic) if topic else None)


async def _share_alert(tapped: ButtonQuery) -> None:
    alert = await tapped.alert()
    subscriptions = tapped.store.subscriptions
    found = await asyncio.to_thread(subscriptions.active, alert.reasons) if alert else []
    # A topic says more about this article than a source that it is from; a question is one's own.
    shared = (each.interest for each in found if not each.interest.question)
    interests = sorted(shared, key=lambda each: not each.topic)
    await _share(tapped, next(iter(interests), None))


async def _share_again(tapped: ButtonQuery) -> None:
    share = await asyncio.to_thread(tapped.context.services.shares.by_id, tapped.numbers[0])
    if share is None:
        await tapped.answer(tapped.texts("share.unknown"))
    else:
        await _share(tapped, share.shared.interest)


async def _share(tapped: ButtonQuery, interest: Interest | None) -> None:
    """Reply with links to the quotes of the message."""
    made = await asyncio.to_thread(_made, tapped, interest)
    if not made:
        await tapped.answer(tapped.texts("share.nothing"))
        return
    username = tapped.context.bot.username
    links = [(article, create_deep_linked_url(username, share.code)) for article, share in made]
    if tapped.message.chat.type == Chat.CHANNEL:  # where the bot posts nothing by itself
        await _open(tapped, links[0][1])
        return
    await tapped.answer()
    buttons = keyboards.revoke(tapped.texts, [share.id for _, share in made])
    await reply(tapped.message, share_texts.links(tapped.texts, links), buttons=buttons)


async def _open(tapped: ButtonQuery, link: str) -> None:
    """Show the quote to the person in their private chat."""
    try:
        await tapped.query.answer(url=link)
    except BadRequest as error:  # tapped while the bot was down
        logger.info("A shared quote was not opened: %s", error.message)


def _made(tapped: ButtonQuery, interest: Interest | None) -> Sequence[tuple[Article, Share]]:
    services, user = tapped.context.services, tapped.query.from_user.id
    bold = list(tapped.message.parse_entities([MessageEntity.BOLD]).values())
    made = []
    for quoted in quotes_in(tapped.message)[:CHECKED]:
        checked = services.library.verify(quoted)
        if checked.fidelity is Fidelity.VERBATIM and checked.article and checked.end:
            passage = checked.article.text[checked.start : checked.end]
            sentence = next((each for each in bold if each in passage), "")
            shared = Shared(checked.article.number, passage, sentence, interest)
            if share := services.shares.make(shared, user):
                made.append((checked.article, share))
    return made


async def _follow(tapped: ButtonQuery) -> None:
    share = await asyncio.to_thread(tapped.context.services.shares.by_id, tapped.numbers[0])
    if share is None or share.shared.interest is None:
        await tapped.answer(tapped.texts("share.unknown"))
        return
    await follow(tapped, share.shared.interest)


async def _revoke(tapped: ButtonQuery) -> None:
    shares, user = tapped.context.services.shares, tapped.query.from_user.id
    if not await asyncio.to_thread(shares.revoke, tapped.numbers, user):
        await tapped.answer(tapped.texts("share.not_yours"))
        return
    await tapped.answer()
    await tapped.edit(tapped.texts("share.revoked"))


ACTIONS = {
    answer_keyboards.SHARE: Action(_share_answer, allowed=Allowed.EVERYBODY),
    keyboards.ALERT: Action(_share_alert, (1,), Allowed.EVERYBODY),
    keyboards.AGAIN: Action(_share_again, (1,), Allowed.EVERYBODY),
    keyboards.FOLLOW: Action(_follow, (1,)),
    keyboards.REVOKE: Action(_revoke, tuple(range(1, CHECKED + 1)), Allowed.EVERYBODY),
}
