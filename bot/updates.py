"""Reads updates: the message, where it was written, and the words meant for the bot."""

import re
from collections.abc import Iterator
from typing import Any

from telegram import Message, MessageEntity, Update, User

from bot.subscriptions.model import Destination

_IN_QUOTATION_MARKS = re.compile(r"[“„«\"]((?:[^\s“”„«»\"]+\s+){2,}[^“”„«»\"]+)[”“»\"]")
"""Three words or more: fewer are more likely a name than a quote."""
_CREDIT = " · "
"""Separates the title from source and date in a rich message."""


def message_of(update: Update) -> Message:
    """The message of an update that has one."""
    assert update.effective_message is not None
    return update.effective_message


def destination_of(message: Message) -> Destination:
    """Where a message was written; outside forums a thread is just a chain of replies."""
    thread = (message.message_thread_id or 0) if message.is_topic_message else 0
    return Destination(message.chat_id, thread)


def written(message: Message) -> str:
    """The text of a message, or the caption of what it shows; may be empty."""
    return message.text or message.caption or ""


def text_after_command(message: Message) -> str:
    """The text after the command, with its line breaks."""
    _, *rest = written(message).split(maxsplit=1)
    return rest[0].strip() if rest else ""


def quotes_in(message: Message) -> list[str]:
    """The block quotes of a message; without any, what is in quotation marks; else all of it."""
    if pulled := _pulled(message):
        return pulled
    text = written(message)
    blocks = (MessageEntity.BLOCKQUOTE, MessageEntity.EXPANDABLE_BLOCKQUOTE)
    parse = message.parse_entities if message.text else message.parse_caption_entities
    found = list(parse(list(blocks)).values()) or _IN_QUOTATION_MARKS.findall(text)
    return found or list(filter(None, [text]))


def links_in(message: Message) -> list[str]:
    """The addresses that words of a message lead to, in order."""
    entities = message.entities or message.caption_entities
    return [each.url for each in entities if each.url] or list(_addresses(_blocks(message)))


def heading_of(message: Message) -> str:
    """The first line of a message; in a rich one, the title that credits its first quotation."""
    credits = (_plain(each.get("credit", "")) for each in _blocks(message))
    first, *_ = (message.text or next(credits, "").partition(_CREDIT)[0]).split("\n")
    return first


def _pulled(message: Message) -> list[str]:
    return [_plain(each["text"]) for each in _blocks(message) if each["type"] == "pullquote"]


def _blocks(message: Message) -> list[dict[str, Any]]:
    """The blocks of a rich message, which python-telegram-bot does not read yet."""
    found: list[dict[str, Any]] = message.api_kwargs.get("rich_message", {}).get("blocks", [])
    return found


def _addresses(rich: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(rich, dict):
        if rich.get("type") == "url":
            yield rich["url"]
        rich = list(rich.values())
    for each in rich if isinstance(rich, list) else ():
        yield from _addresses(each)


def _plain(rich: Any) -> str:  # noqa: ANN401 - JSON: text, a list, or an object with text
    if isinstance(rich, str):
        return rich
    if isinstance(rich, list):
        return "".join(map(_plain, rich))
    return _plain(rich.get("text", ""))


def question_in(message: Message, me: User) -> str:
    """The question in a message to the bot, without its command or mention."""
    text = written(message)
    if text.startswith("/"):
        return text_after_command(message)
    return addressed_text(message, me) or text


def addressed_text(message: Message, me: User) -> str | None:
    """The text of a message in a group to this bot, without the mention; ``None`` if not to it."""
    entities = message.entities or message.caption_entities
    mentions = [entity for entity in entities if _mentions(message, entity, me)]
    if not mentions and not _replies_to(message, me):
        return None
    text = written(message).encode("utf-16-le")  # entities count UTF-16 code units
    for entity in reversed(mentions):
        end = entity.offset + entity.length
        text = text[: 2 * entity.offset] + text[2 * end :]
    return text.decode("utf-16-le").strip()


def _mentions(message: Message, entity: MessageEntity, me: User) -> bool:
    if entity.type == MessageEntity.TEXT_MENTION:
        return entity.user is not None and entity.user.id == me.id
    if entity.type != MessageEntity.MENTION:
        return False
    parse = message.parse_entity if message.text else message.parse_caption_entity
    return parse(entity).lower() == f"@{me.username}".lower()


def original_of(message: Message) -> Message | None:
    """The message that a person replied to."""
    original = message.reply_to_message
    # In a forum, every message "replies" to the one that opened its topic.
    return None if original is None or original.forum_topic_created else original


def _replies_to(message: Message, me: User) -> bool:
    original = original_of(message)
    return (
        original is not None and original.from_user is not None and original.from_user.id == me.id
    )
