"""Questions that follow others, several in one message, and small talk, against the double."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from telegram import Chat, Message, User

from bot.conversations import LASTS, Conversations
from bot.memory import MOST, OwnMemory, SharedMemory
from qa import Article, Turn
from tests.bot.conftest import opened
from tests.said import said

TUNNEL = Article(
    "tunnel",
    "The tunnel below the strait",
    "The tunnel below the strait is 50 kilometres long, and trains cross it in 35 minutes. "
    "It was opened on 6 May 1994 by the queen.\n"
    "Ten workers died while the tunnel was dug, most of them in its first year.",
    url="https://example.org/tunnel",
)
VAULT = Article(
    "vault",
    "A vault for seeds in the mountain",
    "The seed vault on the island was opened on 26 February 2008. "
    "Norway paid for the building of the vault, which cost 45 million kroner.",
    url="https://example.org/vault",
)
LENGTH = "How long is the tunnel below the strait?"
OPENED = "When was it opened?"
IN_TUNNEL = "It was opened on 6 May 1994 by the queen."
IN_VAULT = "The seed vault on the island was opened on 26 February 2008."
ABOUT = said("answer.about", subject=TUNNEL.title)
NOT_THIS = said("button.alone")


@pytest.fixture(scope="module")
def knowing(tmp_path_factory, encoder, engine):
    with opened(tmp_path_factory.mktemp("knowing"), encoder, engine) as room:
        room.add(TUNNEL, VAULT)
        room.start()
        yield room


@pytest.fixture
def ann(knowing):
    return knowing.world.user("Ann")


@pytest.fixture
def chat(knowing, ann):
    return knowing.world.private_chat(ann)


def written(*, person=1, id_=1, as_group=False, replies_to=None):
    chat = Chat(-1, Chat.SUPERGROUP)
    user = User(person, "Ann", is_bot=False)
    sender = chat if as_group else None
    how = {"sender_chat": sender, "reply_to_message": replies_to}
    return Message(id_, datetime.now(UTC), chat, user, text="Why?", **how)


QUOTED = [said("button.verify"), said("button.share")]


def bold(message):
    """The first sentence in bold that is quoted."""
    return next(text for text in message.entity_texts("bold") if not text.endswith("?"))


def test_question_is_answered_about_the_article_of_the_last_one(knowing, ann, chat):
    first = knowing.ask(chat, ann, LENGTH)
    assert ABOUT not in first.text
    second = knowing.ask(chat, ann, OPENED)
    assert second.text.startswith(f"{ABOUT}\n\n{TUNNEL.title}\n")
    assert bold(second) == IN_TUNNEL
    assert second.labels == [NOT_THIS, "👍", "👎", *QUOTED]
    third = knowing.ask(chat, ann, "And how many workers died?")
    assert third.text.startswith(ABOUT)
    assert bold(third).startswith("Ten workers died")


def test_not_this_answers_in_place_without_the_last_question(knowing, ann, chat):
    knowing.ask(chat, ann, LENGTH)
    reply = knowing.ask(chat, ann, OPENED)
    knowing.world.press(reply, NOT_THIS)
    knowing.world.wait_for(lambda: ABOUT not in reply.text)
    assert bold(reply) == IN_VAULT
    following = [said("button.watch_changes"), said("button.follow"), said("button.story")]
    assert reply.labels == [*following, "👍", "👎", *QUOTED]
    assert bold(knowing.ask(chat, ann, "Who paid for it?")).startswith("Norway paid")


def test_new_subject_is_not_bent(knowing, ann, chat):
    knowing.ask(chat, ann, LENGTH)
    reply = knowing.ask(chat, ann, "When was the seed vault opened?")
    assert ABOUT not in reply.text
    assert bold(reply) == IN_VAULT


def test_question_of_somebody_else_is_no_context(knowing, ann):
    group = knowing.world.supergroup("Readers", ann)
    ben = knowing.world.user("Ben")
    answer = knowing.ask(group, ann, f"/ask {LENGTH}")
    assert bold(knowing.ask(group, ben, f"/ask {OPENED}")) == IN_VAULT
    assert bold(knowing.ask(group, ann, f"/ask {OPENED}")) == IN_TUNNEL
    assert bold(knowing.ask(group, ben, OPENED, reply_to=answer)) == IN_TUNNEL


def test_each_thread_has_its_own_conversation(knowing, ann):
    forum = knowing.world.forum("Readers", ann)
    news, talk = (knowing.world.topic(forum, name, ann) for name in ("News", "Talk"))
    knowing.ask(forum, ann, f"/ask {LENGTH}", thread=news)
    assert bold(knowing.ask(forum, ann, f"/ask {OPENED}", thread=talk)) == IN_VAULT
    assert bold(knowing.ask(forum, ann, f"/ask {OPENED}", thread=news)) == IN_TUNNEL


def test_message_that_is_replied_to_is_the_context(knowing, ann, chat):
    old = knowing.ask(chat, ann, LENGTH)
    knowing.ask(chat, ann, "Who paid for the seed vault?")
    assert bold(knowing.ask(chat, ann, OPENED, reply_to=old)) == IN_TUNNEL


def test_edited_question_is_read_in_its_own_context(knowing, ann, chat):
    knowing.ask(chat, ann, LENGTH)
    message = knowing.world.say(chat, ann, "How many workers died in it?")
    reply = knowing.world.wait_for_reply(message)
    knowing.world.edit(message, OPENED)
    knowing.world.wait_for(lambda: IN_TUNNEL in reply.entity_texts("bold"))
    assert reply.text.startswith(ABOUT)


REFUSED = "Who won the football world cup?"


def test_refused_question_is_no_context(knowing, chat, ann):
    knowing.ask(chat, ann, LENGTH)
    refused = knowing.ask(chat, ann, REFUSED)
    assert refused.text == said("answer.nothing_near")
    followed = knowing.ask(chat, ann, OPENED)
    assert followed.text.startswith(ABOUT)
    assert bold(followed) == IN_TUNNEL


def test_after_refused_questions_alone_there_is_no_context(knowing, ann):
    group = knowing.world.supergroup("Quiz", ann)
    ask = "@pullquote_bot {}".format
    assert knowing.ask(group, ann, ask(REFUSED)).text == said("answer.nothing_near")
    assert NOT_THIS not in knowing.ask(group, ann, ask(OPENED)).labels


def test_edit_that_is_refused_leaves_what_was_answered_before(knowing, ann, chat):
    knowing.ask(chat, ann, LENGTH)
    message = knowing.world.say(chat, ann, "Who paid for the seed vault?")
    reply = knowing.world.wait_for_reply(message)
    knowing.world.edit(message, REFUSED)
    knowing.world.wait_for(lambda: reply.text == said("answer.nothing_near"))
    assert bold(knowing.ask(chat, ann, OPENED)) == IN_TUNNEL


def test_questions_of_one_message_are_answered_one_by_one(knowing, ann, chat):
    before = len(knowing.world.replies(chat))
    message = knowing.world.say(chat, ann, f"Hello! {LENGTH} {OPENED}")
    knowing.world.wait_for(lambda: len(knowing.world.replies(chat)) == before + 2)
    first, second = knowing.world.replies(chat)[before:]
    assert first.text.startswith(f"{LENGTH}\n\n{TUNNEL.title}\n")
    assert second.text.startswith(f"{OPENED}\n\n{ABOUT}\n\n{TUNNEL.title}\n")
    knowing.world.press(second, NOT_THIS)
    knowing.world.wait_for(lambda: bold(second) == IN_VAULT)
    knowing.world.edit(message, f"{LENGTH} Who paid for the seed vault?")
    knowing.world.wait_for(lambda: second.text.startswith("Who paid for the seed vault?"))
    assert knowing.world.replies(chat)[before:] == [first, second]


def test_only_a_handful_is_answered_at_a_time(knowing, ann, chat):
    before = len(knowing.world.replies(chat))
    text = " ".join(f"What happened in {year}?" for year in range(2001, 2008))
    knowing.world.say(chat, ann, text)
    left = said("answer.too_many", limit=4)
    knowing.world.wait_for(lambda: [m for m in knowing.world.replies(chat) if m.text == left])
    assert len(knowing.world.replies(chat)) == before + 5


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("hello", "greeting"),
        ("thanks!", "thanks"),
        ("/ask hello", "greeting"),
        ("/ask дякую", "thanks"),
    ],
)
def test_greeting_gets_a_word_and_a_question_that_can_be_asked(knowing, ann, chat, text, word):
    example = said("talk.question", title=VAULT.title)
    reply = knowing.ask(chat, ann, text)
    assert reply.text == f"{said(f'talk.{word}')} {said('talk.example', question=example)}"
    assert reply.labels == []
    assert knowing.ask(chat, ann, reply.entity_texts("italic")[0]).text.startswith(VAULT.title)


def test_goodbye_gets_a_word(knowing, ann, chat):
    assert knowing.ask(chat, ann, "bye").text == said("talk.bye")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("What can you do?", "/help"),
        ("/ask what can you do?", "/help"),
        ("What's new?", "/latest"),
        ("що ти знаєш?", "/latest"),
        ("/ask що нового?", "/latest"),
    ],
)
def test_what_the_bot_is_asked_about_itself_is_what_a_command_says(
    knowing, ann, chat, text, command
):
    assert knowing.ask(chat, ann, text).text == knowing.ask(chat, ann, command).text


def test_question_is_forgotten_after_a_while_and_when_there_are_many():
    async def talk():
        conversations, third = Conversations(OwnMemory()), written(person=1, id_=3)
        await conversations.put(written(person=1), Turn("a"), None, now=0)
        assert await conversations.last(third, LASTS) == Turn("a")
        assert await conversations.last(third, LASTS + 1) is None
        for person in range(2, MOST + 2):
            await conversations.put(written(person=person), Turn("b"), None, now=0)
        assert await conversations.last(third, 0) is None
        assert await conversations.last(written(person=2, id_=3), 0) == Turn("b")

    asyncio.run(talk())


def test_those_who_write_as_a_group_share_nothing():
    async def talk():
        conversations = Conversations(OwnMemory())
        await conversations.put(written(as_group=True), Turn("a"), None, now=0)
        assert await conversations.last(written(as_group=True, id_=3), 0) is None

    asyncio.run(talk())


def test_hosts_that_share_a_database_remember_together(database):
    async def talk():
        one, other = (Conversations(SharedMemory(database)) for _ in range(2))
        turn = Turn("When?", "tunnel", "The tunnel", "How long?")
        await one.put(written(), turn, Turn("How long?"), now=0)
        await one.show(written(), 9, turn)
        assert await other.last(written(id_=3), LASTS) == turn
        assert await other.last(written(), 0) == Turn("How long?")
        reply = written(id_=3, replies_to=written(id_=9))
        assert await other.replied_to(reply) == replace(turn, is_replied_to=True)
        with database.write() as connection:
            connection.execute("UPDATE remembered SET until = until - ?", (LASTS,))
        assert await other.last(written(id_=3), 0) is None
        memory = SharedMemory(database)
        assert [await memory.add("album", 60), await memory.add("album", 60)] == [True, False]
        with database.read() as connection:
            assert [*connection.execute("SELECT key FROM remembered").fetchone()] == ["album"]

    asyncio.run(talk())
