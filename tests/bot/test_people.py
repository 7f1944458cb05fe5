"""What the bot remembers of people: names, who was told what today, and questions asked."""

import pytest
from telegram import User

from bot.people import DAY, LIMITS, MOST, Excess, People

A_DAY, A_MINUTE = LIMITS


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def people(clock):
    return People(clock)


def test_twenty_questions_a_minute_are_answered(people, clock):
    for _ in range(20):
        assert people.ask(7) is None
        clock.now += 2
    assert people.ask(7) == Excess(A_MINUTE, 20.0, is_first=True)
    clock.now += 5
    assert people.ask(7) == Excess(A_MINUTE, 15.0, is_first=False)
    assert people.ask(8) is None
    clock.now += 15
    assert people.ask(7) is None  # the first question is a minute ago
    assert people.ask(7) == Excess(A_MINUTE, 2.0, is_first=True)


def test_five_hundred_questions_a_day_are_answered(people, clock):
    for _ in range(500):
        assert people.ask(7) is None
        clock.now += 60
    assert people.ask(7) == Excess(A_DAY, DAY - 500 * 60, is_first=True)
    clock.now += DAY - 500 * 60
    assert people.ask(7) is None


def test_a_chat_is_told_once_a_day(people, clock):
    assert [people.may_tell(-5), people.may_tell(-5), people.may_tell(-6)] == [True, False, True]
    clock.now += DAY
    assert people.may_tell(-5)


def test_name_is_that_of_the_last_person_who_had_it(people):
    people.see(User(7, "Ann", False, username="Ann_L"))
    assert (people.id_of("ann_l"), people.id_of("ann")) == (7, None)
    people.see(User(8, "Bob", False, username="ann_l"))
    assert people.id_of("ANN_L") == 8


def test_memory_is_bounded(people):
    for id_ in range(MOST + 5):
        people.see(User(id_, "A", False, username=f"a{id_}"))
        people.ask(id_)
        people.may_tell(id_)
    assert {len(each) for each in (people._ids, people._asked, people._told)} == {MOST}
