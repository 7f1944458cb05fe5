"""Edits of articles that were alerted to, one step at a time."""

import asyncio
from dataclasses import replace
from html import escape

import pytest

from bot.alerts.corrections import Corrector
from bot.alerts.housekeeping import DAY
from bot.alerts.outbox import LEASE_SECONDS
from bot.subscriptions.model import Interest
from tests.bot.alerts.test_delivery import EVERYTHING, STORY, Stage, daily, texts
from tests.said import said

FOUR_PILLARS = said(
    "alert.corrected",
    before="had damaged two of its",
    after="had damaged four of its",
)


@pytest.fixture
def stage(room):
    return Stage(room)


@pytest.fixture
def four(bridge):
    return edited(bridge, "damaged two of its", "damaged four of its")


def edited(article, old, new):
    assert old in article.text
    return replace(article, text=article.text.replace(old, new))


def correct(stage):
    corrector = Corrector(stage.room.library, stage.store, stage.clock)

    async def look():
        while await corrector.look_next() == 0:
            pass

    asyncio.run(look())


def told(text):
    return [
        line
        for line in text.splitlines()
        if line.startswith(said("alert.corrected", before="", after="")[:6])
    ]


def test_edited_figure_is_told_once_under_the_alert_whose_quote_is_as_it_is_now(
    room, chat, stage, bridge, four
):
    stage.subscribe(chat, Interest())
    room.add(bridge)
    stage.run()
    (message,) = room.world.replies(chat)
    for _ in range(2):
        room.add(four)
        correct(stage)
        stage.run()
    assert room.world.replies(chat) == [message]
    assert message.text.splitlines()[-3:] == [FOUR_PILLARS, "", EVERYTHING]
    assert [call.status for call in room.world.calls("editMessageText")] == [200]
    assert message.labels == [
        said("button.mute_everything"),
        said("button.ask"),
        said("button.share"),
        STORY,
    ]


def test_passage_that_matched_is_still_quoted_when_a_figure_in_it_is_corrected(
    room, chat, stage, cars
):
    text = "Lennfield has news.\nAdvertisement\nA plant for electric cars gives work to 600 people."
    cars = replace(cars, text=text)
    stage.subscribe(chat, Interest("electric cars"))
    room.add(cars)
    stage.run()
    before = texts(room, chat)[0]
    room.add(edited(cars, "600", "200"))
    correct(stage)
    stage.run()
    after = texts(room, chat)[0]
    shown = {"before": "work to 600 people", "after": "work to 200 people"}
    line = said("alert.corrected", **shown)
    assert before.splitlines()[1] == "A plant for electric cars gives work to 600 people."
    assert line in after
    assert after.replace(f"\n{line}", "") == before.replace("600", "200")


def test_each_change_has_a_line_and_one_that_is_undone_again_and_again_has_two(
    room, chat, stage, bridge, four
):
    stage.subscribe(chat, Interest())
    room.add(bridge)
    stage.run()
    for article in (four, bridge, four, bridge):
        room.add(article)
        correct(stage)
    stage.run()
    back = said("alert.corrected", before="had damaged four of its", after="had damaged two of its")
    assert told(texts(room, chat)[0]) == [FOUR_PILLARS, back]
    assert len(room.world.calls("editMessageText")) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Engineers from the county", "Experts from the county"),
        ("next week.", "next week.\nIt was built in 1912 by Ada Moreno."),
    ],
)
def test_rewording_or_addition_edits_nothing(room, chat, stage, bridge, old, new):
    stage.subscribe(chat, Interest())
    room.add(bridge)
    stage.run()
    room.add(edited(bridge, old, new))
    correct(stage)
    stage.run()
    assert room.world.calls("editMessageText") == []


def test_alert_that_was_not_sent_yet_shows_the_article_as_it_is_now_and_tells_nothing(
    room, chat, stage, bridge, four
):
    stage.subscribe(chat, Interest())
    room.add(bridge)
    asyncio.run(stage.matcher.match_next())
    room.add(four)
    correct(stage)
    stage.run()
    (text,) = texts(room, chat)
    assert told(text) == []
    assert room.world.calls("editMessageText") == []


def test_alert_in_flight_when_the_article_was_edited_is_edited_after_it(
    room, chat, stage, bridge, four
):
    stage.subscribe(chat, Interest())
    room.add(bridge)
    asyncio.run(stage.matcher.match_next())
    (destination,) = stage.store.outbox.destinations()
    row = stage.store.outbox.claim(destination, stage.now)
    room.add(four)
    correct(stage)
    sent = room.world.replies(chat)
    assert sent == []
    stage.store.outbox.mark_sent(row.id, stage.now, 77)
    edit = stage.store.outbox.claim(destination, stage.now + LEASE_SECONDS)
    assert (edit.kind.value, edit.alert_id, edit.message_id) == ("edit", row.id, 77)
    assert [each.after for each in edit.corrections] == ["had damaged four of its"]


def test_alert_of_the_day_before_is_not_edited(room, chat, stage, bridge, four):
    stage.subscribe(chat, Interest())
    room.add(bridge)
    stage.run()
    stage.now += DAY + 1
    room.add(four)
    correct(stage)
    stage.run()
    assert room.world.calls("editMessageText") == []


def test_digest_tells_of_a_correction_below_its_article_on_its_day_only(
    room, chat, stage, bridge, mayor, four
):
    stage.subscribe(chat, Interest())
    daily(stage, chat)
    room.add(bridge, mayor)
    stage.run()
    stage.now += DAY
    stage.run()
    (message,) = room.world.replies(chat)
    before = message.text.splitlines()
    stage.now += DAY - 1
    room.add(four)
    correct(stage)
    stage.run()
    lines = message.text.splitlines()
    assert [line for line in lines if line not in before] == [FOUR_PILLARS]
    assert lines.index(FOUR_PILLARS) < lines.index(next(x for x in lines if "New mayor" in x))
    stage.now += 2
    room.add(bridge)
    correct(stage)
    stage.run()
    assert message.text.splitlines() == lines


def test_edit_is_told_after_a_crash_between_the_edit_and_the_telling(
    room, chat, stage, bridge, four
):
    stage.subscribe(chat, Interest())
    room.add(bridge)
    stage.run()
    room.add(four)
    correct(Stage(room))  # another process, whose clock and stores are new
    correct(stage)
    stage.run()
    assert told(texts(room, chat)[0]) == [FOUR_PILLARS]


def test_words_from_outside_are_no_markup_and_long_ones_are_cut(room, chat, stage, bridge):
    hostile = edited(bridge, "damaged two of its", f"<i>damaged</i> 2 {'x' * 200} of its")
    stage.subscribe(chat, Interest())
    room.add(hostile)
    stage.run()
    room.add(edited(hostile, "</i> 2 ", "</i> 5 "))
    correct(stage)
    stage.run()
    begun = "damaged</i> "
    shown = {n: escape(f"{begun}{n}") + "…" for n in "25"}
    (line,) = told(texts(room, chat)[0])
    assert line == said("alert.corrected", before=shown["2"], after=shown["5"])
