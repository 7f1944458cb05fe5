"""A bot that talks to the Bot API double over HTTP, with the real library behind it."""

import asyncio
import contextlib
import shutil
import threading
import time
from dataclasses import dataclass
from importlib.resources.abc import Traversable

import pytest
from click.testing import CliRunner

from bot.alerts.store import AlertStore
from bot.app import build
from bot.cli import main
from bot.playground import Server, World
from bot.service import serve
from bot.settings import Settings
from bot.texts.catalogue import CATALOGUES
from bot.texts.languages import Languages
from index.indexer import Indexer
from qa import Article, Library
from tests.capitals import CODE, Said, write_catalogues
from tests.conftest import url_of
from tests.feedserver import FeedServer

BRIDGE = Article(
    "bridge",
    "Old bridge closed after flood",
    "Heavy rain fell on the valley on Monday and the river Lenn rose by two metres.\n"
    "The old bridge at Mill Lane was closed because the flood had damaged two of its pillars. "
    "Engineers from the county will inspect it next week.",
    url="https://example.org/bridge",
    source="Valley Post",
)
MAYOR = Article(
    "mayor",
    "New mayor takes office",
    "Ada Moreno became mayor of Lennfield on Tuesday after winning the election in March.\n"
    "She promised cheaper buses and a new library for the northern quarter of the town.",
    url="https://example.org/mayor",
    source="Lennfield Times",
)
CARS = Article(
    "cars",
    "Battery plant opens",
    "A factory for the batteries of electric cars opened in Lennfield on Friday.\n"
    "It will employ six hundred people and make batteries for forty thousand vehicles a year.",
    url="https://example.org/cars",
)


FERRY_PAGE = """<!doctype html><html lang="en"><head><title>Ferry returns to the lake</title>
<meta property="og:title" content="Ferry returns to the lake"></head><body><article>
<h1>Ferry returns to the lake</h1>
<p>The ferry between Lennfield and the island runs again from Sunday, after a winter in which its
engine was replaced by an electric one that was built in the shipyard of the town.</p>
<p>The first crossing leaves at seven in the morning, and children travel free of charge until the
end of the month, the captain of the ferry told our reporter on the pier on Friday evening.</p>
</article></body></html>"""
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Lake News</title>
<link>{site}/</link><description>News of the lake</description><item>
<title>Ferry returns to the lake</title><link>{site}/ferry</link><guid>ferry</guid></item>
</channel></rss>"""


@pytest.fixture
def server():
    """A web site on loopback, without pages."""
    made = FeedServer()
    yield made
    made.close()


@pytest.fixture
def site(server):
    """The address of a site whose /ferry is an article, and /feed a feed that lists it."""
    address = server.url("")
    kind = {"Content-Type": "application/rss+xml; charset=utf-8"}
    server.pages["/ferry"] = (200, {}, FERRY_PAGE.encode())
    server.pages["/feed"] = (200, kind, FEED.format(site=address).encode())
    return address


@dataclass
class Room:
    """The double, the library, and a bot between them that can be stopped and restarted."""

    world: World
    server: Server
    library: Library
    settings: Settings
    catalogues: Traversable
    _application: object = None
    _loop: asyncio.AbstractEventLoop | None = None
    _stop: asyncio.Event | None = None
    _thread: threading.Thread | None = None

    @property
    def store(self):
        return AlertStore(self.library, Languages(folder=self.catalogues))

    def add(self, *articles):
        return list(Indexer(self.library).add_all(articles))

    def start(self):
        self._loop, self._stop = asyncio.new_event_loop(), asyncio.Event()
        self._application = build(self.settings, self.library, self.catalogues)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        while not self._application.running:
            assert self._thread.is_alive()
            time.sleep(0.002)

    def _serve(self):
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(serve(self._application, self.settings, self._stop))

    def stop(self):
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(20)
            assert not self._thread.is_alive()
            self._thread = None

    def command(self, *arguments):
        """Run a command of the terminal on the same library."""
        url = self.settings.database_url
        settings = {
            "PULLQUOTE_DATA_DIR": str(self.settings.data_dir),
            "PULLQUOTE_DATABASE_URL": url and url.get_secret_value(),
        }
        return CliRunner(env=settings).invoke(
            main, list(map(str, arguments)), prog_name="pullquote"
        )

    def ask(self, chat, user, text, **how):
        return self.world.wait_for_reply(self.world.say(chat, user, text, **how))


@contextlib.contextmanager
def opened(folder, encoder, engine="sqlite"):
    """A room in ``folder`` with one administrator, Root; its bot is not running yet.

    It speaks English only: setting the menus of all languages is most of a bot's start.
    """
    world, catalogues = World(), folder / "texts"
    catalogues.mkdir()
    shutil.copy(CATALOGUES.joinpath("en.po"), catalogues)
    admin = world.user("Root")
    with url_of(engine) as url, Server(world, port=0) as server:
        settings = Settings(
            data_dir=folder,
            database_url=url,
            token=world.token,
            api_url=server.url,
            admins={admin.id},
            allow_private_hosts=True,
        )
        with contextlib.closing(Library(settings, encoder)) as library:
            room = Room(world, server, library, settings, catalogues)
            try:
                yield room
            finally:
                room.stop()
    assert world.violations == []


@pytest.fixture
def opened_room():
    """Open rooms with a custom encoder."""
    return opened


@pytest.fixture
def room(tmp_path, encoder, engine):
    with opened(tmp_path, encoder, engine) as room:
        yield room


@pytest.fixture(scope="module")
def reading(tmp_path_factory, encoder, engine):
    """A running bot with two articles, for tests that change nothing."""
    with opened(tmp_path_factory.mktemp("reading"), encoder, engine) as room:
        room.add(BRIDGE, MAYOR)
        room.start()
        yield room


@pytest.fixture
def capitals(room, tmp_path):
    """What a bot that speaks English and its capitals says in the latter."""
    room.catalogues = tmp_path / "catalogues"
    room.catalogues.mkdir()
    return Said(write_catalogues(room.catalogues).texts(CODE))


@pytest.fixture
def bridge():
    return BRIDGE


@pytest.fixture
def mayor():
    return MAYOR


@pytest.fixture
def cars():
    return CARS


@pytest.fixture
def ann(room):
    return room.world.user("Ann")


@pytest.fixture
def root(room):
    """The bot's admin."""
    return room.world.users[1]


@pytest.fixture
def chat(room, ann):
    return room.world.private_chat(ann)
