"""Subscribing, digests, quiet hours and unsubscribing, by command and button."""

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.subscriptions.model import Destination, Interest, Timetable
from bot.subscriptions.timetable import clock, next_moment
from bot.texts import alerts
from tests.said import ENGLISH, plain, said

pytestmark = pytest.mark.sqlite

DAY = 24 * 60
NOT_AN_ADMIN = said("error.not_chat_admin")
TOO_OLD = said("subscriptions.old_button")
NONE = said("subscriptions.none")
REMOVED, CHANGED = said("subscriptions.removed"), said("subscriptions.changed")
EVERY = f"✕ {said('interest.everything')}"
FOLLOW, UNDO = said("button.follow"), said("button.undo")
KEEP, REMOVE_ALL = said("button.keep"), said("button.remove_all")
NO_DIGEST, NO_QUIET = said("button.no_digest"), said("button.no_quiet")
TIMES = [
    said("button.digest", time="08:00"),
    said("button.digest", time="18:00"),
    said("button.quiet", hours="22:00–07:00"),
    said("button.quiet", hours="23:00–08:00"),
]


def subscribed(*interest, **how):
    return plain(alerts.subscribed(ENGLISH, Interest(*interest), **{"is_new": True} | how))


@pytest.fixture
def chat(room, ann):
    room.start()
    return room.world.private_chat(ann)


def pressed(room, message, button, user=None):
    """Press a button; return what Telegram shows to the person who pressed it."""
    press = room.world.press(message, button, user)
    return room.world.wait_for(lambda: press.answer).get("text")


def interests(room, chat):
    return [each.interest for each in room.store.subscriptions.of(Destination(chat.id))]


def timetable(room, chat):
    return room.store.timetables.of(Destination(chat.id))


def test_subscription_is_made_once(room, ann, chat):
    made = subscribed("city buses")
    assert room.ask(chat, ann, "/subscribe city\n buses").text == made
    again = subscribed("City Buses", is_new=False)
    assert room.ask(chat, ann, "/subscribe City Buses").text == again
    assert room.ask(chat, ann, "/subscribe").text == subscribed()
    assert interests(room, chat) == [Interest("city buses"), Interest()]


def test_source_of_an_article_can_be_followed(room, ann, chat, bridge):
    room.add(bridge)
    topic_and_source = room.ask(chat, ann, "/subscribe floods from valley  POST").text
    assert topic_and_source == subscribed("floods", "Valley Post")
    source = room.ask(chat, ann, "/subscribe all articles from Valley Post").text
    assert source == subscribed("", "Valley Post")
    topic = room.ask(chat, ann, "/subscribe refugees from Ukraine").text
    assert topic == subscribed("refugees from Ukraine", no_source="Ukraine")
    assert interests(room, chat) == [
        Interest("floods", "Valley Post"),
        Interest("", "Valley Post"),
        Interest("refugees from Ukraine"),
    ]


def test_source_without_articles_cannot_be_followed_alone(room, ann, chat, bridge, mayor, site):
    nothing = plain(alerts.unknown_source(ENGLISH, "BBC News", []))
    assert room.ask(chat, ann, "/subscribe from BBC News").text == nothing
    room.add(mayor, bridge)
    root = room.world.users[1]
    room.ask(room.world.private_chat(root), root, f"/feeds add {site}/feed")
    known = ["Lake News", "Lennfield Times", "Valley Post"]
    nothing = plain(alerts.unknown_source(ENGLISH, "BBC News", known))
    assert room.ask(chat, ann, "/subscribe FROM  BBC News").text == nothing
    assert interests(room, chat) == []


def test_feed_can_be_followed_before_it_has_articles(room, ann, chat, site):
    root = room.world.users[1]
    room.ask(room.world.private_chat(root), root, f"/feeds add {site}/feed")
    room.ask(chat, ann, "/subscribe from lake news")
    assert interests(room, chat) == [Interest("", "Lake News")]


@pytest.mark.parametrize(
    ("topic", "reply"),
    [
        ("x" * 101, said("subscribe.topic_too_long", count=100)),
        ("😀", said("subscribe.topic_without_words")),
        ("from", said("subscribe.topic_too_vague")),
        ("the", said("subscribe.topic_too_vague")),
        ("Latest news", said("subscribe.topic_too_vague")),
        ("останні новини", said("subscribe.topic_too_vague")),
        ("Москва", said("subscribe.unreadable", language="Russian")),
    ],
)
def test_unusable_topic_gets_a_sentence(room, ann, chat, topic, reply):
    assert room.ask(chat, ann, f"/subscribe {topic}").text == reply
    assert interests(room, chat) == []


@pytest.mark.parametrize("topic", ["US", "who", "Zürich Нова", "C", "war", "Da Vinci"])
def test_short_name_is_accepted_as_a_topic(room, ann, chat, topic):
    room.ask(chat, ann, f"/subscribe {topic}")
    assert interests(room, chat) == [Interest(topic)]


def test_fifty_first_subscription_is_refused(room, ann, chat):
    for number in range(50):
        interest = Interest(f"topic {number}")
        room.store.subscriptions.subscribe(Destination(chat.id), interest, ann.id, 0.0)
    assert room.ask(chat, ann, "/subscribe buses").text == said("subscribe.too_many")
    assert len(room.ask(chat, ann, "/subscriptions").labels) == 50 + len(TIMES)


def test_button_ends_one_subscription_and_edits_the_list(room, ann, chat):
    room.ask(chat, ann, "/subscribe city buses")
    room.ask(chat, ann, "/subscribe")
    listed = room.ask(chat, ann, "/subscriptions")
    assert listed.labels == ["✕ city buses", EVERY, *TIMES]
    assert pressed(room, listed, "✕ city buses") == REMOVED
    room.world.wait_for(lambda: listed.labels == [EVERY, *TIMES])
    html = alerts.subscriptions(ENGLISH, [Interest()], Timetable())
    assert listed.text == plain(html)


def test_stale_button_says_that_the_subscription_has_already_ended(room, ann, chat):
    room.ask(chat, ann, "/subscribe city buses")
    first = room.ask(chat, ann, "/subscriptions")
    second = room.ask(chat, ann, "/subscriptions")
    pressed(room, first, "✕ city buses")
    assert pressed(room, second, "✕ city buses") == said("subscriptions.removed_before")
    room.world.wait_for(lambda: second.text == NONE)
    assert second.labels == []


def test_unsubscribe_asks_before_ending_all_subscriptions(room, ann, chat):
    assert room.ask(chat, ann, "/unsubscribe").text == NONE
    room.ask(chat, ann, "/subscribe city buses")
    room.ask(chat, ann, "/subscribe")
    question = room.ask(chat, ann, "/unsubscribe")
    assert question.text == said("unsubscribe.question", count=2)
    assert pressed(room, question, KEEP) is None
    room.world.wait_for(lambda: question.text == said("unsubscribe.kept"))
    question = room.ask(chat, ann, "/unsubscribe")
    pressed(room, question, REMOVE_ALL)
    room.world.wait_for(lambda: question.text == said("unsubscribe.done", count=2))
    assert room.store.counts() == (0, 0)


@pytest.mark.parametrize(
    "words",
    ["steel pipes", "Steel  PIPES", "from Valley Post", "valley post", "every new article"],
)
def test_unsubscribe_ends_the_subscription_that_it_names(room, ann, chat, bridge, words):
    room.add(bridge)
    kept = [Interest("ferries"), Interest("floods", "Valley Post")]
    for interest in [*kept, Interest("steel pipes"), Interest("", "Valley Post"), Interest()]:
        room.store.subscriptions.subscribe(Destination(chat.id), interest, ann.id, 0.0)
    before = interests(room, chat)
    answer = room.ask(chat, ann, f"/unsubscribe {words}").text
    (ended,) = {*before} - {*interests(room, chat)}
    assert ended not in kept
    assert answer == plain(alerts.unfollowed(ENGLISH, ended))


@pytest.mark.parametrize(
    "words", ["ferry", "from Nobody", "https://lake.example/feed", "all", "🤷"]
)
def test_unsubscribe_that_names_no_subscription_shows_what_there_is(room, ann, chat, words):
    room.store.subscriptions.subscribe(Destination(chat.id), Interest(), ann.id, 0.0)
    answer = room.ask(chat, ann, f"/unsubscribe {words}")
    assert answer.text.startswith(said("unsubscribe.unknown", name=f"“{words}”"))
    assert EVERY in answer.labels
    assert interests(room, chat) == [Interest()]


def test_pause_is_shown_in_the_list_of_the_chat_and_counted_for_the_owner(room, ann, chat):
    room.ask(chat, ann, "/subscribe")
    room.store.pauses.put(Destination(chat.id, 5), "TOPIC_CLOSED", 0.0)
    moment = ENGLISH.moment(datetime(1970, 1, 1, tzinfo=UTC))
    paused = said("subscriptions.paused", moment=moment, reason="TOPIC_CLOSED")
    assert room.ask(chat, ann, "/subscriptions").text.endswith(f"\n\n{paused}")
    root = room.world.users[1]
    report = room.ask(room.world.private_chat(root), root, "/status").text
    assert report.endswith(said("status.undelivered", paused=1, refused=0))


def test_quiet_hours_and_digest_outlast_the_subscriptions(room, ann, chat):
    for command in ["/subscribe", "/quiet 22:00-07:00 Kyiv", "/digest 08:00"]:
        room.ask(chat, ann, command)
    before = timetable(room, chat)
    question = room.ask(chat, ann, "/unsubscribe")
    pressed(room, question, REMOVE_ALL)
    room.world.wait_for(lambda: question.text == said("unsubscribe.done", count=1))
    assert timetable(room, chat) == before


def test_in_a_group_only_administrators_change_subscriptions(room, ann, chat):
    bob = room.world.user("Bob")
    group = room.world.supergroup("Readers", ann, bob)
    for command in ["/subscribe city buses", "/digest 08:00", "/quiet 22:00-07:00"]:
        assert room.ask(group, bob, command).text == NOT_AN_ADMIN
    room.ask(group, ann, "/subscribe city buses")
    listed = room.ask(group, bob, "/subscriptions")
    for button in ["✕ city buses", *TIMES]:
        assert pressed(room, listed, button, bob) == NOT_AN_ADMIN
    assert timetable(room, group) == Timetable()
    assert pressed(room, listed, "✕ city buses", ann) == REMOVED


def test_channel_subscribes_through_its_own_posts(room, ann, chat):
    bob = room.world.user("Bob")
    channel = room.world.channel("Valley", ann, bob)
    for command in ["/subscribe city buses", "/digest 08:00 Kyiv", "/quiet 22:00-07:00"]:
        room.ask(channel, ann, command)
    assert interests(room, channel) == [Interest("city buses")]
    assert timetable(room, channel).zone == "Europe/Kyiv"
    listed = room.ask(channel, ann, "/subscriptions")
    assert pressed(room, listed, "✕ city buses", bob) == NOT_AN_ADMIN
    assert pressed(room, listed, "✕ city buses", ann) == REMOVED


def test_late_acknowledgement_that_telegram_rejects_is_harmless(room, ann, chat):
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


def test_digest_uses_a_zone_that_is_remembered(room, ann, chat):
    zoneless = f"{said('digest.set', time='08:00', zone='UTC')} {said('zone.missing')}"
    assert room.ask(chat, ann, "/digest 8:00").text == zoneless
    in_kyiv = said("digest.set", time="08:30", zone="Europe/Kyiv")
    assert room.ask(chat, ann, "/digest 08:30 europe/KYIV").text == in_kyiv
    later = said("digest.set", time="09:00", zone="Europe/Kyiv")
    assert room.ask(chat, ann, "/digest 09:00").text == later
    assert timetable(room, chat) == Timetable(
        "Europe/Kyiv", 540, next_moment(540, "Europe/Kyiv", time.time())
    )
    state = plain(alerts.digest_state(ENGLISH, timetable(room, chat)))
    assert room.ask(chat, ann, "/digest").text == state
    assert room.ask(chat, ann, "/digest OFF").text == said("digest.off")
    assert timetable(room, chat).digest_at is None
    assert room.ask(chat, ann, "/digest off").text == said("digest.was_off")


def test_turning_off_a_digest_says_when_the_collected_articles_arrive(
    room, ann, chat, bridge, mayor
):
    room.ask(chat, ann, "/subscribe")
    for article, quiet in [(bridge, None), (mayor, (minute_of_day() - 5) % DAY)]:
        room.ask(chat, ann, f"/digest {clock((minute_of_day() - 60) % DAY)}")
        hours = None if quiet is None else (quiet, (quiet + 300) % DAY)
        room.store.timetables.change(
            Destination(chat.id), lambda now, hours=hours: replace(now, quiet=hours)
        )
        room.add(article)
        room.world.wait_for(lambda: room.store.outbox.collected(Destination(chat.id)))
        now = said("digest.off_sending")
        later = said("digest.off_waiting", time=clock(hours[1]), zone="UTC") if hours else now
        assert room.ask(chat, ann, "/digest off").text == later


def minute_of_day():
    return int(time.time() // 60) % DAY


def test_changing_the_time_zone_moves_quiet_hours_and_digest_and_says_so(room, ann, chat):
    room.ask(chat, ann, "/quiet 22:00-07:00")
    hours = {"begin": "23:00", "end": "07:00"}
    assert room.ask(chat, ann, "/digest 08:00 New York").text == " ".join(
        [
            said("digest.set", time="08:00", zone="America/New_York"),
            said("quiet.moved", hours="22:00–07:00"),
        ]
    )
    assert room.ask(chat, ann, "/quiet 23:00-07:00").text == said(
        "quiet.set", zone="America/New_York", **hours
    )
    assert room.ask(chat, ann, "/quiet 23:00-07:00 Kyiv").text == " ".join(
        [said("quiet.set", zone="Europe/Kyiv", **hours), said("digest.moved", time="08:00")]
    )
    assert room.ask(chat, ann, "/digest 09:00 Kyiv").text == said(
        "digest.set", time="09:00", zone="Europe/Kyiv"
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
        ("8 Etc/GMT-8", "08:00", "UTC+8"),
        ("8 GMT+3", "08:00", "UTC+3"),
        ("8am msk", "08:00", "Europe/Moscow"),
    ],
)
def test_digest_time_is_accepted_as_people_write_it(reading, words, at, zone):
    ann = reading.world.user("Ann")
    assert reading.ask(reading.world.private_chat(ann), ann, f"/digest {words}").text.startswith(
        said("digest.set", time=at, zone=zone or "UTC")
    )


@pytest.mark.parametrize(
    ("words", "end", "zone"),
    [
        ("22-7", "07:00", "UTC"),
        ("10pm – 7.30 am Kyiv", "07:30", "Europe/Kyiv"),
        ("22:00-7:00 UTC+5:30", "07:00", "UTC+5:30"),
    ],
)
def test_quiet_hours_are_accepted_as_people_write_them(reading, words, end, zone):
    ann = reading.world.user("Ann")
    reply = reading.ask(reading.world.private_chat(ann), ann, f"/quiet {words}")
    assert reply.text.startswith(said("quiet.set", begin="22:00", end=end, zone=zone))


WRONG_TIMES = ["25:00", "24:00", "8:75", "13pm", "8:5", "-8", "banana", "off now", "at eight"]
WRONG_HOURS = ["22:00", "22:00-22:00", "26:00-07:00", "22:00-07:00-08:00", "10pm-19am"]


@pytest.mark.parametrize("words", WRONG_TIMES)
def test_invalid_digest_time_is_rejected(reading, words):
    ann = reading.world.user("Ann")
    chat = reading.world.private_chat(ann)
    assert reading.ask(chat, ann, f"/digest {words}").text == plain(
        alerts.unknown_time(ENGLISH, words)
    )
    assert timetable(reading, chat) == Timetable()


@pytest.mark.parametrize("words", WRONG_HOURS)
def test_invalid_quiet_hours_are_rejected(reading, words):
    ann = reading.world.user("Ann")
    chat = reading.world.private_chat(ann)
    assert reading.ask(chat, ann, f"/quiet {words}").text == plain(
        alerts.unknown_hours(ENGLISH, words)
    )
    assert timetable(reading, chat) == Timetable()


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("/digest 08:00 Kyif", alerts.unknown_zone(ENGLISH, "Kyif", "Europe/Kyiv")),
        ("/quiet 22:00-07:00 @@@", alerts.unknown_zone(ENGLISH, "@@@", None)),
        ("/quiet", alerts.quiet_state(ENGLISH, Timetable())),
    ],
)
def test_invalid_zone_changes_nothing_and_gets_a_sentence(room, ann, chat, command, reply):
    assert room.ask(chat, ann, command).text == plain(reply)
    assert timetable(room, chat) == Timetable()


def test_quiet_hours_can_be_set_and_turned_off(room, ann, chat):
    assert room.ask(chat, ann, "/quiet 22:00 – 7:00 new york").text == said(
        "quiet.set", begin="22:00", end="07:00", zone="America/New_York"
    )
    assert timetable(room, chat) == Timetable("America/New_York", quiet=(1320, 420))
    assert room.ask(chat, ann, "/quiet off").text == said("quiet.off")
    assert timetable(room, chat) == Timetable("America/New_York")


def test_list_buttons_change_digest_and_quiet_hours(room, ann, chat):
    room.ask(chat, ann, "/subscribe")
    listed = room.ask(chat, ann, "/subscriptions")
    assert pressed(room, listed, TIMES[1]) == CHANGED
    assert pressed(room, listed, TIMES[3]) == CHANGED
    room.world.wait_for(lambda: listed.labels[1:] == [NO_DIGEST, NO_QUIET])
    changed = Timetable(None, 18 * 60, quiet=(23 * 60, 8 * 60))
    assert listed.text == plain(alerts.subscriptions(ENGLISH, [Interest()], changed))
    assert pressed(room, listed, NO_DIGEST) == CHANGED
    assert pressed(room, listed, NO_QUIET) == CHANGED
    room.world.wait_for(lambda: listed.labels[1:] == TIMES)


@pytest.mark.parametrize(
    "data", ["end", "end:x", "end:1:2", f"end:{10**19}", "nothing", "mute", "quiet:1", "less:7"]
)
def test_unknown_button_gets_a_sentence(room, ann, chat, data):
    room.ask(chat, ann, "/subscribe")
    listed = room.ask(chat, ann, "/subscriptions")
    with room.world.changed:
        listed.buttons[0][0]["callback_data"] = data
    assert pressed(room, listed, data) == TOO_OLD


# Following an answer


def test_subject_of_an_answer_is_followed_and_unfollowed(room, ann, chat, mayor):
    room.add(mayor)
    answer = room.ask(chat, ann, "Who is the mayor of Lennfield?")
    quoted = [said("button.story"), "👍", "👎", said("button.verify"), said("button.share")]
    assert answer.labels == [said("button.watch_changes"), FOLLOW, *quoted]
    assert pressed(room, answer, FOLLOW) is None
    followed = room.world.wait_for_reply(answer)
    assert followed.text == subscribed("mayor Lennfield")
    assert interests(room, chat) == [Interest("mayor Lennfield")]
    assert pressed(room, followed, UNDO) is None
    undone = plain(alerts.unfollowed(ENGLISH, Interest("mayor Lennfield")))
    room.world.wait_for(lambda: followed.text == undone)
    assert (interests(room, chat), followed.labels) == ([], [])


def test_time_in_a_question_is_not_part_of_the_followed_topic(room, ann, chat, mayor):
    room.add(mayor)
    answer = room.ask(chat, ann, "Who was the mayor of Lennfield on 20 November 2026?")
    assert pressed(room, answer, FOLLOW) is None
    room.world.wait_for_reply(answer)
    assert interests(room, chat) == [Interest("mayor Lennfield")]


def test_in_a_group_administrators_can_follow_a_question_asked_by_command(room, ann, chat, mayor):
    bob = room.world.user("Bob")
    group = room.world.supergroup("Readers", ann, bob)
    room.add(mayor)
    answer = room.ask(group, bob, "/ask@pullquote_bot Who is the mayor of Lennfield?")
    assert pressed(room, answer, FOLLOW, bob) == NOT_AN_ADMIN
    pressed(room, answer, FOLLOW, ann)
    room.world.wait_for_reply(answer)
    assert interests(room, group) == [Interest("mayor Lennfield")]


def test_deleted_question_cannot_be_followed(room, ann, chat, mayor):
    room.add(mayor)
    answer = room.ask(chat, ann, "Who is the mayor of Lennfield?")
    with room.world.changed:
        answer.reply_to = None
    assert pressed(room, answer, FOLLOW) == TOO_OLD
