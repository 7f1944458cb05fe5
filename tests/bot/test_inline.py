"""Questions from chats that the bot is not in: inline queries and mentions as a guest."""

import asyncio
import threading

import pytest

from bot.messages.inline import InlineQueries, RecentAnswers
from bot.people import LIMITS
from bot.playground.methods import TOO_OLD
from bot.settings import Inline
from tests.bot.conftest import BRIDGE, MAYOR, opened
from tests.said import said

pytestmark = pytest.mark.sqlite

QUESTION = "Why was the old bridge at Mill Lane closed?"
PASSAGE = (
    "The old bridge at Mill Lane was closed because the flood had damaged two of its pillars. "
    "Engineers from the county will inspect it next week."
)


@pytest.fixture(scope="module")
def open_room(tmp_path_factory, encoder, engine):
    """A running bot that answers everyone, with two articles."""
    with opened(tmp_path_factory.mktemp("inline"), encoder, engine) as room:
        room.settings = room.settings.model_copy(update={"inline": Inline.EVERYONE})
        room.add(BRIDGE, MAYOR)
        room.start()
        yield room


def answered(room, query):
    return room.world.wait_for(lambda: query.answer)


def test_quote_is_offered_and_posted_with_its_link_in_another_chat(open_room):
    world = open_room.world
    ann = world.user("Ann")
    query = world.inline(ann, QUESTION)
    answer = answered(open_room, query)
    (result,) = answer["results"]
    assert result["title"] == "Old bridge closed after flood"
    assert result["description"] == f"{PASSAGE.split(' Engineers')[0]}\nValley Post"
    assert answer["is_personal"] is True
    posted = world.choose(query, result["title"], world.elsewhere("Friends", ann))
    assert posted.text == f"Old bridge closed after flood\nValley Post\n{PASSAGE}"
    assert posted.entity_texts("bold") == [PASSAGE.split(" Engineers")[0]]
    assert posted.entities[0]["url"].startswith("https://example.org/bridge#:~:text=")
    assert posted.link_preview == {"is_disabled": True}


@pytest.mark.parametrize("kind", ["private_chat", "supergroup"])
def test_posted_quote_is_no_question(open_room, kind):
    world = open_room.world
    ann = world.user("Ann")
    chat = world.private_chat(ann) if kind == "private_chat" else world.supergroup("X", ann)
    query = world.inline(ann, QUESTION)
    answered(open_room, query)
    world.choose(query, "Old bridge closed after flood", chat)
    open_room.ask(chat, ann, "/help")
    assert len(world.replies(chat)) == 1


@pytest.mark.parametrize(
    ("text", "button"),
    [
        ("Who won the football world cup in Brazil?", "button.inline_none"),
        ("why", None),
        ("hi", "button.inline_ask"),
        ("", "button.inline_ask"),
        ("👍 . ? ! …", "button.inline_ask"),
        ("<b>&\x00 why " * 20, None),
    ],
)
def test_nothing_to_offer_is_said_on_a_button(open_room, text, button):
    answer = answered(open_room, open_room.world.inline(open_room.world.user("Ann"), text))
    if button is not None:
        assert answer["results"] == []
        assert answer["button"] == {"text": said(button), "start_parameter": "ask"}


def test_telegram_repeats_the_results_of_the_same_person(open_room):
    world = open_room.world
    ann, bob = world.user("Ann"), world.user("Bob")
    first = world.inline(ann, QUESTION)
    answered(open_room, first)
    assert world.inline(ann, QUESTION).answer is first.answer
    assert world.inline(bob, QUESTION).answer is None


def test_guest_is_answered_once(open_room):
    world = open_room.world
    ann = world.user("Ann", language_code="en")
    chat = world.elsewhere("Friends", ann)
    world.say(chat, ann, QUESTION)
    asked = world.say(chat, ann, f"@pullquote_bot {QUESTION}")
    reply = world.wait_for_reply(asked)
    assert PASSAGE in reply.text
    assert reply.reply_to is asked
    assert open_room.library.ask(QUESTION).answered
    empty = world.say(chat, ann, "@pullquote_bot", reply_to=world.say(chat, ann, QUESTION))
    assert PASSAGE in world.wait_for_reply(empty).text
    assert world.wait_for_reply(world.say(chat, ann, "@pullquote_bot ?")).text == said(
        "answer.how_to_ask"
    )
    assert len(world.replies(chat)) == 3


def test_late_answer_is_survived(open_room):
    world = open_room.world
    world.fault("answerInlineQuery", 400, description=f"Bad Request: {TOO_OLD}")
    ann = world.user("Ann")
    late = world.inline(ann, "Who is the mayor of Lennfield?")
    world.wait_for(lambda: world.calls("answerInlineQuery")[-1].status == 400)
    assert late.answer is None
    assert answered(open_room, world.inline(ann, "Who became mayor?"))["results"]


def test_inline_is_off_by_default_and_then_not_asked_for(room, ann):
    room.start()
    allowed = room.world.wait_for(lambda: room.world.updates.allowed)
    assert not {"inline_query", "guest_message"} & set(allowed)
    room.world.inline(ann, QUESTION)
    room.world.say(room.world.elsewhere("Friends", ann), ann, f"@pullquote_bot {QUESTION}")
    assert not room.world.updates.pending


def test_only_administrators_may_ask_if_so_set(room, ann, root, bridge):
    room.settings = room.settings.model_copy(update={"inline": Inline.ADMINS})
    room.add(bridge)
    room.start()
    refused = answered(room, room.world.inline(ann, QUESTION))
    assert (refused["results"], refused["button"]["text"]) == ([], said("button.inline_admins"))
    assert answered(room, room.world.inline(root, QUESTION))["results"]
    asked = room.world.say(room.world.elsewhere("X", ann), ann, f"@pullquote_bot {QUESTION}")
    assert room.world.wait_for_reply(asked).text == said("error.not_admin")


def test_questions_from_everywhere_count_together(open_room):
    """What is typed on, letter by letter, is one question."""
    world, ann = open_room.world, open_room.world.user("Ann")
    chat, friends = world.private_chat(ann), world.elsewhere("Friends", ann)
    limit = LIMITS[1]
    for n in range(len(QUESTION) - 8, len(QUESTION) + 1):
        answer = answered(open_room, world.inline(ann, QUESTION[:n]))
    assert answer["results"]
    reply = open_room.ask(chat, ann, QUESTION)
    for n in range(limit.count - 3):
        open_room.ask(chat, ann, f"/verify The old bridge was closed for {n} days.")
    guest = f"@pullquote_bot {QUESTION}"
    assert PASSAGE in world.wait_for_reply(world.say(friends, ann, guest)).text
    refused = answered(open_room, world.inline(ann, "Who is the mayor?"))
    assert (refused["results"], refused["button"]["text"]) == ([], said("button.inline_limit"))
    before, after = said(limit.text, count=limit.count, when="|").split("|")
    press = world.press(reply, said("button.verify"))
    shown = world.wait_for(lambda: press.answer)["text"]
    assert shown.startswith(f"{before}in ")
    assert shown.endswith(after)


def test_guest_who_asks_too_much_is_told_once(open_room):
    world, ann = open_room.world, open_room.world.user("Ann")
    chat, friends = world.private_chat(ann), world.elsewhere("Friends", ann)
    for _ in range(LIMITS[1].count):
        open_room.ask(chat, ann, "/verify The old bridge was closed.")
    told = world.wait_for_reply(world.say(friends, ann, f"@pullquote_bot {QUESTION}"))
    assert told.text.startswith(said(LIMITS[1].text, count=LIMITS[1].count, when="|").split("|")[0])
    world.say(friends, ann, f"@pullquote_bot {QUESTION}")
    bob = world.user("Bob")
    open_room.ask(world.private_chat(bob), bob, "/help")
    assert len(world.replies(friends)) == 1


# Without the bot


class Slow:
    """A library whose searches wait, and that remembers them."""

    def __init__(self, library):
        self.store, self.library = library.store, library
        self.asked, self.go = [], threading.Event()

    def ask(self, question, top_k):
        self.asked.append(question)
        self.go.wait(10)
        return self.library.ask(question, top_k)


class Typed:
    """What the handler reads of an inline query."""

    def __init__(self, id_, user, query):
        self.id, self.from_user, self.query = id_, user, query


def test_newer_query_of_a_person_supersedes_those_that_wait(room, bridge):
    room.add(bridge)
    ann, bob = room.world.user("Ann"), room.world.user("Bob")
    slow, queries = Slow(room.library), InlineQueries()

    async def ask():
        running = [Typed(f"b{n}", room.world.user(f"B{n}"), f"bridge {n}") for n in range(9)]
        typed = [Typed(f"a{n}", ann, "the old bridge"[: 6 + n]) for n in range(5)]
        others = [Typed("c", bob, "mill lane")]
        all_ = (*running, *typed, *others)
        tasks = [asyncio.create_task(queries.searched(each, slow)) for each in all_]
        await asyncio.sleep(0.05)
        slow.go.set()
        return await asyncio.gather(*tasks)

    found = asyncio.run(ask())
    assert [each is None for each in found[9:]] == [True] * 4 + [False, False]
    assert sorted(slow.asked) == sorted(
        [*(f"bridge {n}" for n in range(9)), "the old br", "mill lane"]
    )


def test_recent_answers_are_forgotten_when_the_library_changes(room, bridge, mayor):
    room.add(bridge)
    recent = RecentAnswers()
    first = recent.ask(room.library, QUESTION)
    assert recent.ask(room.library, QUESTION) is first
    room.add(mayor)
    assert recent.ask(room.library, QUESTION) is not first
