"""Articles that people bring: forwarded messages, links in a replied-to message."""

import pytest

from qa import article_id
from tests.said import said

POST = (
    "Ferry returns to the lake\n\n"
    "The ferry between Lennfield and the island runs again from Sunday, after a winter in which "
    "its engine was replaced by an electric one."
)
TEXT = POST.split("\n\n")[1]


@pytest.fixture
def chat(room, root):
    room.start()
    return room.world.private_chat(root)


ANN = {"type": "user", "sender_user": {"id": 9, "is_bot": False, "first_name": "Ann"}}
HIDDEN = {"type": "hidden_user", "sender_user_name": "Bob"}
GROUP = {"type": "chat", "sender_chat": {"id": -5, "type": "group", "title": "Readers"}}


@pytest.mark.parametrize(("origin", "source"), [(ANN, "Ann"), (HIDDEN, "Bob"), (GROUP, "Readers")])
def test_forwarded_message_is_added_and_alerted(room, root, chat, origin, source):
    reply = room.world.wait_for_reply(room.world.forward(chat, root, POST, origin))
    assert reply.text.startswith(
        said("add.added", article=f"Ferry returns to the lake – {source} · ")
    )
    article = room.library.articles_after(0, 99)[-1]
    assert (article.id, article.url, article.text) == (
        article_id(f"telegram:{POST}"),
        None,
        TEXT,
    )
    again = room.world.wait_for_reply(room.world.forward(chat, root, POST, origin))
    assert "Ferry returns to the lake" in again.text
    assert room.library.status().articles == 1


def test_forwarded_link_adds_the_linked_page(room, root, chat, site):
    reply = room.world.wait_for_reply(room.world.forward(chat, root, f"{site}/ferry", ANN))
    assert reply.text.startswith(said("add.added", article="Ferry returns to the lake"))
    reply = room.world.wait_for_reply(room.world.forward(chat, root, f"{site}/gone", ANN))
    assert reply.text.startswith(said("add.failed", reason=f"{site}/gone: "))


def test_forwarded_message_that_is_too_short_gets_an_explanation(room, root, chat):
    reply = room.world.wait_for_reply(room.world.forward(chat, root, "Good morning!", ANN))
    assert reply.text == said("add.too_short")


@pytest.mark.parametrize("name", ["The ferry.txt", "The_ferry.MD"])
def test_file_of_an_administrator_is_added(room, root, chat, name):
    sent = room.world.send_document(chat, root, name, TEXT.encode())
    reply = room.world.wait_for_reply(sent)
    assert reply.text.startswith(said("add.added", article="The ferry"))
    assert room.library.articles_after(0, 99)[-1].text == TEXT


def test_file_that_cannot_be_read_gets_its_reason_and_others_send_none(room, root, chat):
    reply = room.world.wait_for_reply(room.world.send_document(chat, root, "a.pdf", b"no PDF"))
    reason = "a.pdf: the PDF is damaged and cannot be read"
    assert reply.text == said("add.failed", reason=reason)
    ann = room.world.user("Ann")
    with_ann = room.world.private_chat(ann)
    reply = room.world.wait_for_reply(room.world.send_document(with_ann, ann, "a.txt", b"Hi"))
    assert reply.text == said("answer.only_text")
    assert room.library.status().articles == 0


def test_message_forwarded_by_a_non_administrator_is_a_question(room, bridge):
    room.add(bridge)
    room.start()
    ann = room.world.user("Ann")
    chat = room.world.private_chat(ann)
    question = "Why was the old bridge at Mill Lane in the valley closed this week?"
    reply = room.world.wait_for_reply(room.world.forward(chat, ann, question, HIDDEN))
    assert reply.text.startswith("Old bridge closed after flood")
    assert room.library.status().articles == 1


def test_add_in_reply_to_a_message_takes_the_links_in_it(room, root, chat, site):
    links = room.world.say(chat, root, f"Two for you: {site}/ferry and {site}/gone")
    room.world.wait_for_reply(links)
    command = room.world.say(chat, root, "/add", reply_to=links)
    room.world.wait_for(lambda: len(after(room, chat, command)) == 2)
    added, failed = after(room, chat, command)
    assert added.startswith(said("add.added", article="Ferry returns to the lake"))
    assert failed.startswith(said("add.failed", reason=f"{site}/gone: "))


def after(room, chat, message):
    return [reply.text for reply in room.world.replies(chat) if reply.id > message.id]
