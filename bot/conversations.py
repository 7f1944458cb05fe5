"""The last question of each person in each chat, which their next one may follow."""

import asyncio
import json
from dataclasses import asdict, dataclass, replace
from weakref import WeakValueDictionary

from telegram import Message

from bot.memory import Memory
from bot.updates import destination_of
from qa import Turn

LASTS = 600.0
"""Seconds for which a question may be followed by another."""
Place = tuple[int, int, int]
"""A person, a chat and a thread."""


@dataclass(frozen=True, slots=True)
class _Last:
    """The last message of a person in a place that asked something."""

    message_id: int
    turn: Turn | None
    """The last answered question, in this message or before it, if any."""
    before: Turn | None
    """What this message could follow itself; needed again if it is edited."""
    at: float


class Conversations:
    """What a question may follow. Only for the event loop."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._locks: WeakValueDictionary[Place, asyncio.Lock] = WeakValueDictionary()

    def in_turn(self, message: Message) -> asyncio.Lock:
        """Return a lock to hold while a message is answered: a person's questions go one by one."""
        place = _place(message) or (0, message.chat_id, message.message_id)
        return self._locks.setdefault(place, asyncio.Lock())

    async def replied_to(self, message: Message) -> Turn | None:
        """Return the question that a message replies to, or the one whose answer it replies to."""
        original = message.reply_to_message
        key = _shown(message, original.message_id) if original else None
        found = await self._memory.get(key) if key else None
        return replace(Turn(**json.loads(found)), is_replied_to=True) if found else None

    async def last(self, message: Message, now: float) -> Turn | None:
        """Return the last question of the person in this chat and thread that was answered.

        ``None`` if their last message with a question is too old.
        """
        last = await self._last(message)
        if last is None or now - last.at > LASTS:
            return None
        if last.message_id == message.message_id:
            return last.before
        return None if message.edit_date else last.turn

    async def show(self, message: Message, reply_id: int, turn: Turn) -> None:
        """Remember a question under its message and our reply, since people reply to either."""
        keys = (_shown(message, id_) for id_ in (message.message_id, reply_id))
        await self._memory.put(json.dumps(asdict(turn)), LASTS, *keys)

    async def put(
        self, message: Message, turn: Turn | None, before: Turn | None, now: float
    ) -> None:
        """Remember the last answered ``turn`` of a message, which was asked after ``before``.

        ``None`` if all were refused: then the answered turn before this message stays the last.
        """
        place, last = _place(message), await self._last(message)
        if place is None or (message.edit_date and last and last.message_id != message.message_id):
            return  # an older message was edited
        if last and last.message_id == message.message_id:
            before = last.before
        goes_on = before or await self.last(message, now)
        new = _Last(message.message_id, turn or goes_on, before, now)
        await self._memory.put(json.dumps(asdict(new)), LASTS, f"last {place}")

    async def _last(self, message: Message) -> _Last | None:
        place = _place(message)
        found = await self._memory.get(f"last {place}") if place else None
        if found is None:
            return None
        last = json.loads(found)
        turn, before = (Turn(**last[name]) if last[name] else None for name in ("turn", "before"))
        return _Last(last["message_id"], turn, before, last["at"])


def _shown(message: Message, id_: int) -> str:
    return f"shown {message.chat_id} {id_}"


def _place(message: Message) -> Place | None:
    """Return where a person writes; ``None`` for those who write as a group or a channel."""
    person = message.from_user
    if person is None or message.sender_chat is not None:
        return None
    destination = destination_of(message)
    return person.id, destination.chat_id, destination.thread_id
