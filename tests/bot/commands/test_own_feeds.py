"""Feeds that people follow for themselves, against the Bot API double and a site on loopback."""

import shutil
from datetime import UTC, datetime

import pytest

from bot.playground.markup import parse_html
from bot.settings import Inline
from bot.subscriptions.model import Person
from bot.texts.catalogue import CATALOGUES
from bot.texts.languages import Languages
from tests.bot.commands.test_feeds import poll_again, serve, store, wait_until
from tests.said import said

pytestmark = pytest.mark.sqlite

QUESTION = "What was built in the shipyard of the town?"
FROM_CHANNEL = {
    "type": "channel",
    "chat": {"id": -1007, "type": "channel", "title": "Lake", "username": "lakenews"},
    "message_id": 5,
    "date": 1_700_000_000,
}
POST = (
    "The ferry between Lennfield and the island runs again from Sunday. Its engine was replaced by "
    "an electric one, which was built in the shipyard of the town."
)


def start(room, **how):
    room.settings = room.settings.model_copy(update={"open_feeds": True, **how})
    room.start()


def started_in(room, language):
    """Start a bot that speaks English and ``language``; return what it says in the latter."""
    shutil.copy(CATALOGUES.joinpath(f"{language}.po"), room.catalogues)
    start(room)
    texts = Languages().texts(language)
    return lambda id_, **values: parse_html(texts(id_, **values))[0]


def has_read(room, count=1):
    wait_until(lambda: [each.articles for each in store(room).all()] == [count])


def answers(room, chat, user, question=QUESTION):
    return "Ferry 1" in room.ask(chat, user, question).text


@pytest.mark.parametrize("language", ["en", "uk"])
def test_feed_answers_and_alerts_those_who_follow_it_and_nobody_else(room, root, server, language):
    words = started_in(room, language)
    ann, bob = (room.world.user(name, language_code=language) for name in ("Ann", "Bob"))
    hers, his = room.world.private_chat(ann), room.world.private_chat(bob)
    url = server.url("/feed")
    serve(server, 1)
    for chat, user in ((hers, ann), (his, bob)):
        room.ask(chat, user, "/subscribe")
    advice = words("subscribe.follow_first", address=url)
    assert room.ask(hers, ann, f"/subscribe {url}").text == advice
    reply = room.ask(hers, ann, f"/feeds add {url}").text
    assert reply == words("feeds.following_own", feed="Lake News")
    has_read(room)
    assert answers(room, hers, ann)
    assert room.ask(his, bob, QUESTION).text == words("answer.nothing_indexed")
    assert room.ask(his, bob, "/latest").text == words("answer.nothing_indexed")
    assert room.ask(his, bob, f"/subscribe {url}").text == advice
    assert room.ask(his, bob, "/feeds").text == parse_html(words("feeds.none_own"))[0]

    serve(server, 2, 1)
    poll_again(room)
    has_read(room, 2)
    room.world.wait_for(lambda: any("Ferry 2" in each.text for each in room.world.replies(hers)))
    assert not any("Ferry" in each.text for each in room.world.replies(his))

    before = server.count("/feed")
    reply = room.ask(his, bob, f"/feeds add {url}").text
    assert reply == words("feeds.following_own", feed="Lake News")
    assert server.count("/feed") == before
    assert answers(room, his, bob)
    reply = room.ask(hers, ann, f"/feeds remove {url}").text
    assert reply == words("feeds.stopped_own", feed=url)
    assert room.ask(hers, ann, QUESTION).text == words("answer.nothing_indexed")
    assert room.ask(his, bob, "/feeds").text.startswith("• Lake News – ")
    room.world.press(room.world.replies(his)[-1], "✕ Lake News")
    wait_until(lambda: store(room).all() == [])
    assert room.library.status().articles == 2


def test_limit_refusals_and_what_the_owner_sees(room, root, ann, chat, server):
    start(room, open_feeds_limit=1)
    serve(server, 1)
    serve(server, path="/other", title="Hill News")
    room.ask(chat, ann, f"/feeds add {server.url('/feed')}")
    reply = room.ask(chat, ann, f"/feeds add {server.url('/other')}").text
    assert reply == said("feeds.too_many", limit=1)
    own = room.world.private_chat(root)
    room.ask(own, root, f"/feeds add {server.url('/other')}")
    listed = room.ask(own, root, "/feeds").text.splitlines()
    assert listed[0].startswith(f"• Lake News ({said('feeds.own')}) – ")
    assert listed[1].startswith("• Hill News – ")
    assert f"2, {said('feeds.count_own', own=1)}" in room.ask(own, root, "/status").text
    group = room.world.group("Readers", root, ann)
    refused = room.ask(group, ann, f"/feeds add {server.url('/other')}").text
    assert refused == said("error.not_chat_admin")
    missing = room.ask(chat, ann, f"/feeds remove {server.url('/other')}").text
    assert missing.endswith("this feed is not followed")
    help_ = room.ask(chat, ann, "/help").text
    assert said("help.feeds") in help_
    wait_until(lambda: store(room).all()[0].articles)
    reply = room.ask(own, root, f"/feeds add {server.url('/feed')}").text
    assert reply == said("feeds.following", feed="Lake News")
    bob = room.world.user("Bob")
    assert answers(room, room.world.private_chat(bob), bob)


def test_group_follows_for_itself_and_quotes_leave_no_chat_by_link_or_inline(
    room, ann, chat, server
):
    start(room, inline=Inline.EVERYONE)
    bob = room.world.user("Bob")
    group = room.world.group("Readers", bob, ann)
    serve(server, 1)
    room.ask(group, bob, f"/feeds add {server.url('/feed')}")
    has_read(room)
    assert answers(room, group, ann, f"/ask {QUESTION}")
    assert room.ask(chat, ann, QUESTION).text == said("answer.nothing_indexed")

    room.ask(chat, ann, f"/feeds add {server.url('/feed')}")
    answer = room.ask(chat, ann, QUESTION)
    last = chat.last_id
    room.world.press(answer, said("button.share"), ann)
    linked = room.world.wait_for(
        lambda: next((each for each in room.world.replies(chat) if each.id > last), None)
    )
    code = linked.text.rpartition("=")[2]
    opened = room.ask(room.world.private_chat(bob), bob, f"/start {code}").text
    assert opened == said("share.not_followed")
    query = room.world.inline(ann, QUESTION)
    assert room.world.wait_for(lambda: query.answer)["results"] == []

    grown = room.world.migrate(group)
    wait_until(lambda: [each.title for each in store(room).of(grown.id)] == ["Lake News"])
    room.world.block(ann)
    wait_until(lambda: store(room).followers() == {1: {grown.id}})


def test_conversation_about_an_article_ends_when_its_feed_is_left(room, ann, chat, server):
    start(room)
    serve(server, 1)
    url = server.url("/feed")
    room.ask(chat, ann, f"/feeds add {url}")
    has_read(room)
    assert answers(room, chat, ann)
    assert "Ferry 1" in room.ask(chat, ann, "And when?").text
    room.ask(chat, ann, f"/feeds remove {url}")
    assert "Ferry 1" not in room.ask(chat, ann, "And when?").text


def test_feeds_rest_that_only_blocked_people_follow_or_that_are_no_longer_open(
    room, ann, chat, server, root
):
    start(room)
    serve(server, 1)
    room.ask(chat, ann, f"/feeds add {server.url('/feed')}")
    has_read(room)
    room.store.blocks.put(Person(ann.id, "Ann"), 0.0)
    count = server.count("/feed")
    poll_again(room)
    serve(server, path="/other")
    own = room.world.private_chat(root)
    room.ask(own, root, f"/feeds add {server.url('/other')}")
    wait_until(lambda: store(room).all()[1].last_success_at)
    assert server.count("/feed") == count
    room.store.blocks.remove(ann.id, 0.0)
    wait_until(lambda: store(room).all()[0].next_poll_at > datetime.now(UTC))
    room.stop()
    room.settings = room.settings.model_copy(update={"open_feeds": False})
    count = server.count("/feed")
    poll_again(room)
    room.start()
    reply = room.ask(chat, ann, f"/feeds remove {server.url('/feed')}").text
    assert reply == said("error.not_admin")
    assert answers(room, chat, ann)
    assert not answers(room, own, root)
    assert server.count("/feed") == count


@pytest.mark.parametrize("language", ["en", "de"])
def test_chats_are_told_once_when_their_own_feed_ends_and_nobody_else_is(
    room, root, server, language
):
    words = started_in(room, language)
    people = [room.world.user(name, language_code=language) for name in ("Ann", "Bob", "Cid")]
    ann, bob, _ = people
    chats = [room.world.private_chat(user) for user in (*people, root)]
    serve(server, 1)
    for chat, user in zip(chats[:2], (ann, bob), strict=True):
        room.ask(chat, user, f"/feeds add {server.url('/feed')}")
    has_read(room)
    room.store.blocks.put(Person(bob.id, "Bob"), 0.0)
    server.pages["/feed"] = (410, {}, b"")
    poll_again(room)
    title = parse_html(words("feeds.ended", count=1))[0]

    def told():
        found = [[r.text for r in room.world.replies(chat)] for chat in chats]
        return [sum(text.startswith(title) for text in texts) for texts in found]

    wait_until(lambda: told()[0])
    notice = room.world.replies(chats[0])[-1].text
    assert notice.splitlines()[1].startswith("• Lake News – ")
    room.store.blocks.remove(bob.id, 0.0)
    wait_until(lambda: told()[1])
    room.stop()
    room.start()
    room.ask(chats[0], ann, "/feeds")
    assert told() == [1, 1, 0, 0]


def test_forwarded_post_has_a_button_that_follows_its_channel(room, ann, chat, bridge):
    room.add(bridge)
    start(room)
    reply = room.world.wait_for_reply(room.world.forward(chat, ann, POST, FROM_CHANNEL))
    assert said("button.follow_channel") in reply.labels
