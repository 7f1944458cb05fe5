"""What administrators may do, against the Bot API double and web pages on loopback."""

import threading

import pytest

from tests.said import said

pytestmark = pytest.mark.sqlite


@pytest.fixture
def chat(room, root):
    room.start()
    return room.world.private_chat(root)


@pytest.mark.parametrize("command", ["/add https://example.org", "/feeds", "/rebuild", "/status"])
def test_non_administrators_are_refused_politely(room, command):
    ann = room.world.user("Ann")
    room.start()
    assert room.ask(room.world.private_chat(ann), ann, command).text == said("error.not_admin")


def test_add_reports_the_outcome_of_each_address_and_sends_alerts(room, root, chat, site):
    room.ask(chat, root, "/subscribe")
    message = room.world.say(
        chat, root, f"/add {site}/ferry {site}/gone /etc/hostname {site}/ferry"
    )
    room.world.wait_for(lambda: len(replies_after(room, chat, message)) >= 5)
    texts = replies_after(room, chat, message)
    alert = next(text for text in texts if text.endswith(said("alert.everything")))
    texts.remove(alert)
    assert alert.startswith("Ferry returns to the lake\n")
    assert texts[0].startswith(said("add.added", article="Ferry returns to the lake"))
    assert texts[1].startswith(said("add.failed", reason=f"{site}/gone: "))
    no_address = said("error.not_a_web_address")
    assert texts[2] == said("add.failed", reason=f"/etc/hostname: {no_address}")
    assert texts[3].startswith(said("add.unchanged", article="Ferry returns to the lake"))


def replies_after(room, chat, message):
    return [reply.text for reply in room.world.replies(chat) if reply.id > message.id]


def test_add_without_an_address_explains_its_usage(room, root, chat):
    assert room.ask(chat, root, "/add").text == said("add.usage")


def test_status_reports_what_the_bot_holds(room, root, chat, bridge):
    room.add(bridge)
    room.ask(chat, root, "/subscribe floods")
    assert room.ask(chat, root, "/status").text == said(
        "status.report",
        articles=1,
        passages=2,
        model="all-MiniLM-L6-v2",
        precision=room.library.encoder.precision,
        generation=1,
        feeds=0,
        subscriptions=1,
        waiting=0,
    )


def test_rebuild_edits_its_message_to_show_the_result(room, root, chat, bridge, mayor):
    room.add(bridge, mayor)
    reply = room.ask(chat, root, "/rebuild")
    passages, articles = said("format.passages", count=4), said("format.articles", count=2)
    room.world.wait_for(lambda: is_done(reply, passages=passages, articles=articles, generation=2))


def is_done(reply, **counts):
    """Whether a message shows the result of a rebuild, whatever its duration."""
    before, after = said("rebuild.done", seconds="|", **counts).split("|")
    return reply.text.startswith(before) and reply.text.endswith(after)


def test_rebuild_result_is_reported_despite_a_429(room, root, chat, bridge):
    room.add(bridge)
    room.world.fault("editMessageText", 429, retry_after=1)
    reply = room.ask(chat, root, "/rebuild")
    passages, articles = said("format.passages", count=2), said("format.articles", count=1)
    room.world.wait_for(lambda: is_done(reply, passages=passages, articles=articles, generation=2))


class Gate:
    """The real encoder, but embedding the bridge's passages waits until the gate opens."""

    def __init__(self, encoder):
        self._encoder = encoder
        self.opened, self.reached = threading.Event(), threading.Event()
        self.name, self.dimension = encoder.name, encoder.dimension
        self.precision, self.prompts = encoder.precision, encoder.prompts

    def encode_queries(self, texts):
        return self._encoder.encode_queries(texts)

    def encode_passages(self, texts, parts=(), *, quick=False, take_tokens=None):
        if any("Old bridge closed" in text for text in texts) and not self.opened.is_set():
            self.reached.set()
            assert self.opened.wait(20)
        return self._encoder.encode_passages(texts, parts, quick=quick, take_tokens=take_tokens)


@pytest.fixture
def gate(encoder):
    return Gate(encoder)


@pytest.fixture
def rebuilding(tmp_path, gate, bridge, opened_room):
    """A bot whose rebuild has started and is waiting at the gate."""
    with opened_room(tmp_path, gate) as room:
        gate.opened.set()
        room.add(bridge)
        room.start()
        gate.opened.clear()
        root = room.world.users[1]
        room.progress = room.ask(room.world.private_chat(root), root, "/rebuild")
        assert gate.reached.wait(10)
        yield room
        gate.opened.set()


def test_questions_are_answered_during_a_rebuild(rebuilding, gate):
    ann = rebuilding.world.user("Ann")
    question = "Why was the old bridge closed?"
    answer = rebuilding.ask(rebuilding.world.private_chat(ann), ann, question)
    assert answer.entity_texts("bold")[0].startswith("The old bridge at Mill Lane was closed")
    assert rebuilding.progress.text == said("rebuild.started")


def test_second_rebuild_is_told_that_one_is_running(rebuilding):
    root = rebuilding.world.users[1]
    chat = rebuilding.world.private_chat(root)
    second = rebuilding.ask(chat, root, "/rebuild")
    rebuilding.world.wait_for(
        lambda: second.text == "A rebuild is running already; the index changes when it ends."
    )


def test_bot_shutting_down_stops_its_rebuild_and_says_so(rebuilding, gate):
    timer = threading.Timer(0.3, gate.opened.set)
    timer.start()
    rebuilding.stop()
    timer.join()
    assert rebuilding.progress.text == said("rebuild.interrupted")
    assert rebuilding.library.status().generation == 1
