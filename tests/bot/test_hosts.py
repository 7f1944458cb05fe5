"""Several hosts on one PostgreSQL: one polls and sends, and another goes on."""

import contextlib
import itertools
import json
import re
import socket
import time
import urllib.error
import urllib.request

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import HttpUrl, SecretStr

from bot.app import build
from bot.context import SERVICES
from bot.playground.faults import RateLimits
from bot.received import ReceivedUpdates
from bot.settings import Role
from qa import Library, SettingsError, StoreError
from qa.store.leases import Leases, this_host
from tests import postgres
from tests.balancer import Balancer
from tests.conftest import CACHE
from tests.said import is_alert

pytestmark = pytest.mark.sqlite  # of the room; the hosts share a PostgreSQL

QUICK = 1.5
"""Seconds of a lease, in place of 15."""
SECRET = "s3cret_of-the-webhook"


class Hosts:
    """Bots of one world and one PostgreSQL, each with a library of its own."""

    def __init__(self, room, url, encoder, stack):
        self._stack, self._encoder, self.world = stack, encoder, room.world
        self._first, self._count, self.url = room, 0, url
        self.settings = room.settings.model_copy(update={"database_url": SecretStr(url)})

    def host(self, **changes):
        """A host that is not started yet."""
        self._count += 1
        folder = self.settings.data_dir / str(self._count)
        settings = self.settings.model_copy(update={"data_dir": folder, **changes})
        library = Library(settings, self._encoder)
        self._stack.callback(library.close)
        room = type(self._first)(
            self.world, self._first.server, library, settings, self._first.catalogues
        )
        self._stack.callback(room.stop)
        return room

    def start(self, **changes):
        host = self.host(**changes)
        host.start()
        leases_of(host).seconds = QUICK
        return host


def leases_of(host):
    return host._application.bot_data[SERVICES].duties.leases


def polls(host):
    return host._application.updater.running


def until(predicate, seconds=15):
    ends = time.monotonic() + seconds
    while not predicate():
        assert time.monotonic() < ends
        time.sleep(0.02)


@pytest.fixture
def hosts(room, encoder):
    with postgres.new_database(CACHE) as url, contextlib.ExitStack() as stack:
        yield Hosts(room, url, encoder, stack)


@pytest.fixture
def library(hosts):
    """What another process sees."""
    return hosts.host().library


def steal(library, duty, seconds):
    """Take a lease in the name of another host, as if its holder had stood still."""
    with library.database.write() as db:
        sql = "UPDATE leases SET holder = 'thief', until = clock() + ? WHERE name = ?"
        assert db.execute(sql, (seconds, duty)).rowcount


def test_one_host_polls_and_when_it_stops_another_goes_on_at_once(hosts, chat, ann):
    one, other = hosts.start(), hosts.start()
    assert (polls(one), polls(other)) == (True, False)
    hosts.world.wait_for_reply(hosts.world.say(chat, ann, "/help"))
    one.stop()
    stopped = time.monotonic()
    until(lambda: polls(other))
    assert time.monotonic() - stopped < QUICK + 1.5
    hosts.world.wait_for_reply(hosts.world.say(chat, ann, "/help"))
    assert {call.status for call in hosts.world.calls("getUpdates")} == {200}
    assert len(hosts.world.replies(chat)) == 2


def test_killed_host_is_waited_for_until_its_lease_ends(hosts, library, chat, ann):
    dead = Leases(library.database, "killed", seconds=3.0)
    duties = ("updates", "match", "send")
    assert all(map(dead.hold, duties))
    host = hosts.start()
    assert not polls(host)
    reply = hosts.world.wait_for_reply(hosts.world.say(chat, ann, "/subscribe bridges"))
    assert reply.text
    until(lambda: set(duties) <= set(leases_of(host).held()))


def test_update_that_a_killed_host_had_taken_is_handled_by_another(hosts, library, chat, ann):
    question = hosts.world.say(chat, ann, "/help")
    url = f"{hosts.settings.api_url}bot{hosts.world.token}/getUpdates"
    with urllib.request.urlopen(url) as answer:
        (update,) = json.load(answer)["result"]
    assert ReceivedUpdates(library.database).take(update["update_id"], json.dumps(update))
    with library.database.write() as db:
        db.execute("UPDATE takers SET until = clock()")
    hosts.start()  # Telegram sends it again, too: nobody has confirmed it
    assert hosts.world.wait_for_reply(question).text

    def left():
        with library.database.read() as db:
            return db.execute("SELECT count(*) FROM updates WHERE body IS NOT NULL").fetchone()[0]

    until(lambda: left() == 0)
    assert len(hosts.world.replies(chat)) == 1


def test_host_that_lost_its_lease_stops_polling_and_may_go_on_later(hosts, library, chat, ann):
    host = hosts.start()
    assert polls(host)
    hosts.world.wait_for_reply(hosts.world.say(chat, ann, "/help"))
    steal(library, "updates", 60)
    until(lambda: not polls(host))
    with library.database.write() as db:
        db.execute("DELETE FROM leases WHERE holder = 'thief'")
    until(lambda: polls(host))
    hosts.world.wait_for_reply(hosts.world.say(chat, ann, "/help"))


def test_article_alerts_once_whatever_host_has_it(hosts, chat, ann, bridge, mayor):
    one, other = hosts.start(), hosts.start()
    hosts.world.wait_for_reply(hosts.world.say(chat, ann, "/subscribe"))

    def titles():
        return [each.text.splitlines()[0] for each in hosts.world.replies(chat) if is_alert(each)]

    other.add(bridge)
    hosts.world.wait_for(lambda: titles() == ["Old bridge closed after flood"], timeout=20)
    one.stop()
    other.add(mayor)
    both = ["Old bridge closed after flood", "New mayor takes office"]
    hosts.world.wait_for(lambda: titles() == both, timeout=20)


def test_alerts_leave_room_for_the_replies_of_other_hosts(hosts, library):
    host = hosts.start()
    until(lambda: "send" in leases_of(host).held())
    pace, updates = host._application.bot.rate_limiter, itertools.count(1)
    assert pace.pause() == 0
    other = ReceivedUpdates(library.database, lambda: 100 * next(updates))
    until(lambda: other.take(900_000 + next(updates), "{}") and pace.pause() > 0.5)


def heard(database, wanted):
    """Wait until ``wanted`` is among the news."""
    until(lambda: wanted in database.news(0.2))


def test_hosts_hear_what_another_writes_even_after_the_server_was_restarted(hosts, library, bridge):
    database, other = library.database, hosts.host()
    assert database.news(0.05) == frozenset()
    other.add(bridge)
    heard(database, "articles")
    with psycopg.connect(hosts.url, autocommit=True) as connection:  # as when it is restarted
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )
    with pytest.raises(StoreError):
        until(lambda: database.news(0.2))
    assert database.news(0.05) == frozenset()
    lease = Leases(other.library.database, "other")
    assert lease.hold("send")
    assert database.news(0.05) == frozenset()
    lease.release_all()
    heard(database, "leases")


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_operators_see_who_does_what_and_whether_a_host_is_ready(hosts, root):
    ports = [free_port(), free_port()]
    one, other = (hosts.start(monitor=f"127.0.0.1:{port}") for port in ports)
    until(lambda: len(leases_of(one).held()) == 6)
    assert get(ports[0], "/readyz") == get(ports[1], "/readyz") == (200, "ready\n")
    duties = ["digest", "housekeeping", "match", "posts", "send", "updates"]
    figures = get(ports[0], "/metrics")[1]
    assert re.findall(r'^pullquote_leases{duty="(\w+)"} 1.0$', figures, re.MULTILINE) == duties
    chat = hosts.world.private_chat(root)
    assert "Hosts:" not in one.ask(chat, root, "/status").text
    leases_of(one).release("match")
    assert leases_of(other).hold("match")
    names = [this_host(host.settings.data_dir) for host in (one, other)]
    duties.remove("match")
    shown = one.ask(chat, root, "/status").text.splitlines()[-1]
    assert shown == f"Hosts: {names[0]} ({', '.join(duties)}); {names[1]} (match)"
    assert 'pullquote_leases{duty="match"} 1.0' in get(ports[1], "/metrics")[1]


def test_host_is_not_ready_while_the_database_cannot_be_reached(hosts):
    port, name = free_port(), conninfo_to_dict(hosts.url)["dbname"]
    hosts.start(monitor=f"127.0.0.1:{port}")
    with psycopg.connect(hosts.url, dbname="postgres", autocommit=True) as server:
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        server.execute(sql, (name,))
        try:
            until(lambda: get(port, "/readyz")[0] == 503)
        finally:
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    until(lambda: get(port, "/readyz") == (200, "ready\n"))


def test_hosts_with_one_role_each_share_the_work(hosts, chat, ann, bridge):
    roles = {role: hosts.start(roles=frozenset({role})) for role in Role}
    held = {role: set(leases_of(host).held()) for role, host in roles.items()}
    until(lambda: "send" in leases_of(roles[Role.ALERT]).held())
    assert held[Role.ANSWER] == {"updates"}
    assert polls(roles[Role.ANSWER])
    hosts.world.wait_for_reply(hosts.world.say(chat, ann, "/subscribe"))
    roles[Role.READ].add(bridge)
    hosts.world.wait_for(lambda: any(map(is_alert, hosts.world.replies(chat))), timeout=20)
    assert set(leases_of(roles[Role.READ]).held()) == {"posts"}
    assert not polls(roles[Role.READ])


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def post(port, update):
    headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET}
    url = f"http://127.0.0.1:{port}/hook"
    request = urllib.request.Request(url, json.dumps(update).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status


def test_webhook_is_set_by_one_and_an_update_that_comes_twice_is_handled_once(hosts, chat, ann):
    ports = [free_port(), free_port()]
    webhook = {
        "webhook_url": HttpUrl(f"http://127.0.0.1:{ports[1]}/hook"),
        "webhook_secret": SecretStr(SECRET),
    }
    one, _ = [hosts.start(listen=f"127.0.0.1:{port}", **webhook) for port in ports]
    assert len(hosts.world.calls("setWebhook")) == 1
    hosts.world.wait_for_reply(hosts.world.say(chat, ann, "/help"))
    message = hosts.world._message(chat, ann, "/help").to_json()
    update = {"update_id": 900_000, "message": message}
    assert [post(port, update) for port in (*ports, *ports)] == [200] * 4
    hosts.world.wait_for(lambda: len(hosts.world.replies(chat)) == 2)
    assert post(ports[1], update | {"update_id": 900_001}) == 200
    hosts.world.wait_for(lambda: len(hosts.world.replies(chat)) == 3)
    one.stop()
    until(lambda: len(hosts.world.calls("setWebhook")) == 2)
    assert len(hosts.world.replies(chat)) == 3


def test_replies_of_several_hosts_beyond_telegrams_limit_all_arrive_once(hosts):
    world, ports, count = hosts.world, [free_port() for _ in range(3)], 40
    with contextlib.closing(Balancer(ports)) as balancer:
        webhook = {"webhook_url": HttpUrl(balancer.url), "webhook_secret": SecretStr(SECRET)}
        for port in ports:
            hosts.start(listen=f"127.0.0.1:{port}", **webhook)
        people = [world.user(f"Asker {n}") for n in range(count)]
        chats = [world.private_chat(each) for each in people]
        world.rates = RateLimits(a_second=5)
        for chat, each in zip(chats, people, strict=True):
            world.say(chat, each, "???")
        world.wait_for(lambda: all(map(world.replies, chats)), timeout=60)
        assert [len(world.replies(chat)) for chat in chats] == [1] * count
        refused = [call for call in world.calls("sendMessage") if call.status == 429]
        assert len(refused) > count


def test_webhook_of_many_hosts_needs_a_secret(hosts):
    host = hosts.host(webhook_url=HttpUrl("https://example.org/hook"))
    with pytest.raises(SettingsError) as caught:
        build(host.settings, host.library)
    assert str(caught.value) == (
        "PULLQUOTE_WEBHOOK_SECRET is not set; all hosts with one PostgreSQL need the same."
    )
