"""Puts the bot together: services, handlers and background work."""

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.resources.abc import Traversable

from telegram import Update
from telegram.ext import TypeHandler

from bot.alerts.corrections import Corrector
from bot.alerts.delivery import Sender
from bot.alerts.digests import Digests
from bot.alerts.housekeeping import Housekeeping
from bot.alerts.matcher import AlertMatcher
from bot.alerts.pace import Pace
from bot.alerts.store import AlertStore
from bot.channels.reading import PostReader
from bot.channels.recording import PostRecorder
from bot.channels.store import ChannelStore
from bot.commands import menus
from bot.commands.registry import COMMANDS
from bot.connection import CONNECTIONS, connect
from bot.context import SERVICES, App, Context, Services
from bot.conversations import Conversations
from bot.feedback.store import FeedbackStore
from bot.feedback.votes import Votes
from bot.feeds import feeds_of
from bot.handlers import handlers, report_error
from bot.jobs.background import Background, Step
from bot.jobs.duties import Duties
from bot.jobs.notices import Notices, NoticeStore
from bot.jobs.polling import FeedPoller
from bot.jobs.rebuilding import RebuildHelper
from bot.jobs.retention import Retention
from bot.memory import OwnMemory, SharedMemory
from bot.own_feeds import own_feeds
from bot.people import People
from bot.received import LIFE_SECONDS, ReceivedUpdates
from bot.retry import retry_if_lost
from bot.rich import RichMessages
from bot.settings import Inline, Role, Settings
from bot.shares.store import ShareStore
from bot.texts.catalogue import CATALOGUES
from bot.texts.languages import Languages
from index.indexer import Indexer
from qa import Library, PullquoteError
from qa.store.leases import Leases, this_host

logger = logging.getLogger(__name__)

NEWS_SECONDS = 0.5
"""How long a stop waits for the thread that waits for news."""
COUNT_SECONDS = 0.5
"""How soon the sender takes the replies of other hosts into account."""


def build(settings: Settings, library: Library, catalogues: Traversable = CATALOGUES) -> App:
    """The whole bot, ready to run; ``SettingsError`` if the token is missing or malformed."""
    database = library.database
    pace, channels = Pace(), ChannelStore(database)
    received = ReceivedUpdates(database, lambda: pace.sent) if settings.database_url else None
    application = connect(settings, pace, PostRecorder(channels, settings.admins, received))
    services = open_services(settings, library, Languages(settings.language, catalogues))
    application.bot_data[SERVICES] = services
    application.add_handlers(handlers(settings.admins, services.languages, settings.inline))
    application.add_error_handler(report_error)
    background = Background()
    steps = background_steps(application, services, pace, channels, background)
    if received is not None and Role.ANSWER in settings.roles:
        steps.append(_handling_all(application, received))
    if received is not None and Role.ALERT in settings.roles:
        steps.append(services.duties.alone("send", _counting(received, pace)))
    _run_beside(application, background, steps, services)
    return application


def _handling_all(application: App, received: ReceivedUpdates) -> Step:
    """Record which updates are handled; the returned step handles what a dead host has left."""

    async def handled(update: Update, _context: Context) -> None:
        mark = partial(asyncio.to_thread, received.mark_handled, update.update_id)
        try:
            await retry_if_lost(mark)
        except PullquoteError as error:  # not the concern of the person who asked
            logger.warning("An update is not recorded as handled: %s", error)

    async def take_over() -> float:
        for body in await asyncio.to_thread(received.take_over):
            logger.info("Handling an update that a dead host has left")
            application.update_queue.put_nowait(Update.de_json(json.loads(body), application.bot))
        return LIFE_SECONDS / 3

    # The handlers of a later group run last, even after an error.
    application.add_handler(TypeHandler(Update, handled), group=1)
    return take_over


def _counting(received: ReceivedUpdates, pace: Pace) -> Step:
    """Let alerts make room for the replies of other hosts: all count against one limit."""

    async def count() -> float:
        pace.count(await asyncio.to_thread(received.sent_by_others))
        return COUNT_SECONDS

    return count


def open_services(settings: Settings, library: Library, languages: Languages) -> Services:
    """Everything that handlers use."""
    store, feeds = AlertStore(library, languages, settings.served), feeds_of(library, settings)
    memory = OwnMemory() if settings.database_url is None else SharedMemory(library.database)
    return Services(
        settings,
        library,
        Indexer(library),
        store,
        feeds,
        languages,
        memory,
        Conversations(memory),
        People(),
        Votes(FeedbackStore(library.database)),
        ShareStore(library.database),
        RichMessages(are_wanted=settings.rich_messages),
        own_feeds(feeds.store, store.blocks, library, settings),
        _duties(library, settings),
    )


def _duties(library: Library, settings: Settings) -> Duties:
    leases = Leases(library.database, this_host(settings.data_dir))
    return Duties(None if settings.database_url is None else leases)


def open_stores(settings: Settings, library: Library) -> None:
    """Create all tables of the database, or bring them up to this version."""
    services = open_services(settings, library, Languages(settings.language))
    NoticeStore(services.feeds.store, library.database)
    ChannelStore(library.database)
    ReceivedUpdates(library.database)
    SharedMemory(library.database)


def background_steps(
    application: App,
    services: Services,
    pace: Pace,
    channels: ChannelStore,
    background: Background,
) -> list[Step]:
    """The work beside the handlers; each step repeats independently of the others."""

    async def listen() -> float:
        background.wake(await asyncio.to_thread(services.library.database.news, NEWS_SECONDS))
        return 0.0

    steps: list[Step] = [services.duties.renew, listen] if services.duties.are_shared else []
    roles = services.settings.roles
    steps.append(RebuildHelper(services.indexer, embeds=Role.READ in roles).help_next)
    if Role.ALERT in roles:
        steps += _alerting(application, services, pace)
    if Role.READ in roles:
        steps += _reading(services, channels, background)
    return steps


def _alerting(application: App, services: Services, pace: Pace) -> list[Step]:
    library, store, alone = services.library, services.alert_store, services.duties.alone
    housekeeping = Housekeeping(library, store)
    told = NoticeStore(services.feeds.store, library.database)
    admins = services.settings.admins
    texts_of = store.languages.texts
    notices = Notices(application.bot, told, library, admins, texts_of, services.own_feeds)
    return [
        alone("match", AlertMatcher(library, store).match_next),
        alone("match", Corrector(library, store).look_next),
        alone("digest", Digests(library, store).make_next),
        alone("send", Sender(application.bot, library, store, pace).send_next),
        alone("housekeeping", housekeeping.sweep),
        alone("housekeeping", housekeeping.report_silence),
        alone("housekeeping", notices.tell_of_feeds),
        alone("housekeeping", notices.tell_of_model),
    ]


def _reading(services: Services, channels: ChannelStore, background: Background) -> list[Step]:
    settings, indexer, alone = services.settings, services.indexer, services.duties.alone
    rests = services.own_feeds.rests if services.own_feeds else None
    poller = FeedPoller(services.feeds, indexer, background.is_stopping, rests)
    reader = PostReader(
        channels, indexer, services.feeds.store, allow_private=settings.allow_private_hosts
    )
    steps = [*poller.steps(settings.feeds_at_once), alone("posts", reader.read_next)]
    if settings.keep_days is not None:
        retention = Retention(indexer, services.votes.store, settings.keep_days)
        steps.append(alone("retention", retention.remove_next))
    return steps


def _run_beside(
    application: App, background: Background, steps: list[Step], services: Services
) -> None:
    """Start and stop ``background`` with the application."""

    async def start(started: App) -> None:
        # Rebuilds and feeds occupy their threads for long; questions must still find one.
        settings, languages = services.settings, services.languages
        threads = ThreadPoolExecutor(CONNECTIONS + settings.feeds_at_once)
        asyncio.get_running_loop().set_default_executor(threads)
        is_open = settings.open_feeds
        if Role.ANSWER in settings.roles:
            await menus.set_all(started.bot, settings.admins, COMMANDS, languages, is_open=is_open)
        background.start(steps)
        if settings.inline is not Inline.OFF and not started.bot.supports_inline_queries:
            logger.warning("PULLQUOTE_INLINE needs /setinline, sent to @BotFather")
        logger.info("@%s is ready", started.bot.username)

    async def stop(_stopped: App) -> None:
        await background.stop()
        await services.duties.release()

    application.post_init = start
    application.post_stop = stop
    application.post_shutdown = stop
