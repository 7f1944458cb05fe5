"""The context of handlers: all services, as typed properties."""

import asyncio
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

from telegram import Chat, Update
from telegram.ext import Application, CallbackContext, ExtBot

from bot.alerts.store import AlertStore
from bot.conversations import Conversations
from bot.feedback.votes import Votes
from bot.jobs.duties import Duties
from bot.memory import Memory
from bot.own_feeds import OwnFeeds
from bot.people import People
from bot.retry import retry_if_lost
from bot.rich import RichMessages
from bot.settings import Settings
from bot.shares.store import ShareStore
from bot.texts.catalogue import Texts
from bot.texts.languages import Languages
from index.feeds.follow import Feeds
from index.feeds.model import Feed
from index.indexer import Indexer
from qa import Library

SERVICES = "services"


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that handlers use; all of it blocks, so call it in a thread."""

    settings: Settings
    library: Library
    indexer: Indexer
    alert_store: AlertStore
    feeds: Feeds
    languages: Languages
    memory: Memory
    conversations: Conversations
    """Only for the event loop."""
    people: People
    """Only for the event loop."""
    votes: Votes
    """Only for the event loop, except its store."""
    shares: ShareStore
    rich: RichMessages
    own_feeds: OwnFeeds | None
    """Who may see what people's own feeds bring; ``None`` if there are no such feeds."""
    duties: Duties
    """What this host does for all hosts."""
    reader: int | None = None
    """The chat that they serve; ``None`` for one that the bot is not in."""

    def seen_by(self, reader: int | None) -> "Services":
        """Return the services for a chat, with the articles that it may see."""
        return replace(self, library=self.library.seen_by(reader), reader=reader)

    def followed(self) -> list[Feed]:
        """Return the feeds that the chat may know of."""
        feeds = self.feeds.store.all()
        if self.library.audience is None:
            return feeds
        own = [] if self.reader is None else self.feeds.store.of(self.reader)
        return [each for each in feeds if each.is_everybodys or each in own]


class Context(CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """The context of a handler."""

    _chat: Chat | None = None
    _person: int | None = None
    """Set for an update from a chat that the bot is not in."""
    _code: str | None = None
    _texts: Texts | None = None

    @classmethod
    def from_update(cls, update: object, application: Any) -> Self:  # noqa: ANN401 the library's own
        """Called by the library for each update that a handler takes."""
        context = super().from_update(update, application)
        if isinstance(update, Update):
            chat, user = update.effective_chat, update.effective_user
            if update.inline_query or update.guest_message:
                context._person, chat = user.id if user else None, None
            context._chat, is_own = chat, chat is None or chat.type == Chat.PRIVATE
            context._code = user.language_code if user and is_own else None
        return context

    async def refresh_data(self) -> None:
        """Called by the library before a handler; finds the language of the chat or person."""
        await super().refresh_data()
        await retry_if_lost(self._find_texts)

    async def _find_texts(self) -> None:
        if self._chat is not None:
            texts_of = self.alert_store.languages.texts
            self._texts = await asyncio.to_thread(texts_of, self._chat.id, self._code)
        elif self._person is not None:
            chosen = await asyncio.to_thread(self.alert_store.languages.chosen, self._person)
            self._texts = self.languages.texts(chosen, self._code)

    @cached_property
    def services(self) -> Services:
        """All services, to pass to a thread. Their library has what the chat may see."""
        services: Services = self.bot_data[SERVICES]
        return services.seen_by(self._chat.id if self._chat else None)

    @property
    def settings(self) -> Settings:
        """The settings that the bot was started with."""
        return self.services.settings

    @property
    def library(self) -> Library:
        """The articles that the chat may see, and the answers from them."""
        return self.services.library

    @property
    def indexer(self) -> Indexer:
        """Adds articles and rebuilds the index."""
        return self.services.indexer

    @property
    def alert_store(self) -> AlertStore:
        """Subscriptions and the outbox."""
        return self.services.alert_store

    @property
    def feeds(self) -> Feeds:
        """The feeds that the bot follows."""
        return self.services.feeds

    @property
    def people(self) -> People:
        """Who has which name, and how much they have asked."""
        return self.services.people

    @property
    def votes(self) -> Votes:
        """Which answers may be voted on, and the votes."""
        return self.services.votes

    @property
    def texts(self) -> Texts:
        """The texts in the language of the chat that the update comes from."""
        return self._texts or self.languages.texts(self._code)

    @property
    def conversations(self) -> Conversations:
        """Who asked what last."""
        return self.services.conversations

    @property
    def languages(self) -> Languages:
        """All languages that the bot speaks."""
        return self.services.languages

    def is_admin(self, update: Update) -> bool:
        """Whether the update comes from an administrator of this bot."""
        user = update.effective_user
        return user is not None and user.id in self.settings.admins


App = Application[
    ExtBot[None],
    Context,
    dict[Any, Any],
    dict[Any, Any],
    dict[Any, Any],
    None,
]
