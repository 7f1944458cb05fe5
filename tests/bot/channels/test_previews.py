"""Public channels that the bot is not in: from the command to the alert, and the button."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from telegram import Bot, Chat, InlineKeyboardMarkup, Message
from telegram import MessageOriginChannel as Origin

from bot.channels.store import ChannelStore
from bot.keyboards.channels import FOLLOW, follow_channel_button
from bot.keyboards.data import parse
from index.feeds.follow import Feeds
from tests.previews import post, preview
from tests.said import ENGLISH, is_alert, said

pytestmark = pytest.mark.sqlite

FERRY = (
    "The ferry between Lennfield and the island runs again from Sunday, after a winter in which "
    "its engine was replaced by an electric one that was built in the shipyard of the town, and "
    "children travel free of charge until the end of the month."
)
MAYOR = "The mayor of Lennfield resigned on Friday after eleven years in office, she said."
SCHOOL = "The school on the hill opens its new library in June, with nine thousand books in it."
IN_IT = "@lakenews: the bot is in this channel and reads it already"


@pytest.fixture
def chat(room, root):
    room.start()
    return room.world.private_chat(root)


def serve(server, *posts):
    server.pages["/s/lakenews"] = (200, {}, preview(*posts))


def serve_paper(server, *texts):
    items = "".join(
        f"<item><guid>{number}</guid><title>A report {number}</title>"
        f"<description>{text}</description></item>"
        for number, text in enumerate(texts)
    )
    body = f'<rss version="2.0"><channel><title>Valley Post</title>{items}</channel></rss>'
    server.pages["/feed"] = (200, {}, body.encode())


def follow(room, root, chat, server, path):
    """Follow a feed, and wait for its first poll."""
    reply = room.ask(chat, root, f"/feeds add {server.url(path)}")
    until(lambda: all(feed.last_success_at for feed in feeds(room).store.all()))
    return reply.text


def feeds(room):
    return Feeds(room.library.database, interval=timedelta(minutes=10), allow_private=True)


def poll(room):
    """Make all feeds due, and wait until they have been polled."""
    with room.library.database.write() as connection:
        connection.execute("UPDATE feeds SET next_poll_at = 0")
    until(lambda: all(feed.next_poll_at.timestamp() for feed in feeds(room).store.all()))


def until(condition):
    ends = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


def wait_for_alert(room, chat, opening):
    def found():
        alerts = [each for each in room.world.replies(chat) if is_alert(each)]
        return next((each for each in alerts if each.text.startswith(opening)), None)

    return room.world.wait_for(found)


def test_channel_is_followed_and_what_it_deletes_is_removed(room, root, chat, server):
    serve(server, post(1, "Ferry"))
    followed = follow(room, root, chat, server, "/s/lakenews")
    assert followed == said("feeds.following", feed="Lake News")
    articles = said("interest.articles_from", source="Lake News")
    for written in ("@LakeNews", "from @lakenews", "everything from t.me/lakenews"):
        reply = room.ask(chat, root, f"/subscribe {written}").text
        assert articles in reply
    serve(server, post(1, "Ferry"), post(2, MAYOR), post(3, FERRY))
    poll(room)
    alert = wait_for_alert(room, chat, MAYOR)
    (linked,) = (each["url"] for each in alert.entities if "url" in each)
    assert linked.startswith("https://t.me/lakenews/2")
    wait_for_alert(room, chat, FERRY[:60])
    serve(server, post(1, "Ferry"), post(3, FERRY))
    poll(room)
    until(lambda: room.library.article("https://t.me/lakenews/2") is None)
    kept = [each.url for each in room.library.articles_after(0, 9)]
    assert kept == ["https://t.me/lakenews/1", "https://t.me/lakenews/3"]


def test_text_that_a_paper_and_a_channel_share_is_one_alert(room, root, chat, server):
    serve(server, post(1, "Ferry"))
    serve_paper(server)
    for path in ("/s/lakenews", "/feed"):
        follow(room, root, chat, server, path)
    room.ask(chat, root, "/subscribe")
    serve(server, post(1, "Ferry"), post(2, FERRY))
    poll(room)
    alert = wait_for_alert(room, chat, FERRY[:60])
    serve_paper(server, FERRY)
    poll(room)
    room.world.wait_for(lambda: said("answer.also_in", sources="Valley Post") in alert.text)
    assert sum(map(is_alert, room.world.replies(chat))) == 1


def forwarded_from(**channel):
    chat = Chat(-1001, Chat.CHANNEL, title="Lake News", **channel)
    return Message(1, None, Chat(1, Chat.PRIVATE), forward_origin=Origin(None, chat, 5))


def test_button_of_a_post_carries_the_name_of_its_public_channel():
    made = follow_channel_button(ENGLISH, forwarded_from(username="Lake_News24"))
    assert made.text == "Follow this channel"
    assert parse(made.callback_data) == (FOLLOW, (), "Lake_News24")
    assert follow_channel_button(ENGLISH, forwarded_from()) is None
    assert follow_channel_button(ENGLISH, Message(1, None, Chat(1, Chat.PRIVATE))) is None


def test_channel_that_the_bot_is_in_is_not_followed_by_command_or_button(room, root, ann, chat):
    channel = room.world.channel("Lake News", root)
    channel.username = "LakeNews"
    room.world.add_bot(channel, root)
    channels = ChannelStore(room.library.database)
    until(lambda: channels.reads("lakenews"))
    assert room.ask(chat, root, "/feeds add @lakenews").text == IN_IT
    shown = asyncio.run(send_button(room, chat))
    press = room.world.press(shown, shown.labels[0])
    room.world.wait_for(lambda: press.answer is not None)
    assert room.world.wait_for_reply(shown).text == IN_IT
    press = room.world.press(shown, shown.labels[0], ann)
    assert room.world.wait_for(lambda: press.answer)["text"] == said("error.not_admin")
    assert feeds(room).store.all() == []
    room.world.kick(channel, root)
    until(lambda: not channels.reads("lakenews"))


def test_channel_that_the_bot_joins_is_read_once_and_keeps_articles_and_subscribers(
    room, root, chat, server
):
    channel = room.world.channel("Lake News", root)
    channel.username = "lakenews"
    written = [room.world.say(channel, root, text) for text in ("Ferry", MAYOR, FERRY)]
    shown = [post(each.id, each.text) for each in written]
    for each in written:
        each.date = int(datetime(2024, 5, 1, each.id, tzinfo=UTC).timestamp())
    serve(server, shown[0])
    follow(room, root, chat, server, "/s/lakenews")
    room.ask(chat, root, "/subscribe from @lakenews")
    serve(server, *shown[:2])
    poll(room)
    wait_for_alert(room, chat, MAYOR)
    address = f"https://t.me/lakenews/{written[1].id}"
    before = room.library.article(address)

    room.world.add_bot(channel, root)
    until(lambda: ChannelStore(room.library.database).reads("lakenews"))
    requests = len(server.requests)
    poll(room)
    room.world.edit(written[1], f"{MAYOR} Her deputy takes over.")
    until(lambda: room.library.article(address).text.endswith("takes over."))
    read = room.world.say(channel, root, FERRY)
    wait_for_alert(room, chat, FERRY[:60])
    assert room.library.article(address).id == before.id
    assert len(server.requests) == requests

    room.world.kick(channel, root)
    until(lambda: not ChannelStore(room.library.database).reads("lakenews"))
    serve(server, *shown[:2], post(read.id, FERRY), post(read.id + 1, SCHOOL))
    poll(room)
    wait_for_alert(room, chat, SCHOOL)
    urls = [each.url for each in room.library.articles_after(0, 9)]
    assert urls == [f"https://t.me/lakenews/{n}" for n in (1, 2, read.id, read.id + 1)]
    assert sum(map(is_alert, room.world.replies(chat))) == 3


async def send_button(room, chat):
    """Send a message with the button; return it as the world has it."""
    made = follow_channel_button(ENGLISH, forwarded_from(username="lakenews"))
    async with Bot(room.world.token, base_url=f"{room.server.url}/bot") as api:
        await api.send_message(chat.id, "A post", reply_markup=InlineKeyboardMarkup([[made]]))
    return room.world.replies(chat)[-1]


def test_channel_that_is_renamed_is_known_by_its_new_name(room):
    channels = ChannelStore(room.library.database)
    channels.join(-1, 7)
    assert not channels.reads("lake")
    channels.put(1, -1, "{}", "Lake")
    assert channels.reads("lake")
    channels.put(2, -1, "{}")
    assert not channels.reads("lake")
