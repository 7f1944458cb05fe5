"""The Bot API over HTTP: tokens, request encodings, long polls, faults, clean shutdown."""

import contextlib
import threading
import time

import httpx
import pytest

from bot.playground import Server, World

NOT_FOUND = {"ok": False, "error_code": 404, "description": "Not Found"}


@pytest.mark.parametrize(
    ("path", "status", "description"),
    [
        ("/bot1:wrong/getMe", 401, "Unauthorized"),
        ("/botnonsense/getMe", 404, "Not Found"),
        ("/bot/getMe", 404, "Not Found"),
        ("/bot1:playground", 404, "Not Found"),
        ("/bot1:playground/getSomething", 404, "Not Found: method not found"),
        ("/file/bot1:playground/nothing", 404, "Not Found"),
        ("/file/bot1:wrong/nothing", 401, "Unauthorized"),
    ],
)
def test_wrong_tokens_and_paths_are_answered_as_telegram_does(http, path, status, description):
    answer = http.get(path)
    assert answer.status_code == status
    assert answer.json() == {"ok": False, "error_code": status, "description": description}


def test_parameters_are_read_from_query_form_multipart_or_json(http, world, chat):
    path = f"/bot{world.token}/sendMessage"
    markup = '{"inline_keyboard":[[{"text":"A","callback_data":"a"}]]}'
    http.get(path, params={"chat_id": chat.id, "text": "query"})
    http.post(path.lower(), data={"chat_id": chat.id, "text": "form", "reply_markup": markup})
    http.post(path, data={"chat_id": chat.id, "text": " multi "}, files={"x": b""})
    http.post(path, json={"chat_id": chat.id, "text": "json"})
    assert [message.text for message in world.replies(chat)] == ["query", "form", "multi", "json"]
    assert world.replies(chat)[1].labels == ["A"]
    assert world.violations == ["sendMessage: unknown parameter 'x'"]


def test_invalid_requests_are_rejected_and_recorded(call, world):
    assert call("sendMessage", chat_id=1, text=2) == {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: sendMessage.text: should be String, is 2",
    }
    assert world.violations == ["sendMessage.text: should be String, is 2"]
    request = world.calls("sendMessage")[0]
    assert (request.params, request.status) == ({"chat_id": 1, "text": 2}, 400)


def test_body_that_is_not_a_json_object_is_rejected(http, world):
    answer = http.post(
        f"/bot{world.token}/getMe", content=b"[1", headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("headers", "status", "sentence"),
    [
        (
            {"Host": "rebound.example"},
            421,
            "This server answers for 127.0.0.1:{port} only, not for another host.",
        ),
        ({"Origin": "https://a.example"}, 403, "Another site's page may not use this server."),
        ({"Sec-Fetch-Site": "cross-site"}, 403, "Another site's page may not use this server."),
    ],
)
def test_other_sites_pages_cannot_call_the_api(http, server, world, headers, status, sentence):
    answer = http.get(f"/bot{world.token}/getMe", headers=headers)
    assert answer.json()["description"] == sentence.format(port=server.port)
    assert answer.status_code == status
    assert world.calls("getMe") == []


def test_updates_start_at_the_offset_and_stay_until_confirmed(call, world, ann, chat):
    for text in ("one", "two", "three"):
        world.say(chat, ann, text)

    def texts(**params):
        return [u["message"]["text"] for u in call("getUpdates", **params)["result"]]

    assert texts() == texts() == ["one", "two", "three"]
    assert texts(limit=2) == ["one", "two"]
    assert texts(offset=2) == ["two", "three"]
    assert texts(offset=-1) == ["three"]
    assert texts() == ["three"]
    assert texts(offset=4) == []


def test_long_poll_returns_with_the_next_update(call, world, ann, chat):
    timer = threading.Timer(0.2, world.say, (chat, ann, "hello"))
    timer.start()
    begin = time.monotonic()
    updates = call("getUpdates", timeout=5)["result"]
    assert [update["message"]["text"] for update in updates] == ["hello"]
    assert time.monotonic() - begin > 0.1
    timer.join()


def test_long_poll_returns_nothing_after_its_timeout(call):
    begin = time.monotonic()
    assert call("getUpdates", timeout=1) == {"ok": True, "result": []}
    assert time.monotonic() - begin >= 1


def test_only_allowed_kinds_of_updates_are_queued(call, world, ann, chat):
    call("getUpdates", allowed_updates=["callback_query"])
    world.say(chat, ann, "unseen")
    assert call("getUpdates")["result"] == []
    call("getUpdates", allowed_updates=[])
    world.say(chat, ann, "seen")
    assert [u["message"]["text"] for u in call("getUpdates")["result"]] == ["seen"]


def test_newer_poller_ends_the_older_one(call, http, server, world):
    answers = []

    def poll():
        url = f"{server.url}/bot{world.token}/getUpdates"
        answers.append(httpx.post(url, json={"timeout": 5}).json())

    older = threading.Thread(target=poll)
    older.start()
    while older.is_alive():
        assert call("getUpdates") == {"ok": True, "result": []}
        older.join(0.05)
    assert answers == [
        {
            "ok": False,
            "error_code": 409,
            "description": "Conflict: terminated by other getUpdates request; "
            "make sure that only one bot instance is running",
        }
    ]


def test_polling_beside_a_webhook_is_a_conflict(call):
    assert call("setWebhook", url="https://bot.example/hook")["ok"]
    assert call("getUpdates") == {
        "ok": False,
        "error_code": 409,
        "description": "Conflict: can't use getUpdates method while webhook is active; "
        "use deleteWebhook to delete the webhook first",
    }


def test_faults_affect_only_the_calls_they_name(call, world, chat, ann):
    world.fault("sendMessage", retry_after=7)
    world.fault("sendMessage", 403, chat=chat)
    world.fault("sendMessage", 400, description="TOPIC_CLOSED", times=2)
    world.fault("*", 502)

    def send():
        answer = call("sendMessage", chat_id=chat.id, text="a")
        return answer.get("error_code"), answer.get("description"), answer.get("parameters")

    assert [send() for _ in range(6)] == [
        (429, "Too Many Requests: retry after 7", {"retry_after": 7}),
        (403, "Forbidden: bot was blocked by the user", None),
        (400, "Bad Request: TOPIC_CLOSED", None),
        (400, "Bad Request: TOPIC_CLOSED", None),
        (502, "Bad Gateway", None),
        (None, None, None),
    ]
    assert [request.status for request in world.calls("sendMessage")] == [
        429,
        403,
        400,
        400,
        502,
        200,
    ]


@pytest.mark.parametrize(("loses", "sent", "status"), [("request", 0, 499), ("answer", 1, 200)])
def test_connection_can_be_lost_before_or_after_the_message_is_sent(
    call, world, chat, loses, sent, status
):
    world.fault("sendMessage", loses=loses)
    with pytest.raises(httpx.RemoteProtocolError):
        call("sendMessage", chat_id=chat.id, text="a")
    assert len(world.replies(chat)) == sent
    assert world.calls("sendMessage")[0].status == status


def test_fault_can_delay_a_response(call, world):
    world.fault("getMe", delay=0.2)
    begin = time.monotonic()
    assert call("getMe")["result"]["username"] == "pullquote_bot"
    assert time.monotonic() - begin >= 0.2


def test_file_sent_by_a_person_can_be_downloaded(call, http, world, ann, chat):
    world.send_document(chat, ann, "notes.md", b"# Notes", "read this")
    message = call("getUpdates")["result"][0]["message"]
    assert (message["caption"], message["document"]["file_name"]) == ("read this", "notes.md")
    path = call("getFile", file_id=message["document"]["file_id"])["result"]["file_path"]
    assert http.get(f"/file/bot{world.token}/{path}").content == b"# Notes"


def test_commands_are_stored_by_scope_and_language_and_the_most_specific_is_shown(
    call, world, ann, chat
):
    group = world.group("G", world.user("Ben"), ann)
    scopes = {
        "default": {"type": "default"},
        "private": {"type": "all_private_chats"},
        "groups": {"type": "all_group_chats"},
        "admins": {"type": "all_chat_administrators"},
        "here": {"type": "chat", "chat_id": chat.id},
    }

    def shown(where, who):
        return [command["command"] for command in world.menu(where, who)]

    seen = []
    for name, scope in scopes.items():
        call("setMyCommands", commands=[{"command": name, "description": "x"}], scope=scope)
        seen.append((*shown(chat, ann), *shown(group, ann), *shown(group, world.users[2])))
    assert seen == [
        ("default", "default", "default"),
        ("private", "default", "default"),
        ("private", "groups", "groups"),
        ("private", "groups", "admins"),
        ("here", "groups", "admins"),
    ]
    german = [{"command": "deutsch", "description": "x"}]
    call("setMyCommands", commands=german, scope=scopes["here"], language_code="de")
    assert shown(chat, ann) == ["here"]
    assert call("getMyCommands", scope=scopes["here"], language_code="de")["result"] == german
    call("deleteMyCommands", scope=scopes["here"])
    assert shown(chat, ann) == ["private"]


def test_busy_port_raises_in_the_caller(server):
    with pytest.raises(OSError, match="in use"), Server(World(), server.port):
        pass


def test_stopping_a_server_leaves_nothing_behind():
    """With a poller and a page connected; warnings about open sockets are errors here."""
    before = set(threading.enumerate())
    world = World()
    with contextlib.ExitStack() as open_pages, Server(world) as server:
        poller = threading.Thread(target=_poll, args=(server.url,))
        poller.start()
        page = open_pages.enter_context(httpx.stream("GET", f"{server.url}/chat/events"))
        assert next(page.iter_lines()) == "event: state"
        time.sleep(0.1)
    poller.join()
    assert set(threading.enumerate()) <= before
    assert all(request.status == 200 for request in world.requests)


def _poll(url):
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{url}/bot1:playground/getUpdates", params={"timeout": 30}, timeout=40)


def test_world_forgets_old_messages(world, ann, chat):
    for number in range(2100):
        world.say(chat, ann, str(number))
    assert len(chat.messages) == 2000
    assert next(iter(chat.messages.values())).text == "100"
