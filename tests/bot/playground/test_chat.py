"""The routes of the chat page: what they return, and which requests they reject."""

import base64
import contextlib
import json
import re

import httpx
import pytest

from bot.playground import Server
from bot.playground.chat import accepted
from bot.texts.languages import Languages
from tests.capitals import CODE, write_catalogues
from tests.said import ENGLISH, said

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ROUTES = ["/", "/chat.js", "/chat/events", "/chat/say", "/chat/send", "/chat/press", "/chat/file/1"]
FOREIGN = "Another site's page may not use this server."


@pytest.fixture
def events(server):
    """Open the event stream; return an iterator of (kind, data)."""
    with contextlib.ExitStack() as open_streams:

        def _events():
            stream = httpx.stream("GET", f"{server.url}/chat/events", timeout=10)
            lines = open_streams.enter_context(stream).iter_lines()
            for line in lines:
                if line.startswith("event: "):
                    yield line.removeprefix("event: "), json.loads(next(lines)[len("data: ") :])

        yield _events


@pytest.mark.parametrize(
    ("path", "kind", "part"),
    [
        ("/", "text/html; charset=utf-8", '<ol id="log" role="log" aria-live="polite"'),
        ("/chat.css", "text/css; charset=utf-8", "@media (prefers-color-scheme: dark)"),
        ("/chat.js", "text/javascript; charset=utf-8", "connect();"),
        ("/icon.svg", "image/svg+xml; charset=utf-8", "<svg"),
    ],
)
def test_page_is_served_with_a_strict_content_security_policy(http, path, kind, part):
    answer = http.get(path)
    assert part in answer.text
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Content-Security-Policy"] == CSP
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_page_contains_its_own_texts_and_those_of_its_script(http):
    page = http.get("/").text
    assert '<html lang="en-GB" dir="ltr">' in page
    assert f'placeholder="{said("page.message")}"' in page
    words = re.search(r'<script id="words" type="application/json">(.*)</script>', page)[1]
    assert json.loads(words) == ENGLISH.under("page.")


@pytest.mark.parametrize(
    ("header", "codes"),
    [
        ("uk-UA,uk;q=0.9,en-US;q=0.8,en;q=0.7", ["uk-UA", "uk", "en-US", "en"]),
        ("en;q=0.2, de ; q=0.5, fr", ["fr", "de", "en"]),
        ("de;q=0, *;q=0.1", ["*"]),
        ("", []),
        ("de;q=high,,;,en", ["en"]),
    ],
)
def test_languages_that_a_browser_accepts(header, codes):
    assert accepted(header) == codes


def test_page_is_in_the_browsers_language_and_so_is_the_person(world, tmp_path):
    languages = write_catalogues(tmp_path)
    with (
        Server(world, languages=languages) as server,
        httpx.Client(base_url=server.url) as client,
    ):
        world.speak(world.user("You"), "uk")
        page = client.get("/", headers={"Accept-Language": "ja, eo-XX;q=0.9, en;q=0.8"}).text
        assert world.users[1].language_code == CODE
        client.post("/chat/say", json={"text": "hi"})
        client.get("/", headers={"Accept-Language": "ja"})
    assert '<html lang="eo" dir="ltr">' in page
    assert 'placeholder="MESSAGE"' in page
    (update,) = world.updates.pending
    assert update["message"]["from"]["language_code"] == CODE
    assert world.users[1].language_code == "en-gb"


def test_page_of_a_language_from_right_to_left_is_laid_out_so(world, tmp_path):
    write_catalogues(tmp_path)
    hebrew = (tmp_path / "en.po").read_text().replace("Language: en_GB", "Language: he")
    (tmp_path / "he.po").write_text(hebrew)
    with Server(world, languages=Languages(folder=tmp_path)) as server:
        page = httpx.get(server.url, headers={"Accept-Language": "he"}).text
    assert '<html lang="he" dir="rtl">' in page


def test_page_never_builds_html_from_a_string(http):
    script = http.get("/chat.js").text
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert way not in script


@pytest.mark.parametrize(
    "path", ["/nothing", "/contract.json", "/..%2fchat.py", "/page/../chat.py"]
)
def test_only_the_pages_own_files_are_served(http, path):
    assert http.get(path).status_code == 404


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_foreign_host_is_rejected_on_every_route(http, server, path, method):
    answer = http.request(method, path, headers={"Host": "rebound.example"}, json={})
    assert answer.status_code == 421
    sentence = "This server answers for 127.0.0.1:{} only, not for another host."
    assert answer.text == sentence.format(server.port)


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://a.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_page_of_another_site_is_rejected_on_every_route(http, path, headers):
    answer = http.post(path, headers=headers, json={"text": "hi"})
    assert (answer.status_code, answer.text) == (403, FOREIGN)


@pytest.mark.parametrize("path", ["/chat/say", "/chat/send", "/chat/press"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_posts_that_are_not_json_are_rejected(http, path, kind):
    answer = http.post(path, content=b'{"text":"hi"}', headers={"Content-Type": kind})
    assert (answer.status_code, answer.text) == (415, "Send JSON.")


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("/chat/say", b"{", 400, "Send a JSON object with text."),
        ("/chat/say", b"[]", 400, "Send a JSON object with text."),
        ("/chat/say", b'{"text": 5}', 400, "Send a JSON object with text."),
        ("/chat/say", b'{"text": "a", "x": 1}', 400, "Send a JSON object with text."),
        ("/chat/say", b'{"text": " "}', 400, "A message has 1 to 4096 characters."),
        ("/chat/say", json.dumps({"text": "x" * 4097}), 400, "A message has 1 to 4096 characters."),
        ("/chat/send", b'{"name": "a"}', 400, "Send a JSON object with name and data."),
        ("/chat/send", b'{"name": "a", "data": "?"}', 400, "Send the file's data in base64."),
        ("/chat/send", b'{"name": "a", "data": ""}', 400, "A file has 1 byte to 10 MB."),
        ("/chat/press", b"{}", 400, "Send a JSON object with message_id and data."),
        ("/chat/press", b'{"message_id": 9, "data": "x"}', 404, "The message is gone."),
    ],
)
def test_invalid_posts_are_rejected_with_a_sentence(http, world, path, body, status, sentence):
    answer = http.post(path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.text) == (status, sentence)
    assert not world.updates.pending


def test_file_sent_by_the_person_can_be_downloaded(world, http):
    content = bytes(range(256))
    data = {"name": "naïve “list”.opml", "data": base64.b64encode(content).decode()}
    number = http.post("/chat/send", json=data).json()["message_id"]
    assert world.chats[1].messages[number].extra["document"]["file_size"] == 256
    answer = http.get(f"/chat/file/{number}")
    assert answer.content == content
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename*=UTF-8''na%C3%AFve%20%E2%80%9Clist%E2%80%9D.opml"
    )
    (update,) = world.updates.pending
    assert "document" in update["message"]


@pytest.mark.parametrize("number", [1, 99])
def test_message_without_a_file_has_no_download(world, http, number):
    http.post("/chat/say", json={"text": "hi"})
    answer = http.get(f"/chat/file/{number}")
    assert (answer.status_code, answer.text) == (404, "The file is gone.")


def test_the_page_may_post_from_its_own_origin_by_either_name(http, server, world):
    for host in ("127.0.0.1", "localhost"):
        headers = {"Host": f"{host}:{server.port}", "Origin": f"http://{host}:{server.port}"}
        assert http.post("/chat/say", json={"text": host}, headers=headers).status_code == 200
    assert [message.text for message in world.chats[1].messages.values()] == [
        "127.0.0.1",
        "localhost",
    ]


def test_page_receives_the_whole_state_when_it_opens(world):
    with (
        Server(world, examples=["One?", "Two?", "Three?", "Four?"]) as server,
        httpx.stream("GET", f"{server.url}/chat/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == "event: state"
        assert json.loads(next(lines).removeprefix("data: ")) == {
            "name": "Pullquote",
            "username": "pullquote_bot",
            "about": "",
            "examples": ["One?", "Two?", "Three?"],
            "commands": [],
            "messages": [],
        }


def test_page_receives_messages_typing_toasts_commands_and_deletions(world, http, call, events):
    stream = events()
    assert next(stream)[0] == "state"
    http.post("/chat/say", json={"text": "/ask <b>hi</b>"})
    kind, said = next(stream)
    assert (kind, said["text"], said["from"]["id"]) == ("message", "/ask <b>hi</b>", 1)
    call("sendChatAction", chat_id=1, action="typing")
    assert next(stream) == ("typing", {"action": "typing"})
    markup = {"inline_keyboard": [[{"text": "More", "callback_data": "m"}]]}
    sent = call("sendMessage", chat_id=1, text="<b>b</b>", parse_mode="HTML", reply_markup=markup)
    assert next(stream) == ("message", {**sent["result"], "deleted": False})
    target = {"chat_id": 1, "message_id": sent["result"]["message_id"]}
    http.post("/chat/press", json={"message_id": target["message_id"], "data": "m"})
    query = call("getUpdates")["result"][-1]["callback_query"]
    assert (query["data"], query["from"]["id"]) == ("m", 1)
    call("answerCallbackQuery", callback_query_id=query["id"], text="No more", show_alert=True)
    toast = {"message_id": target["message_id"], "data": "m", "text": "No more", "alert": True}
    assert next(stream) == ("toast", toast)
    commands = [{"command": "ask", "description": "Ask"}]
    call("setMyCommands", commands=commands)
    assert next(stream) == ("commands", {"commands": commands})
    call("deleteMessage", **target)
    kind, deleted = next(stream)
    assert (kind, deleted["message_id"], deleted["deleted"]) == (
        "message",
        target["message_id"],
        True,
    )


def test_page_receives_nothing_from_other_chats(world, call, events):
    stream = events()
    next(stream)
    other = world.private_chat(world.user("Ben"))
    world.say(other, world.users[2], "secret")
    world.say(world.chats[1], world.users[1], "mine")
    assert next(stream)[1]["text"] == "mine"


def test_missing_button_cannot_be_pressed(world, http, call):
    http.post("/chat/say", json={"text": "hi"})
    answer = http.post("/chat/press", json={"message_id": 1, "data": "x"})
    assert (answer.status_code, answer.text) == (404, "There is no button 'x'; there are [].")


def test_message_written_after_a_force_reply_is_a_reply(world, http, call):
    http.post("/chat/say", json={"text": "hi"})
    sent = call("sendMessage", chat_id=1, text="Which?", reply_markup={"force_reply": True})
    for text in ("this one", "and that"):
        http.post("/chat/say", json={"text": text})
    *_, reply, other = world.chats[1].messages.values()
    assert (reply.reply_to.id, other.reply_to) == (sent["result"]["message_id"], None)
