"""``kill -9`` at the worst moments loses nothing and repeats at most the alert being sent."""

import contextlib
import json
import sqlite3
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from filelock import FileLock

from bot.alerts.cursor import BATCH as MATCHES
from bot.alerts.outbox import LEASE_SECONDS
from index.indexer import BATCH
from tests.said import is_alert, said

PLACES = ("harbour", "bridge", "market", "tower", "garden", "station")


def ask(house, chat, person, text):
    return house.world.wait_for_reply(house.world.say(chat, person, text), timeout=60)


def many_articles(house):
    """Add more articles than a rebuild embeds at once, so that it can be killed halfway."""
    folder = house.folder / "many"
    folder.mkdir()
    for number in range(BATCH + 12):
        place = PLACES[number % len(PLACES)]
        text = f"The {place} of town {number} was opened in {1800 + number} after long works."
        (folder / f"{number:03}.txt").write_text(f"The {place} of town {number}\n\n{text}\n")
    assert house.command("add", str(folder)).returncode == 0


def rebuilt(house):
    """Count the passages that a rebuild has written under the next generation."""
    with database(house) as opened:
        sql = "SELECT count(*) FROM passages WHERE generation = 2"
        return opened.execute(sql).fetchone()[0]


@pytest.mark.slow
def test_killed_rebuild_leaves_the_old_index(house):
    many_articles(house)
    admin = house.world.user("Root")
    chat = house.world.private_chat(admin)
    question = "When was the tower of town 3 opened?"

    bot = house.start()
    before = ask(house, chat, admin, question)
    progress = ask(house, chat, admin, "/rebuild")
    while not rebuilt(house):
        assert progress.text.startswith(said("rebuild.started").rstrip("…"))
        time.sleep(0.002)
    bot.kill()
    assert 0 < rebuilt(house) < BATCH + 12

    house.start()
    assert "Generation: 1\n" in ask(house, chat, admin, "/status").text
    assert ask(house, chat, admin, question).text == before.text
    done = house.command("rebuild")  # while the bot runs and notices the change itself
    assert done.stdout.endswith("; generation 2 is current.\n")
    assert "Generation: 2\n" in ask(house, chat, admin, "/status").text
    assert ask(house, chat, admin, question).text == before.text


def test_second_rebuild_is_refused(house):
    (house.folder / "data").mkdir()
    with FileLock(house.folder / "data" / "rebuild.lock"):
        refused = house.command("rebuild")
    assert refused.returncode == 1
    assert refused.stderr == (
        "pullquote: A rebuild is running already; the index changes when it ends.\n"
    )


@pytest.mark.slow
def test_alerts_survive_a_kill_and_only_the_one_being_sent_may_repeat(house):
    world = house.world
    people = [world.user(name) for name in ("Ann", "Bob", "Cid")]
    chats = [world.private_chat(person) for person in people]
    bot = house.start()
    for chat, person in zip(chats, people, strict=True):
        ask(house, chat, person, "/subscribe")
    folder = house.folder / "news"
    folder.mkdir()
    for number, place in enumerate(PLACES[:4]):
        body = f"The {place} of the town was closed for repairs today, as we hear."
        (folder / f"{number}.txt").write_text(f"News of the {place}\n\n{body}\n")

    def alerts():
        return [reply for chat in chats for reply in world.replies(chat) if is_alert(reply)]

    with ThreadPoolExecutor(1) as beside, world.changed:  # no more alerts before the kill
        added = beside.submit(house.command, "add", str(folder))
        world.wait_for(lambda: len(alerts()) >= 4, timeout=60)
        bot.kill()
        assert added.result().returncode == 0
    assert len(alerts()) < 12, "killed too late to show anything"
    house.start()
    wanted = {(chat.id, place) for chat in chats for place in PLACES[:4]}

    def told():
        return Counter((reply.chat.id, reply.text.split()[3]) for reply in alerts())

    world.wait_for(lambda: set(told()) == wanted, timeout=LEASE_SECONDS + 30)
    time.sleep(1)  # no more alerts arrive
    assert sum(told().values()) <= len(wanted) + 1
    for chat in chats:
        order = [r.text.split()[3] for r in world.replies(chat) if is_alert(r)]
        assert tuple(dict.fromkeys(order)) == PLACES[:4]


@pytest.mark.slow
def test_corrections_survive_kills_and_each_is_told_once(house):
    """Killed before an edit is looked at, and between the edited alert and the note of it."""
    world = house.world
    ann = world.user("Ann")
    chat = world.private_chat(ann)
    bot = house.start()
    ask(house, chat, ann, "/subscribe")
    ferry = "The new ferry carries {} passengers across the lake, the harbour master said.\n"
    publish(house, ferry.format(28))

    def alerts():
        return [reply for reply in world.replies(chat) if is_alert(reply)]

    def alert():
        return alerts()[0] if alerts() else None

    def corrected(*figures):
        before, after = (f"ferry carries {each} passengers across" for each in figures)
        return said("alert.corrected", before=before, after=after)

    first, second = corrected(28, 19), corrected(19, 35)
    message = world.wait_for(alert, timeout=30)
    wait_until_sent(house)
    bot.kill()
    publish(house, ferry.format(19))
    bot = house.start()
    world.wait_for(lambda: first in message.text, timeout=30)
    wait_until_sent(house)

    world.fault("editMessageText", loses="answer")
    publish(house, ferry.format(35))
    with world.changed:
        world.wait_for(lambda: second in message.text, timeout=30)
        bot.kill()
    assert waiting(house) == 1
    end_leases(house)
    house.start()
    wait_until_sent(house)
    assert alerts() == [message]
    assert message.text.count(first) == message.text.count(second) == 1
    assert "carries 35 passengers across" in message.text
    assert len(world.calls("editMessageText")) == 3


def publish(house, text):
    """Add or edit the one article, from this process."""
    path = house.folder / "ferry.txt"
    path.write_text(f"New ferry\n\n{text}")
    assert house.run("add", path).returncode == 0


def waiting(house):
    """Count what waits to be sent."""
    with database(house) as opened:
        return opened.execute("SELECT count(*) FROM outbox WHERE state = 'waiting'").fetchone()[0]


def wait_until_sent(house):
    house.world.wait_for(lambda: waiting(house) == 0, timeout=30)


def end_leases(house):
    """Spare the test the half minute."""
    with database(house) as opened, opened:
        opened.execute("UPDATE outbox SET lease_until = 0, not_before = 0")


def database(house):
    path = house.folder / "data" / "pullquote.db"
    return contextlib.closing(sqlite3.connect(path, timeout=30))


@pytest.mark.slow
def test_a_kill_between_two_batches_of_an_article_loses_no_place_and_repeats_none(house):
    world, count, tomorrow = house.world, 4 * MATCHES, time.time() + 24 * 3600
    ann = world.user("Ann")
    chat = world.private_chat(ann)
    bot = house.start()
    path = house.folder / "data" / "pullquote.db"
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as database:
        # Chats that do not exist; their digests are not due, so that nothing is sent to them.
        database.executemany(
            "INSERT INTO subscriptions (chat_id, thread_id, topic, after_number, created_at,"
            " created_by, last_match_at) VALUES (?, 0, '', 0, 1, 1, 1)",
            [(10**6 + n,) for n in range(count)],
        )
        database.executemany(
            "INSERT INTO places VALUES (?, 0, 'UTC', 60, ?, NULL, NULL)",
            [(10**6 + n, tomorrow) for n in range(count)],
        )
        database.commit()
        ask(house, chat, ann, "/subscribe")

        def told(what="*"):
            query = f"SELECT count({what}) FROM outbox WHERE kind = 'alert'"
            return database.execute(query).fetchone()[0]

        with ThreadPoolExecutor(1) as beside:
            beside.submit(house.add, "news.txt", "Harbour\n\nThe harbour was closed, we hear.\n")
            while not told():
                time.sleep(0.002)
            bot.kill()
        assert told() % MATCHES == 0, "an article is recorded in whole batches"
        assert told() < count, "killed too late to show anything"
        house.start()
        world.wait_for(lambda: told() == count + 1, timeout=60)
        assert told("DISTINCT chat_id") == count + 1
    world.wait_for(lambda: [is_alert(each) for each in world.replies(chat)].count(True) == 1)


@pytest.mark.slow
def test_no_channel_post_is_lost_when_the_bot_is_killed_right_after_receiving_it(house):
    world = house.world
    root = world.user("Root")
    chat, channel = world.private_chat(root), world.channel("Town News", root)
    bot = house.start()
    world.add_bot(channel, root)
    bot.wait_for_log("Now reading channel")
    for town in range(0, 60, 30):
        with world.changed:  # all at once
            for number in range(town, town + 30):
                world.say(channel, root, f"The mayor of town {number} opened a museum of its past.")
        while world.updates.pending:  # until they are confirmed as delivered
            time.sleep(0.001)
        bot.kill()
        bot = house.start()
    world.wait_for(lambda: "Articles: 60\n" in ask(house, chat, root, "/status").text, timeout=60)


@pytest.mark.slow
def test_killed_chat_page_keeps_its_subscriptions_and_alerts_articles_added_meanwhile(playground):
    url = playground.start()
    httpx.post(f"{url}/chat/say", json={"text": "/subscribe"}).raise_for_status()
    playground.wait_for("SELECT count(*) FROM subscriptions")
    playground.bots[0].kill()
    news = playground.folder / "news.txt"
    news.write_text("Harbour closes\n\nThe harbour was closed on Monday, as we hear.\n")
    playground.command("add", str(news))
    url = playground.start()
    playground.wait_for("SELECT count(*) FROM outbox WHERE state = 'sent'")  # with no page open
    status = json.loads(playground.command("status", "--json"))
    assert (status["subscriptions"], status["outbox"]) == (1, 0)
    with httpx.stream("GET", f"{url}/chat/events", timeout=30) as events:
        assert any("Harbour closes" in line for line in events.iter_lines())


@pytest.mark.parametrize("words", ["is ready", "Application started"])
def test_bot_stops_cleanly_even_during_startup(house, words):
    bot = house.start(ready=False).wait_for_log(words)
    assert bot.stop() == 0, bot.log
    assert "Traceback" not in bot.log
