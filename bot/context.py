"""What callbacks are handed: the services, typed."""

from dataclasses import dataclass
from typing import Any

from telegram import Message, Update
from telegram.ext import Application, CallbackContext, ExtBot

from bot.alerts.model import Place
from bot.alerts.store import AlertStore
from bot.settings import Settings
from bot.texts.catalogue import ENGLISH, Texts
from index.feeds.follow import Feeds
from index.indexer import Indexer
from qa import Library

SERVICES = "services"


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the handlers talk to; all of it blocks, so call it in a thread."""

    settings: Settings
    library: Library
    indexer: Indexer
    alert_store: AlertStore
    feeds: Feeds


class Context(CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """A callback's context, with the services as properties."""

    @property
    def services(self) -> Services:
        """All of them."""
        services: Services = self.bot_data[SERVICES]
        return services

    @property
    def settings(self) -> Settings:
        """The settings that the bot was started with."""
        return self.services.settings

    @property
    def library(self) -> Library:
        """The articles and their answers."""
        return self.services.library

    @property
    def indexer(self) -> Indexer:
        """Adds articles and rebuilds."""
        return self.services.indexer

    @property
    def alert_store(self) -> AlertStore:
        """Subscriptions and the outbox."""
        return self.services.alert_store

    @property
    def feeds(self) -> Feeds:
        """The feeds that are followed."""
        return self.services.feeds

    @property
    def texts(self) -> Texts:
        """The texts in the language of the chat that the update comes from; always English."""
        return ENGLISH

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


def message_of(update: Update) -> Message:
    """The message that a handler of messages was called for."""
    assert update.effective_message is not None
    return update.effective_message


def place_of(message: Message) -> Place:
    """Where a message was said; outside of forums a thread is a chain of replies, and no place."""
    thread = (message.message_thread_id or 0) if message.is_topic_message else 0
    return Place(message.chat_id, thread)
