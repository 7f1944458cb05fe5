"""Saved questions: how they are saved, what answers them, and what is no news."""

import time
from dataclasses import replace

import pytest

from bot.alerts.topics import says_same
from bot.subscriptions.model import Destination, Interest
from bot.texts import alerts
from qa import Article
from tests.said import ENGLISH, is_alert, plain, said

WHO = "Who became mayor of Lennfield?"
STOP, GO_ON, NOT_ANSWER = said("button.stop"), said("button.go_on"), said("button.not_answer")
STORY = said("button.story")
VOTES = ["👍", "👎"]
BUTTONS = [STOP, GO_ON, NOT_ANSWER, said("button.ask"), said("button.share"), STORY]
WATCH, CHANGES = said("button.watch"), said("button.watch_changes")
FOLLOW, UNDO = said("button.follow"), said("button.undo")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("The bridge opens on 12 May.", "The bridge opens on 12 May, the county said.", True),
        ("The bridge opens on 12 May.", "On 12 May, the bridge opens.", True),
        ("The bridge opens on 12 May.", "The bridge opens on 14 May.", False),
        ("It cost 4.5 million euros in all.", "It cost 45 million euros in all.", False),
        ("Ada Moreno won the vote.", "Boris Lind lost the election.", False),
        (
            "After months of talks, the council of the town chose Ada Moreno as its next mayor.",
            "After months of talks, the council of the town chose Boris Lind as its next mayor.",
            False,
        ),
        ("", "", True),
    ],
)
def test_sentences_say_the_same_if_words_and_numbers_are_the_same(one, other, same):
    assert says_same(Article("a", "A", "Text", language="en"), one, other) is same


def saved(question, **how):
    how = {"is_new": True, "is_answered": False} | how
    return plain(alerts.watched(ENGLISH, Interest(question=question), **how))


def found(room, chat, thread=0):
    return [each.interest for each in room.store.subscriptions.of(Destination(chat.id, thread))]


def pressed(room, message, button, user=None):
    press = room.world.press(message, button, user)
    return room.world.wait_for(lambda: press.answer).get("text")


def told(room, chat):
    return [message for message in room.world.replies(chat) if is_alert(message)]


def alert_of(room, chat):
    return room.world.wait_for(lambda: told(room, chat))[-1]


def wait_until_matched(room):
    deadline = time.monotonic() + 10
    while room.store.cursor.next_article() or room.store.counts()[1]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def other(sentence, source):
    """An article of another source with only this sentence."""
    return Article(
        source, f"{source} reports", sentence, url=f"https://{source}.example/", source=source
    )


@pytest.fixture
def chat(room, ann):
    room.start()
    return room.world.private_chat(ann)


def test_article_that_answers_is_posted_with_the_sentence(room, ann, chat, bridge, mayor):
    assert room.ask(chat, ann, f"/watch  {WHO}").text == saved(WHO)
    assert room.ask(chat, ann, f"/watch {WHO.upper()}").text == saved(WHO.upper(), is_new=False)
    room.add(bridge, mayor)
    alert = alert_of(room, chat)
    assert alert.text == (
        "New mayor takes office\nLennfield Times\n"
        "Ada Moreno became mayor of Lennfield on Tuesday after winning the election in March.\n\n"
        + said("alert.questions", count=1, questions=f"“{WHO}”")
    )
    assert alert.entity_texts("bold") == [mayor.text.splitlines()[0]]
    assert alert.labels == BUTTONS
    wait_until_matched(room)
    assert len(told(room, chat)) == 1


def test_buttons_go_on_and_stop(room, ann, chat, mayor):
    room.ask(chat, ann, f"/watch {WHO}")
    room.add(mayor)
    alert = alert_of(room, chat)
    assert pressed(room, alert, NOT_ANSWER) == said("alert.not_answer")
    (subscription,) = room.store.subscriptions.of(Destination(chat.id))
    assert subscription.strictness == 1
    assert pressed(room, alert, GO_ON) == said("alert.going_on")
    room.world.wait_for(lambda: alert.labels == [])
    assert found(room, chat) == [Interest(question=WHO)]
    before = len(room.world.replies(chat))

    like = "Ada Moreno became mayor of Lennfield on Friday after winning the election in May."
    room.add(other(like, "gazette"))
    wait_until_matched(room)
    assert len(room.world.replies(chat)) == before  # like what was no answer


def test_edit_of_an_alert_that_goes_on_brings_no_buttons_back(room, ann, chat, mayor):
    room.ask(chat, ann, f"/watch {WHO}")
    room.add(mayor)
    alert = alert_of(room, chat)
    pressed(room, alert, GO_ON)
    room.world.wait_for(lambda: alert.labels == [])
    room.add(replace(mayor, id="copy", url="https://echo.example/", source="Echo"))
    room.world.wait_for(lambda: said("answer.also_in", sources="Echo") in alert.text)
    assert alert.labels == []


def test_stop_ends_the_question_and_can_be_undone(room, ann, chat, mayor):
    room.ask(chat, ann, f"/watch {WHO}")
    room.add(mayor)
    alert = alert_of(room, chat)
    assert pressed(room, alert, STOP) == said("alert.muted")
    room.world.wait_for(lambda: alert.labels == [said("button.unmute", interest=WHO)])
    assert found(room, chat) == []
    pressed(room, alert, alert.labels[0])
    room.world.wait_for(lambda: alert.labels == BUTTONS)
    assert found(room, chat) == [Interest(question=WHO)]


def test_refusal_and_answer_have_buttons_that_save_the_question(room, ann, chat, bridge, mayor):
    room.add(bridge)
    refusal = room.ask(chat, ann, WHO)
    assert refusal.labels == [WATCH, FOLLOW, *VOTES]
    pressed(room, refusal, WATCH)
    done = room.world.wait_for(
        lambda: (last := room.world.replies(chat)[-1]).labels == [UNDO] and last
    )
    assert done.text == saved(WHO)
    pressed(room, done, UNDO)
    room.world.wait_for(lambda: found(room, chat) == [])

    room.add(mayor)
    answer = room.ask(chat, ann, WHO)
    quoted = [said("button.verify"), said("button.share")]
    assert answer.labels == [CHANGES, FOLLOW, STORY, *VOTES, *quoted]
    pressed(room, answer, CHANGES)
    words = saved(WHO, is_answered=True)
    room.world.wait_for(lambda: room.world.replies(chat)[-1].text == words)


def test_sentence_that_was_the_answer_is_no_news_and_another_is(
    room, ann, chat, bridge, cars, mayor
):
    room.add(bridge, cars, mayor)
    room.ask(chat, ann, f"/watch {WHO}")
    first = mayor.text.splitlines()[0]
    room.add(other(first, "gazette"))
    wait_until_matched(room)
    assert told(room, chat) == []
    second = "Boris Lind became mayor of Lennfield today, after the resignation of Ada Moreno."
    room.add(other(second, "courier"))
    assert second in alert_of(room, chat).text
    room.add(other(f"{second} Nothing else is known.", "herald"))
    wait_until_matched(room)
    assert len(told(room, chat)) == 1


def test_old_entries_of_a_new_feed_answer_nobody(room, ann, chat, mayor):
    room.ask(chat, ann, f"/watch {WHO}")
    room.add(replace(mayor, is_backlog=True))
    wait_until_matched(room)
    assert told(room, chat) == []


def test_question_is_listed_and_removed_as_topics_are(room, ann, chat):
    room.ask(chat, ann, f"/watch {WHO}")
    room.ask(chat, ann, "/subscribe mayors")
    listed = room.ask(chat, ann, "/subscriptions")
    assert f"• {WHO}\n• mayors\n" in listed.text
    assert listed.labels[:2] == [f"✕ {WHO}", "✕ mayors"]
    removed = room.ask(chat, ann, f"/unsubscribe {WHO}")
    assert removed.text == plain(alerts.unfollowed(ENGLISH, Interest(question=WHO)))
    assert found(room, chat) == [Interest("mayors")]


def test_only_administrators_of_a_group_save_questions_in_its_topics(room, ann, chat):
    bob = room.world.user("Bob")
    forum = room.world.forum("Readers", ann, bob)
    thread = room.world.topic(forum, "News", ann)
    refused = room.ask(forum, bob, f"/watch {WHO}", thread=thread)
    assert refused.text == said("error.not_chat_admin")
    room.ask(forum, ann, f"/watch {WHO}", thread=thread)
    assert found(room, forum, thread) == [Interest(question=WHO)]
    assert found(room, forum) == []


def test_channel_saves_a_question_through_its_own_posts(room, ann, chat, mayor):
    bob = room.world.user("Bob")
    channel = room.world.channel("Valley", ann, bob)
    assert room.ask(channel, ann, f"/watch {WHO}").text == saved(WHO)
    assert found(room, channel) == [Interest(question=WHO)]
    assert found(room, chat) == []
    room.add(mayor)
    alert = alert_of(room, channel)
    assert mayor.text.splitlines()[0] in alert.text
    assert alert.labels == BUTTONS
    for button in (STOP, GO_ON, NOT_ANSWER):
        assert pressed(room, alert, button, bob) == said("error.not_chat_admin")
    assert pressed(room, alert, NOT_ANSWER, ann) == said("alert.not_answer")
    assert pressed(room, alert, STOP, ann) == said("alert.muted")
    assert found(room, channel) == []


def test_channel_lists_its_questions_and_removes_them(room, ann, chat):
    bob = room.world.user("Bob")
    channel = room.world.channel("Valley", ann, bob)
    room.ask(channel, ann, f"/watch {WHO}")
    listed = room.ask(channel, ann, "/subscriptions")
    assert f"• {WHO}" in listed.text
    assert pressed(room, listed, f"✕ {WHO}", bob) == said("error.not_chat_admin")
    assert pressed(room, listed, f"✕ {WHO}", ann) == said("subscriptions.removed")
    assert found(room, channel) == []


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("", said("watch.how")),
        ("?!", said("answer.no_words")),
        ("why " * 100, said("watch.too_long", count=300)),
        ("Хто став мером міста?", said("answer.unreadable", language="Ukrainian")),
    ],
)
def test_unusable_question_gets_a_sentence(room, ann, chat, question, reply):
    assert room.ask(chat, ann, f"/watch {question}").text == reply
    assert found(room, chat) == []


def test_answer_waits_for_the_digest_under_its_question(room, ann, chat, mayor):
    room.ask(chat, ann, f"/watch {WHO}")
    room.ask(chat, ann, f"/digest {(time.gmtime().tm_hour + 12) % 24}:00")
    room.add(mayor)
    wait_until_matched(room)
    room.ask(chat, ann, "/digest off")
    digest = room.world.wait_for(
        lambda: [m for m in room.world.replies(chat) if "New mayor" in m.text]
    )[0]
    assert f"{WHO}\n\nNew mayor takes office" in digest.text
