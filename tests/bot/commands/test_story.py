from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from qa.article import Block, BlockKind, Page, layout_of
from tests.said import said

pytestmark = pytest.mark.sqlite

STORY = said("button.story")
TITLE = said("story.title")


def dated(article, days_ago, **fields):
    at = datetime.now(UTC) - timedelta(days=days_ago)
    return replace(article, published_at=at, **fields)


@pytest.fixture
def later(bridge):
    """What became of the bridge."""
    text = (
        "The old bridge at Mill Lane over the river Lenn will be torn down after the flood.\n"
        "The county will pay nine million euros for a new bridge."
    )
    return dated(
        bridge,
        2,
        id="later",
        title="Old bridge at Mill Lane to be torn down after flood",
        text=text,
        url="https://example.org/later",
    )


@pytest.fixture
def told(room, bridge, later, mayor):
    room.add(dated(bridge, 30), later, dated(mayor, 9))
    room.start()
    return room


@pytest.fixture
def ann(room):
    return room.world.user("Ann")


@pytest.fixture
def chat(room, ann):
    return room.world.private_chat(ann)


def headings(message):
    return [line.split(" – ")[0] for line in message.text.splitlines() if " – " in line]


OLD, NEW = "Old bridge closed after flood", "Old bridge at Mill Lane to be torn down after flood"


def test_story_of_a_topic_is_told_in_quotes_with_links_oldest_first(told, ann, chat, bridge, later):
    message = told.ask(chat, ann, "/story old bridge at Mill Lane flood")
    first, *_ = message.text.splitlines()
    assert first == TITLE
    assert list(dict.fromkeys(headings(message))) == [OLD, NEW]
    assert all(
        link.startswith("https://example.org/") and ":~:text=" in link for link in links(message)
    )
    quoted = [each for each in message.entities if each["type"] == "blockquote"]
    words = [message.text[q["offset"] : q["offset"] + q["length"]] for q in quoted]
    assert words
    assert all(any(each in article.text for article in (bridge, later)) for each in words)


@pytest.mark.parametrize("how", ["reply", "button"])
def test_story_of_an_answer_is_that_of_the_article_quoted_first(told, ann, chat, how):
    answer = told.ask(chat, ann, "Why was the old bridge at Mill Lane closed?")
    assert STORY in answer.labels
    if how == "reply":
        message = told.ask(chat, ann, "/story", reply_to=answer)
    else:
        told.world.press(answer, STORY)
        message = told.world.wait_for_reply(answer)
    assert message.text.startswith(f"{TITLE}\n")
    assert list(dict.fromkeys(headings(message))) == [OLD, NEW]


def in_pages(article):
    """``article`` as a document with a page for each paragraph."""
    lines = article.text.split("\n")
    starts = [article.text.index(line) for line in lines]
    where = zip(starts, lines, strict=True)
    blocks = [Block(BlockKind.PARAGRAPH, start, start + len(line)) for start, line in where]
    pages = [Page(start, number) for number, start in enumerate(starts, 1)]
    return replace(article, layout=layout_of(blocks, pages))


def links(message):
    return [each["url"] for each in message.entities if each["type"] == "text_link"]


@pytest.mark.parametrize(
    ("url", "is_in_pages", "link"),
    [
        ("https://example.org/report.pdf", True, "https://example.org/report.pdf#page=2"),
        ("https://example.org/log#v4", False, "https://example.org/log#v4:~:text=The%20old%20"),
        ("https://example.org/log#page=7", False, "https://example.org/log#page=7:~:text=The"),
    ],
)
def test_link_with_a_fragment_leads_back_to_its_article(
    room, ann, chat, bridge, later, url, is_in_pages, link
):
    told = replace(dated(bridge, 30), url=url)
    room.add(in_pages(told) if is_in_pages else told, later)
    room.start()
    answer = room.ask(chat, ann, "Why was the old bridge at Mill Lane closed?")
    assert links(answer)[0].startswith(link)
    room.world.press(answer, STORY)
    by_button = room.world.wait_for_reply(answer)
    by_command = room.ask(chat, ann, "/story", reply_to=answer)
    assert by_button.text == by_command.text
    assert {OLD, NEW} == set(headings(by_button))
    room.stop()  # and forgets what it was asked
    room.start()
    followed = room.ask(chat, ann, "Who will inspect it?", reply_to=answer)
    assert followed.labels[0] == said("button.alone")
    assert links(followed)[0].startswith(url)


def test_since_a_day_there_is_only_what_is_new_or_a_sentence(told, ann, chat):
    answer = told.ask(chat, ann, "Why was the old bridge at Mill Lane closed?")
    message = told.ask(chat, ann, "/story since last week", reply_to=answer)
    assert set(headings(message)) == {NEW}
    message = told.ask(chat, ann, "/story old bridge flood since today")
    day = datetime.now(UTC)
    assert message.text == said("story.nothing_since", date=f"{day.day} {day:%B %Y}")


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("/story", "story.how"),
        ("/story since Monday", "story.how"),
        ("/story the boiling point of mercury", "story.nothing"),
    ],
)
def test_without_a_topic_or_articles_there_is_a_sentence(told, ann, chat, text, reply):
    assert told.ask(chat, ann, text).text == said(reply)


def test_story_alone_in_a_topic_is_no_reply_to_the_message_that_opened_it(told, ann):
    forum = told.world.forum("Readers", ann)
    thread = told.world.topic(forum, "News", ann)
    assert told.ask(forum, ann, "/story", thread=thread).text == said("story.how")


def test_message_without_an_article_or_of_the_only_one_has_no_story(told, ann, chat):
    about_none = told.ask(chat, ann, "/help")
    assert told.ask(chat, ann, "/story", reply_to=about_none).text == said("story.nothing")
    alone = told.ask(chat, ann, "Who became mayor of Lennfield?")
    assert told.ask(chat, ann, "/story", reply_to=alone).text == said("story.nothing")
