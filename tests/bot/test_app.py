"""How the bot is assembled and started."""

import asyncio
import logging

import pytest

from bot.app import build
from bot.service import reach, run
from qa import PullquoteError, SettingsError

pytestmark = pytest.mark.sqlite


def changed(room, **values):
    return room.settings.model_copy(update=values)


def test_menus_differ_for_administrators(room):
    root, ann = room.world.users[1], room.world.user("Ann")
    mine = room.world.private_chat(root)
    room.start()
    settings = ["subscribe", "watch", "subscriptions", "digest", "quiet", "unsubscribe", "language"]
    everybody = ["ask", "latest", "story", "verify", *settings, "help"]
    assert commands(room, room.world.private_chat(ann), ann) == everybody
    assert commands(room, mine, root) == [
        *everybody,
        "add",
        "feeds",
        "rebuild",
        "status",
        "block",
        "unblock",
    ]
    assert commands(room, room.world.supergroup("Readers", ann), ann) == everybody


def commands(room, chat, user):
    return [entry["command"] for entry in room.world.menu(chat, user)]


def test_administrator_who_never_wrote_gets_the_menu_on_the_first_start(room, caplog):
    caplog.set_level("INFO")
    room.start()
    assert "No menu for chat 1 yet: Forbidden: bot can't initiate conversation" in caplog.text
    root = room.world.users[1]
    mine = room.world.private_chat(root)
    assert room.ask(mine, root, "/start")
    room.world.wait_for(lambda: "rebuild" in commands(room, mine, root))


def test_wrong_token_is_one_sentence_that_names_the_setting(room):
    settings = changed(room, token=type(room.settings.token)("7:secret"))
    with pytest.raises(SettingsError) as caught:
        run(settings, room.library)
    assert str(caught.value) == (
        f"PULLQUOTE_TOKEN is wrong: the Bot API at {room.server.url} does not accept it."
    )


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        (None, "PULLQUOTE_TOKEN is not set; get one from @BotFather."),
        (
            "7:a/b",
            "PULLQUOTE_TOKEN is wrong: it contains characters that no token has; "
            "get one from @BotFather.",
        ),
    ],
)
def test_missing_or_malformed_token_is_reported_before_any_request(room, token, sentence):
    secret = token and type(room.settings.token)(token)
    with pytest.raises(SettingsError) as caught:
        build(changed(room, token=secret), room.library)
    assert str(caught.value) == sentence
    assert not room.world.requests


def test_unreachable_api_is_retried_and_then_named(room, caplog):
    room.world.fault("getMe", 502, times=9)
    with pytest.raises(PullquoteError) as caught:
        asyncio.run(reach(room.settings, 2.9))  # one pause of 1 s, none of 2 s
    assert str(caught.value) == (
        f"The Bot API at {room.server.url} cannot be reached: Bad Gateway."
    )
    assert len(room.world.calls("getMe")) == 2
    assert caplog.messages == [
        f"The Bot API at {room.server.url} cannot be reached yet: Bad Gateway"
    ]


def test_polling_errors_are_survived_with_one_log_line_each(room, caplog):
    room.start()
    ann = room.world.user("Ann")
    chat = room.world.private_chat(ann)
    conflict = "Conflict: terminated by other getUpdates request"
    room.world.fault("getUpdates", 409, description=conflict)
    room.world.fault("getUpdates", 401, description="Unauthorized")
    room.ask(chat, ann, "/help")  # ends the current poll; the next two fail
    room.ask(chat, ann, "/help")
    warnings = [record for record in caplog.records if record.message.startswith("Telegram: ")]
    assert [record.message for record in warnings] == [
        f"Telegram: {conflict}",
        "Telegram: PULLQUOTE_TOKEN is refused (Unauthorized)",
    ]
    assert "Traceback" not in caplog.text


def test_token_is_never_logged(room, caplog):
    with caplog.at_level(logging.DEBUG):
        room.start()
        ann = room.world.user("Ann")
        room.world.fault("sendMessage", loses="request")
        room.ask(room.world.private_chat(ann), ann, "/help")
        room.stop()
    assert caplog.text
    assert room.world.token.partition(":")[2] not in caplog.text.replace("bot.playground", "")
