"""The users, chats and messages of a ``World``, with their Bot API JSON."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.playground.markup import Entity, cut_utf16

Json = dict[str, Any]
ChatType = Literal["private", "group", "supergroup", "channel"]
MAX_MESSAGES = 2000
MEDIA = {"document", "photo"}
"""Fields of a message whose text is a caption."""

RIGHTS = [
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
]


@dataclass(frozen=True, slots=True)
class User:
    """A person or the bot; ``username`` is without the @."""

    id: int
    first_name: str
    username: str | None = None
    language_code: str = "en"
    is_bot: bool = False

    def to_json(self) -> Json:
        """The Bot API's ``User``."""
        data: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.username:
            data["username"] = self.username
        if not self.is_bot:
            data["language_code"] = self.language_code
        return data


@dataclass(slots=True, eq=False)
class Message:
    """A message in its current state: edits change it in place, and deletion sets ``deleted``."""

    id: int
    chat: "Chat"
    sender: User
    date: int
    text: str = ""
    entities: list[Entity] = field(default_factory=list)
    buttons: list[list[Json]] = field(default_factory=list)
    reply_to: "Message | None" = None
    asks_for_reply: bool = False
    thread: int | None = None
    edited: int | None = None
    link_preview: Json | None = None
    extra: Json = field(default_factory=dict)
    deleted: bool = False

    @property
    def labels(self) -> list[str]:
        """The texts of all inline buttons, row by row."""
        return [button["text"] for row in self.buttons for button in row]

    def entity_texts(self, kind: str) -> list[str]:
        """The text of each entity of a kind, such as ``blockquote``."""
        return [
            cut_utf16(self.text, entity["offset"], entity["length"])
            for entity in self.entities
            if entity["type"] == kind
        ]

    def to_json(self, *, with_reply: bool = True) -> Json:
        """The Bot API's ``Message``; a replied-to message is included without its own reply."""
        data: Json = {"message_id": self.id, "date": self.date, "chat": self.chat.to_json()}
        if self.chat.type == "channel":
            data["sender_chat"] = self.chat.to_json()
        else:
            data["from"] = self.sender.to_json()
        if self.text:
            name = "caption" if MEDIA & self.extra.keys() else "text"
            data[name] = self.text
            if self.entities:
                data["entities" if name == "text" else "caption_entities"] = self.entities
        if self.thread is not None:
            data |= {"message_thread_id": self.thread, "is_topic_message": True}
        if self.buttons:
            data["reply_markup"] = {"inline_keyboard": self.buttons}
        if self.edited is not None:
            data["edit_date"] = self.edited
        if self.link_preview is not None:
            data["link_preview_options"] = self.link_preview
        if self.reply_to is not None and with_reply:
            data["reply_to_message"] = self.reply_to.to_json(with_reply=False)
        return data | self.extra


@dataclass(slots=True, eq=False)
class Chat:
    """A chat, the status of its members, and its messages, oldest first.

    ``standing`` maps a user id to ``creator``, ``administrator``, ``member``, ``left`` or
    ``kicked``; only the last ``MAX_MESSAGES`` messages are kept.
    ``topics`` maps thread ids to names; in those of ``closed`` only administrators may write.
    ``refusal`` is the 403 that the bot gets if it may not write here.
    """

    id: int
    type: ChatType
    title: str
    username: str | None = None
    is_forum: bool = False
    standing: dict[int, str] = field(default_factory=dict)
    topics: dict[int, str] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    messages: OrderedDict[int, Message] = field(default_factory=OrderedDict)
    last_id: int = 0
    moved_to: int | None = None
    refusal: str | None = None

    def to_json(self) -> Json:
        """The Bot API's ``Chat``."""
        data: Json = {"id": self.id, "type": self.type}
        data["first_name" if self.type == "private" else "title"] = self.title
        if self.username:
            data["username"] = self.username
        if self.is_forum:
            data["is_forum"] = True
        return data

    def add(self, message: Message) -> None:
        """Store ``message`` and drop the oldest ones over the limit."""
        self.messages[message.id] = message
        while len(self.messages) > MAX_MESSAGES:
            self.messages.popitem(last=False)

    def next_id(self) -> int:
        """Return the id of the next message."""
        self.last_id += 1
        return self.last_id


def member_json(user: User, status: str) -> Json:
    """Return the Bot API's ``ChatMember`` of ``user`` with a status."""
    data: Json = {"status": status, "user": user.to_json()}
    if status == "administrator":
        data |= dict.fromkeys(RIGHTS, False) | {"can_manage_chat": True}
    elif status == "creator":
        data["is_anonymous"] = False
    elif status == "kicked":
        data["until_date"] = 0
    return data
