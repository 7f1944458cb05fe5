"""How long a message is tried again when Telegram refuses it for now."""

import asyncio
from datetime import timedelta

import pytest
from telegram.error import RetryAfter

from bot.sending import LONGEST_WAIT, patiently


@pytest.fixture(autouse=True)
def durations(monkeypatch):
    """Make the library use ``timedelta``, as the bot does."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


def send(*refusals):
    """Send a message that is refused so often; returns how often it was tried, and what came."""
    waiting, tries = list(refusals), 0

    async def request():
        nonlocal tries
        tries += 1
        if waiting:
            raise RetryAfter(waiting.pop(0))
        return "sent"

    return asyncio.run(patiently(request)), tries


def test_message_is_sent_however_often_it_has_to_wait():
    assert send(*[timedelta(milliseconds=1)] * 50) == ("sent", 51)


def test_message_that_has_to_wait_for_too_long_fails_at_once():
    with pytest.raises(RetryAfter):
        send(timedelta(milliseconds=1), timedelta(seconds=LONGEST_WAIT))
