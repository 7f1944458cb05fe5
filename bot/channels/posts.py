"""Telegram messages as articles (pure): forwarded messages and channel posts."""

from dataclasses import dataclass, replace
from datetime import datetime

from telegram import (
    Chat,
    Message,
    MessageEntity,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
)

from index.documents.text import from_post
from qa import Article, article_id
from qa.language import language_of
from qa.language.detect import detect

FEWEST_WORDS = 10
"""A shorter message is not an article, but may link to one."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where and when a message was first written; only channel posts have the last three."""

    name: str | None
    date: datetime
    url: str | None = None
    key: str | None = None
    stream: str | None = None


def links(message: Message | None) -> list[str]:
    """The web addresses in a message, including links on words; each once, in order."""
    if message is None:
        return []
    found = [entity.url or text for entity, text in _addresses(message).items()]
    return list(dict.fromkeys(url if "://" in url else f"https://{url}" for url in found))


def _addresses(message: Message) -> dict[MessageEntity, str]:
    kinds: list[str | None] = [MessageEntity.URL, MessageEntity.TEXT_LINK]
    if message.text:
        return message.parse_entities(kinds)
    return message.parse_caption_entities(kinds) if message.caption else {}


def is_article(message: Message) -> bool:
    """Whether a message has enough words, not counting web addresses."""
    text = message.text or message.caption or ""
    for entity, shown in _addresses(message).items():
        if entity.type == MessageEntity.URL:
            text = text.replace(shown, " ", 1)
    return len(language_of(detect(text)).words(text)) >= FEWEST_WORDS


def article_of(message: Message) -> Article:
    """A message as an article.

    A channel post is identified by where it stands, so that an edit is an update and a forward is
    the same article; any other message by its text.
    """
    text = message.text or message.caption or ""
    origin = _origin(message)
    return replace(
        from_post(text, origin.url or "the message"),
        id=article_id(f"telegram:{origin.key or text}"),
        url=origin.url,
        source=origin.name,
        published_at=origin.date,
        stream=origin.stream,
    )


def _origin(message: Message) -> _Origin:
    match message.forward_origin:
        case MessageOriginChannel() as origin:
            return _post(origin.chat, origin.message_id, origin.date)
        case MessageOriginChat() as origin:
            return _Origin(origin.sender_chat.title, origin.date)
        case MessageOriginUser() as origin:
            return _Origin(origin.sender_user.full_name, origin.date)
        case MessageOriginHiddenUser() as origin:
            return _Origin(origin.sender_user_name, origin.date)
        case _:
            return _post(message.chat, message.message_id, message.date)


def _post(channel: Chat, number: int, date: datetime) -> _Origin:
    # A private channel's address is its id without the -100 of the Bot API.
    name = channel.username or f"c/{str(channel.id).removeprefix('-100')}"
    url = f"https://t.me/{name}/{number}"
    return _Origin(channel.title, date, url, f"{channel.id}/{number}", f"channel {channel.id}")
