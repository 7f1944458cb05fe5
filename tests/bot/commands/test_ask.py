"""Questions in private chats and groups, against the Bot API double."""

import pytest
from telegram import Chat, Message, MessageEntity, User

from bot.updates import addressed_text
from tests.said import said

ANSWER = (
    "Old bridge closed after flood\nValley Post\n"
    "The old bridge at Mill Lane was closed because the flood had damaged two of its pillars."
)
QUESTION = "Why was the old bridge closed?"


@pytest.fixture
def ann(reading):
    return reading.world.user("Ann")


@pytest.fixture
def chat(reading, ann):
    return reading.world.private_chat(ann)


@pytest.fixture
def group(reading, ann):
    return reading.world.supergroup("Readers", ann)


@pytest.mark.parametrize("text", [QUESTION, f"/ask {QUESTION}", f"/ask\n{QUESTION}"])
def test_private_question_is_answered_as_a_reply_with_the_sentence_in_bold(
    reading, ann, chat, text
):
    reply = reading.ask(chat, ann, text)
    assert reply.text.startswith(ANSWER)
    assert reply.entity_texts("bold")[0] == ANSWER.splitlines()[-1]
    assert reply.entity_texts("text_link")[0] == "Old bridge closed after flood"
    assert reply.reply_to.text == text
    assert reply.link_preview == {"is_disabled": True}


@pytest.mark.parametrize("text", [f"/ask {QUESTION}", f"@pullquote_bot {QUESTION}"])
def test_group_question_is_answered(reading, ann, group, text):
    assert reading.ask(group, ann, text).text.startswith(ANSWER)


def test_reply_to_the_bot_is_a_question(reading, ann, group):
    first = reading.ask(group, ann, "/latest")
    assert reading.ask(group, ann, QUESTION, reply_to=first).text.startswith(ANSWER)


def test_answer_stays_in_its_forum_topic(reading, ann):
    forum = reading.world.forum("Readers", ann)
    thread = reading.world.topic(forum, "News", ann)
    assert reading.ask(forum, ann, f"/ask {QUESTION}", thread=thread).thread == thread


def test_other_group_messages_are_ignored(reading, ann):
    """Even if the bot is an administrator and sees every message."""
    group = reading.world.supergroup("Readers", ann, bot_admin=True)
    for text in [QUESTION, "/nothing", "/ask@other_bot what?", "@pullquote_bot2 what?"]:
        reading.world.say(group, ann, text)
    reading.ask(group, ann, "/help")
    assert len(reading.world.replies(group)) == 1


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("/ask", "answer.how_to_ask"),
        ("😀 👍", "answer.no_words"),
        ("why " * 1000, "answer.nothing_near"),
        ("/nothing", "error.unknown_command"),
        ("What is the boiling point of mercury?", "answer.nothing_near"),
    ],
)
def test_unanswerable_question_gets_a_sentence(reading, ann, chat, text, reply):
    assert reading.ask(chat, ann, text).text == said(reply)


@pytest.mark.parametrize("text", ["hello world", "asdfghjkl qwerty"])
def test_words_without_a_subject_cannot_be_followed(reading, ann, chat, text):
    refusal = reading.ask(chat, ann, text)
    assert (refusal.text, refusal.labels) == (said("answer.nothing_near"), [])


def test_subject_without_articles_can_be_followed(reading, ann, chat):
    refusal = reading.ask(chat, ann, "What is the boiling point of mercury?")
    assert refusal.text == said("answer.nothing_near")
    assert refusal.labels == [said("button.watch"), said("button.follow"), "👍", "👎"]


def test_empty_mention_is_told_how_to_ask(reading, ann, group):
    assert reading.ask(group, ann, "@pullquote_bot").text == said("answer.how_to_ask")


def test_empty_index_says_so_and_tells_administrators_how_to_add(room):
    room.start()
    root, ann = room.world.users[1], room.world.user("Ann")
    chat = room.world.private_chat(ann)
    nothing = said("answer.nothing_indexed")
    assert room.ask(chat, ann, QUESTION).text == nothing
    assert room.ask(chat, ann, "/latest").text == nothing
    assert room.ask(room.world.private_chat(root), root, QUESTION).text == (
        f"{nothing} {said('answer.how_to_add')}"
    )


def test_latest_lists_the_newest_first(reading, ann, chat):
    assert reading.ask(chat, ann, "/latest").text == (
        f"{said('latest.title')}\n"
        "• New mayor takes office – Lennfield Times\n"
        "• Old bridge closed after flood – Valley Post"
    )


def test_file_in_a_private_chat_gets_a_reply_that_only_text_is_read(reading, ann, chat):
    document = reading.world.send_document(chat, ann, "a.pdf", b"%PDF")
    reply = reading.world.wait_for_reply(document)
    assert reply.text == said("answer.only_text")


@pytest.mark.parametrize("command", ["", "/ask "])
def test_edited_question_is_answered_anew_in_place(reading, ann, chat, command):
    message = reading.world.say(chat, ann, f"{command}Why is the moon round?")
    answer = reading.world.wait_for_reply(message)
    assert ANSWER not in answer.text
    reading.world.edit(message, f"{command}{QUESTION}")
    reading.world.wait_for(lambda: answer.text.startswith(ANSWER))
    assert len(reading.world.replies(chat)) == 1


def test_question_edited_in_a_group_is_answered_when_it_is_addressed(reading, ann, group):
    message = reading.world.say(group, ann, QUESTION)
    reading.world.edit(message, f"@pullquote_bot {QUESTION}")
    assert reading.world.wait_for_reply(message).text.startswith(ANSWER)


def test_edited_question_whose_answer_was_deleted_gets_another(reading, ann, chat):
    message = reading.world.say(chat, ann, "Why is the moon round?")
    first = reading.world.wait_for_reply(message)
    first.deleted = True
    reading.world.edit(message, QUESTION)
    reading.world.wait_for(lambda: reading.world.replies(chat)[-1].text.startswith(ANSWER))


def test_edited_statement_that_leads_to_the_same_answer_changes_nothing(reading, ann, chat):
    message = reading.world.say(chat, ann, QUESTION)
    reading.world.wait_for_reply(message)
    reading.world.edit(message, f"{QUESTION} ")
    reading.ask(chat, ann, "/help")
    assert len(reading.world.replies(chat)) == 2


@pytest.mark.parametrize("caption", [QUESTION, f"/ask {QUESTION}"])
def test_caption_in_a_private_chat_is_a_question(reading, ann, chat, caption):
    picture = reading.world.send_document(chat, ann, "a.jpg", b"JPEG", caption=caption)
    assert reading.world.wait_for_reply(picture).text.startswith(ANSWER)


def test_caption_in_a_group_is_a_question_if_it_is_addressed(reading, ann, group):
    caption = f"@pullquote_bot {QUESTION}"
    picture = reading.world.send_document(group, ann, "a.jpg", b"JPEG", caption=caption)
    assert reading.world.wait_for_reply(picture).text.startswith(ANSWER)


def test_typing_is_shown_before_the_answer(reading, ann, chat):
    reading.ask(chat, ann, QUESTION)
    expected = ["sendChatAction", "sendMessage"]
    reading.world.wait_for(lambda: methods_for(reading, chat) == expected)


def methods_for(room, chat):
    requests = room.world.requests
    return [request.method for request in requests if request.params.get("chat_id") == chat.id]


def test_answer_is_resent_after_a_429_and_a_lost_request(reading, ann, chat):
    reading.world.fault("sendMessage", 429, retry_after=1)
    assert reading.ask(chat, ann, QUESTION).text.startswith(ANSWER)
    reading.world.fault("sendMessage", loses="request")
    assert reading.ask(chat, ann, QUESTION).text.startswith(ANSWER)


def test_bot_keeps_running_when_it_may_not_answer(reading, ann, chat):
    reading.world.fault("sendMessage", 403, description="Forbidden: bot was blocked by the user")
    reading.world.say(chat, ann, QUESTION)
    reading.world.wait_for(lambda: reading.world.calls("sendMessage")[-1].status == 403)
    assert reading.ask(chat, ann, QUESTION).text.startswith(ANSWER)


def test_error_is_logged_and_reported_in_one_sentence_and_the_bot_keeps_running(
    room, bridge, caplog, engine
):
    room.add(bridge)
    room.start()
    ann = room.world.user("Ann")
    chat = room.world.private_chat(ann)
    with room.library.database.write() as connection:
        connection.execute("ALTER TABLE articles RENAME TO lost")
    sentences = {
        "sqlite": f"The database {room.settings.database} failed: no such table: articles.",
        "postgresql": 'PostgreSQL failed: relation "articles" does not exist.',
    }
    assert room.ask(chat, ann, "/latest").text == sentences[engine]
    assert "An update failed" in caplog.text
    with room.library.database.write() as connection:
        connection.execute("ALTER TABLE lost RENAME TO articles")
    assert room.ask(chat, ann, "/latest").text.startswith(said("latest.title"))


def test_answer_that_telegram_rejects_is_reported_as_our_failure(reading, ann, chat):
    reading.world.fault("sendMessage", 400, description="Bad Request: message is too long")
    assert reading.ask(chat, ann, QUESTION).text == said("error.unexpected")


def test_start_and_help_list_the_commands_and_more_to_administrators(reading, ann, chat):
    root = reading.world.users[1]
    text = reading.ask(chat, ann, "/start").text
    assert "/subscribe TOPIC" in text
    assert "/rebuild" not in text
    assert reading.ask(chat, ann, "/help").text == text
    assert "/rebuild" in reading.ask(reading.world.private_chat(root), root, "/start").text


ME = User(7, "Pullquote", True, username="pullquote_bot")


def message_with(text, *entities):
    return Message(1, None, Chat(-1, "group"), text=text, entities=entities)


def test_mention_after_an_emoji_is_removed_completely():
    """Telegram counts UTF-16 code units, and an emoji has two."""
    entity = MessageEntity(MessageEntity.MENTION, 3, 14)
    assert addressed_text(message_with("👍 @Pullquote_Bot why?", entity), ME) == "👍  why?"


def test_mention_by_name_addresses_the_bot():
    entity = MessageEntity(MessageEntity.TEXT_MENTION, 0, 9, user=ME)
    assert addressed_text(message_with("Pullquote why?", entity), ME) == "why?"
