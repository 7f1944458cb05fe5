"""Answers as rich messages, and the way back to those of today."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.texts import rich
from qa import Answer, Article, Quote, Verdict
from qa.article import Page, layout_of
from tests.bot.conftest import BRIDGE
from tests.said import ENGLISH, said

pytestmark = pytest.mark.sqlite

QUESTION = "Why was the old bridge at Mill Lane closed?"
PASSAGE = BRIDGE.text.splitlines()[1]
LATER = "The county will pay nine million euros for a new bridge over the river Lenn."
SENTENCE = PASSAGE.split(" Engineers")[0]


@pytest.fixture
def asking(room, bridge):
    room.settings = room.settings.model_copy(update={"rich_messages": True})
    room.world.rich_messages = True
    room.add(bridge)
    return room


def requests(room):
    return [each.status for each in room.world.calls("sendRichMessage")]


def test_sentence_is_pulled_out_and_its_passage_is_below(asking, ann, chat):
    asking.start()
    reply = asking.ask(chat, ann, QUESTION)
    pulled, around = reply.extra["rich_message"]["blocks"]
    (title, source) = pulled["credit"]
    assert (pulled["type"], pulled["text"]) == ("pullquote", [SENTENCE])
    assert (title["text"], source) == (["Old bridge closed after flood"], " · Valley Post")
    assert title["url"].startswith("https://example.org/bridge#:~:text=")
    marked, after = around["blocks"][0]["text"]
    assert marked == {"type": "marked", "text": [SENTENCE]}
    assert SENTENCE + after == PASSAGE
    asking.world.press(reply, said("button.verify"))
    assert asking.world.wait_for_reply(reply).text.startswith(said("verify.verbatim"))
    refused = asking.ask(chat, ann, "Who won the football world cup?")
    assert refused.text == said("answer.nothing_near")


@pytest.mark.parametrize("url", [BRIDGE.url, None])
def test_reply_to_a_rich_message_is_about_its_article(asking, ann, chat, url):
    start, now = BRIDGE.text.index(PASSAGE), datetime.now(UTC)
    pages = layout_of([], [Page(0, 1), Page(start, 2)])
    paged = replace(BRIDGE, url=url, layout=pages, published_at=now - timedelta(days=30))
    later = replace(BRIDGE, id="later", text=LATER, url=None, published_at=now)
    asking.add(paged, replace(later, title="Old bridge to be replaced after flood"))
    asking.start()
    reply = asking.ask(chat, ann, QUESTION)
    credit = reply.extra["rich_message"]["blocks"][0]["credit"]
    assert credit[-1].endswith(f" · {said('answer.page', number=2)}")
    asking.world.press(reply, said("button.story"))
    by_button = asking.world.wait_for_reply(reply)
    assert SENTENCE in by_button.text
    assert LATER in by_button.text
    assert asking.ask(chat, ann, "/story", reply_to=reply).text == by_button.text
    asking.stop()  # and forgets what it was asked
    asking.start()
    followed = asking.ask(chat, ann, "Who will inspect it?", reply_to=reply)
    assert said("answer.about", subject=BRIDGE.title) in followed.text


def test_server_without_rich_messages_is_asked_once(asking, ann, chat):
    asking.world.rich_messages = False
    asking.start()
    for _ in range(2):
        assert PASSAGE in asking.ask(chat, ann, QUESTION).text
    assert requests(asking) == [404]


def test_refused_rich_message_is_sent_as_today(asking, ann, chat):
    asking.start()
    asking.world.fault("sendRichMessage", 400, description="Bad Request: no such tag")
    assert PASSAGE in asking.ask(chat, ann, QUESTION).text
    assert "rich_message" in asking.ask(chat, ann, QUESTION).extra
    asking.world.wait_for(lambda: requests(asking) == [400, 200])


def test_rich_messages_are_off_by_default(room, ann, chat, bridge):
    room.world.rich_messages = True
    room.add(bridge)
    assert not room.settings.rich_messages
    room.start()
    assert PASSAGE in room.ask(chat, ann, QUESTION).text
    assert requests(room) == []


def test_text_from_outside_is_never_markup_and_a_long_passage_is_cut():
    text = f"{'x ' * 5000}<mark>&amp;</mark>\nIt rose. {'y ' * 5000}"
    start = text.index("<mark>")
    article = Article("a", "<aside>", text)
    quote = Quote(article, text, 0, len(text), 0, 1.0, (start, text.index(" y")))
    html = rich.answer(ENGLISH, Answer("?", Verdict.ANSWERED, 0.9, (quote,) * 3))
    escaped = "&lt;mark&gt;&amp;amp;&lt;/mark&gt;<br>It rose."
    assert html.startswith(f"<aside>{escaped}<cite>&lt;aside&gt;</cite></aside><details>")
    assert f"<mark>{escaped}</mark>" in html
    assert len(html) < 3 * 4_400
