from dataclasses import replace

import pytest

from qa.store.versions import KEPT
from tests.qa.store.test_articles import FLOOD, SUN, rows, save
from tests.qa.store.test_articles import store as store  # a fixture


def edited(text, **fields):
    return replace(FLOOD, text=text, **fields)


def earlier_versions(store, number):
    version = 0
    while pair := store.replaced_after(version):
        replaced, _ = pair
        version = replaced.id
        if replaced.number == number:
            yield replaced


def said(store, number=1):
    return [(each.title, each.text) for each in earlier_versions(store, number)]


def test_library_without_changes_stores_no_versions(store):
    for article in (FLOOD, FLOOD, SUN, replace(FLOOD, source="Hill Post")):
        save(store, article)
    assert rows(store, "SELECT count(*) FROM earlier_versions") == [(0,)]
    assert store.last_version() == 0
    assert store.replaced_after(0) is None


@pytest.mark.parametrize("text", ["Two lines.\n\nА також ще один. \U0001f30a", "", "x" * 99_999])
def test_replaced_text_is_kept_verbatim_with_the_time(store, text):
    store._clock = lambda: 500.0
    save(store, edited(text))
    store._clock = lambda: 700.0
    save(store, FLOOD)
    (version,) = earlier_versions(store, 1)
    assert (version.number, version.title, version.text) == (1, "Flood", text)
    assert version.replaced_at == 700.0


def test_versions_are_followed_in_the_order_in_which_they_were_replaced(store):
    save(store, edited("One."))
    save(store, SUN)
    save(store, edited("Two."))
    save(store, replace(SUN, title="Sun again"))
    save(store, edited("Three."))
    assert said(store) == [("Flood", "One."), ("Flood", "Two.")]
    followed, version = [], 0
    while pair := store.replaced_after(version):
        before, after = pair
        followed.append((before.title, before.text, after.title, after.text))
        version = before.id
    assert followed == [
        ("Flood", "One.", "Flood", "Two."),
        ("Sun", SUN.text, "Sun again", SUN.text),
        ("Flood", "Two.", "Flood", "Three."),
    ]
    assert store.last_version() == version == 3


def test_only_the_latest_versions_of_an_article_are_kept(store):
    save(store, SUN)
    save(store, replace(SUN, title="Sun again"))
    for number in range(KEPT + 3):
        save(store, edited(f"Text {number}."))
    assert said(store, 1) == [("Sun", SUN.text)]
    flood = store.article("flood").number
    assert said(store, flood) == [("Flood", f"Text {number}.") for number in range(2, KEPT + 2)]


def test_versions_go_with_their_article_and_ids_are_never_used_again(store):
    save(store, edited("One."))
    save(store, edited("Two."))
    last = store.last_version()
    assert store.remove_before(store._clock() + 1, 9) == 1
    assert rows(store, "SELECT count(*) FROM earlier_versions") == [(0,)]
    save(store, edited("One."))
    save(store, edited("Two."))
    assert store.last_version() == last + 1
