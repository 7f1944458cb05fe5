"""Which posts are articles, and what their titles are."""

from datetime import UTC, datetime

import pytest
from telegram import Chat, Message

from bot.channels.posts import article_of, is_article


def post(text):
    return Message(
        1, datetime(2024, 5, 3, tzinfo=UTC), Chat(-1001, Chat.CHANNEL, "News"), text=text
    )


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("The ferry sails again on Sunday", False),
        ("The ferry sails again on Sunday, after a winter in the shipyard.", True),
        ("Пором знову ходить із неділі", False),
        ("Пором знову ходить із неділі після зими, яку він простояв у порту.", True),
        ("フェリー再開", False),
        ("島と町を結ぶフェリーは、造船所で冬を過ごした後、日曜日から再び運航します。", True),
    ],
)
def test_post_of_enough_words_is_an_article_in_any_language(text, is_one):
    assert is_article(post(text)) is is_one


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            "Міст у м. Ленфілд відкрили 3 травня 2024 р. після ремонту. Рух ним уже дозволено.",
            "Міст у м. Ленфілд відкрили 3 травня 2024 р. після ремонту.",
        ),
        (
            "Die Brücke wurde am 3. Mai nach ca. zwei Jahren geöffnet. Autos dürfen sie befahren.",
            "Die Brücke wurde am 3. Mai nach ca. zwei Jahren geöffnet.",
        ),
    ],
)
def test_title_of_a_post_is_its_first_sentence_in_its_own_language(text, title):
    assert article_of(post(text)).title == title
