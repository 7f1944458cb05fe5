"""Leases on both engines: one holder at a time, by the clock of the database."""

import threading
import time

import pytest

from qa.store.leases import LEASE_SECONDS, Leases


@pytest.fixture
def one(database):
    return Leases(database, "one")


@pytest.fixture
def other(database):
    return Leases(database, "other")


def pass_time(database, seconds):
    """Let all leases be older."""
    with database.write() as connection:
        connection.execute("UPDATE leases SET until = until - ?", (seconds,))


def test_lease_has_one_holder_until_it_ends(database, one, other):
    assert one.hold("send")
    assert not other.hold("send")
    assert other.hold("match")
    assert (one.held(), other.held()) == (["send"], ["match"])
    pass_time(database, LEASE_SECONDS)
    assert one.held() == []
    assert other.hold("send")
    assert other.held() == ["send"]


def test_holder_renews_and_a_restart_goes_on(database, one, other):
    assert one.hold("send")
    pass_time(database, LEASE_SECONDS - 1)
    again = Leases(database, "one")
    assert again.hold("send")
    pass_time(database, LEASE_SECONDS - 1)
    assert not other.hold("send")


def test_all_that_is_held_is_renewed_at_once_save_what_another_has_taken(database, one, other):
    assert one.hold("send")
    assert one.hold("match")
    pass_time(database, LEASE_SECONDS - 1)
    one.renew()
    pass_time(database, LEASE_SECONDS - 1)
    assert one.held() == ["match", "send"]
    pass_time(database, LEASE_SECONDS)
    assert other.hold("send")
    one.renew()
    assert (one.held(), other.held()) == (["match"], ["send"])
    assert not one.hold("send")
    one.release("match")
    one.renew()
    assert one.held() == []


def test_holder_that_stood_still_asks_before_it_goes_on(database, other):
    one = Leases(database, "one", seconds=0.3)
    assert one.hold("send")
    assert one.hold("send")
    time.sleep(0.3)
    assert other.hold("send")
    assert not one.hold("send")


def test_what_is_given_back_can_be_taken_at_once(one, other):
    assert one.hold("send")
    assert one.hold("match")
    other.release("send")  # which it has not
    assert not other.hold("send")
    one.release("send")
    assert other.hold("send")
    assert not one.hold("send")
    one.release_all()
    assert one.held() == []
    assert other.hold("match")


def test_lease_of_a_length(database, one, other):
    assert one.take("feeds of example.org", 120)
    pass_time(database, 119)
    assert not other.take("feeds of example.org", 120)
    pass_time(database, 1)
    assert other.take("feeds of example.org", 120)


def test_one_of_many_gets_it(database):
    hosts = [Leases(database, str(n)) for n in range(8)]
    got = []
    threads = [
        threading.Thread(target=lambda each=each: got.append(each.hold("x"))) for each in hosts
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(got) == [False] * 7 + [True]
