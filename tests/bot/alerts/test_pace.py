"""How fast alerts are sent: the budget they share with replies, and whose turn it is."""

import asyncio

import pytest
from telegram.error import RetryAfter

from bot.alerts.pace import Pace, Rates
from bot.alerts.queue import LOOK_AGAIN_SECONDS, Queue
from bot.subscriptions.model import Destination

ANN, BOB, GROUP = 1, 2, -3


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def durations(monkeypatch):
    """Make the library use ``timedelta``, as the bot does."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pace(clock):
    return Pace(clock=clock)


def request(pace, chat, endpoint="sendMessage", error=None):
    """Make a request as python-telegram-bot does."""

    async def callback():
        if error is not None:
            raise error
        return {"ok": True}

    made = pace.process_request(callback, (), {}, endpoint, {"chat_id": chat}, None)
    return asyncio.run(made)


def sent_in(pace, clock, duration, chats):
    """Return when alerts go out if each is sent as soon as allowed, to ``chats`` in turn."""
    times, end = [], clock.now + duration
    while clock.now < end:
        pause = pace.pause()
        if pause:
            clock.now += pause
            continue
        chat = next(chats)
        pace.begin_alert(chat)
        request(pace, chat)
        times.append(clock.now)
        clock.now += 0.001
    return times


def test_alerts_go_at_25_per_second_and_never_more_than_30_in_any_second(pace, clock):
    times = sent_in(pace, clock, 60, iter(range(1, 9999)))
    assert 25 * 60 <= len(times) <= 25 * 60 + 6
    assert max(sum(t <= other < t + 1 for other in times) for t in times) <= 30


def test_replies_count_against_the_budget_of_alerts(pace, clock):
    for user in range(100, 120):
        request(pace, user)
    assert pace.pause() == pytest.approx((20 - 5 + 1) / 25)
    for user in range(100, 1100):
        request(pace, user)
    assert pace.pause() == pytest.approx(1 + 1 / 25)


def test_replies_of_other_hosts_count_against_the_budget_of_alerts(pace, clock):
    request(pace, ANN)
    pace.count(19)
    assert pace.pause() == pytest.approx((20 - 5 + 1) / 25)
    assert pace.sent == 1  # which is what other hosts are told
    pace.count(1000)
    assert pace.pause() == pytest.approx(1 + 1 / 25)


def test_requests_other_than_messages_cost_nothing(pace):
    for endpoint in ["sendChatAction", "getChatMember", "answerCallbackQuery"]:
        for _ in range(50):
            request(pace, ANN, endpoint)
    assert pace.pause() == 0
    assert pace.chat_pause(ANN) == 0


def test_chat_receives_one_message_per_second_including_replies(pace, clock):
    request(pace, ANN)
    assert pace.chat_pause(ANN) == 1
    assert pace.chat_pause(BOB) == 0
    clock.now += 0.75
    assert pace.chat_pause(ANN) == 0.25


def test_group_receives_an_alert_every_three_seconds(pace, clock):
    pace.begin_alert(GROUP)
    request(pace, GROUP)
    assert pace.chat_pause(GROUP) == 3


def test_replies_count_against_a_groups_20_messages_per_minute(pace, clock):
    for _ in range(19):
        request(pace, GROUP)
        clock.now += 1
    assert pace.chat_pause(GROUP) == 0
    request(pace, GROUP)
    assert pace.chat_pause(GROUP) == 60 - 19


def test_rate_limited_chat_waits_and_the_others_do_not(pace):
    with pytest.raises(RetryAfter):
        request(pace, ANN, error=RetryAfter(7))
    assert pace.chat_pause(ANN) == 7
    assert pace.pause() == 0


def test_consecutive_rate_limits_of_several_chats_pause_all_chats(pace, clock):
    for chat in (ANN, BOB):
        with pytest.raises(RetryAfter):
            request(pace, chat, error=RetryAfter(7))
    assert pace.pause() == 7


def test_rate_limits_with_a_success_between_pause_only_their_own_chats(pace):
    with pytest.raises(RetryAfter):
        request(pace, ANN, error=RetryAfter(7))
    request(pace, 4)
    with pytest.raises(RetryAfter):
        request(pace, BOB, error=RetryAfter(7))
    assert pace.pause() == 0


def test_alert_waits_up_to_a_second_for_replies_in_progress(pace, clock):
    async def scene():
        arrived = asyncio.Event()

        async def callback():
            await arrived.wait()
            return {}

        reply = asyncio.create_task(
            pace.process_request(callback, (), {}, "sendMessage", {"chat_id": ANN}, None)
        )
        await asyncio.sleep(0)
        assert pace.pause() == 1 / 25
        clock.now += 1
        assert pace.pause() == 0
        pace.begin_alert(BOB)
        assert pace.pause() == 1 / 25
        arrived.set()
        await reply
        assert pace.pause() == 0

    asyncio.run(scene())


def test_rates_can_be_scaled(clock):
    pace = Pace(Rates(a_second=250, chat=0.1), clock)
    times = sent_in(pace, clock, 6, iter(range(1, 9999)))
    assert 250 * 6 <= len(times) <= 250 * 6 + 6


def test_long_conversations_leave_no_state_behind(pace, clock):
    for number in range(20_000):
        request(pace, number + 1)
        clock.now += 1
    assert len(pace._chats) <= 5_001


# Whose turn it is

A, B, C = Destination(1), Destination(2), Destination(3)


def test_turns_follow_the_order_in_which_places_became_ready():
    queue = Queue()
    queue.put(B, 5, now=0)
    queue.put(A, 5, now=0)
    queue.put(C, 3, now=0)
    assert queue.pop(2) is None
    assert queue.pause(2, longest=9) == 1
    assert [queue.pop(6) for _ in range(4)] == [C, B, A, None]
    assert queue.pause(6, longest=9) == 9


def test_earlier_turn_of_a_place_wins_and_the_place_gets_only_one():
    queue = Queue()
    queue.put(A, 9, now=0)
    queue.put(A, 4, now=0)
    queue.put(A, 7, now=0)
    assert [queue.pop(10), queue.pop(10)] == [A, None]


def test_late_turn_is_checked_again_soon():
    queue = Queue()
    queue.put(A, 99_999, now=0)
    assert queue.pop(LOOK_AGAIN_SECONDS - 1) is None
    assert queue.pop(LOOK_AGAIN_SECONDS) == A
