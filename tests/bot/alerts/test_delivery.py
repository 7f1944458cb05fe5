"""Matcher, digests, housekeeping and sender, one step at a time with a clock of their own."""

import asyncio
import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from telegram.constants import ParseMode
from telegram.ext import Defaults, ExtBot

from bot.alerts.delivery import Sender
from bot.alerts.digests import Digests
from bot.alerts.housekeeping import DAY, SILENT_DAYS, Housekeeping
from bot.alerts.matcher import AlertMatcher
from bot.alerts.outbox import LEASE_SECONDS
from bot.alerts.pace import Pace, Rates
from bot.subscriptions.model import Destination, Interest
from bot.subscriptions.timetable import next_moment, without_digest
from index.indexer import Indexer
from tests.capitals import CODE
from tests.said import said


def also_in(sources):
    return said("answer.also_in", sources=sources)


STORY = said("button.story")
ALSO_IN = also_in("Lennfield Times")
EVERYTHING = said("alert.everything")
ELECTRIC_CARS = said("alert.topics", count=1, topics="“electric cars”")
TITLE = said("digest.title", count=1)
START = 1_760_000_000.0
FASTER = Rates(a_second=1000, burst=1000, chat=0, group=0)


class Stage:
    """The parts that ``build`` assembles, with a clock that the test moves."""

    def __init__(self, room):
        self.room, self.now = room, START
        self.store = room.store
        self.matcher = AlertMatcher(room.library, self.store, self.clock)
        self.digests = Digests(room.library, self.store, self.clock)
        self.housekeeping = Housekeeping(room.library, self.store, self.clock)

    def clock(self):
        return self.now

    def subscribe(self, chat, *interests):
        for interest in interests:
            place = Destination(chat.id)
            self.store.subscriptions.subscribe(place, interest, 1, self.now)

    def run(self):
        """Match, make digests, and send until nothing more may be sent now."""
        asyncio.run(self._run())

    @contextlib.asynccontextmanager
    async def sender(self):
        pace = Pace(FASTER)
        defaults = Defaults(parse_mode=ParseMode.HTML)
        url = f"{self.room.server.url}/bot"
        api = ExtBot(self.room.world.token, base_url=url, defaults=defaults, rate_limiter=pace)
        async with api:
            yield Sender(api, self.room.library, self.store, pace, self.clock)

    async def _run(self):
        async with self.sender() as sender:
            while await self.matcher.match_next() == 0:
                pass
            while await self.digests.make_next() == 0:
                pass
            while await sender.send_next() == 0:
                pass


@pytest.fixture
def stage(room):
    return Stage(room)


def texts(room, chat):
    return [message.text for message in room.world.replies(chat)]


def titles(room, chat):
    return [text.splitlines()[0] for text in texts(room, chat)]


# Stories


@pytest.fixture
def copy(bridge):
    """The same story from another newspaper."""
    url = "https://example.com/shut"
    return replace(bridge, id="copy", title="Bridge shut", url=url, source="Lennfield Times")


def test_story_from_two_feeds_is_one_alert_edited_once(room, chat, stage, bridge, copy):
    stage.subscribe(chat, Interest())
    room.add(bridge)
    stage.run()
    (message,) = room.world.replies(chat)
    assert "Lennfield Times" not in message.text
    room.add(copy)
    stage.run()
    assert room.world.replies(chat) == [message]
    assert message.text.splitlines()[-3:] == [
        ALSO_IN,
        "",
        EVERYTHING,
    ]
    names = ("button.mute_everything", "button.ask", "button.share", "button.story")
    assert message.labels == list(map(said, names))
    assert [call.status for call in room.world.calls("editMessageText")] == [200]


def test_several_copies_make_one_edit(room, chat, stage, bridge, copy):
    third = replace(bridge, id="third", title="Closed", url="https://example.net/", source="Echo")
    stage.subscribe(chat, Interest())
    room.add(bridge)
    stage.run()
    room.add(copy, third)
    stage.run()
    assert also_in("Lennfield Times and Echo") in texts(room, chat)[0]
    assert [call.status for call in room.world.calls("editMessageText")] == [200]


def test_pending_alert_is_sent_with_both_articles(room, chat, stage, bridge, copy):
    stage.subscribe(chat, Interest())
    room.add(bridge, copy)
    stage.run()
    (text,) = texts(room, chat)
    assert ALSO_IN in text
    assert room.world.calls("editMessageText") == []


@pytest.mark.parametrize(
    "refusal",
    [
        "message to edit not found",
        "message is not modified: same content",
        "message can't be edited",
    ],
)
def test_edit_that_telegram_rejects_is_dropped_silently(
    room, chat, stage, bridge, copy, refusal, caplog
):
    stage.subscribe(chat, Interest())
    room.add(bridge)
    stage.run()
    room.add(copy)
    room.world.fault("editMessageText", 400, description=f"Bad Request: {refusal}")
    stage.run()
    assert len(texts(room, chat)) == 1
    assert stage.store.counts() == (1, 0)
    assert "ERROR" not in caplog.text


def test_digest_names_both_papers_of_a_story(room, chat, stage, bridge, copy):
    stage.subscribe(chat, Interest())
    daily(stage, chat)
    room.add(bridge, copy)
    stage.run()
    assert texts(room, chat) == []
    stage.now += DAY
    stage.run()
    (text,) = texts(room, chat)
    assert text.startswith(f"{TITLE}\n")
    assert text.endswith(ALSO_IN)


def digest_of(room, chat, stage, *articles):
    """Send these articles in a digest; returns its messages."""
    stage.subscribe(chat, Interest())
    daily(stage, chat)
    room.add(*articles)
    match_all(stage)
    stage.now += DAY
    stage.run()
    return room.world.replies(chat)


def test_digest_that_was_sent_is_edited_to_name_another_source(
    room, chat, stage, bridge, copy, mayor
):
    (message,) = digest_of(room, chat, stage, mayor, bridge)
    before = message.text
    stage.now += DAY - 1
    third = replace(bridge, id="third", title="Closed", url="https://example.net/", source="Echo")
    room.add(copy, third)
    stage.run()
    assert room.world.replies(chat) == [message]
    assert message.text == f"{before}\n{also_in('Lennfield Times and Echo')}"
    assert [call.status for call in room.world.calls("editMessageText")] == [200]


def test_digest_of_the_day_before_is_not_edited(room, chat, stage, bridge, copy):
    (message,) = digest_of(room, chat, stage, bridge)
    stage.now += DAY + 1
    room.add(copy)
    stage.run()
    assert (room.world.replies(chat), room.world.calls("editMessageText")) == ([message], [])
    assert ALSO_IN not in message.text


def test_message_of_a_long_digest_that_has_the_story_is_edited(room, chat, stage, bridge, copy):
    words = [" ".join(f"word{n}x{k}" for k in range(40)) for n in range(30)]
    long = [replace(bridge, id=f"b{n}", url=None, text=text) for n, text in enumerate(words)]
    messages = digest_of(room, chat, stage, *long, bridge)
    before = [message.text for message in messages]
    room.add(copy)
    stage.run()
    assert len(messages) > 2
    assert [message.text for message in messages] == [*before[:-1], f"{before[-1]}\n{ALSO_IN}"]


def test_digest_without_room_for_another_source_stays_as_it_is(room, chat, stage, bridge, copy):
    (message,) = digest_of(room, chat, stage, bridge)
    before = message.text
    with room.library.database.write() as db:
        longer = f"{'x' * (4090 - len(before))}\n\n"
        db.execute("UPDATE outbox SET html = ? || html WHERE kind = 'digest'", (longer,))
    room.add(copy)
    stage.run()
    assert ALSO_IN not in message.text


def test_second_article_of_the_same_source_edits_nothing(room, chat, stage, bridge, copy):
    stage.subscribe(chat, Interest())
    room.add(bridge)
    stage.run()
    room.add(replace(copy, source="valley  post"))
    stage.run()
    (text,) = texts(room, chat)
    assert also_in("Valley Post").partition("Valley")[0] not in text
    assert room.world.calls("editMessageText") == []


def heading(id_, **values):
    text = said(id_, **values)
    return text[:1].upper() + text[1:]


BRIDGE_TEXT = "Heavy rain fell on the valley on Monday and the river Lenn rose by two metres."


def match_all(stage):
    while asyncio.run(stage.matcher.match_next()) == 0:
        pass


def mute_first(stage, chat):
    first, *_ = stage.store.subscriptions.of(Destination(chat.id))
    assert stage.store.subscriptions.end(first.id, chat.id, stage.now)


def test_story_is_sent_to_the_remaining_subscription(room, chat, stage, bridge, copy):
    stage.subscribe(chat, Interest(source="Valley Post"), Interest(source="Lennfield Times"))
    room.add(bridge, copy)
    match_all(stage)
    mute_first(stage, chat)
    stage.run()
    (text,) = texts(room, chat)
    assert text.splitlines()[:2] == ["Old bridge closed after flood", "Valley Post"]
    assert text.splitlines()[-3:] == [
        ALSO_IN,
        "",
        said("alert.sources", sources="Lennfield Times"),
    ]


def test_pending_alerts_of_a_muted_subscription_are_not_sent(room, chat, stage, bridge):
    stage.subscribe(chat, Interest())
    room.add(bridge)
    match_all(stage)
    (every,) = stage.store.subscriptions.of(Destination(chat.id))
    stage.store.subscriptions.end(every.id, chat.id, stage.now, can_be_undone=True)
    stage.run()
    assert (texts(room, chat), stage.store.counts()) == ([], (0, 0))


def test_digest_lists_a_story_under_the_remaining_subscription(room, chat, stage, bridge, copy):
    stage.subscribe(chat, Interest(source="Valley Post"), Interest(source="Lennfield Times"))
    daily(stage, chat)
    room.add(bridge, copy)
    match_all(stage)
    mute_first(stage, chat)
    stage.now += DAY
    stage.run()
    assert texts(room, chat) == [
        f"{TITLE}\n\n"
        f"{heading('interest.source', source='Lennfield Times')}\n\n"
        "Old bridge closed after flood – Valley Post\n"
        f"{BRIDGE_TEXT}\n"
        f"{ALSO_IN}"
    ]


@pytest.mark.parametrize("removed", [1, 2, 3])
def test_story_is_sent_while_at_least_one_of_its_articles_exists(
    room, chat, stage, bridge, copy, removed
):
    third = replace(bridge, id="third", title="Closed", url="https://example.net/", source="Echo")
    stage.subscribe(chat, Interest())
    daily(stage, chat)
    room.add(bridge, copy, third)
    match_all(stage)
    for article in (bridge, copy, third)[:removed]:
        Indexer(room.library).remove(article.id)
    stage.now += DAY
    stage.run()
    items = {
        1: [f"Bridge shut – Lennfield Times\n{BRIDGE_TEXT}\n{also_in('Echo')}"],
        2: [f"Closed – Echo\n{BRIDGE_TEXT}"],
        3: [],
    }
    begin = f"{TITLE}\n\n{heading('interest.everything')}\n\n"
    assert texts(room, chat) == [begin + item for item in items[removed]]


def test_rewritten_article_still_lists_the_other_sources_of_its_story(
    room, chat, stage, bridge, copy
):
    stage.subscribe(chat, Interest())
    room.add(bridge, copy)
    match_all(stage)
    room.add(replace(bridge, text="The bridge at Mill Lane will be open again on Sunday."))
    stage.run()
    assert texts(room, chat) == [
        "Old bridge closed after flood\nValley Post\n"
        "The bridge at Mill Lane will be open again on Sunday.\n"
        f"{ALSO_IN}\n\n"
        f"{EVERYTHING}"
    ]


# Alerts quote the article as it is now


def test_moved_passage_is_quoted_from_its_new_position(room, chat, stage, cars):
    stage.subscribe(chat, Interest("electric cars"))
    room.add(cars)
    asyncio.run(stage.matcher.match_next())
    room.add(replace(cars, text=f"Lennfield has news.\n{cars.text}"))
    stage.run()
    assert texts(room, chat) == [
        "Battery plant opens\n"
        "A factory for the batteries of electric cars opened in Lennfield on Friday.\n\n"
        f"{ELECTRIC_CARS}"
    ]


def test_passage_with_marks_is_quoted_without_them_after_a_rebuild(room, chat, stage, cars):
    stage.subscribe(chat, Interest("electric cars"))
    item = cars.text.splitlines()[0]
    text = f"Lennfield has news.\n# Industry\n- The town grows.\n- {item}"
    room.add(replace(cars, text=text, layout=None))
    asyncio.run(stage.matcher.match_next())
    Indexer(room.library).rebuild()
    stage.run()
    assert texts(room, chat) == [
        "Battery plant opens\nLennfield has news.\nIndustry\nThe town grows.\n"
        f"{item}\n\n{ELECTRIC_CARS}"
    ]
    (message,) = room.world.replies(chat)
    (bold,) = [each for each in message.entities if each["type"] == "bold"]
    assert message.text[bold["offset"] :][: bold["length"]] == item


def test_rewritten_passage_is_replaced_by_the_opening_of_the_article(room, chat, stage, cars):
    stage.subscribe(chat, Interest("electric cars"))
    room.add(cars)
    asyncio.run(stage.matcher.match_next())
    room.add(replace(cars, text="The plant will not open after all, the town has been told."))
    stage.run()
    (text,) = texts(room, chat)
    assert text.splitlines()[1] == "The plant will not open after all, the town has been told."


def test_article_removed_before_its_alert_is_sent_is_not_alerted(room, chat, stage, bridge, mayor):
    stage.subscribe(chat, Interest())
    daily(stage, chat)
    room.add(bridge, mayor)
    stage.run()
    Indexer(room.library).remove(bridge.id)
    stage.now += DAY
    stage.run()
    (text,) = texts(room, chat)
    assert text.startswith(f"{TITLE}\n")
    assert "New mayor takes office" in text


def test_backlog_sends_no_alerts(room, chat, stage, bridge, mayor):
    stage.subscribe(chat, Interest())
    room.add(replace(bridge, is_backlog=True), mayor)
    stage.run()
    assert titles(room, chat) == ["New mayor takes office"]


# Digests


def daily(stage, chat, at=480, zone="Europe/Kyiv"):
    def change(timetable):
        following = next_moment(at, zone, stage.now)
        return replace(timetable, zone=zone, digest_at=at, next_digest_at=following)

    return stage.store.timetables.change(Destination(chat.id), change).next_digest_at


def test_clock_jump_forward_makes_one_digest_and_jump_back_repeats_none(
    room, chat, stage, bridge, mayor
):
    stage.subscribe(chat, Interest())
    due = daily(stage, chat)
    room.add(bridge)
    stage.now = due - 1
    stage.run()
    assert texts(room, chat) == []
    stage.now = due + 5 * DAY  # the machine slept
    stage.run()
    assert len(texts(room, chat)) == 1
    room.add(mayor)
    stage.now = due  # and then its clock was wrong
    stage.run()
    assert len(texts(room, chat)) == 1
    stage.now = due + 6 * DAY
    stage.run()
    assert len(texts(room, chat)) == 2


def test_digest_postponed_by_a_wrong_clock_is_rescheduled(room, chat, stage):
    stage.subscribe(chat, Interest())
    stage.now += 400 * DAY
    daily(stage, chat)
    stage.now = START
    asyncio.run(stage.housekeeping.sweep())
    following = stage.store.timetables.of(Destination(chat.id)).next_digest_at
    assert following == next_moment(480, "Europe/Kyiv", START)


def test_last_digest_postponed_by_a_wrong_clock_is_still_sent(room, chat, stage, bridge):
    stage.subscribe(chat, Interest())
    daily(stage, chat)
    room.add(bridge)
    stage.run()
    stage.store.timetables.change(
        Destination(chat.id), lambda t: without_digest(t, stage.now + 5 * DAY)
    )
    asyncio.run(stage.housekeeping.sweep())
    stage.run()
    assert titles(room, chat) == [TITLE]


def test_digest_of_fifty_articles_is_sent_complete_in_several_messages(room, chat, stage, bridge):
    stage.subscribe(chat, Interest())
    daily(stage, chat)
    room.add(
        *(
            replace(
                bridge,
                id=f"b{n}",
                url=f"https://example.org/{n}",
                title=f"Number {n}",
                text=f"{n}. " * 90,
            )
            for n in range(50)
        )
    )
    stage.run()
    stage.now += DAY
    stage.run()
    parts = room.world.replies(chat)
    assert len(parts) > 1
    assert [t for part in parts for t in part.entity_texts("text_link")] == [
        f"Number {n}" for n in range(50)
    ]


# Topics without matches


def test_notice_for_a_topic_without_matches_lists_the_closest_articles(
    room, chat, stage, bridge, mayor
):
    stage.subscribe(chat, Interest("deep sea mining"), Interest("mayor"), Interest())
    room.add(bridge, mayor)
    stage.run()
    told = len(texts(room, chat))
    stage.now += SILENT_DAYS * DAY + 1
    again = "The mayor of Lennfield asked the county council for money to mend the roads."
    room.add(replace(mayor, id="again", url="https://example.org/again", text=again))
    asyncio.run(stage.matcher.match_next())
    while asyncio.run(stage.housekeeping.report_silence()) == 0:
        pass
    stage.run()
    *_, notice = texts(room, chat)
    assert len(texts(room, chat)) == told + 2
    first, *nearest, _, last = notice.splitlines()
    silence = said("alert.silent", count=SILENT_DAYS, topic="“deep sea mining”")
    assert first == f"{silence} {said('alert.silent_closest')}"
    assert 1 <= len(nearest) <= 3
    assert last == said("alert.silent_advice")


# Languages


def test_alerts_edits_digests_and_notices_are_in_the_language_of_their_chat(
    room, chat, ann, capitals, bridge, copy
):
    stage, group = Stage(room), room.world.group("Readers", ann)
    stage.store.languages.texts(chat.id, CODE)
    for each in (chat, group):
        stage.subscribe(each, Interest())
    room.add(bridge)
    stage.run()
    assert texts(room, chat)[0].endswith(capitals("alert.everything"))
    assert texts(room, group)[0].endswith(EVERYTHING)
    stage.store.languages.choose(group.id, CODE)
    stage.store.languages.choose(chat.id, "en")
    room.add(copy)
    stage.run()
    (alert,) = room.world.replies(group)
    assert alert.text.endswith(capitals("alert.everything"))
    names = ("button.mute_everything", "button.ask", "button.share", "button.story")
    assert alert.labels == list(map(capitals, names))
    assert texts(room, chat)[0].endswith(f"{ALSO_IN}\n\n{EVERYTHING}")


def test_digest_and_notice_of_silence_are_in_the_language_of_their_chat(
    room, chat, capitals, bridge
):
    stage = Stage(room)
    stage.store.languages.texts(chat.id, CODE)
    stage.subscribe(chat, Interest(), Interest("deep sea mining"))
    daily(stage, chat)
    room.add(bridge)
    match_all(stage)
    stage.now += SILENT_DAYS * DAY + 1
    while asyncio.run(stage.housekeeping.report_silence()) == 0:
        pass
    stage.run()
    notice, digest = sorted(texts(room, chat), key=lambda text: "bridge" in text.splitlines()[-1])
    assert digest.startswith(capitals("digest.title", count=1))
    assert capitals("interest.everything") in digest
    silence = capitals("alert.silent", count=SILENT_DAYS, topic="“deep sea mining”")
    assert notice.startswith(silence)


# The sender


def test_kill_between_sending_and_marking_as_sent_repeats_one_message(
    room, chat, stage, bridge, mayor
):
    stage.subscribe(chat, Interest())
    room.add(bridge, mayor)
    asyncio.run(stage.matcher.match_next())
    asyncio.run(stage.matcher.match_next())
    assert stage.store.outbox.claim(
        Destination(chat.id), stage.now
    )  # sent, and then the process died
    stage.run()
    assert titles(room, chat) == []
    stage.now += LEASE_SECONDS
    stage.run()
    assert titles(room, chat) == ["Old bridge closed after flood", "New mayor takes office"]


def test_what_was_sent_while_the_database_failed_is_not_sent_again(room, chat, stage, bridge):
    stage.subscribe(chat, Interest())
    room.add(bridge)
    fails = """
        CREATE TRIGGER fails AFTER UPDATE OF state ON outbox BEGIN
            INSERT INTO missing VALUES (1);
        END;
    """
    room.library.database.migrate("failing", [fails])

    def mend():
        room.world.wait_for(lambda: texts(room, chat))
        time.sleep(0.2)
        room.library.database.migrate("mended", ["CREATE TABLE missing (id INTEGER)"])

    with ThreadPoolExecutor(1) as thread:
        mending = thread.submit(mend)
        stage.run()
        mending.result()
    stage.now += LEASE_SECONDS
    stage.run()
    assert titles(room, chat) == ["Old bridge closed after flood"]


def test_host_that_stood_still_after_its_claim_does_not_send(room, chat, stage, bridge):
    async def send_late():
        async with stage.sender() as sender:
            sender.sends_within = 0.0
            return await sender.send_next()

    stage.subscribe(chat, Interest())
    room.add(bridge)
    asyncio.run(stage.matcher.match_next())
    assert asyncio.run(send_late()) == 0
    assert titles(room, chat) == []
    stage.run()  # as another host, for which it was given back
    assert titles(room, chat) == ["Old bridge closed after flood"]


def test_alert_with_a_lost_response_is_not_resent_after_muting(room, chat, stage, bridge):
    stage.subscribe(chat, Interest())
    room.world.fault("sendMessage", loses="answer")
    room.add(bridge)
    stage.run()
    (every,) = stage.store.subscriptions.of(Destination(chat.id))
    mute_first(stage, chat)
    stage.now += LEASE_SECONDS
    stage.run()
    assert titles(room, chat) == ["Old bridge closed after flood"]
    assert stage.store.subscriptions.restore(every.id, chat.id) == every
    assert stage.store.outbox.alert(1, chat.id).reasons == (every.id,)
    stage.run()
    assert len(texts(room, chat)) == 1


def test_message_postponed_by_a_wrong_clock_is_rescheduled(room, chat, stage, bridge, mayor):
    stage.subscribe(chat, Interest())
    room.world.fault("sendMessage", 500, chat=chat, times=1)
    room.add(bridge)
    stage.now += 400 * DAY
    stage.run()
    stage.now = START
    room.add(mayor)
    stage.run()
    assert titles(room, chat) == []
    asyncio.run(stage.housekeeping.sweep())
    stage.run()
    assert titles(room, chat) == ["Old bridge closed after flood", "New mayor takes office"]


def test_lease_made_by_a_wrong_clock_is_shortened_and_others_are_kept(room, chat, stage, bridge):
    other, outbox = room.world.private_chat(room.world.user("Other")), stage.store.outbox
    for each in (chat, other):
        stage.subscribe(each, Interest())
    room.add(bridge)
    asyncio.run(stage.matcher.match_next())
    assert outbox.claim(Destination(chat.id), START + 400 * DAY)
    outbox.postpone(outbox.claim(Destination(other.id), START), START + DAY)
    asyncio.run(stage.housekeeping.sweep())
    ready = [outbox.ready_at(Destination(each.id)) for each in (chat, other)]
    assert ready == [0, START + DAY]


def test_failing_chat_does_not_delay_other_chats(room, chat, stage, bridge):
    others = [room.world.private_chat(room.world.user(f"U{n}")) for n in range(5)]
    stage.subscribe(chat, Interest())
    for other in others:
        stage.subscribe(other, Interest())
    room.world.fault("sendMessage", 500, chat=chat, times=3)
    room.add(bridge)
    stage.run()
    assert [len(texts(room, other)) for other in others] == [1] * 5
    assert texts(room, chat) == []
    for _ in range(4):
        stage.now += 5
        stage.run()
    assert len(texts(room, chat)) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "Forbidden: bot was blocked by the user"),
        (403, "Forbidden: user is deactivated"),
        (403, "Forbidden: bot is not a member of the channel chat"),
        (400, "Bad Request: chat not found"),
    ],
)
def test_deleted_chat_is_forgotten(room, chat, stage, bridge, status, words):
    stage.subscribe(chat, Interest())
    room.world.fault("sendMessage", status, description=words)
    room.add(bridge)
    stage.run()
    assert stage.store.counts() == (0, 0)


CLOSED = (400, "Bad Request: TOPIC_CLOSED")
MINUTE = 60.0


@pytest.mark.parametrize(
    ("status", "words"),
    [
        CLOSED,
        (400, "Bad Request: CHAT_RESTRICTED"),
        (400, "Bad Request: USER_BANNED_IN_CHANNEL"),
        (400, "Bad Request: not enough rights to send text messages to the chat"),
        (400, "Bad Request: have no rights to send a message"),
        (403, "Forbidden: CHAT_WRITE_FORBIDDEN"),
        (400, "Bad Request: CHAT_SEND_PLAIN_FORBIDDEN"),
        (400, "Bad Request: CHAT_ADMIN_REQUIRED"),
    ],
)
def test_what_waits_for_a_place_that_is_closed_is_sent_in_order_when_it_opens(
    room, chat, stage, bridge, mayor, cars, status, words
):
    stage.subscribe(chat, Interest())
    room.world.fault("sendMessage", status, description=words, chat=chat)
    room.add(bridge, mayor)
    stage.run()
    assert (texts(room, chat), stage.store.counts()) == ([], (1, 2))
    assert stage.store.undelivered() == (1, 0)
    (pause,) = stage.store.pauses.of(chat.id)
    assert pause.since == START
    assert words.casefold().endswith(pause.reason.casefold())
    stage.now += MINUTE
    room.add(cars)
    for _ in range(3):
        stage.run()
    titles = [text.partition("\n")[0] for text in texts(room, chat)]
    assert titles == [bridge.title, mayor.title, cars.title]
    assert stage.store.undelivered() == (0, 0)


def test_closed_place_is_asked_rarely_and_at_once_when_it_may_have_opened(
    room, chat, stage, bridge
):
    stage.subscribe(chat, Interest())
    status, words = CLOSED
    room.world.fault("sendMessage", status, description=words, chat=chat, times=3)
    room.add(bridge)
    asked = []
    for pause in (0, MINUTE, MINUTE, MINUTE):
        stage.now += pause
        stage.run()
        asked.append(stage.store.outbox.ready_at(Destination(chat.id)) - stage.now)
    assert asked == [MINUTE, 2 * MINUTE, MINUTE, 4 * MINUTE]
    stage.store.pauses.wake(chat.id)
    stage.run()
    assert len(texts(room, chat)) == 1


def test_place_that_stays_closed_loses_its_messages_after_two_weeks_and_they_are_counted(
    room, chat, stage, bridge, mayor
):
    stage.subscribe(chat, Interest())
    status, words = CLOSED
    room.world.fault("sendMessage", status, description=words, chat=chat, times=100)
    room.add(bridge)
    stage.run()
    stage.now += 14 * DAY - 1
    stage.run()
    assert stage.store.counts() == (1, 1)
    stage.now += DAY
    room.add(mayor)
    for _ in range(2):
        stage.run()
    assert stage.store.counts() == (1, 0)
    assert stage.store.undelivered() == (1, 2)


@pytest.mark.parametrize(
    "words", ["Bad Request: message is too long", "Bad Request: can't parse entities"]
)
def test_message_that_can_never_be_sent_is_counted_and_the_next_one_comes(
    room, chat, stage, bridge, mayor, words
):
    stage.subscribe(chat, Interest())
    room.world.fault("sendMessage", 400, description=words, chat=chat)
    room.add(bridge, mayor)
    stage.run()
    stage.run()
    assert [text.partition("\n")[0] for text in texts(room, chat)] == [mayor.title]
    assert stage.store.undelivered() == (0, 1)


@pytest.mark.parametrize(
    "topic", ["😀", "שלום\u202e", "a" * 100, "%'\"; DROP TABLE", "\u0301\u0301", "0", "the of and"]
)
def test_unusual_topic_does_not_block_the_others(room, chat, stage, cars, topic):
    stage.subscribe(chat, Interest("electric cars"), Interest(topic))
    room.add(cars)
    stage.run()
    assert titles(room, chat) == ["Battery plant opens"]
    (text,) = texts(room, chat)
    assert text.endswith(ELECTRIC_CARS)
