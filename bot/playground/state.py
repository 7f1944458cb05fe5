"""What a ``World`` holds, how it is locked, and how others wait for it to change."""

import itertools
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.playground.contract import load_contract
from bot.playground.errors import BadRequestError
from bot.playground.faults import Faults, RateLimits
from bot.playground.model import Chat, Json, Message, User
from bot.playground.updates import Updates, Webhook

T = TypeVar("T")

BOT_ID = 5_000_000_001
MAX_REQUESTS = 5000
MAX_PRESSES = 500


@dataclass(frozen=True, slots=True)
class Request:
    """A call made by the bot: its time (seconds), parameters and response status.

    A request that was lost before it was carried out has status 499.
    """

    method: str
    params: Json
    at: float
    status: int


@dataclass(frozen=True, slots=True)
class Event:
    """An event that a page shows: ``message``, ``typing``, ``toast``, ``commands``, ``inline``."""

    kind: str
    chat_id: int | None
    data: Json


@dataclass(slots=True, eq=False)
class Press:
    """A pressed button; ``answer`` holds the parameters of answerCallbackQuery once it came."""

    id: str
    message: Message
    data: str
    user: User
    at: float
    answer: Json | None = None


@dataclass(slots=True, eq=False)
class InlineQuery:
    """What a person types after the bot's name; ``answer`` holds the bot's results once they came.

    A question to a guest is one, too: its ``message`` is the one that mentions the bot.
    """

    id: str
    user: User
    text: str
    at: float
    message: Message | None = None
    answer: Json | None = None


class State:
    """The parts of a world under one lock, ``changed``, which is notified on every change.

    All attributes may be read by anyone who holds ``changed``; single reads need no lock.
    """

    def __init__(
        self,
        token: str = "1:playground",  # noqa: S107 (a token for a double is no secret)
        *,
        name: str = "Pullquote",
        username: str = "pullquote_bot",
        enforce_rates: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.token = token
        self.me = User(BOT_ID, name, username, is_bot=True)
        self.clock = clock
        self.contract = load_contract()
        self.changed = threading.Condition(threading.RLock())
        self.users: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.updates = Updates()
        self.webhook = Webhook()
        self.inline_mode = True
        """Whether @BotFather has switched inline mode on."""
        self.rich_messages = False
        """Whether this server has ``sendRichMessage``, as those since Bot API 10.1 have."""
        self.faults = Faults()
        self.rates = RateLimits() if enforce_rates else None
        self.requests: deque[Request] = deque(maxlen=MAX_REQUESTS)
        self.press_ids = itertools.count(1_000_001)
        self.presses: OrderedDict[str, Press] = OrderedDict()
        self.queries: OrderedDict[str, InlineQuery] = OrderedDict()
        self.results: dict[tuple[str, int | None], tuple[float, Json]] = {}
        """Answers that Telegram gives again: by query, and by user if personal; until when."""
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.descriptions: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self._violations: deque[str] = deque(maxlen=MAX_REQUESTS)
        self._listeners: list[Callable[[Event | None], None]] = []

    @property
    def violations(self) -> list[str]:
        """Return sentences for the requests that violated the Bot API's contract."""
        with self.changed:
            return list(self._violations)

    def calls(self, method: str) -> list[Request]:
        """Return the recorded requests of one method, oldest first."""
        with self.changed:
            return [request for request in self.requests if request.method == method]

    def now(self) -> int:
        """Return the time for a message, in whole seconds since 1970."""
        return int(self.clock())

    def record(self, method: str, params: Json, status: int) -> None:
        """Record a request and its violations of the contract."""
        with self.changed:
            self.requests.append(Request(method, params, self.clock(), status))
            self._violations.extend(self.contract.violations(method, params))
            self.tell(None)

    def wait_for(self, predicate: Callable[[], T | None], timeout: float = 10.0) -> T:
        """Return the result of ``predicate()`` as soon as it is true; check after each change.

        Raises ``TimeoutError`` with the last messages and requests after ``timeout`` seconds.
        """
        with self.changed:
            value = self.changed.wait_for(predicate, timeout)
            if not value:
                raise TimeoutError(f"nothing came within {timeout} s; {self._recent()}")
            return value

    def _recent(self) -> str:
        said = [m.text for chat in self.chats.values() for m in chat.messages.values()]
        called = [(request.method, request.status) for request in self.requests]
        return f"last messages: {said[-5:]}, last requests: {called[-5:]}"

    def listen(self, listener: Callable[[Event | None], None]) -> None:
        """Call ``listener`` on each change, under the lock, with the event if a page shows it."""
        with self.changed:
            self._listeners.append(listener)

    def unlisten(self, listener: Callable[[Event | None], None]) -> None:
        """Stop calling ``listener``."""
        with self.changed:
            self._listeners.remove(listener)

    def keep_query(self, user: User, text: str, message: Message | None = None) -> InlineQuery:
        """Remember a query, to be answered by its id."""
        with self.changed:
            query = InlineQuery(str(next(self.press_ids)), user, text, self.clock(), message)
            self.queries[query.id] = query
            while len(self.queries) > MAX_PRESSES:
                self.queries.popitem(last=False)
            return query

    def tell(self, event: Event | None) -> None:
        """Wake everyone who waits for a change."""
        with self.changed:
            self.changed.notify_all()
            for listener in self._listeners:
                listener(event)

    def put(self, message: Message) -> Message:
        """Add or change a message and show it on pages."""
        with self.changed:
            if not message.deleted:
                message.chat.add(message)
            self.tell(Event("message", message.chat.id, message_event(message)))
            return message

    def keep_file(self, name: str, data: bytes) -> Json:
        """Store a file for getFile and return the Bot API's ``Document``."""
        with self.changed:
            path = f"documents/file_{len(self.files)}"
            self.files[path] = data
            unique = f"u{len(self.files)}"
        size = len(data)
        return {"file_id": path, "file_unique_id": unique, "file_name": name, "file_size": size}

    def push(self, kind: str, payload: Json) -> None:
        """Queue an update for the bot."""
        with self.changed:
            self.updates.push(kind, payload)
            self.tell(None)

    def chat(self, chat_id: int | str) -> Chat:
        """Return the chat with this id or @username; ``BadRequestError`` if not found."""
        for chat in self.chats.values():
            if chat_id in {chat.id, f"@{chat.username}"}:
                return chat
        raise BadRequestError("chat not found")


def message_event(message: Message) -> Json:
    """Return a message for the page, including whether it is deleted."""
    data: dict[str, Any] = message.to_json()
    return data | {"deleted": message.deleted}
