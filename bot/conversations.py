"""Who asked what last, in memory: a restart forgets it."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TypeVar
from weakref import WeakValueDictionary

from telegram import Message

from bot.updates import destination_of
from qa import Turn

LASTS = 600.0
"""Seconds for which a question is talked about."""
MOST = 1_000
"""People, and messages, that are remembered."""

K = TypeVar("K")
V = TypeVar("V")
Place = tuple[int, int, int]
"""A person, a chat and a thread."""


@dataclass(frozen=True, slots=True)
class _Last:
    """The last message of a person in a place that asked something."""

    message_id: int
    turn: Turn | None
    """The last question that was answered, in this message or before it; ``None`` without any."""
    before: Turn | None
    """What it could follow itself: it is read anew if its message is edited."""
    at: float


class Conversations:
    """What a question may follow. Only for the event loop."""

    def __init__(self) -> None:
        self._last: OrderedDict[Place, _Last] = OrderedDict()
        self._shown: OrderedDict[tuple[int, int], Turn] = OrderedDict()
        self._locks: WeakValueDictionary[Place, asyncio.Lock] = WeakValueDictionary()

    def in_turn(self, message: Message) -> asyncio.Lock:
        """Return what to hold while a message is answered: a person's questions go one by one."""
        place = _place(message) or (0, message.chat_id, message.message_id)
        return self._locks.setdefault(place, asyncio.Lock())

    def replied_to(self, message: Message) -> Turn | None:
        """Return the question that a message replies to, or the one whose answer it replies to."""
        original = message.reply_to_message
        turn = self._shown.get((message.chat_id, original.message_id)) if original else None
        return replace(turn, is_replied_to=True) if turn else None

    def last(self, message: Message, now: float) -> Turn | None:
        """Return the last question of the person in this chat and thread that was answered.

        ``None`` if the last message that asked something is long ago.
        """
        place = _place(message)
        last = self._last.get(place) if place else None
        if last is None or now - last.at > LASTS:
            return None
        if last.message_id == message.message_id:
            return last.before
        return None if message.edit_date else last.turn

    def show(self, message: Message, reply_id: int, turn: Turn) -> None:
        """Remember a question in a message, and our reply to it, for who replies to either."""
        for id_ in (message.message_id, reply_id):
            _keep(self._shown, (message.chat_id, id_), turn)

    def put(self, message: Message, turn: Turn | None, before: Turn | None, now: float) -> None:
        """Remember the last ``turn`` of a message that was answered, asked after ``before``.

        ``None`` if all were refused: then a person still talks about what was answered before.
        """
        place = _place(message)
        last = self._last.get(place) if place else None
        if place is None or (message.edit_date and last and last.message_id != message.message_id):
            return  # an older message was edited
        if last and last.message_id == message.message_id:
            before = last.before
        goes_on = before or self.last(message, now)
        _keep(self._last, place, _Last(message.message_id, turn or goes_on, before, now))


def _keep(memory: OrderedDict[K, V], key: K, value: V) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > MOST:
        memory.popitem(last=False)


def _place(message: Message) -> Place | None:
    """Return where a person writes; ``None`` for those who write as a group or a channel."""
    person = message.from_user
    if person is None or message.sender_chat is not None:
        return None
    destination = destination_of(message)
    return person.id, destination.chat_id, destination.thread_id
