"""What handlers work with: the services, as typed properties of their context."""

from dataclasses import dataclass
from typing import Any

from telegram import Update
from telegram.ext import Application, CallbackContext, ExtBot

from bot.alerts.store import AlertStore
from bot.settings import Settings
from bot.texts.catalogue import ENGLISH, Texts
from index.feeds.follow import Feeds
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


class Context(CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """The context of a handler."""

    @property
    def services(self) -> Services:
        """All services, to pass to a thread."""
        services: Services = self.bot_data[SERVICES]
        return services

    @property
    def settings(self) -> Settings:
        """The settings that the bot was started with."""
        return self.services.settings

    @property
    def library(self) -> Library:
        """The articles, and the answers from them."""
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
