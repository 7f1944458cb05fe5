"""The chat page: one person's private chat with the bot, in a browser on this machine."""

import asyncio
import base64
import contextlib
import json
import mimetypes
from collections.abc import Sequence
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from tornado.iostream import StreamClosedError
from tornado.template import Template
from tornado.web import RequestHandler

from bot.playground import guard
from bot.playground.model import Chat, Json, User
from bot.playground.state import Event, message_event
from bot.playground.world import World
from bot.texts.catalogue import Texts
from bot.texts.languages import Languages
from qa.errors import PullquoteError

PERSON = 1
HISTORY = 300
MAX_TEXT, MAX_QUERY = 4096, 256
MAX_FILE = 10_000_000
"""Largest file a person can send, in bytes; in base64 it fits in ``server.MAX_BODY``."""
MAX_BEHIND = 1000
HEARTBEAT = 15.0
PAGE_FILES = ["index.html", "chat.css", "chat.js", "icon.svg"]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
Reader = asyncio.Queue[Event | None]


class Room:
    """The person, their chat, and the pages that show it. All methods run in the server's loop."""

    def __init__(
        self, world: World, port: int, examples: Sequence[str], languages: Languages
    ) -> None:
        self.world = world
        self.languages = languages
        self.port = port
        self.examples = examples
        self.readers: set[Reader] = set()

    @property
    def person(self) -> User:
        """The user with id 1, created when the first page opens if not before."""
        with self.world.changed:
            return self.world.users.get(PERSON) or self.world.user("You")

    @property
    def chat(self) -> Chat:
        """The person's private chat with the bot."""
        return self.world.private_chat(self.person)

    def snapshot(self) -> Json:
        """Return everything that a page shows when it opens or reconnects."""
        messages = list(self.chat.messages.values())[-HISTORY:]
        return {
            "name": self.world.me.first_name,
            "username": self.world.me.username,
            "about": self.world.description(self.person),
            "examples": self.examples,
            "commands": self.world.menu(self.chat, self.person),
            "messages": [message_event(message) for message in messages],
        }

    def publish(self, event: Event) -> None:
        """Send an event of this chat to every page; a page that is too far behind reconnects."""
        if event.chat_id not in {None, PERSON}:
            return
        for reader in list(self.readers):
            try:
                reader.put_nowait(event)
            except asyncio.QueueFull:
                self.readers.discard(reader)

    def close(self) -> None:
        """End the stream of every page."""
        readers, self.readers = self.readers, set()
        for reader in readers:
            with contextlib.suppress(asyncio.QueueFull):
                reader.put_nowait(None)


class _ChatHandler(RequestHandler):
    """Rejects requests that do not come from the page, with a sentence."""

    def initialize(self, room: Room) -> None:
        self.room = room

    def set_default_headers(self) -> None:
        """Nothing but the page's own files may run or be loaded."""
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        """Check the request's host and origin, and the content type of a post."""
        refused = guard.refusal(self.request, self.room.port)
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if refused:
            self.refuse(*refused)
        elif self.request.method == "POST" and kind != "application/json":
            self.refuse(415, "Send JSON.")

    def refuse(self, status: int, sentence: str) -> None:
        """Answer with a sentence."""
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(sentence)

    def body(self, **kinds: type) -> Json | None:
        """Return the posted object; refuse it unless it has exactly these fields and types."""
        try:
            data = json.loads(self.request.body)
        except ValueError:
            data = None
        if isinstance(data, dict) and {k: type(v) for k, v in data.items()} == kinds:
            return data
        self.refuse(400, f"Send a JSON object with {' and '.join(kinds)}.")
        return None


class PageHandler(_ChatHandler):
    """The page and its files."""

    def get(self, name: str) -> None:
        """One of the page's files, ``index.html`` without a name."""
        name = name or PAGE_FILES[0]
        if name not in PAGE_FILES:
            self.refuse(404, "There is no such page.")
            return
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        content = files(__package__).joinpath("page", name).read_bytes()
        self.finish(self._in_language(content) if name == PAGE_FILES[0] else content)

    def _in_language(self, page: bytes) -> bytes:
        """The page in the browser's language, which is that of the person's app from now on."""
        room, codes = self.room, accepted(self.request.headers.get("Accept-Language", ""))
        texts = room.languages.texts(*codes)
        room.world.speak(room.person, texts.tag.lower())
        return _written(page, texts)


def accepted(header: str) -> list[str]:
    """The languages of an ``Accept-Language`` header, most wanted first."""
    weights: dict[str, float] = {}
    for each in header.split(","):
        code, _, weight = each.strip().partition(";")
        with contextlib.suppress(ValueError):
            weights[code.strip()] = float(weight.strip().removeprefix("q=") or 1)
    wanted = [code for code, weight in weights.items() if code and weight > 0]
    return sorted(wanted, key=lambda code: -weights[code])


def _written(page: bytes, texts: Texts) -> bytes:
    """The page, a template, with its texts and those of its script."""
    return Template(page).generate(texts=texts, words=texts.under("page."))


class EventsHandler(_ChatHandler):
    """``/chat/events``: the state of the chat, then what happens in it (Server-Sent Events)."""

    def initialize(self, room: Room) -> None:
        """Create the queue before anything can close the connection."""
        super().initialize(room)
        self.reader: Reader = asyncio.Queue(MAX_BEHIND)

    async def get(self) -> None:
        """Stream until the page disconnects or the server stops."""
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        with self.room.world.changed:
            state = self.room.snapshot()
            self.room.readers.add(self.reader)
        with contextlib.suppress(StreamClosedError):
            await self._send("state", state)
            while self.reader in self.room.readers:
                await self._forward()

    async def _forward(self) -> None:
        try:
            async with asyncio.timeout(HEARTBEAT):
                event = await self.reader.get()
        except TimeoutError:
            self.write(": still here\n\n")
            await self.flush()
            return
        if event is not None and event.kind == "commands":
            room = self.room
            await self._send("commands", {"commands": room.world.menu(room.chat, room.person)})
        elif event is not None:
            await self._send(event.kind, event.data)

    async def _send(self, kind: str, data: Json) -> None:
        self.write(f"event: {kind}\ndata: {json.dumps(data)}\n\n")
        await self.flush()

    def on_connection_close(self) -> None:
        """End ``get``, since the page has disconnected."""
        self.room.readers.discard(self.reader)
        with contextlib.suppress(asyncio.QueueFull):
            self.reader.put_nowait(None)


class SayHandler(_ChatHandler):
    """``/chat/say``: the person writes."""

    def post(self) -> None:
        """``{"text": …}`` of 1 to 4096 characters."""
        data = self.body(text=str)
        if data is None:
            return
        text = data["text"].strip()
        if not 1 <= len(text) <= MAX_TEXT:
            self.refuse(400, f"A message has 1 to {MAX_TEXT} characters.")
            return
        # As in Telegram's apps: a message written after a force-reply becomes a reply to it.
        last = next(reversed(self.room.chat.messages.values()), None)
        asking = last if last is not None and last.asks_for_reply else None
        message = self.room.world.say(self.room.chat, self.room.person, text, reply_to=asking)
        self.finish({"message_id": message.id})


class SendHandler(_ChatHandler):
    """``/chat/send``: the person sends a file."""

    def post(self) -> None:
        """``{"name": …, "data": …}``, the data in base64, of 1 byte to 10 MB."""
        data = self.body(name=str, data=str)
        if data is None:
            return
        try:
            content = base64.b64decode(data["data"], validate=True)
        except ValueError:
            self.refuse(400, "Send the file's data in base64.")
            return
        if not 1 <= len(content) <= MAX_FILE:
            self.refuse(400, f"A file has 1 byte to {MAX_FILE // 1_000_000} MB.")
            return
        room = self.room
        message = room.world.send_document(room.chat, room.person, data["name"], content)
        self.finish({"message_id": message.id})


class DownloadHandler(_ChatHandler):
    """``/chat/file/ID``: the file of a message, as a download."""

    def get(self, number: str) -> None:
        """Send its bytes so that no browser shows them as a page of this site."""
        message = self.room.chat.messages.get(int(number))
        document = message.extra.get("document") if message else None
        if document is None:
            self.refuse(404, "The file is gone.")
            return
        name = quote(document["file_name"], safe="")
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{name}")
        self.finish(self.room.world.files[document["file_id"]])


class InlineHandler(_ChatHandler):
    """``/chat/inline``: the person types after the bot's name; results come as an event."""

    def post(self) -> None:
        """``{"text": …}``, of which the first 256 characters count."""
        data = self.body(text=str)
        if data is None:
            return
        query = self.room.world.inline(self.room.person, data["text"][:MAX_QUERY])
        self.finish({"id": query.id})


class ChooseHandler(_ChatHandler):
    """``/chat/choose``: the person posts a result of an inline query."""

    def post(self) -> None:
        """``{"id": …, "result": …}``, the ids of the query and of the result."""
        data = self.body(id=str, result=str)
        if data is None:
            return
        room = self.room
        query = room.world.queries.get(data["id"])
        if query is None:
            self.refuse(404, "The results are gone.")
            return
        try:
            message = room.world.choose(query, data["result"], room.chat)
        except PullquoteError as error:
            self.refuse(404, str(error))
            return
        self.finish({"message_id": message.id})


class PressHandler(_ChatHandler):
    """``/chat/press``: the person presses a button."""

    def post(self) -> None:
        """``{"message_id": …, "data": …}`` of an existing button."""
        data = self.body(message_id=int, data=str)
        if data is None:
            return
        message = self.room.chat.messages.get(data["message_id"])
        if message is None:
            self.refuse(404, "The message is gone.")
            return
        try:
            press = self.room.world.press(message, data["data"], self.room.person)
        except PullquoteError as error:
            self.refuse(404, str(error))
            return
        self.finish({"id": press.id})


def routes(room: Room) -> list[Any]:
    """The page's routes for a tornado application."""
    shared = {"room": room}
    return [
        (r"/chat/events", EventsHandler, shared),
        (r"/chat/say", SayHandler, shared),
        (r"/chat/send", SendHandler, shared),
        (r"/chat/file/(\d{1,15})", DownloadHandler, shared),
        (r"/chat/inline", InlineHandler, shared),
        (r"/chat/choose", ChooseHandler, shared),
        (r"/chat/press", PressHandler, shared),
        (r"/(?:page/)?([^/]*)", PageHandler, shared),
    ]
