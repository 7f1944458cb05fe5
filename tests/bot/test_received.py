"""Which updates have come: each is taken once, by whichever host."""

from bot.received import KEEP_SECONDS, LIFE_SECONDS, ReceivedUpdates


def test_update_whose_taking_was_interrupted_is_taken_by_the_next_try(database):
    one, other = ReceivedUpdates(database), ReceivedUpdates(database)
    assert one.take(1, "{}")
    with database.write() as connection:  # as if the connection broke after the commit
        sql = "INSERT INTO updates SELECT 2, taker, received_at, body FROM updates"
        connection.execute(sql)
    assert not other.take(2, "{}")
    assert one.take(2, "{}")
    assert not one.take(2, "{}")


def test_how_many_messages_others_have_sent_is_known_with_their_next_update(database):
    sent = {"one": 0, "other": 5}
    one = ReceivedUpdates(database, lambda: sent["one"])
    other = ReceivedUpdates(database, lambda: sent["other"])
    assert other.take(1, "{}")
    assert one.sent_by_others() == 0  # those five were long ago
    sent |= {"one": 100, "other": 12}
    assert one.take(2, "{}")
    assert one.sent_by_others() == 0
    assert other.take(3, "{}")
    assert (one.sent_by_others(), one.sent_by_others()) == (7, 0)
    assert other.sent_by_others() == 0
    ReceivedUpdates(database, lambda: 3).take_over()
    assert one.sent_by_others() == 0


def test_update_is_taken_once_for_a_day(database):
    one, other = ReceivedUpdates(database), ReceivedUpdates(database)
    assert one.take(7, "{}")
    assert not other.take(7, "{}")
    assert not one.take(7, "{}")
    assert other.take(6, "{}")  # which came later
    with database.write() as connection:
        sql = "UPDATE updates SET received_at = received_at - ? WHERE update_id = 6"
        connection.execute(sql, (KEEP_SECONDS,))
    assert other.take_over() == []
    assert not one.take(7, "{}")
    assert one.take(6, "{}")


def test_what_a_dead_process_has_left_is_taken_over_once(database):
    dead, one, other = (ReceivedUpdates(database) for _ in range(3))
    for update_id in (3, 1, 2):
        assert dead.take(update_id, f"update {update_id}")
    dead.mark_handled(2)
    assert one.take_over() == []
    with database.write() as connection:
        connection.execute("UPDATE takers SET until = until - ?", (LIFE_SECONDS,))
    assert one.take_over() == ["update 1", "update 3"]
    assert other.take_over() == []
    assert not other.take(3, "update 3")
    one.mark_handled(1)
    with database.write() as connection:
        connection.execute("UPDATE takers SET until = until - ?", (LIFE_SECONDS,))
    assert other.take_over() == ["update 3"]


def test_process_that_says_that_it_lives_keeps_its_updates(database):
    one, other = ReceivedUpdates(database), ReceivedUpdates(database)
    assert one.take(1, "update 1")
    with database.write() as connection:
        connection.execute("UPDATE takers SET until = until - ?", (LIFE_SECONDS - 1,))
    assert one.take_over() == []
    with database.write() as connection:
        connection.execute("UPDATE takers SET until = until - ?", (LIFE_SECONDS - 1,))
    assert other.take_over() == []
