"""What only a separate bot process can show; everything else is in tests/bot."""

import json
import urllib.request

import pytest

from tests.said import said

QUESTION = "Why was the old bridge at Mill Lane closed?"
ANSWER = "Old bridge closed after flood\nValley Post · 3 May 2024\n"
PASSAGE = (
    "The old bridge at Mill Lane was closed because the flood had damaged two of its pillars. "
    "Engineers from the county will inspect it next week."
)


@pytest.fixture
def ann(shared_house):
    return shared_house.world.user("Ann")


@pytest.fixture
def chat(shared_house, ann):
    return shared_house.world.private_chat(ann)


def ask(house, chat, person, text, **more):
    return house.world.wait_for_reply(house.world.say(chat, person, text, **more), timeout=30)


def test_question_gets_the_passage_with_the_answering_sentence_highlighted(shared_house, chat, ann):
    reply = ask(shared_house, chat, ann, QUESTION)
    assert reply.text.startswith(ANSWER + PASSAGE)
    assert reply.entity_texts("blockquote")[0] == PASSAGE
    assert reply.entity_texts("bold")[0] == PASSAGE.split(" Engineers")[0]
    link = next(e for e in reply.entities if e["type"] == "text_link")
    assert link["url"] == (
        "https://example.org/bridge#:~:text=The%20old%20bridge%20at,two%20of%20its%20pillars."
    )
    assert reply.reply_to is not None


def test_quote_travels(shared_house, chat, ann):
    """It is offered in any chat, verified by button and by command, and opened from a link."""
    world = shared_house.world
    query = world.inline(ann, QUESTION)
    world.wait_for(lambda: query.answer, timeout=30)
    elsewhere = world.elsewhere("Friends", ann)
    posted = world.choose(query, ANSWER.splitlines()[0], elsewhere)
    assert posted.text == ANSWER + PASSAGE
    answer = ask(shared_house, chat, ann, QUESTION)
    world.press(answer, said("button.verify"))
    assert world.wait_for_reply(answer, timeout=30).text.startswith(said("verify.verbatim"))
    wrong = ask(shared_house, chat, ann, f"/verify {PASSAGE.replace('two', 'six')}").text
    assert wrong.startswith(said("verify.different"))
    assert said("verify.replaced", quoted="“six”", stored="“two”") in wrong
    before = chat.last_id
    world.press(answer, said("button.share"))
    linked = world.wait_for(lambda: [each for each in world.replies(chat) if each.id > before])[0]
    ben = world.user("Ben")
    code = linked.text.rpartition("=")[2]
    opened = ask(shared_house, world.private_chat(ben), ben, f"/start {code}")
    assert opened.text == ANSWER + PASSAGE
    asked = world.say(elsewhere, ben, f"@pullquote_bot {QUESTION}")
    assert PASSAGE in world.wait_for_reply(asked, timeout=30).text


def test_question_of_ten_thousand_characters_is_answered(shared_house, chat, ann):
    """Telegram's apps stop at 4,096, the double does not; either way the bot must not break."""
    reply = ask(shared_house, chat, ann, f"{QUESTION} {'blah ' * 2000}")
    assert PASSAGE in reply.text


@pytest.mark.parametrize(
    "text",
    [
        "<b>Who</b> & what \" ' AND OR NOT NEAR( rose * by ^ two metres?",
        "من هو عمدة لينفيلد؟ \u202e mayor",
        "mayor\u200b\u0000 \ud7ff 👩‍👩‍👧‍👦 " * 200,
    ],
)
def test_hostile_text_gets_an_answer_or_a_refusal(shared_house, chat, ann, text):
    reply = ask(shared_house, chat, ann, text[:4096])
    assert reply.text
    assert "something went wrong" not in reply.text


def test_forward_of_an_administrator_is_looked_up_added_and_removed_again(shared_house):
    world, root = shared_house.world, shared_house.admin
    chat = world.private_chat(root)
    post = (
        "Mill Lane bridge shut\n\nThe bridge at Mill Lane is closed: the flood has damaged its "
        "pillars. A choir from Norway sings in the church on Sunday."
    )
    origin = {"type": "hidden_user", "sender_user_name": "Bob"}
    reply = world.wait_for_reply(world.forward(chat, root, post, origin), timeout=30)
    assert reply.text == said("forwarded.what")
    add, undo = said("button.add_article"), said("button.undo")
    for tapped, left in (said("button.ask_forward"), [add]), (add, [undo]), (undo, []):
        world.press(reply, tapped)
        world.wait_for(lambda expected=left: reply.labels == expected, timeout=30)
        id_ = {add: "add.added", undo: "add.removed"}.get(tapped)
        assert id_ is None or reply.text.startswith(said(id_, article="Mill Lane bridge shut"))
    *_, quoted = world.replies(chat)
    assert quoted.text.startswith(said("claims.found"))
    assert quoted.entity_texts("blockquote") == [PASSAGE]


def test_forward_of_a_reader_is_answered_with_quotes(shared_house, chat, ann):
    post = "Ada Moreno won the election in Lennfield. The bridge at Mill Lane is damaged and shut."
    origin = {"type": "hidden_user", "sender_user_name": "Bob"}
    sent = shared_house.world.forward(chat, ann, post, origin)
    reply = shared_house.world.wait_for_reply(sent, timeout=30)
    assert reply.entity_texts("bold") == [
        "Ada Moreno became mayor of Lennfield on Tuesday after winning the election in March.",
        PASSAGE.split(" Engineers")[0],
    ]
    assert reply.labels == [said("button.verify"), said("button.share")]


def test_article_added_by_another_process_is_alerted_once_and_answers_questions(
    shared_house, chat, ann
):
    world = shared_house.world
    ask(shared_house, chat, ann, "/subscribe electric cars")
    ask(shared_house, chat, ann, "/subscribe cooking")
    before = len(world.replies(chat))
    text = (
        "Battery plant opens\n\nA factory for the batteries of electric cars opened in Lennfield "
        "on Friday. It will employ six hundred people.\n"
    )
    assert shared_house.add("cars.txt", text).stdout.startswith("added ")
    world.wait_for(lambda: len(world.replies(chat)) > before, timeout=15)
    assert shared_house.add("cars.txt", text).stdout.startswith("unchanged ")
    shared_house.add("cars.txt", text.replace("six hundred", "seven hundred"))  # no second alert
    reply = ask(shared_house, chat, ann, "How many people will the battery plant employ?")
    alert, *rest = world.replies(chat)[before:]
    assert alert.text.startswith("Battery plant opens\n")
    assert alert.text.endswith(said("alert.topics", count=1, topics="“electric cars”"))
    assert rest == [reply]
    assert "It will employ seven hundred people." in reply.entity_texts("bold")


def test_second_poller_is_survived(shared_house, chat, ann):
    """Telegram answers 409 to the first poller; the bot keeps polling."""
    url = f"{shared_house.server.url}/bot{shared_house.world.token}/getUpdates"
    with urllib.request.urlopen(url, timeout=10) as other:
        assert json.load(other)["ok"]
    shared_house.bots[0].wait_for_log("Conflict", 20)
    assert PASSAGE in ask(shared_house, chat, ann, QUESTION).text
    assert "Traceback" not in shared_house.bots[0].log


def test_token_is_never_logged(shared_house):
    assert shared_house.world.token not in shared_house.bots[0].log
