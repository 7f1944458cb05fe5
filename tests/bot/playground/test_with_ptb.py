"""The real python-telegram-bot runs against the double: polling, webhook, errors."""

import asyncio
import contextlib
import socket

import httpx
import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
)
from telegram.ext import (
    ApplicationBuilder,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    filters,
)

MORE = InlineKeyboardMarkup([[InlineKeyboardButton("More", callback_data="more:1")]])


async def echo(update, context):
    await context.bot.send_chat_action(update.effective_chat.id, "typing")
    await update.effective_message.reply_text(
        f"<blockquote>{update.effective_message.text}</blockquote>",
        parse_mode="HTML",
        do_quote=True,
        reply_markup=MORE,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )


async def pressed(update, context):
    await update.callback_query.answer("Here it is", show_alert=True)
    await update.callback_query.edit_message_text("More of it")


@pytest.fixture
def talk(world, server):
    """Run a coroutine with a python-telegram-bot client: ``talk(lambda client: …)``."""

    def _talk(coroutine, token=None):
        async def main():
            builder = ApplicationBuilder().token(token or world.token)
            client = builder.base_url(f"{server.url}/bot").build().bot
            async with client:
                return await coroutine(client)

        return asyncio.run(main())

    return _talk


def test_a_question_is_answered_and_its_button_pressed(world, running, ann, chat):
    handlers = [MessageHandler(filters.TEXT, echo), CallbackQueryHandler(pressed)]
    with running(*handlers):
        question = world.say(chat, ann, "When?")
        answer = world.wait_for_reply(question)
        assert answer.entity_texts("blockquote") == ["When?"]
        assert answer.reply_to is question
        assert answer.link_preview == {"is_disabled": True}
        press = world.press(answer, "More")
        world.wait_for(lambda: answer.edited)
        assert (answer.text, answer.labels) == ("More of it", [])
    assert (press.answer["text"], press.answer["show_alert"]) == ("Here it is", True)
    assert world.violations == []
    assert [call.params["action"] for call in world.calls("sendChatAction")] == ["typing"]


def test_reply_in_a_topic_stays_in_it(world, running, ann):
    forum = world.forum("F", ann)
    thread = world.topic(forum, "News", ann)
    with running(CommandHandler("latest", echo)):
        reply = world.wait_for_reply(world.say(forum, ann, "/latest", thread=thread))
    assert (reply.thread, reply.entity_texts("blockquote")) == (thread, ["/latest"])


def test_bot_is_notified_of_a_block(world, running, ann, chat):
    seen = []

    async def note(update, _):
        seen.append(update.my_chat_member.new_chat_member.status)
        await update.get_bot().get_me()

    with running(ChatMemberHandler(note, ChatMemberHandler.MY_CHAT_MEMBER)):
        before = len(world.calls("getMe"))
        world.block(ann)
        world.wait_for(lambda: len(world.calls("getMe")) > before)
    assert seen == ["kicked"]


def test_bot_survives_lost_polls(world, running, ann, chat):
    world.fault("getUpdates", 502)
    world.fault("getUpdates", loses="answer")
    with running(MessageHandler(filters.TEXT, echo)):
        assert world.wait_for_reply(world.say(chat, ann, "Still there?")).text == "Still there?"
    statuses = [request.status for request in world.calls("getUpdates")]
    assert statuses[:3] == [502, 200, 200]


@pytest.mark.filterwarnings("ignore:.*attribute `retry_after`")  # the library's own, on RetryAfter
def test_error_responses_become_the_librarys_exceptions(world, ann, chat, talk, monkeypatch):
    monkeypatch.delenv("PTB_TIMEDELTA", raising=False)  # a bot in the same test worker sets it
    group = world.group("G", ann)
    moved = world.migrate(group)
    world.fault("sendMessage", retry_after=3)
    world.fault("sendMessage", 502)

    async def send(client):
        caught = []
        for target, text in [
            (chat.id, "flood"),
            (chat.id, "gateway"),
            (group.id, "moved"),
            (chat.id, "<div>"),
            (chat.id, ""),
        ]:
            try:
                await client.send_message(target, text, parse_mode="HTML")
            except (RetryAfter, NetworkError, ChatMigrated) as error:
                caught.append(error)
        return caught

    errors = talk(send)
    assert [(type(error), str(error)) for error in errors] == [
        (RetryAfter, "Flood control exceeded. Retry in 3 seconds"),
        (NetworkError, "Bad Gateway"),
        (ChatMigrated, f"Group migrated to supergroup. New chat id: {moved.id}"),
        (BadRequest, 'Can\'t parse entities: unsupported start tag "div" at byte offset 0'),
        (BadRequest, "Message text is empty"),
    ]


def test_an_unchanged_edit_and_a_block_are_exceptions_too(world, ann, chat, talk):
    async def run(client):
        sent = await client.send_message(chat.id, "a", reply_markup=MORE)
        with pytest.raises(BadRequest, match=r"^Message is not modified"):
            await sent.edit_text("a", reply_markup=MORE)
        world.block(ann)
        with pytest.raises(Forbidden, match=r"^Forbidden: bot was blocked by the user$"):
            await client.send_message(chat.id, "a")
        world.webhook.url = "https://bot.example"
        with pytest.raises(Conflict, match=r"^Conflict: can't use getUpdates method while webhook"):
            await client.get_updates()

    talk(run)
    assert world.violations == []


@pytest.mark.parametrize("token", ["2:other", "1:wrong", "nonsense"])
def test_a_wrong_token_is_invalid(talk, token):
    with pytest.raises(InvalidToken):
        talk(lambda client: client.get_me(), token)


def test_library_parses_every_response(world, ann, chat, talk):
    group = world.supergroup("S", ann, bot_admin=True)

    async def run(client):
        await client.set_my_commands([("ask", "Ask")], language_code="en")
        await client.set_my_description("About")
        return (
            await client.get_my_commands(language_code="en"),
            await client.get_chat(group.id),
            await client.get_chat_member(group.id, client.id),
            await client.get_chat_member(group.id, ann.id),
            await client.get_webhook_info(),
        )

    commands, info, me, creator, webhook = talk(run)
    assert [command.command for command in commands] == ["ask"]
    assert (info.title, me.status, creator.status) == ("S", "administrator", "creator")
    assert (webhook.url, webhook.pending_update_count) == ("", 0)
    assert world.violations == []


def free_port():
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return taken.getsockname()[1]


def test_updates_are_posted_to_the_webhook_with_its_secret(world, running, ann, chat):
    port = free_port()
    webhook = {
        "listen": "127.0.0.1",
        "port": port,
        "url_path": "hook",
        "webhook_url": f"http://127.0.0.1:{port}/hook",
        "secret_token": "s3cret",
    }
    with running(MessageHandler(filters.TEXT, echo), **webhook):
        assert world.wait_for_reply(world.say(chat, ann, "one")).text == "one"
        forged = httpx.post(webhook["webhook_url"], json={"update_id": 1})
        assert forged.status_code == 403
        said = [world.say(chat, ann, text) for text in ("two", "three")]
        world.wait_for(lambda: len(world.replies(chat)) == 3)
        assert [message.text for message in world.replies(chat)] == ["one", "two", "three"]
        assert len(said) == 2
    assert not world.updates.pending
    assert world.violations == []


def test_webhook_that_was_down_receives_its_updates_later_in_order(world, running, ann, chat, call):
    port = free_port()
    url = f"http://127.0.0.1:{port}/hook"
    assert call("setWebhook", url=url)["ok"]
    for text in ("one", "two"):
        world.say(chat, ann, text)
    world.wait_for(lambda: world.webhook.last_error)
    info = call("getWebhookInfo")["result"]
    assert (info["pending_update_count"], info["url"]) == (2, url)
    assert info["last_error_message"].startswith("Connection failed: ")
    webhook = {"listen": "127.0.0.1", "port": port, "url_path": "hook", "webhook_url": url}
    with running(MessageHandler(filters.TEXT, echo), **webhook):
        world.wait_for(lambda: len(world.replies(chat)) == 2)
    assert [message.text for message in world.replies(chat)] == ["one", "two"]


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        (
            {"url": "http://bot.example/hook"},
            "bad webhook: An HTTPS URL must be provided for webhook",
        ),
        (
            {"url": "https://bot.example", "secret_token": "no spaces"},
            "secret token contains unallowed characters",
        ),
    ],
)
def test_invalid_webhook_is_rejected(call, params, problem):
    assert call("setWebhook", **params)["description"] == f"Bad Request: {problem}"


def test_pending_updates_can_be_dropped(world, ann, chat, call):
    world.say(chat, ann, "old")
    assert call("deleteWebhook", drop_pending_updates=True)["ok"]
    assert call("getUpdates")["result"] == []
