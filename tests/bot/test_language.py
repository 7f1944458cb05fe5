"""The bot speaks the language of the person, or of the chat, against the Bot API double."""

import pytest

from tests.capitals import CODE
from tests.said import said

pytestmark = pytest.mark.sqlite

AUTOMATIC = said("button.language_automatic")


@pytest.fixture
def eva(room, capitals):
    """Someone whose app is in the language of capitals."""
    return room.world.user("Eva", language_code=CODE)


@pytest.fixture
def hers(room, eva):
    """Her private chat with a bot that runs."""
    room.start()
    return room.world.private_chat(eva)


def language_of(room, chat, user, **how):
    """The first lines of /help say it."""
    text = room.ask(chat, user, "/help", **how).text
    return "en" if text.startswith(said("help.intro")) else CODE


def last(room, chat):
    return room.world.replies(chat)[-1]


def state(texts, id_, name):
    return f"{texts(id_, language=name)}\n\n{texts('language.help')}"


def test_private_chat_is_in_the_language_of_the_app_at_each_message(room, hers, eva, capitals):
    assert room.ask(hers, eva, "/help").text.startswith(capitals("help.intro"))
    assert room.ask(hers, eva, "Why is it shut?").text == capitals("answer.nothing_indexed")
    assert room.ask(hers, eva, "/nonsense").text == capitals("error.unknown_command")
    eva = room.world.speak(eva, "ja")
    assert language_of(room, hers, eva) == "en"


def test_group_is_in_the_default_language_whoever_writes(room, hers, eva):
    group = room.world.group("Readers", eva)
    assert language_of(room, group, eva) == "en"
    room.stop()
    room.settings = room.settings.model_copy(update={"language": CODE})
    room.start()
    ann = room.world.user("Ann")
    assert language_of(room, group, ann) == CODE
    assert language_of(room, room.world.private_chat(ann), ann) == "en"
    ben = room.world.user("Ben", language_code="ja")
    assert language_of(room, room.world.private_chat(ben), ben) == CODE


def test_command_sets_the_language_of_a_chat_until_it_is_off(room, hers, eva, capitals):
    reply = room.ask(hers, eva, "/language")
    assert reply.text == state(capitals, "language.automatic", "Esperanto")
    assert reply.labels == ["English", "Esperanto", f"✓ {capitals('button.language_automatic')}"]
    reply = room.ask(hers, eva, "/language en-GB")
    assert reply.text == state(said, "language.chosen", "English")
    assert reply.labels == ["✓ English", "Esperanto", AUTOMATIC]
    room.stop()
    room.start()
    assert language_of(room, hers, eva) == "en"
    reply = room.ask(hers, eva, "/language OFF")
    assert reply.text == state(capitals, "language.automatic", "Esperanto")
    assert language_of(room, hers, eva) == CODE


@pytest.mark.parametrize("words", ["tlh", "tlh & others", "e", "✓"])
def test_unknown_language_changes_nothing(room, hers, eva, capitals, words):
    known = {"language": f"“{words}”", "languages": "en, eo"}
    assert room.ask(hers, eva, f"/language {words}").text == capitals("language.unknown", **known)
    assert language_of(room, hers, eva) == CODE


def test_only_administrators_set_the_language_of_a_group_and_of_all_its_topics(
    room, hers, eva, capitals
):
    ann, forum = room.world.user("Ann"), room.world.forum("Readers", eva)
    thread = room.world.topic(forum, "News", eva)
    refused = said("error.not_chat_admin")
    assert room.ask(forum, ann, "/language eo").text == refused
    listed = room.ask(forum, ann, "/language")
    assert listed.text == state(said, "language.automatic", "English")
    press = room.world.press(listed, "Esperanto", ann)
    room.world.wait_for(lambda: press.answer)
    assert press.answer["text"] == refused
    assert language_of(room, forum, ann) == "en"
    reply = room.ask(forum, eva, "/language eo", thread=thread)
    assert reply.text == state(capitals, "language.chosen", "Esperanto")
    assert language_of(room, forum, ann) == CODE
    assert language_of(room, hers, eva) == CODE


def test_channel_has_the_language_that_is_set_there(room, hers, eva, capitals):
    channel = room.world.channel("News", eva)
    assert room.ask(channel, eva, "/language eo").text.startswith(
        capitals("language.chosen", language="Esperanto")
    )
    assert room.ask(channel, eva, "/subscriptions").text == capitals("subscriptions.none")


def test_buttons_set_the_language_and_are_shown_in_it(room, hers, eva, capitals):
    shown = room.ask(hers, eva, "/language")
    press = room.world.press(shown, "English")
    room.world.wait_for(lambda: "✓ English" in shown.labels)
    assert press.answer["text"] == said("subscriptions.changed")
    assert shown.text == state(said, "language.chosen", "English")
    press = room.world.press(shown, AUTOMATIC)
    room.world.wait_for(lambda: "✓ English" not in shown.labels)
    assert press.answer["text"] == capitals("subscriptions.changed")
    assert shown.text == state(capitals, "language.automatic", "Esperanto")
    data = [button["callback_data"] for row in shown.buttons for button in row]
    assert data == ["language=en", "language=eo", "language"]


def test_button_of_a_message_in_another_language_still_works(room, hers, eva):
    room.ask(hers, eva, "/subscribe")
    listed = room.ask(hers, eva, "/subscriptions")
    room.ask(hers, eva, "/language en")
    room.world.press(listed, listed.labels[0])
    room.world.wait_for(lambda: listed.text == said("subscriptions.none"))


@pytest.mark.parametrize("asked_in", ["en", CODE])
def test_reply_to_which_feed_is_known_in_each_language(room, root, capitals, site, asked_in):
    chat, words = room.world.private_chat(root), said if asked_in == "en" else capitals
    room.start()
    room.ask(chat, root, f"/language {asked_in}")
    listed = room.ask(chat, root, "/feeds")
    room.world.press(listed, f"＋ {words('button.follow_feed')}")
    room.world.wait_for(lambda: last(room, chat).text == words("feeds.which"))
    question = last(room, chat)
    room.ask(chat, root, "/language off")
    reply = room.ask(chat, root, f"{site}/feed", reply_to=question)
    assert reply.text == said("feeds.following", feed="Lake News")


def test_unexpected_error_is_told_in_the_language_of_the_chat(room, hers, eva, capitals):
    room.ask(hers, eva, "/language eo")
    eva = room.world.speak(eva, "en")
    room.world.fault("sendMessage", 400, description="Bad Request: not today")
    assert room.ask(hers, eva, "/help").text == capitals("error.unexpected")


def test_administrators_are_told_of_a_feed_in_their_language(room, root, capitals):
    chat = room.world.private_chat(root)
    room.start()
    room.ask(chat, root, "/language eo")
    room.stop()
    with room.library.database.write() as connection:
        connection.execute(
            "INSERT INTO feeds (url, title, state, added_at, ended_at)"
            " VALUES ('https://a/', 'A', 'ended', 0, 1)"
        )
    room.start()
    ended = capitals("feeds.ended", count=1)
    room.world.wait_for(lambda: last(room, chat).text.startswith(ended))


def test_menus_and_descriptions_are_set_for_each_language(room, hers, eva, root, capitals):
    others = room.world.user("Ben", language_code="ja")
    description = {"command": "ask", "description": capitals("command.ask")}
    assert room.world.menu(hers, eva)[0] == description
    assert room.world.menu(room.world.group("Readers", eva), eva)[0] == description
    english = description | {"description": said("command.ask")}
    assert room.world.menu(room.world.private_chat(others), others)[0] == english
    assert room.world.description(eva) == capitals("bot.description")
    assert room.world.description(others) == said("bot.description")
    assert room.world.descriptions["short_description eo"] == capitals("bot.short_description")
    assert room.world.descriptions["short_description"] == said("bot.short_description")
    mine, root = room.world.private_chat(root), room.world.speak(root, CODE)
    room.ask(mine, root, "/help")
    rebuild = {"command": "rebuild", "description": capitals("command.rebuild")}
    room.world.wait_for(lambda: rebuild in room.world.menu(mine, root))


def test_menu_of_groups_of_an_earlier_version_goes(room, ann):
    group = room.world.group("Readers", ann)
    old = [{"command": "old", "description": "Old"}]
    room.world.commands["all_group_chats", ""] = old
    assert room.world.menu(group, ann) == old
    room.start()
    assert room.world.menu(group, ann)[0]["command"] == "ask"


def test_bot_starts_though_menus_and_descriptions_are_refused(room, hers, eva, caplog):
    room.stop()
    caplog.set_level("INFO")
    for method in ("setMyCommands", "setMyDescription", "deleteMyCommands"):
        room.world.fault(method, 429, retry_after=3600, times=9)
    room.start()
    assert "No description yet: Flood control exceeded" in caplog.text
    assert "No menu for default yet: Flood control exceeded" in caplog.text
    assert "Old menu of groups stays: Flood control exceeded" in caplog.text
    assert language_of(room, hers, eva) == CODE
