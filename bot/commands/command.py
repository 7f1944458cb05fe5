"""What a command is: its name, who may use it and where, and what it does."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import Enum
from typing import Any

from telegram import Update

from bot.context import Context

Callback = Callable[[Update, Context], Coroutine[Any, Any, None]]


class Audience(Enum):
    """Who may use a command."""

    EVERYBODY = "everybody"
    FOLLOWERS = "who may follow feeds: administrators of the bot, or everybody"
    ADMINS = "the administrators of the bot"

    def has_everybody(self, *, is_open: bool) -> bool:
        """Whether it is everybody; ``is_open``: all may follow feeds."""
        return self is Audience.EVERYBODY or (is_open and self is Audience.FOLLOWERS)


class Chats(Enum):
    """Where a command works."""

    PRIVATE_AND_GROUPS = "private chats and groups"
    CHANNELS_TOO = "private chats, groups and channels"


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the chat.

    A command that is not ``blocking`` runs for long; other updates are handled in the meantime.
    ``aliases`` are further names, which no menu shows. A command that ``is_question`` is answered
    anew when its message is edited.
    """

    name: str
    callback: Callback
    audience: Audience = Audience.EVERYBODY
    chats: Chats = Chats.PRIVATE_AND_GROUPS
    blocking: bool = True
    aliases: tuple[str, ...] = ()
    is_question: bool = False

    @property
    def description(self) -> str:
        """The id of its text in the menu."""
        return f"command.{self.name}"

    @property
    def help(self) -> str:
        """The id of its lines in /help."""
        return f"help.{self.name}"
