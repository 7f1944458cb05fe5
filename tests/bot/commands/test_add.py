"""Articles that administrators bring: files, links in a replied-to message."""

import pytest

from tests.said import said

pytestmark = pytest.mark.sqlite

TEXT = (
    "The ferry between Lennfield and the island runs again from Sunday, after a winter in which "
    "its engine was replaced by an electric one."
)


@pytest.fixture
def chat(room, root):
    room.start()
    return room.world.private_chat(root)


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
