"""Which updates have come: each is taken once, by whichever host."""

import pytest

from bot.received import KEEP_SECONDS, ReceivedUpdates

pytestmark = pytest.mark.both_engines


def test_update_whose_taking_was_interrupted_is_taken_by_the_next_try(database):
    one, other = ReceivedUpdates(database), ReceivedUpdates(database)
    assert one.take(1)
    with database.write() as connection:  # as if the connection broke after the commit
        sql = "INSERT INTO updates SELECT 2, taker, received_at FROM updates"
        connection.execute(sql)
    assert not other.take(2)
    assert one.take(2)
    assert not one.take(2)


def test_update_is_taken_once_for_a_day(database):
    one, other = ReceivedUpdates(database), ReceivedUpdates(database)
    assert one.take(7)
    assert not other.take(7)
    assert not one.take(7)
    assert other.take(6)  # which came later
    with database.write() as connection:
        sql = "UPDATE updates SET received_at = received_at - ? WHERE update_id = 6"
        connection.execute(sql, (KEEP_SECONDS,))
    assert not one.take(7)
    assert one.take(6)
