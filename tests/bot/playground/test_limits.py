"""Each limit of the Bot API and its error message."""

import contextlib

import httpx
import pytest

from bot.playground import Server, World

UPGRADED = "Bad Request: group chat was upgraded to a supergroup chat"
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are "
    "exactly the same as a current content and reply markup of the message"
)
TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


def keyboard(**button):
    return {"inline_keyboard": [[{"text": "More", **button}]]}


def refused(code, description, **parameters):
    answer = {"ok": False, "error_code": code, "description": description}
    return answer | ({"parameters": parameters} if parameters else {})


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "message text is empty"),
        ({"text": "<b> </b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        (
            {"text": "x<div>", "parse_mode": "html"},
            'can\'t parse entities: Unsupported start tag "div" at byte offset 1',
        ),
        (
            {"text": "a", "parse_mode": "Prose"},
            "unsupported parse_mode 'prose'; the playground reads HTML only",
        ),
        ({"text": "a", "chat_id": 404}, "chat not found"),
        ({"text": "a", "chat_id": "@nobody"}, "chat not found"),
        ({"text": "a", "message_thread_id": 7}, "message thread not found"),
        ({"text": "a", "reply_parameters": {"message_id": 9}}, "message to be replied not found"),
        ({"text": "a", "reply_markup": keyboard(callback_data="")}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "reply_markup": keyboard(callback_data="é" * 33)}, "BUTTON_DATA_INVALID"),
        (
            {"text": "a", "reply_markup": keyboard()},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"text": "a", "reply_markup": keyboard(url="x y")},
            "inline keyboard button URL 'x y' is invalid: Wrong HTTP URL",
        ),
        (
            {
                "text": "a",
                "reply_markup": {"inline_keyboard": [[{"text": " ", "url": "a.example"}]]},
            },
            "can't parse inline keyboard button: Text of the button is empty",
        ),
        (
            {
                "text": "a",
                "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "a.example"}] * 101]},
            },
            "reply markup is too long",
        ),
    ],
)
def test_message_over_a_limit_is_rejected(call, chat, params, problem):
    answer = call("sendMessage", **{"chat_id": chat.id, **params})
    assert answer == refused(400, f"Bad Request: {problem}")


def test_a_message_of_4096_characters_after_parsing_is_sent(call, world, chat):
    text = "<b>" + "&lt;" * 4095 + "😀</b>"
    assert call("sendMessage", chat_id=chat.id, text=text, parse_mode="HTML")["ok"]
    assert world.replies(chat)[0].entities == [{"type": "bold", "offset": 0, "length": 4097}]


def test_callback_data_of_64_bytes_is_sent(call, world, chat):
    answer = call(
        "sendMessage", chat_id=chat.id, text="a", reply_markup=keyboard(callback_data="é" * 32)
    )
    assert answer["result"]["reply_markup"] == keyboard(callback_data="é" * 32)


def test_reply_to_a_missing_message_can_be_sent_without_it(call, chat):
    reply = {"message_id": 9, "allow_sending_without_reply": True}
    answer = call("sendMessage", chat_id=chat.id, text="a", reply_parameters=reply)
    assert answer["ok"]
    assert "reply_to_message" not in answer["result"]


def test_edit_that_changes_nothing_is_rejected(call, world, chat):
    same = {"chat_id": chat.id, "text": "<b>a</b>", "parse_mode": "HTML"}
    same["reply_markup"] = keyboard(callback_data="x")
    sent = call("sendMessage", **same)["result"]["message_id"]
    assert call("editMessageText", message_id=sent, **same) == refused(400, NOT_MODIFIED)
    assert call("editMessageText", **(same | {"message_id": sent, "text": "a"}))["ok"]
    markup = {"chat_id": chat.id, "message_id": sent, "reply_markup": same["reply_markup"]}
    assert call("editMessageReplyMarkup", **markup) == refused(400, NOT_MODIFIED)


def test_edit_without_a_keyboard_removes_it(call, world, chat):
    markup = keyboard(callback_data="x")
    sent = call("sendMessage", chat_id=chat.id, text="a", reply_markup=markup)["result"]
    call("editMessageText", chat_id=chat.id, message_id=sent["message_id"], text="b")
    message = world.replies(chat)[0]
    assert (message.text, message.labels, message.edited is not None) == ("b", [], True)


@pytest.mark.parametrize(
    ("method", "params", "problem"),
    [
        ("editMessageText", {"message_id": 9, "text": "a"}, "message to edit not found"),
        ("editMessageText", {"message_id": 1, "text": "a"}, "message can't be edited"),
        ("editMessageText", {"text": "a"}, "message identifier is not specified"),
        ("deleteMessage", {"message_id": 9}, "message to delete not found"),
        ("sendChatAction", {"action": "dance"}, "wrong parameter action in request"),
        ("getChatMember", {"user_id": 99}, "PARTICIPANT_ID_INVALID"),
        ("leaveChat", {}, "chat member status can't be changed in private chats"),
    ],
)
def test_missing_message_cannot_be_changed(call, world, ann, chat, method, params, problem):
    world.say(chat, ann, "mine")
    answer = call(method, chat_id=chat.id, **params)
    assert answer == refused(400, f"Bad Request: {problem}")


def test_callback_can_be_answered_once_and_only_in_time():
    now = [1000.0]
    world = World(clock=lambda: now[0])
    ann = world.user("Ann")
    chat = world.private_chat(ann)
    with serving(world) as from_bot:
        from_bot("sendMessage", chat_id=chat.id, text="a", reply_markup=keyboard(callback_data="x"))
        message = world.replies(chat)[0]
        first, late = world.press(message, "More"), world.press(message, "x")
        long = from_bot("answerCallbackQuery", callback_query_id=first.id, text="x" * 201)
        assert long == refused(400, "Bad Request: MESSAGE_TOO_LONG")
        assert from_bot("answerCallbackQuery", callback_query_id=first.id, text="Hi")["ok"]
        assert first.answer["text"] == "Hi"
        now[0] += 151
        for query in (first.id, late.id, "unknown"):
            answer = from_bot("answerCallbackQuery", callback_query_id=query)
            assert answer == refused(400, TOO_OLD)


@contextlib.contextmanager
def serving(world):
    """Call methods of a world that the test created."""
    with Server(world) as server, httpx.Client(base_url=server.url, verify=False) as client:
        yield lambda method, **params: client.post(
            f"/bot{world.token}/{method}", json=params
        ).json()


def test_migrated_group_returns_its_new_id(call, world, ann):
    group = world.group("Readers", ann)
    moved = world.migrate(group)
    answer = call("sendMessage", chat_id=group.id, text="a")
    assert answer == refused(400, UPGRADED, migrate_to_chat_id=moved.id)
    assert call("sendMessage", chat_id=moved.id, text="a")["ok"]


def test_403_says_why(call, world, ann, chat):
    group, supergroup = world.group("G", ann), world.supergroup("S", ann)
    stranger, gone = world.user("Stranger"), world.user("Gone")
    world.deactivate(gone)
    world.block(ann)
    world.kick(group, ann)
    assert call("leaveChat", chat_id=supergroup.id)["ok"]
    said = {
        target: call("sendMessage", chat_id=target, text="a")
        for target in (chat.id, gone.id, stranger.id, group.id, supergroup.id)
    }
    assert said == {
        chat.id: refused(403, "Forbidden: bot was blocked by the user"),
        gone.id: refused(403, "Forbidden: user is deactivated"),
        stranger.id: refused(403, "Forbidden: bot can't initiate conversation with a user"),
        group.id: refused(403, "Forbidden: bot was kicked from the group chat"),
        supergroup.id: refused(403, "Forbidden: bot is not a member of the supergroup chat"),
    }
    world.unblock(ann)
    assert call("sendMessage", chat_id=chat.id, text="a")["ok"]


@pytest.mark.parametrize(
    ("commands", "problem"),
    [
        ([{"command": "Ask", "description": "a"}], "BOT_COMMAND_INVALID"),
        ([{"command": "a" * 33, "description": "a"}], "BOT_COMMAND_INVALID"),
        ([{"command": "ask", "description": ""}], "BOT_COMMAND_DESCRIPTION_INVALID"),
        ([{"command": "ask", "description": "x" * 257}], "BOT_COMMAND_DESCRIPTION_INVALID"),
        ([{"command": "ask", "description": "a"}] * 101, "BOT_COMMANDS_TOO_MUCH"),
    ],
)
def test_commands_have_limits(call, commands, problem):
    answer = call("setMyCommands", commands=commands)
    assert answer == refused(400, f"Bad Request: {problem}")


def test_descriptions_have_limits(call, world):
    assert call("setMyDescription", description="x" * 512)["ok"]
    assert call("setMyShortDescription", short_description="short")["ok"]
    assert world.descriptions == {"description": "x" * 512, "short_description": "short"}
    answer = call("setMyDescription", description="x" * 513)
    assert answer == refused(400, "Bad Request: BOT_DESCRIPTION_TOO_LONG")


def test_rate_limits_are_enforced_when_enabled():
    now = [1000.0]
    world = World(enforce_rates=True, clock=lambda: now[0])
    chats = [world.private_chat(world.user(f"P{n}")).id for n in range(31)]
    group = world.group("G", world.users[1]).id
    with serving(world) as from_bot:
        assert from_bot("sendMessage", chat_id=chats[0], text="a")["ok"]
        slow_down = refused(429, "Too Many Requests: retry after 1", retry_after=1)
        assert from_bot("sendMessage", chat_id=chats[0], text="a") == slow_down
        sent = [from_bot("sendMessage", chat_id=each, text="a")["ok"] for each in chats[1:]]
        assert sent == [True] * 29 + [False]
        for _ in range(20):
            now[0] += 1.5
            assert from_bot("sendMessage", chat_id=group, text="a")["ok"]
        now[0] += 1.5
        answer = from_bot("sendMessage", chat_id=group, text="a")
        assert answer == refused(429, "Too Many Requests: retry after 30", retry_after=30)


@pytest.mark.parametrize("code", ["deu", "pt-br", "DE", "d"])
@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("setMyCommands", {"commands": [{"command": "ask", "description": "Ask"}]}),
        ("setMyDescription", {"description": "Ask me"}),
        ("setMyShortDescription", {"short_description": "Ask me"}),
    ],
)
def test_language_codes_have_two_letters(call, method, params, code):
    answer = call(method, **params, language_code=code)
    assert answer["description"] == "Bad Request: invalid language code specified"
