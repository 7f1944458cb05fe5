"""Subscribing, its times, and ending it, with commands and buttons, against the Bot API double."""

import time
from dataclasses import replace

import pytest

from bot.alerts.model import Interest, Place, Timetable
from bot.alerts.schedule import clock, next_moment

DAY = 24 * 60
NOT_AN_ADMIN = "Sorry, in a group only its administrators may change the subscriptions."
TOO_OLD = "This button is too old. Please send /subscriptions again."
NONE = "There are no subscriptions here. /subscribe makes one."
SENSELESS = (
    "These words name nothing that I could follow. Please name a topic: /subscribe electric cars. "
    "/subscribe alone tells you of every new article."
)
TIMES = ["Digest at 08:00", "Digest at 18:00", "Quiet 22:00–07:00", "Quiet 23:00–08:00"]


@pytest.fixture
def chat(room, ann):
    room.start()
    return room.world.private_chat(ann)


def pressed(room, message, button, user=None):
    """What Telegram shows to who presses the button."""
    press = room.world.press(message, button, user)
    return room.world.wait_for(lambda: press.answer).get("text")


def interests(room, chat):
    return [each.interest for each in room.store.subscriptions.of(Place(chat.id))]


def timetable(room, chat):
    return room.store.places.timetable(Place(chat.id))


def test_subscription_is_made_once(room, ann, chat):
    made = (
        "I will tell you here of new articles about “city buses”. /subscriptions shows and ends it."
    )
    assert room.ask(chat, ann, "/subscribe city\n buses").text == made
    again = "You are already told of new articles about “City Buses” here."
    assert room.ask(chat, ann, "/subscribe City Buses").text == again
    every = "I will tell you here of new articles of any topic. /subscriptions shows and ends it."
    assert room.ask(chat, ann, "/subscribe").text == every
    assert interests(room, chat) == [Interest("city buses"), Interest()]


def test_source_of_an_article_can_be_followed(room, ann, chat, bridge):
    room.add(bridge)
    assert room.ask(chat, ann, "/subscribe floods from valley  POST").text == (
        "I will tell you here of new articles about “floods” from Valley Post. "
        "/subscriptions shows and ends it."
    )
    assert room.ask(chat, ann, "/subscribe from Valley Post").text == (
        "I will tell you here of new articles from Valley Post. /subscriptions shows and ends it."
    )
    assert room.ask(chat, ann, "/subscribe refugees from Ukraine").text == (
        "I know no source called “Ukraine”, so these words are part of the topic. "
        "I will tell you here of new articles about “refugees from Ukraine”. "
        "/subscriptions shows and ends it."
    )
    assert interests(room, chat) == [
        Interest("floods", "Valley Post"),
        Interest("", "Valley Post"),
        Interest("refugees from Ukraine"),
    ]


def test_source_of_no_article_is_not_followed_alone(room, ann, chat, bridge, mayor, site):
    nothing = "No article is from “BBC News” yet, so I subscribed to nothing. "
    assert room.ask(chat, ann, "/subscribe from BBC News").text == (
        f"{nothing}I know no source so far."
    )
    room.add(mayor, bridge)
    root = room.world.users[1]
    room.ask(room.world.private_chat(root), root, f"/feeds add {site}/feed")
    assert room.ask(chat, ann, "/subscribe FROM  BBC News").text == (
        f"{nothing}The sources that I know: Lake News, Lennfield Times and Valley Post."
    )
    assert interests(room, chat) == []


def test_feed_can_be_followed_before_it_has_articles(room, ann, chat, site):
    root = room.world.users[1]
    room.ask(room.world.private_chat(root), root, f"/feeds add {site}/feed")
    room.ask(chat, ann, "/subscribe from lake news")
    assert interests(room, chat) == [Interest("", "Lake News")]


@pytest.mark.parametrize(
    ("topic", "reply"),
    [
        ("x" * 101, "A topic may have at most 100 characters; a few words work best."),
        (
            "😀",
            "I found no words in your topic. Please name it in words: /subscribe electric cars",
        ),
        ("from", SENSELESS),
        ("the", SENSELESS),
        ("Latest news", SENSELESS),
        (
            "Москва",
            "I cannot read the script of this topic. "
            "Please name it in the language of the articles.",
        ),
    ],
)
def test_unusable_topic_gets_a_sentence(room, ann, chat, topic, reply):
    assert room.ask(chat, ann, f"/subscribe {topic}").text == reply
    assert interests(room, chat) == []


@pytest.mark.parametrize("topic", ["US", "who", "Zürich Нова", "C"])
def test_short_name_is_a_topic(room, ann, chat, topic):
    room.ask(chat, ann, f"/subscribe {topic}")
    assert interests(room, chat) == [Interest(topic)]


def test_fifty_first_subscription_is_refused(room, ann, chat):
    for number in range(50):
        interest = Interest(f"topic {number}")
        room.store.subscriptions.subscribe(Place(chat.id), interest, ann.id, 0.0)
    assert room.ask(chat, ann, "/subscribe buses").text == (
        "This chat has as many subscriptions as I keep. /subscriptions lets you end some."
    )
    assert len(room.ask(chat, ann, "/subscriptions").labels) == 50 + len(TIMES)


def test_button_ends_one_subscription_and_edits_the_list(room, ann, chat):
    room.ask(chat, ann, "/subscribe city buses")
    room.ask(chat, ann, "/subscribe")
    listed = room.ask(chat, ann, "/subscriptions")
    assert listed.labels == ["✕ city buses", "✕ every new article", *TIMES]
    assert pressed(room, listed, "✕ city buses") == "Ended."
    room.world.wait_for(lambda: listed.labels == ["✕ every new article", *TIMES])
    assert listed.text == (
        "New articles that I tell of here:\n• every new article\n\n"
        "They come at once.\nA button ends or changes it."
    )


def test_stale_button_says_that_it_had_ended(room, ann, chat):
    room.ask(chat, ann, "/subscribe city buses")
    first = room.ask(chat, ann, "/subscriptions")
    second = room.ask(chat, ann, "/subscriptions")
    pressed(room, first, "✕ city buses")
    assert pressed(room, second, "✕ city buses") == "This one had ended already."
    room.world.wait_for(lambda: second.text == NONE)
    assert second.labels == []


def test_unsubscribe_asks_before_it_ends_all(room, ann, chat):
    assert room.ask(chat, ann, "/unsubscribe").text == NONE
    room.ask(chat, ann, "/subscribe city buses")
    room.ask(chat, ann, "/subscribe")
    question = room.ask(chat, ann, "/unsubscribe")
    assert question.text == "End all 2 subscriptions here?"
    assert pressed(room, question, "Keep") is None
    room.world.wait_for(lambda: question.text.startswith("All subscriptions stay."))
    question = room.ask(chat, ann, "/unsubscribe")
    pressed(room, question, "End all")
    room.world.wait_for(lambda: question.text == "All 2 have ended.")
    assert room.store.counts() == (0, 0)


def test_quiet_hours_and_digest_outlast_the_subscriptions(room, ann, chat):
    for command in ["/subscribe", "/quiet 22:00-07:00 Kyiv", "/digest 08:00"]:
        room.ask(chat, ann, command)
    before = timetable(room, chat)
    question = room.ask(chat, ann, "/unsubscribe")
    pressed(room, question, "End all")
    room.world.wait_for(lambda: question.text == "The subscription here has ended.")
    assert timetable(room, chat) == before


def test_in_a_group_only_its_administrators_change_subscriptions(room, ann, chat):
    bob = room.world.user("Bob")
    group = room.world.supergroup("Readers", ann, bob)
    for command in ["/subscribe city buses", "/digest 08:00", "/quiet 22:00-07:00"]:
        assert room.ask(group, bob, command).text == NOT_AN_ADMIN
    room.ask(group, ann, "/subscribe city buses")
    listed = room.ask(group, bob, "/subscriptions")
    for button in ["✕ city buses", *TIMES]:
        assert pressed(room, listed, button, bob) == NOT_AN_ADMIN
    assert timetable(room, group) == Timetable()
    assert pressed(room, listed, "✕ city buses", ann) == "Ended."


def test_channel_is_subscribed_by_what_is_posted_there(room, ann, chat):
    bob = room.world.user("Bob")
    channel = room.world.channel("Valley", ann, bob)
    for command in ["/subscribe city buses", "/digest 08:00 Kyiv", "/quiet 22:00-07:00"]:
        room.ask(channel, ann, command)
    assert interests(room, channel) == [Interest("city buses")]
    assert timetable(room, channel).zone == "Europe/Kyiv"
    listed = room.ask(channel, ann, "/subscriptions")
    assert pressed(room, listed, "✕ city buses", bob) == NOT_AN_ADMIN
    assert pressed(room, listed, "✕ city buses", ann) == "Ended."


def test_late_acknowledgement_that_telegram_refuses_does_no_harm(room, ann, chat):
    room.ask(chat, ann, "/subscribe city buses")
    listed = room.ask(chat, ann, "/subscriptions")
    room.world.fault(
        "answerCallbackQuery",
        400,
        description="Bad Request: query is too old and response timeout expired"
        " or query ID is invalid",
    )
    room.world.press(listed, "✕ city buses")
    room.world.wait_for(lambda: listed.labels == [])
    assert len(room.world.replies(chat)) == 2


# Digests and quiet hours


def test_digest_is_set_in_a_zone_that_is_remembered(room, ann, chat):
    assert room.ask(chat, ann, "/digest 8:00").text == (
        "New articles come here in a digest each day at 08:00 (UTC). "
        "You named no time zone; write it behind the time, such as Europe/Kyiv."
    )
    assert room.ask(chat, ann, "/digest 08:30 europe/KYIV").text == (
        "New articles come here in a digest each day at 08:30 (Europe/Kyiv)."
    )
    assert room.ask(chat, ann, "/digest 09:00").text == (
        "New articles come here in a digest each day at 09:00 (Europe/Kyiv)."
    )
    assert timetable(room, chat) == Timetable(
        "Europe/Kyiv", 540, next_moment(540, "Europe/Kyiv", time.time())
    )
    assert room.ask(chat, ann, "/digest").text == (
        "New articles come in a digest each day at 09:00 (Europe/Kyiv).\n\n"
        "/digest 08:00 Europe/Kyiv collects the alerts of a day into one message, "
        "/digest off sends them at once again."
    )
    assert room.ask(chat, ann, "/digest OFF").text == "New articles come at once from now on."
    assert timetable(room, chat).digest_at is None
    assert room.ask(chat, ann, "/digest off").text == (
        "There was no digest here: new articles come at once."
    )


def test_end_of_a_digest_says_when_what_was_collected_comes(room, ann, chat, bridge, mayor):
    room.ask(chat, ann, "/subscribe")
    for article, quiet, then in [
        (bridge, None, "now"),
        (mayor, (minute_of_day() - 5) % DAY, "when the quiet hours end, at {} (UTC)"),
    ]:
        room.ask(chat, ann, f"/digest {clock((minute_of_day() - 60) % DAY)}")
        hours = None if quiet is None else (quiet, (quiet + 300) % DAY)
        room.store.places.change(Place(chat.id), lambda now, hours=hours: replace(now, quiet=hours))
        room.add(article)
        room.world.wait_for(lambda: room.store.outbox.collected(Place(chat.id)))
        end = clock(hours[1]) if hours else ""
        assert room.ask(chat, ann, "/digest off").text == (
            f"New articles come at once from now on. What was collected comes {then.format(end)}."
        )


def minute_of_day():
    return int(time.time() // 60) % DAY


def test_new_time_zone_moves_quiet_hours_and_digest_and_says_so(room, ann, chat):
    room.ask(chat, ann, "/quiet 22:00-07:00")
    assert room.ask(chat, ann, "/digest 08:00 New York").text == (
        "New articles come here in a digest each day at 08:00 (America/New_York). "
        "The quiet hours, 22:00–07:00, are in this time zone now, too."
    )
    assert room.ask(chat, ann, "/quiet 23:00-07:00").text == (
        "Alerts wait here from 23:00 to 07:00 (America/New_York)."
    )
    assert room.ask(chat, ann, "/quiet 23:00-07:00 Kyiv").text == (
        "Alerts wait here from 23:00 to 07:00 (Europe/Kyiv). "
        "The digest, at 08:00, is in this time zone now, too."
    )
    assert room.ask(chat, ann, "/digest 09:00 Kyiv").text == (
        "New articles come here in a digest each day at 09:00 (Europe/Kyiv)."
    )


@pytest.mark.parametrize(
    ("words", "at", "zone"),
    [
        ("8", "08:00", None),
        ("8am", "08:00", None),
        ("08.30", "08:30", None),
        ("12 am", "00:00", None),
        ("12:15 p.m.", "12:15", None),
        ("7:30 PM New York", "19:30", "America/New_York"),
        ("8 America/New_York", "08:00", "America/New_York"),
        ("8 Etc/GMT-8", "08:00", "Etc/GMT-8"),
    ],
)
def test_time_of_a_digest_is_read_as_people_write_it(reading, words, at, zone):
    ann = reading.world.user("Ann")
    assert reading.ask(reading.world.private_chat(ann), ann, f"/digest {words}").text.startswith(
        f"New articles come here in a digest each day at {at} ({zone or 'UTC'})."
    )


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("22-7", "22:00 to 07:00 (UTC)"),
        ("10pm – 7.30 am Kyiv", "22:00 to 07:30 (Europe/Kyiv)"),
        ("22:00-7:00 Etc/GMT-8", "22:00 to 07:00 (Etc/GMT-8)"),
    ],
)
def test_quiet_hours_are_read_as_people_write_them(reading, words, shown):
    ann = reading.world.user("Ann")
    reply = reading.ask(reading.world.private_chat(ann), ann, f"/quiet {words}")
    assert reply.text.startswith(f"Alerts wait here from {shown}.")


WRONG_TIMES = ["25:00", "24:00", "8:75", "13pm", "8:5", "-8", "banana", "off now", "at eight"]
WRONG_HOURS = ["22:00", "22:00-22:00", "26:00-07:00", "22:00-07:00-08:00", "10pm-19am"]


@pytest.mark.parametrize("words", WRONG_TIMES)
def test_wrong_time_of_a_digest_is_called_wrong(reading, words):
    ann = reading.world.user("Ann")
    chat = reading.world.private_chat(ann)
    assert reading.ask(chat, ann, f"/digest {words}").text == (
        f"I do not understand the time “{words}”; nothing was changed. Write it as 08:00."
    )
    assert timetable(reading, chat) == Timetable()


@pytest.mark.parametrize("words", WRONG_HOURS)
def test_wrong_quiet_hours_are_called_wrong(reading, words):
    ann = reading.world.user("Ann")
    chat = reading.world.private_chat(ann)
    assert reading.ask(chat, ann, f"/quiet {words}").text == (
        f"I do not understand the hours “{words}”; nothing was changed. Write them as 22:00-07:00."
    )
    assert timetable(reading, chat) == Timetable()


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("/digest 08:00 Kyif", "I know no time zone “Kyif”. Do you mean Europe/Kyiv?"),
        ("/quiet 22:00-07:00 @@@", "I know no time zone “@@@”. Name one such as Europe/Kyiv."),
        (
            "/quiet",
            "There are no quiet hours here.\n\n"
            "/quiet 22:00-07:00 Europe/Kyiv holds alerts back at night, /quiet off ends that.",
        ),
    ],
)
def test_wrong_zone_changes_nothing_and_gets_a_sentence(room, ann, chat, command, reply):
    assert room.ask(chat, ann, command).text == reply
    assert timetable(room, chat) == Timetable()


def test_quiet_hours_are_set_and_ended(room, ann, chat):
    assert room.ask(chat, ann, "/quiet 22:00 – 7:00 new york").text == (
        "Alerts wait here from 22:00 to 07:00 (America/New_York)."
    )
    assert timetable(room, chat) == Timetable("America/New_York", quiet=(1320, 420))
    assert room.ask(chat, ann, "/quiet off").text == "There are no quiet hours here any more."
    assert timetable(room, chat) == Timetable("America/New_York")


def test_buttons_of_the_list_change_its_times(room, ann, chat):
    room.ask(chat, ann, "/subscribe")
    listed = room.ask(chat, ann, "/subscriptions")
    assert pressed(room, listed, "Digest at 18:00") == "Changed."
    assert pressed(room, listed, "Quiet 23:00–08:00") == "Changed."
    room.world.wait_for(lambda: listed.labels[1:] == ["At once", "No quiet hours"])
    assert listed.text == (
        "New articles that I tell of here:\n• every new article\n\n"
        "They come in a digest each day at 18:00 (UTC).\n"
        "Quiet hours are 23:00–08:00 (UTC).\n"
        "A button ends or changes it."
    )
    assert pressed(room, listed, "At once") == "Changed."
    assert pressed(room, listed, "No quiet hours") == "Changed."
    room.world.wait_for(lambda: listed.labels[1:] == TIMES)


@pytest.mark.parametrize(
    "data", ["end", "end:x", "end:1:2", f"end:{10**19}", "nothing", "mute", "quiet:1", "less:7"]
)
def test_button_that_is_none_of_ours_gets_a_sentence(room, ann, chat, data):
    room.ask(chat, ann, "/subscribe")
    listed = room.ask(chat, ann, "/subscriptions")
    with room.world.changed:
        listed.buttons[0][0]["callback_data"] = data
    assert pressed(room, listed, data) == TOO_OLD


# Following an answer


def test_subject_of_an_answer_is_followed_and_unfollowed(room, ann, chat, mayor):
    room.add(mayor)
    answer = room.ask(chat, ann, "Who is the mayor of Lennfield?")
    assert answer.labels == ["Follow this"]
    assert pressed(room, answer, "Follow this") is None
    followed = room.world.wait_for_reply(answer)
    assert followed.text == (
        "I will tell you here of new articles about “mayor Lennfield”. "
        "/subscriptions shows and ends it."
    )
    assert interests(room, chat) == [Interest("mayor Lennfield")]
    assert pressed(room, followed, "Undo") is None
    room.world.wait_for(
        lambda: followed.text == "I will not tell of new articles about “mayor Lennfield”."
    )
    assert (interests(room, chat), followed.labels) == ([], [])


def test_time_that_was_asked_for_is_not_followed(room, ann, chat, mayor):
    room.add(mayor)
    answer = room.ask(chat, ann, "Who was the mayor of Lennfield on 20 November 2026?")
    assert pressed(room, answer, "Follow this") is None
    room.world.wait_for_reply(answer)
    assert interests(room, chat) == [Interest("mayor Lennfield")]


def test_in_a_group_administrators_follow_what_was_asked_with_a_command(room, ann, chat, mayor):
    bob = room.world.user("Bob")
    group = room.world.supergroup("Readers", ann, bob)
    room.add(mayor)
    answer = room.ask(group, bob, "/ask@pullquote_bot Who is the mayor of Lennfield?")
    assert pressed(room, answer, "Follow this", bob) == NOT_AN_ADMIN
    pressed(room, answer, "Follow this", ann)
    room.world.wait_for_reply(answer)
    assert interests(room, group) == [Interest("mayor Lennfield")]


def test_question_that_is_gone_cannot_be_followed(room, ann, chat, mayor):
    room.add(mayor)
    answer = room.ask(chat, ann, "Who is the mayor of Lennfield?")
    with room.world.changed:
        answer.reply_to = None
    assert pressed(room, answer, "Follow this") == TOO_OLD
