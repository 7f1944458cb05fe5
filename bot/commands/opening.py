"""/start CODE, which ``t.me/bot?start=CODE`` sends: opens a quote that somebody has shared."""

import asyncio

from telegram import Message

from bot.context import Context, Services
from bot.keyboards import shares as keyboards
from bot.sending import reply
from bot.shares.store import Share, Shared
from bot.texts.answers import quotation
from qa import Library, Quote


async def open_shared(message: Message, context: Context, code: str) -> None:
    """Reply with what ``code`` opens, or say that it opens nothing."""
    share, quote = await asyncio.to_thread(_opened, code, context.services)
    if share is None or quote is None:
        # A code is deleted with its article, so that is still there, but not for this chat.
        is_hidden = share is not None and context.library.audience is not None
        await reply(message, context.texts("share.not_followed" if is_hidden else "share.unknown"))
        return
    can_be_followed = share.shared.interest is not None
    buttons = keyboards.below_shared(context.texts, share.id, can_be_followed=can_be_followed)
    html = await asyncio.to_thread(quotation, context.texts, quote)
    await reply(message, html, buttons=buttons)


def _opened(code: str, services: Services) -> tuple[Share | None, Quote | None]:
    share = services.shares.opened(code)
    return share, _quote(share.shared, services.library) if share else None


def _quote(shared: Shared, library: Library) -> Quote | None:
    """The passage where it is now; the opening if the article no longer contains it."""
    article = library.store.articles([shared.article]).get(shared.article)
    if article is None:
        return None
    start = article.text.find(shared.passage)
    if start < 0:
        return library.opening(article)
    begin = shared.passage.find(shared.sentence) if shared.sentence else -1
    highlight = (begin, begin + len(shared.sentence)) if begin >= 0 else None
    end = start + len(shared.passage)
    return Quote(article, shared.passage, start, end, 0, score=1.0, highlight=highlight)
