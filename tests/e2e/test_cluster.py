"""Three hosts with one PostgreSQL lose nothing while they are killed, stopped and cut off.

Feeds bring articles and people ask all the time. ``make cluster`` runs the long form, and prints
the figures of docs/benchmarks.md.
"""

import itertools
import os
import random
import signal
import threading
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.alerts.outbox import LEASE_SECONDS
from qa.errors import StoreError
from qa.store.postgres import PostgresDatabase
from tests import postgres
from tests.balancer import Balancer
from tests.conftest import CACHE
from tests.e2e.conftest import ARTICLES, House
from tests.e2e.test_webhook import SECRET, free_port
from tests.press import Press, story
from tests.said import is_alert

IS_LONG = "PULLQUOTE_TEST_KILLS" in os.environ
KILLS = int(os.environ.get("PULLQUOTE_TEST_KILLS", "3"))
"""How often a host is killed."""
STOP_SECONDS = 40
"""How long a host is stopped in the long form; in the short one, until others have its leases."""
SEED = 1
HOSTS, SITES = 3, 8
PUBLISH_SECONDS, ASK_SECONDS, POLL_SECONDS = 1.5, 0.7, 2.0
SITE_SECONDS = 0.1
"""How long a page takes to come, so that two requests at a time would be seen."""
CONFLICT = 409
"""What Telegram answers one of two hosts that poll at a time."""
QUESTIONS = {
    "Why was the old bridge closed?": "the flood had damaged two of its pillars",
    "When did Ada Moreno become mayor?": "Ada Moreno became mayor of Lennfield on Tuesday",
}


@dataclass
class Question:
    """What somebody asks in a chat of their own, and what came back."""

    number: int
    text: str
    asked_at: float
    replies: list[tuple[float, str]] = field(default_factory=list)

    @property
    def wait(self):
        """After how many seconds the right answer came, if it did."""
        right = (at for at, text in self.replies if QUESTIONS[self.text] in text)
        return next((at - self.asked_at for at in right), None)


@dataclass(frozen=True)
class Death:
    """A host that was killed, and whether it was the one that sends."""

    host: int
    at: float
    sends: bool


@dataclass
class Cluster:
    """The hosts and all that surrounds them."""

    house: House
    url: str
    database: PostgresDatabase
    server: Path
    presses: list[Press]
    balancer: Balancer | None
    bots: list = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    questions: dict[int, Question] = field(default_factory=dict)
    published: list[int] = field(default_factory=list)
    conflicts: set[float] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)

    # Hosts

    def settings(self, host):
        settings = {
            "data_dir": self.house.folder / f"host{host}",
            "database_url": self.url,
            "allow_private_hosts": True,
        }
        if self.balancer is not None:
            settings |= {
                "webhook_url": self.balancer.url,
                "webhook_secret": SECRET,
                "listen": f"127.0.0.1:{self.balancer.ports[host]}",
            }
        return settings

    def start(self, host):
        return self.house.start(ready=False, **self.settings(host))

    def holders(self):
        """Return which host has each lease."""
        with self.database.read() as connection:
            sql = "SELECT name, holder FROM leases WHERE until > clock()"
            return {name: int(holder[-1]) for name, holder in connection.execute(sql)}

    def articles(self):
        """Return the titles of all articles, in the order in which they were stored."""
        with self.database.read() as connection:
            found = connection.execute("SELECT title FROM articles ORDER BY number").fetchall()
        return [title for (title,) in found]

    def kill(self, host):
        sends = self.holders().get("send") == host
        self.bots[host].kill()
        self.deaths.append(Death(host, time.time(), sends))
        self.bots[host] = self.start(host)

    def stop(self, host):
        """Stop a host until others do what it did, and let it go on."""
        seen = len(self.alerts())
        process = self.bots[host].process
        process.send_signal(signal.SIGSTOP)
        if IS_LONG:
            time.sleep(STOP_SECONDS)
        else:
            self.end_leases(host)
        wait_until(lambda: len(self.alerts()) > seen and host not in self.holders().values(), 30)
        process.send_signal(signal.SIGCONT)

    def end_leases(self, host=None):
        """Spare the short form the time that leases take to end."""
        if IS_LONG:
            return
        with self.database.write() as connection:
            connection.execute("UPDATE leases SET until = 0 WHERE holder LIKE ?", (f"%host{host}",))
            connection.execute(  # what was claimed some seconds ago is not being sent
                "UPDATE outbox SET lease_until = 0 WHERE state = 'waiting'"
                " AND lease_until < clock() + ?",
                (LEASE_SECONDS - 5,),
            )

    # People and feeds

    def publish(self):
        """Add an entry to one of the feeds now and then."""
        chance = random.Random(SEED)
        for number in itertools.count():
            press = chance.choice(self.presses)
            press.publish("feed", f"g{number}", f"Title {number} stop", story(number))
            self.published.append(number)
            if self.over.wait(PUBLISH_SECONDS):
                return

    def poll(self):
        """Make all feeds due all the time."""
        while not self.over.wait(POLL_SECONDS):
            self.make_due()

    def make_due(self):
        with suppress(StoreError), self.database.write() as connection:
            connection.execute("UPDATE feeds SET next_poll_at = 0 WHERE next_poll_at > 0")

    def ask(self):
        """Somebody else asks now and then."""
        for number, text in enumerate(itertools.cycle(QUESTIONS)):
            world = self.house.world
            with world.changed:
                person = world.user(f"Asker {number}")
                chat = world.private_chat(person)
                self.questions[chat.id] = Question(number, text, time.time())
                world.say(chat, person, text)
            if self.over.wait(ASK_SECONDS):
                return

    def hear(self, event):
        """Note when a question is answered, and when two hosts poll at a time."""
        world = self.house.world
        if event is None and world.requests and world.requests[-1].status == CONFLICT:
            self.conflicts.add(world.requests[-1].at)
        if event is None or event.kind != "message" or event.chat_id not in self.questions:
            return
        replies = world.replies(world.chats[event.chat_id])
        question = self.questions[event.chat_id]
        new = replies[len(question.replies) :]
        question.replies += [(time.time(), reply.text) for reply in new]

    # What came of it

    def alerts(self):
        """Return all alerts, as place and number of the article, oldest first."""
        world = self.house.world
        with world.changed:
            return [
                ((chat.id, reply.thread), int(reply.text.split()[1]))
                for chat in world.chats.values()
                if chat.id not in self.questions
                for reply in world.replies(chat)
                if is_alert(reply)
            ]

    def unanswered(self):
        return [each for each in self.questions.values() if each.wait is None]


def wait_until(predicate, seconds):
    deadline = time.monotonic() + seconds
    while not predicate():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)


@contextmanager
def opened(house, mode):
    """Start the hosts on an empty database, each as the first one."""
    with ExitStack() as stack:
        server = CACHE / f"server-{mode}"  # pytest closes its own folders to PostgreSQL's user
        url = postgres.start(server).format("postgres")
        stack.callback(postgres.pull_the_plug, server, "stop")
        database = PostgresDatabase(url)
        stack.callback(database.close)
        presses = [Press(f"127.0.0.{n + 2}", SITE_SECONDS) for n in range(SITES)]
        for press in presses:
            stack.callback(press.site.close)
        balancer = None
        if mode == "webhook":
            balancer = Balancer([free_port() for _ in range(HOSTS)])
            stack.callback(balancer.close)
        cluster = Cluster(house, url, database, server, presses, balancer)
        cluster.bots = [cluster.start(host) for host in range(HOSTS)]
        stack.callback(lambda: [bot.kill() for bot in cluster.bots])  # before its surroundings
        for bot in cluster.bots:
            bot.wait_for_log("is ready")
        yield cluster


def prepare(cluster):
    """Subscribe people and topics of a forum, follow the feeds, and store what is asked about."""
    house, world = cluster.house, cluster.house.world
    settings = cluster.settings(0)
    (house.folder / "news").mkdir()
    for name, text in ARTICLES.items():
        (house.folder / "news" / name).write_text(text)
    assert house.run("add", "news", **settings).returncode == 0
    for number, press in enumerate(cluster.presses):
        press.publish("feed", "old", f"Old news {number}", story(f"old {number}"))
        assert house.run("feeds", "add", press.site.url("/feed"), **settings).returncode == 0
    cluster.make_due()
    wait_until(lambda: len(cluster.articles()) == SITES + len(ARTICLES), 60)
    people = [world.user(name) for name in ("Root", "Bob")]
    places = {(world.private_chat(person).id, None): None for person in people}
    forum = world.forum("Town", people[0])
    for site in (0, 1):
        thread = world.topic(forum, f"News of {site}", people[0])
        places[forum.id, thread] = cluster.presses[site]
    for (chat, thread), press in places.items():
        source = f" from {press.site.url('/feed')}" if press else ""
        person = world.users.get(chat, people[0])
        message = world.say(world.chats[chat], person, f"/subscribe{source}", thread=thread)
        reply = world.wait_for_reply(message, timeout=60)
        assert "Subscribed" in reply.text, reply.text
    return places


@contextmanager
def going_on(cluster):
    """Publish, poll and ask all the time."""
    work = [cluster.publish, cluster.poll, cluster.ask]
    threads = [threading.Thread(target=each, daemon=True) for each in work]
    cluster.house.world.listen(cluster.hear)
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        cluster.over.set()
        for thread in threads:
            thread.join()


@pytest.mark.slow
@pytest.mark.timeout(300 + 40 * KILLS)
@pytest.mark.parametrize("mode", ["polling", "webhook"] if IS_LONG else ["polling"])
def test_hosts_that_are_killed_stopped_and_cut_off_lose_nothing(house, mode):
    chance, began = random.Random(SEED), time.monotonic()
    with opened(house, mode) as cluster:
        places = prepare(cluster)
        with going_on(cluster):
            for number in range(KILLS):
                time.sleep(chance.uniform(0.5, 2.5))
                sender = cluster.holders().get("send", 0)
                cluster.kill(chance.choice([sender, *range(HOSTS)]))
                if chance.random() < 0.8:  # or two are down at a time
                    for bot in cluster.bots:
                        bot.wait_for_log("is ready")
                if number == KILLS // 4:
                    postgres.pull_the_plug(cluster.server)
                if number == KILLS // 2:
                    cluster.stop(cluster.holders().get("send", 0))
            time.sleep(2)
        check(cluster, places, began, mode)


def check(cluster, places, began, mode):
    """Wait for what is still to come, print the figures, and judge them."""
    wanted = {
        (place, number)
        for place, press in places.items()
        for number in cluster.published
        if press is None or f"g{number}" in press.entries["feed"]
    }

    def missing():
        time.sleep(POLL_SECONDS)
        cluster.make_due()
        cluster.end_leases()
        return len(wanted - set(cluster.alerts())) + len(cluster.unanswered())

    left = missing()
    with suppress(AssertionError):
        while left:  # for as long as something comes
            wait_until(lambda left=left: missing() < left, LEASE_SECONDS + 30)
            left = missing()
    time.sleep(2)  # no more alerts arrive
    alerts = cluster.alerts()
    told = defaultdict(list)
    for place, number in alerts:
        told[place].append(number)
    stored = [int(title.split()[1]) for title in cluster.articles() if title.startswith("Title")]
    rank = {number: place for place, number in enumerate(stored)}
    inverted = [
        (place, *pair)
        for place, numbers in told.items()
        for pair in itertools.pairwise(dict.fromkeys(numbers))
        if rank[pair[0]] > rank[pair[1]]
    ]
    questions = cluster.questions.values()
    unanswered = cluster.unanswered()
    waits = sorted(each.wait for each in questions if each.wait is not None)
    figures = {
        "updates by": mode,
        "minutes": round((time.monotonic() - began) / 60, 1),
        "kills (of the sender)": f"{len(cluster.deaths)} ({sum(d.sends for d in cluster.deaths)})",
        "articles": len(cluster.published),
        "alerts": len(wanted),
        "lost": len(wanted - set(alerts)),
        "repeats": len(alerts) - len(set(alerts)),
        "out of order": len(inverted),
        "connections to a feed host": max(
            most for press in cluster.presses for most in press.site.most_at_once.values()
        ),
        "polls at a time": len(cluster.conflicts),
        "questions": len(questions),
        "not answered": len(unanswered),
        "answered twice": sum(len(each.replies) > 1 for each in questions),
        "wait p50 / p99 / longest": f"{waits[len(waits) // 2]:.1f} / "
        f"{waits[len(waits) * 99 // 100]:.1f} / {waits[-1]:.1f} s",
    }
    print("", "| " + " | ".join(figures) + " |", "|---" * len(figures) + "|", sep="\n")  # noqa: T201 for `make cluster`
    print("| " + " | ".join(map(str, figures.values())) + " |")  # noqa: T201
    assert set(alerts) == wanted
    assert figures["repeats"] <= sum(death.sends for death in cluster.deaths)
    assert inverted == []
    assert figures["connections to a feed host"] == 1
    assert unanswered == []
    assert all("Traceback" not in bot.log for bot in cluster.house.bots)
