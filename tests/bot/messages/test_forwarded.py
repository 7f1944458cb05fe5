"""What people forward or paste: looked up, and made an article only when an administrator asks."""

import pytest

from qa import article_id
from tests.bot.conftest import BRIDGE, MAYOR
from tests.said import said

pytestmark = pytest.mark.sqlite

POST = (
    "Ferry returns to the lake\n\n"
    "The ferry between Lennfield and the island runs again from Sunday, after a winter in which "
    "its engine was replaced by an electric one."
)
TEXT = POST.split("\n\n")[1]
ADD, ASK, UNDO = (said(f"button.{each}") for each in ("add_article", "ask_forward", "undo"))
IMPORT = said("button.import_feeds")

ANN = {"type": "user", "sender_user": {"id": 9, "is_bot": False, "first_name": "Ann"}}
HIDDEN = {"type": "hidden_user", "sender_user_name": "Bob", "date": 1_700_000_000}
GROUP = {"type": "chat", "sender_chat": {"id": -5, "type": "group", "title": "Readers"}}

CLOSED = "The bridge at Mill Lane in the valley is closed since the flood damaged its pillars."
ELECTED = "Ada Moreno won the election and is now the mayor of Lennfield."
NEWS = f"{CLOSED} A singer has cancelled her concert in Lyon because of a cold. {ELECTED}"
PARAGRAPH = f"{NEWS} Schools in the mountains will stay closed on Monday because of heavy snow."
OFF = "A singer has cancelled her concert in Lyon because of a cold."
PILLARS = BRIDGE.text.split("\n")[1].split(" Engineers")[0]
TOOK_OFFICE = MAYOR.text.split("\n")[0]


@pytest.fixture
def chat(room, root):
    room.start()
    return room.world.private_chat(root)


def forwarded(room, chat, user, text=POST, origin=HIDDEN):
    return room.world.wait_for_reply(room.world.forward(chat, user, text, origin), timeout=30)


def tap(room, message, *buttons):
    """Tap one button after the other before the bot answers; return the answers."""
    with room.world.changed:
        presses = [room.world.press(message, each) for each in buttons]
    wait_until(room, lambda: all(each.answer is not None for each in presses))
    return [each.answer.get("text") for each in presses]


def wait_until(room, condition):
    room.world.wait_for(condition, timeout=30)


# An administrator's buttons


@pytest.mark.parametrize(("origin", "source"), [(ANN, "Ann"), (HIDDEN, "Bob"), (GROUP, "Readers")])
def test_a_forward_becomes_an_article_and_is_removed_again(room, root, chat, origin, source):
    reply = forwarded(room, chat, root, origin=origin)
    assert (reply.text, reply.labels) == (said("forwarded.what"), [ASK, ADD])
    assert room.library.status().articles == 0
    assert tap(room, reply, ADD, ADD) == [None, None]
    wait_until(room, lambda: reply.labels == [UNDO])
    added = said("add.added", article=f"Ferry returns to the lake – {source} · ")
    assert reply.text.startswith(added)
    (article,) = room.library.articles_after(0, 99)
    assert (article.id, article.url, article.text) == (article_id(f"telegram:{POST}"), None, TEXT)
    assert tap(room, reply, UNDO, UNDO) == [None, None]
    wait_until(room, lambda: reply.labels == [])
    assert reply.text.startswith(said("add.removed", article="Ferry returns to the lake"))
    assert room.library.status().articles == 0
    assert len(room.world.replies(chat)) == 1


def test_what_is_an_article_already_is_not_added_and_cannot_be_undone(room, root, chat):
    first, second = (forwarded(room, chat, root) for _ in range(2))
    tap(room, first, ADD)
    wait_until(room, lambda: first.labels == [UNDO])
    assert tap(room, second, ADD) == [said("add.known")]
    assert second.labels == [ASK, ADD]
    tap(room, first, UNDO)
    tap(room, second, ADD)
    wait_until(room, lambda: second.labels == [UNDO])


def test_an_old_undo_does_not_remove_what_was_added_again(room, root, chat):
    first, second = (forwarded(room, chat, root) for _ in range(2))
    tap(room, first, ADD)
    wait_until(room, lambda: first.labels == [UNDO])
    room.library.store.remove(article_id(f"telegram:{POST}"))
    tap(room, second, ADD)
    assert tap(room, first, UNDO) == [said("add.removed_before")]
    assert room.library.status().articles == 1


def test_buttons_work_after_a_restart_and_once(room, root, chat):
    room.add(BRIDGE)
    reply = forwarded(room, chat, root, CLOSED)
    room.stop()
    room.start()
    tap(room, reply, ASK, ASK)
    wait_until(room, lambda: reply.labels == [ADD])
    _, answer = room.world.replies(chat)
    assert answer.reply_to is reply.reply_to
    assert answer.text.startswith(f"{said('claims.found')}\n\n“{CLOSED}”\n{BRIDGE.title}\n")
    assert answer.entity_texts("bold") == [PILLARS]
    assert room.library.status().articles == 1


def test_buttons_are_for_administrators(room, root, chat):
    reply = forwarded(room, chat, root)
    room.stop()
    room.settings = room.settings.model_copy(update={"admins": frozenset()})
    room.start()
    assert tap(room, reply, ADD, ASK) == [said("error.not_admin")] * 2
    assert room.library.status().articles == 0


def test_a_button_below_a_deleted_forward_says_so(room, root, chat):
    reply = forwarded(room, chat, root)
    reply.reply_to = None
    assert tap(room, reply, ADD) == [said("forwarded.old_button")]


def test_a_forwarded_link_adds_the_linked_page(room, root, chat, site):
    reply = forwarded(room, chat, root, f"{site}/ferry")
    tap(room, reply, ADD)
    wait_until(room, lambda: reply.labels == [UNDO])
    assert reply.text.startswith(said("add.added", article="Ferry returns to the lake"))
    reply = forwarded(room, chat, root, f"{site}/gone")
    tap(room, reply, ADD)
    wait_until(room, lambda: len(room.world.replies(chat)) == 3)
    failed = room.world.replies(chat)[-1].text
    assert failed.startswith(said("add.failed", reason=f"{site}/gone: "))
    assert reply.labels == [ASK, ADD]


@pytest.mark.parametrize(("name", "caption"), [("mine.opml", ""), ("Feeds.XML", "Which of these?")])
def test_feeds_of_a_forwarded_list_are_followed_only_when_asked(room, root, chat, name, caption):
    data = b'<opml><body><outline xmlUrl="ftp://news.example/feed"/></body></opml>'
    sent = room.world.send_document(chat, root, name, data, caption, origin=HIDDEN)
    reply = room.world.wait_for_reply(sent, timeout=30)
    assert reply.labels == [*([ASK] if caption else []), IMPORT]
    assert tap(room, reply, IMPORT) == [None]
    imported = said("feeds.imported", done=0, count=1)
    wait_until(room, lambda: room.world.replies(chat)[-1].text.startswith(imported))


def test_a_forwarded_file_is_added_only_when_asked(room, root, chat):
    sent = room.world.send_document(chat, root, "The ferry.txt", TEXT.encode(), origin=HIDDEN)
    reply = room.world.wait_for_reply(sent)
    assert reply.labels == [ADD]
    assert room.library.status().articles == 0
    tap(room, reply, ADD)
    wait_until(room, lambda: reply.labels == [UNDO])
    assert reply.text == said("add.added", article="The ferry")


def test_a_public_channel_can_be_followed_whatever_is_forwarded_from_it(room, root, chat):
    lake = {"id": -1_000_000_000_009, "type": "channel", "title": "Lake", "username": "lake"}
    origin = {"type": "channel", "chat": lake, "message_id": 5}
    follow = said("button.follow_channel")
    for text, labels in (POST, [ASK, ADD, follow]), ("Good morning!", [ASK, follow]):
        assert forwarded(room, chat, root, text, origin).labels == labels
    photo = room.world.send_photo(chat, root, origin=origin)
    assert room.world.wait_for_reply(photo).labels == [follow]


def test_a_forward_that_is_no_article_is_read_as_anybodys(room, root, chat):
    room.add(MAYOR)
    reply = forwarded(room, chat, root, "Who is the mayor of Lennfield?")
    assert TOOK_OFFICE in reply.text
    assert forwarded(room, chat, root, "Good morning!").text == said("answer.nothing_near")


# Albums


def test_an_album_is_one_forward_with_its_caption(room, root, chat):
    first, *_ = [
        room.world.send_photo(chat, root, caption, album="a", origin=HIDDEN)
        for caption in ("", POST, "")
    ]
    reply = room.world.wait_for_reply(first)
    assert (reply.labels, reply.reply_to.text) == ([ASK, ADD], POST)
    last = room.world.send_photo(chat, root, "", origin=HIDDEN)
    assert room.world.wait_for_reply(last).text == said("answer.only_text")
    for _ in range(2):
        room.world.send_photo(chat, root, "", album="b")
    wait_until(room, lambda: len(room.world.replies(chat)) == 3)
    assert room.world.replies(chat)[-1].text == said("answer.only_text")
    room.ask(chat, root, "/help")
    assert len(room.world.replies(chat)) == 4


# What readers forward or paste, and administrators paste


@pytest.mark.parametrize(
    ("person", "way"), [("Ann", "forward"), ("Ann", "caption"), ("Ann", "paste"), ("Root", "paste")]
)
def test_the_best_quotes_stand_below_their_sentences(room, root, person, way):
    room.add(BRIDGE, MAYOR)
    room.start()
    user = root if person == "Root" else room.world.user(person)
    chat = room.world.private_chat(user)
    if way == "forward":
        sent = room.world.forward(chat, user, NEWS, HIDDEN)
    elif way == "caption":
        sent = room.world.send_photo(chat, user, NEWS, origin=HIDDEN)
    else:
        sent = room.world.say(chat, user, PARAGRAPH)
    reply = room.world.wait_for_reply(sent, timeout=30)
    assert reply.text.startswith(f"{said('claims.found')}\n\n“{CLOSED}”\n{BRIDGE.title}\n")
    assert f"\n\n“{ELECTED}”\n{MAYOR.title}\n" in reply.text
    assert reply.entity_texts("bold") == [PILLARS, TOOK_OFFICE]
    assert [link["url"] for link in reply.entities if link["type"] == "text_link"] == [
        "https://example.org/bridge#:~:text=The%20old%20bridge%20at,two%20of%20its%20pillars.",
        "https://example.org/mayor#:~:text=Ada%20Moreno%20became%20mayor,the%20election%20in%20March.",
    ]
    below = [said("button.verify"), said("button.share")]
    assert (reply.reply_to, reply.labels) == (sent, below)
    assert room.library.status().articles == 2


def test_nothing_found_is_one_sentence(reading):
    ann = reading.world.user("Ann")
    chat = reading.world.private_chat(ann)
    reply = forwarded(reading, chat, ann, OFF)
    assert (reply.text, reply.labels) == (said("claims.nothing_found"), [])


def test_a_paragraph_with_a_question_is_asked(reading):
    ann = reading.world.user("Ann")
    chat = reading.world.private_chat(ann)
    reply = reading.ask(chat, ann, f"{PARAGRAPH} Which library did the new mayor promise?")
    assert "She promised cheaper buses and a new library" in reply.entity_texts("bold")[0]
    assert said("claims.found") not in reply.text


# In groups


def test_in_a_group_a_forward_is_read_when_the_bot_is_addressed(reading):
    world = reading.world
    ann = world.user("Ann")
    group = world.group("Readers", ann, bot_admin=True)
    post = world.forward(group, ann, CLOSED, HIDDEN)
    pasted = world.say(group, ann, PARAGRAPH)
    asked = world.say(group, ann, f"@{world.me.username}", reply_to=post)
    assert world.wait_for_reply(asked).text.startswith(f"{said('claims.found')}\n\n“{CLOSED}”")
    asked = world.say(group, ann, "/ask", reply_to=pasted)
    assert world.wait_for_reply(asked).text.startswith(f"{said('claims.found')}\n\n“{CLOSED}”")
    assert len(world.replies(group)) == 2
