"""The settings of the bot. Only the command line reads them from the environment."""

import re
from datetime import timedelta
from enum import Enum
from typing import Annotated, Literal

from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

import qa
from bot.texts.languages import Languages
from index.feeds.model import AT_ONCE
from qa.errors import SettingsError

PREFIX = "PULLQUOTE_"


class Inline(Enum):
    """Who may ask from chats that the bot is not in."""

    OFF = "off"
    ADMINS = "admins"
    EVERYONE = "everyone"


class OpenFeedsFor(Enum):
    """Who gets answers from articles that only people's own feeds have brought."""

    FOLLOWERS = "followers"
    EVERYONE = "everyone"


class Role(Enum):
    """A part of the work; a host usually does all of it."""

    ANSWER = "answer"
    READ = "read"
    ALERT = "alert"


class Settings(qa.Settings):
    """The library's settings, and those of Telegram, feeds and the log.

    ``.env.example`` explains each one.
    """

    token: SecretStr | None = Field(None, description="the bot's token, from @BotFather")
    api_url: HttpUrl = Field(HttpUrl("https://api.telegram.org"), description="Bot API server")
    admins: Annotated[frozenset[int], NoDecode] = Field(
        frozenset(), description="ids of users who may add articles and rebuild, comma separated"
    )
    allowed_chats: Annotated[frozenset[int], NoDecode] = Field(
        frozenset(),
        description="ids of people and chats who may use the bot, comma separated; all if empty",
    )
    language: str = Field("en", description="language of groups and channels")
    inline: Inline = Field(
        Inline.OFF, description="who may ask from any chat: off, admins or everyone"
    )
    open_feeds: bool = Field(False, description="let everybody follow feeds for themselves")
    open_feeds_for: OpenFeedsFor = Field(
        OpenFeedsFor.FOLLOWERS,
        description="whom the articles of people's own feeds answer: followers or everyone",
    )
    open_feeds_limit: int = Field(20, ge=1, description="feeds that a chat may follow for itself")
    rich_messages: bool = Field(
        False, description="answer in rich messages, with pull quotations, where Telegram has them"
    )
    webhook_url: HttpUrl | None = Field(
        None, description="public https URL for a webhook; polling if empty"
    )
    webhook_secret: SecretStr | None = Field(
        None, description="Telegram sends it with each update; random if empty"
    )
    roles: Annotated[frozenset[Role], NoDecode] = Field(
        frozenset(Role),
        description="what this host does, comma separated: answer, read (feeds, channels), alert",
    )
    listen: str = Field("127.0.0.1:8080", description="host:port of the webhook server")
    feed_interval: int = Field(600, ge=60, description="seconds between two polls of a feed")
    feeds_at_once: int = Field(
        AT_ONCE, ge=1, le=64, description="feeds polled at once, each of another host"
    )
    backlog_days: int | None = Field(
        None,
        ge=1,
        description="days after which a feed's new entry alerts nobody; by its place if empty",
    )
    keep_days: int | None = Field(
        None, ge=1, description="days until an article is removed; kept forever if empty"
    )
    allow_private_hosts: bool = Field(
        False, description="allow articles and feeds on private and loopback addresses"
    )
    feedback: bool = Field(True, description="offer buttons to vote on answers")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="lowest level that is logged"
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="how lines of the log look: text, or JSON objects"
    )
    monitor: str | None = Field(
        None,
        description="host:port of /healthz, /readyz and the /metrics of Prometheus; off if empty",
    )

    @staticmethod
    def host_and_port(address: str) -> tuple[str, int]:
        """Split ``host:port``; an IPv6 host is in brackets."""
        host, _, port = address.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def news(self) -> timedelta | None:
        """The age up to which a new entry of a feed is news; ``None`` to judge it by its place."""
        return None if self.backlog_days is None else timedelta(days=self.backlog_days)

    @property
    def served(self) -> frozenset[int]:
        """Ids of the people and chats who may use the bot; empty: everybody."""
        return self.allowed_chats | self.admins if self.allowed_chats else frozenset()

    @field_validator("admins", "allowed_chats", "roles", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("roles")
    @classmethod
    def _not_idle(cls, value: frozenset[Role]) -> frozenset[Role]:
        if not value:
            raise ValueError("should name answer, read or alert")
        return value

    @field_validator("language")
    @classmethod
    def _spoken(cls, value: str) -> str:
        languages = Languages()
        name = languages.nearest(value)
        if name is None:
            raise ValueError(f"should be one of {', '.join(languages.names)}")
        return name

    @field_validator("listen", "monitor")
    @classmethod
    def _is_host_and_port(cls, value: str | None) -> str | None:
        host, _, port = (value or "127.0.0.1:8080").rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ValueError("should be host:port, such as 127.0.0.1:8080")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _allowed_by_telegram(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"[\w-]{1,256}", value.get_secret_value(), re.ASCII):
            raise ValueError("should be 1 to 256 characters of A-Z a-z 0-9 _ -")
        return value

    @field_validator("webhook_url")
    @classmethod
    def _https(cls, value: HttpUrl | None) -> HttpUrl | None:
        # Plain http is for a Bot API server on the same machine.
        if value and value.scheme != "https" and value.host not in ("127.0.0.1", "localhost"):
            raise ValueError("should begin with https://")
        return value

    @field_validator("log_format", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


class _Environment(Settings, BaseSettings):
    """The same settings, read from ``PULLQUOTE_…`` variables and ``.env``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore"
    )


def read_settings() -> Settings:
    """Settings from the environment and ``.env``; ``SettingsError`` names the first wrong one."""
    try:
        return Settings.model_validate(_Environment().model_dump())
    except ValidationError as error:
        first = error.errors()[0]
        name = f"{PREFIX}{first['loc'][0]}".upper()
        reason = first["msg"].removeprefix("Value error, ").replace("Input should", "should")
        raise SettingsError(f"{name} is wrong: {reason}.") from None
    except UnicodeDecodeError:
        raise SettingsError("The file .env, which sets PULLQUOTE_…, is not UTF-8.") from None
