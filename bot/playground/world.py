"""One bot and the people around it, without Telegram: people act, the bot answers over HTTP."""

from dataclasses import replace

from bot.playground.errors import BadRequestError
from bot.playground.faults import Fault, Loses
from bot.playground.markup import detect
from bot.playground.methods import formatted, inline_event, keyboard
from bot.playground.model import MEDIA, Chat, ChatType, Json, Message, User, member_json
from bot.playground.state import MAX_PRESSES, Event, InlineQuery, Press, State
from qa.errors import PullquoteError

SENT = {*MEDIA, "media_group_id", "forward_origin"}
"""Fields of what people send or forward; others are of service messages."""


class World(State):
    """Users, chats, messages and updates around one bot. Every method may be called anywhere."""

    def user(self, name: str, *, language_code: str = "en") -> User:
        """Create a person with the next free id, starting at 1; the @name is lower case."""
        with self.changed:
            user = User(len(self.users) + 1, name, name.lower().replace(" ", "_"), language_code)
            self.users[user.id] = user
            return user

    def speak(self, user: User, language_code: str) -> User:
        """Change the language of ``user``'s app; returns them as they are now."""
        with self.changed:
            if language_code != user.language_code:
                user = self.users[user.id] = replace(user, language_code=language_code)
                self.tell(Event("commands", None, {}))
            return user

    def private_chat(self, user: User) -> Chat:
        """Return the chat of ``user`` with the bot; the bot may write there from now on."""
        with self.changed:
            if user.id not in self.chats:
                chat = Chat(user.id, "private", user.first_name, user.username)
                chat.standing = {user.id: "member", self.me.id: "member"}
                self.chats[chat.id] = chat
            return self.chats[user.id]

    def group(self, title: str, *members: User, bot_admin: bool = False) -> Chat:
        """Create a basic group; the first member is its creator."""
        return self._shared_chat("group", title, members, bot_admin)

    def supergroup(self, title: str, *members: User, bot_admin: bool = False) -> Chat:
        """Create a supergroup; the first member is its creator."""
        return self._shared_chat("supergroup", title, members, bot_admin)

    def forum(self, title: str, *members: User, bot_admin: bool = False) -> Chat:
        """Create a supergroup with topics; see ``topic``."""
        chat = self._shared_chat("supergroup", title, members, bot_admin)
        chat.is_forum = True
        return chat

    def elsewhere(self, title: str, *members: User) -> Chat:
        """Create a supergroup that the bot is not in; who mentions it there asks a guest."""
        chat = self._shared_chat("supergroup", title, members, False)
        chat.standing[self.me.id] = "left"
        chat.refusal = "bot is not a member of the supergroup chat"
        return chat

    def channel(self, title: str, *members: User) -> Chat:
        """Create a channel that the bot may post to."""
        return self._shared_chat("channel", title, members, True)

    def _shared_chat(
        self, kind: ChatType, title: str, members: tuple[User, ...], bot_admin: bool
    ) -> Chat:
        with self.changed:
            number = len(self.chats) + 1
            chat = Chat(-number if kind == "group" else -1_000_000_000_000 - number, kind, title)
            chat.standing = dict.fromkeys((user.id for user in members), "member")
            if members:
                chat.standing[members[0].id] = "creator"
            chat.standing[self.me.id] = "administrator" if bot_admin else "member"
            self.chats[chat.id] = chat
            return chat

    def topic(self, forum: Chat, title: str, user: User) -> int:
        """Open a topic and return its thread id."""
        extra = {"forum_topic_created": {"name": title, "icon_color": 7322096}}
        with self.changed:
            message = self._message(forum, user, extra=extra)
            message.thread = message.id
            forum.topics[message.id] = title
            self.put(message)
            self.push("message", message.to_json())
            return message.id

    def close_topic(self, forum: Chat, thread: int, user: User) -> None:
        """Close a topic: the bot may write there again when it is opened."""
        with self.changed:
            forum.closed.add(thread)
            self._tell_topic(forum, thread, user, "forum_topic_closed")

    def reopen(self, forum: Chat, thread: int, user: User) -> None:
        """Open a topic again that was closed."""
        with self.changed:
            forum.closed.discard(thread)
            self._tell_topic(forum, thread, user, "forum_topic_reopened")

    def _tell_topic(self, forum: Chat, thread: int, user: User, change: str) -> None:
        message = self._message(forum, user, extra={change: {}})
        message.thread = thread
        self._deliver(message)

    def say(
        self,
        chat: Chat,
        user: User,
        text: str,
        *,
        reply_to: Message | None = None,
        thread: int | None = None,
    ) -> Message:
        """``user`` writes ``text``; commands, mentions and links in it become entities.

        The bot receives it unless privacy mode hides the message. A message in a topic that
        replies to nothing else is a reply to the topic's first message, as in Telegram.
        """
        with self.changed:
            if thread is None and reply_to is not None:
                thread = reply_to.thread
            message = self._message(chat, user, text)
            message.entities = detect(text, [])
            message.reply_to = reply_to or chat.messages.get(thread or 0)
            message.thread = thread
            return self._deliver(message)

    def forward(self, chat: Chat, user: User, text: str, origin: Json) -> Message:
        """``user`` forwards a text; ``origin`` is a ``MessageOrigin``, of now if it has no date."""
        with self.changed:
            message = self._message(chat, user, text, extra=self._forwarded(origin))
            message.entities = detect(text, [])
            return self._deliver(message)

    def send_document(
        self,
        chat: Chat,
        user: User,
        name: str,
        data: bytes,
        caption: str = "",
        origin: Json | None = None,
    ) -> Message:
        """``user`` sends a file, which the bot can fetch with getFile, or forwards it."""
        with self.changed:
            extra = {"document": self.keep_file(name, data)} | self._forwarded(origin)
            message = self._message(chat, user, caption, extra=extra)
            message.entities = detect(caption, [])
            return self._deliver(message)

    def send_photo(
        self,
        chat: Chat,
        user: User,
        caption: str = "",
        *,
        album: str | None = None,
        origin: Json | None = None,
    ) -> Message:
        """``user`` sends a photo, one of an ``album`` if it has such an id; or forwards it."""
        with self.changed:
            number = f"photo-{chat.last_id + 1}"
            size = {"file_id": number, "file_unique_id": number, "width": 90, "height": 60}
            extra: Json = {"photo": [size]} | self._forwarded(origin)
            if album is not None:
                extra["media_group_id"] = album
            message = self._message(chat, user, caption, extra=extra)
            message.entities = detect(caption, [])
            return self._deliver(message)

    def _forwarded(self, origin: Json | None) -> Json:
        return {"forward_origin": {"date": self.now()} | origin} if origin else {}

    def edit(self, message: Message, text: str) -> None:
        """A person changes what they wrote."""
        with self.changed:
            message.text, message.entities = text, detect(text, [])
            message.edited = self.now()
            self.put(message)
            if self._bot_sees(message):
                kind = "channel_post" if message.chat.type == "channel" else "message"
                self.push(f"edited_{kind}", message.to_json())

    def press(self, message: Message, button: str, user: User | None = None) -> Press:
        """``user``, by default the person of a private chat, presses a button by text or data."""
        with self.changed:
            user = user or self.users[message.chat.id]
            press = Press(
                str(next(self.press_ids)),
                message,
                _button_data(message, button),
                user,
                self.clock(),
            )
            self.presses[press.id] = press
            while len(self.presses) > MAX_PRESSES:
                self.presses.popitem(last=False)
            query = {"id": press.id, "from": user.to_json(), "message": message.to_json()}
            query |= {"chat_instance": str(message.chat.id), "data": press.data}
            self.push("callback_query", query)
            return press

    def inline(self, user: User, text: str) -> InlineQuery:
        """``user`` types the bot's name and ``text``; the bot is asked unless its answer is kept.

        Its results, once they came, are the query's ``answer``.
        """
        with self.changed:
            query = self.keep_query(user, text)
            kept = (self.results.get((text, each)) for each in (user.id, None))
            query.answer = next((a for until, a in filter(None, kept) if until > query.at), None)
            if query.answer is not None:
                self.tell(inline_event(query))
            elif self.inline_mode:
                sent = {"id": query.id, "from": user.to_json(), "query": text, "offset": ""}
                self.push("inline_query", sent)
            return query

    def choose(self, query: InlineQuery, result: str, chat: Chat) -> Message:
        """Post a result, named by its id or title, to ``chat``."""
        with self.changed:
            offered = (query.answer or {}).get("results", [])
            chosen = next((r for r in offered if result in (r["id"], r["title"])), None)
            if chosen is None:
                raise PullquoteError(f"There is no result {result!r}.")
            content = chosen["input_message_content"]
            text, entities = formatted(content | {"text": content["message_text"]})
            message = self._message(chat, query.user, text, extra={"via_bot": self.me.to_json()})
            message.entities, message.buttons = entities, keyboard(chosen.get("reply_markup"))
            message.link_preview = content.get("link_preview_options")
            return self._deliver(message)

    def block(self, user: User) -> None:
        """``user`` blocks the bot, which is notified and gets 403 from then on."""
        self._bot_standing(self.private_chat(user), user, "kicked", "bot was blocked by the user")

    def unblock(self, user: User) -> None:
        """``user`` unblocks the bot, which is notified."""
        self._bot_standing(self.private_chat(user), user, "member", None)

    def deactivate(self, user: User) -> None:
        """``user`` deletes the account; the bot is not notified and gets 403 from then on."""
        self.private_chat(user).refusal = "user is deactivated"

    def kick(self, chat: Chat, user: User) -> None:
        """``user`` removes the bot from a group; it is notified and gets 403 from then on."""
        self._bot_standing(chat, user, "kicked", f"bot was kicked from the {chat.type} chat")

    def add_bot(self, chat: Chat, user: User) -> None:
        """``user`` adds the bot to a group (again); it is notified twice, as Telegram does.

        A channel takes a bot as an administrator and shows no message about it.
        """
        with self.changed:
            if chat.type == "channel":
                self._bot_standing(chat, user, "administrator", None)
                return
            self._bot_standing(chat, user, "member", None)
            extra = {"new_chat_members": [self.me.to_json()]}
            self._deliver(self._message(chat, user, extra=extra))

    def promote(self, chat: Chat, user: User) -> None:
        """Make ``user`` an administrator of the group."""
        with self.changed:
            chat.standing[user.id] = "administrator"

    def _bot_standing(self, chat: Chat, user: User, status: str, refusal: str | None) -> None:
        with self.changed:
            old = member_json(self.me, chat.standing.get(self.me.id, "left"))
            chat.standing[self.me.id] = status
            chat.refusal = refusal
            change = {"chat": chat.to_json(), "from": user.to_json(), "date": self.now()}
            change |= {"old_chat_member": old, "new_chat_member": member_json(self.me, status)}
            self.push("my_chat_member", change)

    def migrate(self, group: Chat) -> Chat:
        """The group becomes a supergroup with a new id; both chats tell the bot so."""
        with self.changed:
            moved = self._shared_chat("supergroup", group.title, (), False)
            moved.standing = dict(group.standing)
            creator = self._creator(group)
            old = self._message(group, creator, extra={"migrate_to_chat_id": moved.id})
            new = self._message(moved, creator, extra={"migrate_from_chat_id": group.id})
            self._deliver(old)
            self._deliver(new)
            group.moved_to = moved.id
            return moved

    def _creator(self, chat: Chat) -> User:
        for user_id, status in chat.standing.items():
            if status == "creator":
                return self.users[user_id]
        return self.me

    def fault(
        self,
        method: str,
        status: int | None = None,
        *,
        description: str | None = None,
        retry_after: int | None = None,
        chat: Chat | None = None,
        loses: Loses | None = None,
        delay: float = 0.0,
        times: int = 1,
    ) -> None:
        """Make the next ``times`` calls of ``method`` (``*``: any) fail; see ``Fault``."""
        chat_id = chat.id if chat else None
        fault = Fault(method, status, description, retry_after, chat_id, loses, delay, times)
        with self.changed:
            self.faults.waiting.append(fault)

    def replies(self, chat: Chat) -> list[Message]:
        """Return the bot's undeleted messages in the chat, oldest first."""
        with self.changed:
            return [message for message in chat.messages.values() if message.sender is self.me]

    def wait_for_reply(self, message: Message, timeout: float = 10.0) -> Message:
        """Wait for the bot's first message after ``message`` in the same chat and thread."""
        return self.wait_for(
            lambda: next(
                (
                    reply
                    for reply in self.replies(message.chat)
                    if reply.id > message.id and reply.thread == message.thread
                ),
                None,
            ),
            timeout,
        )

    def menu(self, chat: Chat, user: User) -> list[Json]:
        """Return the commands that ``user``'s app offers in ``chat``: the narrowest scope wins."""
        with self.changed:
            for scope in self._scopes(chat, user):
                for language in _codes(user):
                    if commands := self.commands.get((scope, language)):
                        return commands
            return []

    def description(self, user: User) -> str:
        """What ``user``'s app says of the bot before they start."""
        with self.changed:
            keys = (f"description {code}".strip() for code in _codes(user))
            return next(filter(None, map(self.descriptions.get, keys)), "")

    def _scopes(self, chat: Chat, user: User) -> list[str]:
        if chat.type == "private":
            return [f"chat {chat.id}", "all_private_chats", "default"]
        scopes = [f"chat_member {chat.id} {user.id}"]
        is_admin = chat.standing.get(user.id) in {"creator", "administrator"}
        scopes += [f"chat_administrators {chat.id}"] if is_admin else []
        scopes += [f"chat {chat.id}"]
        scopes += ["all_chat_administrators"] if is_admin else []
        return [*scopes, "all_group_chats", "default"]

    def _message(
        self, chat: Chat, user: User, text: str = "", *, extra: Json | None = None
    ) -> Message:
        if chat.moved_to is not None:
            raise BadRequestError("group chat was upgraded to a supergroup chat")
        return Message(chat.next_id(), chat, user, self.now(), text, extra=extra or {})

    def _deliver(self, message: Message) -> Message:
        self.put(message)
        if self._bot_sees(message):
            kind = "channel_post" if message.chat.type == "channel" else "message"
            self.push(kind, message.to_json())
        elif message.chat.standing[self.me.id] == "left" and self._is_mentioned(message):
            query = self.keep_query(message.sender, message.text, message)
            self.push("guest_message", message.to_json() | {"guest_query_id": query.id})
        return message

    def _is_mentioned(self, message: Message) -> bool:
        return f"@{self.me.username}" in message.entity_texts("mention")

    def _bot_sees(self, message: Message) -> bool:
        """Apply privacy mode: in groups, only commands, mentions, replies and service messages."""
        chat = message.chat
        status = chat.standing.get(self.me.id)
        if chat.type == "private":
            return chat.refusal is None
        if status not in {"member", "administrator"}:
            return False
        is_service = not SENT.issuperset(message.extra)
        if status == "administrator" or is_service:  # also what was posted by way of the bot
            return True
        if message.reply_to is not None and message.reply_to.sender is self.me:
            return True
        mention = f"@{self.me.username}"
        if self._is_mentioned(message):
            return True
        commands = message.entity_texts("bot_command")
        return any("@" not in command or command.endswith(mention) for command in commands)


def _codes(user: User) -> tuple[str, str]:
    """The ``language_code`` of what the bot has set for ``user``, and of what is for all others."""
    return user.language_code.partition("-")[0], ""


def _button_data(message: Message, button: str) -> str:
    for row in message.buttons:
        for each in row:
            if button in {each["text"], each.get("callback_data")}:
                if "callback_data" not in each:
                    raise PullquoteError(f"The button {button!r} opens a link.")
                return str(each["callback_data"])
    raise PullquoteError(f"There is no button {button!r}; there are {message.labels}.")
