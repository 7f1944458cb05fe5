"""One bot, as people meet it: questions, subscriptions, groups, a rebuild under way."""

import json
import time
import urllib.request

import pytest

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


def test_question_gets_the_passage_with_the_answering_sentence_marked(shared_house, chat, ann):
    reply = ask(shared_house, chat, ann, QUESTION)
    assert reply.text.startswith(ANSWER + PASSAGE)
    assert reply.entity_texts("blockquote")[0] == PASSAGE
    assert reply.entity_texts("bold")[0] == PASSAGE.split(" Engineers")[0]
    link = next(e for e in reply.entities if e["type"] == "text_link")
    assert link["url"] == (
        "https://example.org/bridge#:~:text=The%20old%20bridge%20at,two%20of%20its%20pillars."
    )
    assert reply.reply_to is not None


def test_typing_is_shown_before_the_answer(shared_house, chat, ann):
    ask(shared_house, chat, ann, QUESTION)

    def methods():
        world = shared_house.world
        return [r.method for r in world.requests if str(r.params.get("chat_id")) == str(chat.id)]

    shared_house.world.wait_for(lambda: "sendMessage" in methods())
    *typing, answer = methods()
    assert set(typing) == {"sendChatAction"}  # again after four seconds on a busy machine
    assert answer == "sendMessage"


def test_question_of_ten_thousand_characters_is_answered(shared_house, chat, ann):
    """Telegram's own apps cut at 4,096; what a double lets through must not break the bot."""
    reply = ask(shared_house, chat, ann, f"{QUESTION} {'blah ' * 2000}")
    assert PASSAGE in reply.text


def test_unanswerable_question_is_refused(shared_house, chat, ann):
    reply = ask(shared_house, chat, ann, "Who won the football world cup?")
    assert reply.text == "None of my articles is about this."


NO_WORDS = "I found no words in your question. Please ask in words, such as: Who won the race?"


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("🙂🙂🙂", NO_WORDS),
        ("?" * 4000, NO_WORDS),
        ("/nosuch", "I do not know this command. /help lists those that I know."),
        ("/rebuild", "Sorry, only the administrators of this bot may do that."),
    ],
)
def test_odd_input_gets_one_clear_sentence(shared_house, chat, ann, text, reply):
    assert ask(shared_house, chat, ann, text).text == reply


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


def test_group_hears_only_what_is_meant_for_it(shared_house, ann):
    world = shared_house.world
    group = world.group("Readers", ann, bot_admin=True)  # sees every message, answers a few
    said_to_nobody = world.say(group, ann, QUESTION)
    command = world.say(group, ann, f"/ask {QUESTION}")
    mention = world.say(group, ann, f"@pullquote_bot {QUESTION}")
    world.wait_for(lambda: len(world.replies(group)) == 2, timeout=30)
    first = world.replies(group)[0]
    follow_up = world.say(group, ann, "Who is mayor of Lennfield?", reply_to=first)
    world.wait_for(lambda: len(world.replies(group)) == 3, timeout=30)
    answers = {reply.reply_to.id: reply.text for reply in world.replies(group)}
    assert set(answers) == {command.id, mention.id, follow_up.id}
    assert said_to_nobody.id not in answers
    assert "Ada Moreno became mayor of Lennfield" in answers[follow_up.id]


def test_article_added_by_another_process_is_one_alert_and_can_be_asked(shared_house, chat, ann):
    world = shared_house.world
    ask(shared_house, chat, ann, "/subscribe electric cars")
    ask(shared_house, chat, ann, "/subscribe gardening")
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
    assert alert.text.endswith("New: matches your topic “electric cars”.")
    assert rest == [reply]
    assert "It will employ seven hundred people." in reply.entity_texts("bold")


def test_button_ends_a_subscription_and_the_list_is_edited(shared_house, chat, ann):
    world = shared_house.world
    ask(shared_house, chat, ann, "/subscribe volcanoes")
    ask(shared_house, chat, ann, "/subscribe")
    listed = ask(shared_house, chat, ann, "/subscriptions")
    assert listed.labels[:2] == ["✕ volcanoes", "✕ every new article"]
    press = world.press(listed, "✕ volcanoes", ann)
    world.wait_for(lambda: press.answer and listed.edited)
    assert press.answer["text"] == "Ended."
    assert listed.labels[0] == "✕ every new article"


def test_questions_are_answered_while_the_index_is_rebuilt(shared_house, chat, ann, tmp_path):
    world, admin = shared_house.world, shared_house.admin
    from_admin = world.private_chat(admin)
    progress = ask(shared_house, from_admin, admin, "/rebuild")
    reply = ask(shared_house, chat, ann, QUESTION)
    assert PASSAGE in reply.text
    world.wait_for(lambda: "is rebuilt" in progress.text, timeout=30)
    assert progress.edited
    assert "(generation 2)" in progress.text


def test_blocked_user_loses_the_subscriptions(shared_house, ann):
    world = shared_house.world
    eve = world.user("Eve")
    chat = world.private_chat(eve)
    ask(shared_house, chat, eve, "/subscribe")
    world.block(eve)
    world.unblock(eve)
    # Updates are handled side by side: the block may be noted just behind the next question.
    for _ in range(20):
        text = ask(shared_house, chat, eve, "/subscriptions").text
        if "no subscriptions" in text:
            break
        time.sleep(0.1)
    assert text == "There are no subscriptions here. /subscribe makes one."


def test_migrated_group_keeps_its_subscriptions(shared_house, ann):
    world = shared_house.world
    group = world.group("Walkers", ann)
    ask(shared_house, group, ann, "/subscribe lighthouses")
    supergroup = world.migrate(group)
    shared_house.add(
        "light.txt",
        "Lighthouse lit again\n\nThe lighthouses on the cape shine again since the end of May.\n",
    )
    world.wait_for(lambda: world.replies(supergroup), timeout=15)
    assert world.replies(supergroup)[0].text.startswith("Lighthouse lit again\n")


def test_forum_topic_gets_its_alerts_in_the_topic(shared_house, ann):
    world = shared_house.world
    forum = world.forum("Town", ann)
    thread = world.topic(forum, "News", ann)
    ask(shared_house, forum, ann, "/subscribe windmills", thread=thread)
    before = len(world.replies(forum))
    shared_house.add(
        "mill.txt", "Mill turns\n\nThe old windmills of the coast turn once more for a few days.\n"
    )
    world.wait_for(lambda: len(world.replies(forum)) > before, timeout=15)
    assert world.replies(forum)[-1].thread == thread


def test_second_poller_is_survived(shared_house, chat, ann):
    """Telegram answers 409 to whoever polled first; the bot polls on."""
    url = f"{shared_house.server.url}/bot{shared_house.world.token}/getUpdates"
    with urllib.request.urlopen(url, timeout=10) as other:
        assert json.load(other)["ok"]
    shared_house.bots[0].wait_for_log("Conflict", 20)
    assert PASSAGE in ask(shared_house, chat, ann, QUESTION).text
    assert "Traceback" not in shared_house.bots[0].log


def test_token_is_never_logged(shared_house):
    assert shared_house.world.token not in shared_house.bots[0].log


def test_telegrams_trouble_is_waited_for(shared_house, chat, ann):
    world = shared_house.world
    world.fault("sendMessage", 429, retry_after=1, chat=chat)
    world.fault("getUpdates", 502)
    started = time.monotonic()
    assert PASSAGE in ask(shared_house, chat, ann, QUESTION).text
    assert time.monotonic() - started >= 1
