"""A reader asks in Ukrainian about articles in Ukrainian, English and German."""

import json

import pytest

from bot.texts.languages import Languages
from qa.evaluate import read_corpus, read_queries
from tests.e2e.conftest import open_house
from tests.said import plain

TEXTS = Languages().texts("uk")
ARTICLES = {
    "bell.txt": "Дзвін підняли з дна озера\n\n"
    "Водолази підняли з дна Світязя дзвін, який відлили у 1742 році в Данцигу. "
    "Він важить 380 кілограмів і майже не постраждав у воді. "
    "Дзвін передадуть музею в Луцьку, де його очистять від мулу.\n",
    "bridge.txt": "Neue Brücke über die Elbe\n\n"
    "Am 3. Oktober wurde in Wittenberge eine neue Brücke über die Elbe eröffnet. "
    "Sie ist 1100 Meter lang und hat rund 240 Millionen Euro gekostet. "
    "Die Bauarbeiten haben vier Jahre gedauert.\n",
    "vaccine.txt": "Malaria vaccine tested in Kenya\n\n"
    "Doctors in Kenya have tested a new vaccine against malaria. "
    "They gave it to 450 children between five months and three years of age. "
    "Three quarters of them did not fall ill in the year that followed.\n",
}


@pytest.fixture(scope="module")
def speaking(tmp_path_factory):
    with open_house(tmp_path_factory.mktemp("house")) as house:
        house.changes = {"model": "multilingual"}
        (house.folder / "news").mkdir()
        for name, text in ARTICLES.items():
            (house.folder / "news" / name).write_text(text)
        assert house.command("add", "news", **house.changes).returncode == 0
        house.olena = house.world.user("Olena", language_code="uk")
        house.chat = house.world.private_chat(house.olena)
        house.changes["allowed_chats"] = house.olena.id
        house.start(**house.changes)
        yield house


def ask(house, text):
    return house.world.wait_for_reply(house.world.say(house.chat, house.olena, text), timeout=60)


@pytest.mark.parametrize(
    ("question", "sentence", "named"),
    [
        ("Скільки важить дзвін?", "Він важить 380 кілограмів і майже не", None),
        (
            "Скільки мільйонів євро коштував міст через Ельбу?",
            "Sie ist 1100 Meter lang und hat",
            "німецька",
        ),
        (
            "Скільки дітей отримали нову вакцину від малярії?",
            "They gave it to 450 children",
            "англійська",
        ),
    ],
)
def test_question_in_ukrainian_is_answered_in_the_words_of_any_article(
    speaking, question, sentence, named
):
    reply = ask(speaking, question)
    assert sentence in reply.entity_texts("bold")[0]
    head = reply.text.partition(sentence)[0]
    assert (named in head) if named else "мова" not in head


def test_question_about_something_else_is_refused_in_ukrainian(speaking):
    reply = ask(speaking, "Хто виграв чемпіонат світу з футболу?")
    assert reply.text.startswith(plain(TEXTS("answer.nothing_near")))


def test_others_are_told_in_their_language_that_the_bot_is_not_for_them(speaking):
    otto = speaking.world.user("Otto", language_code="de")
    chat = speaking.world.private_chat(otto)
    first = speaking.world.wait_for_reply(
        speaking.world.say(chat, otto, "Wie lang ist die Brücke?")
    )
    assert first.text == plain(Languages().texts("de")("error.not_allowed"))
    speaking.world.say(chat, otto, "/subscribe")
    ask(speaking, "/help")
    assert [each.text for each in speaking.world.replies(chat)] == [first.text]


@pytest.mark.parametrize(
    ("question", "language", "article"),
    [
        ("Скільки важить дзвін?", "uk", "Дзвін підняли з дна озера"),
        ("How many children got the new vaccine?", "en", "Malaria vaccine tested in Kenya"),
    ],
)
def test_vote_becomes_a_question_of_a_data_set(speaking, question, language, article):
    reply = ask(speaking, question)
    press = speaking.world.press(reply, "👍")
    speaking.world.wait_for(lambda: press.answer)
    assert press.answer["text"] == TEXTS("feedback.thanks")
    newest = json.loads(speaking.run("feedback", "--json").stdout)[0]
    assert (newest["question"], newest["language"], newest["vote"]) == (question, language, "up")
    speaking.run("feedback", "export", "votes")
    query = read_queries(speaking.folder / "votes")[0]
    assert (query.question, query.answerable) == (question, True)
    (gold,) = query.paragraph_ids
    titles = {each.id: each.title for each in read_corpus(speaking.folder / "votes")}
    assert titles[gold.partition("#")[0]] == article


def test_help_is_in_the_language_of_the_reader(speaking):
    assert TEXTS("help.subscriptions") in ask(speaking, "/help").text


def test_topic_in_ukrainian_alerts_to_an_english_article(speaking):
    ask(speaking, "/subscribe мирні переговори")
    before = len(speaking.world.replies(speaking.chat))
    text = (
        "Rivals meet for peace talks\n\nThe two governments began peace talks in Geneva on Monday. "
        "Negotiators want a ceasefire before the winter, diplomats said.\n"
    )
    path = speaking.folder / "talks.txt"
    path.write_text(text)
    assert speaking.command("add", str(path), **speaking.changes).returncode == 0
    speaking.world.wait_for(lambda: len(speaking.world.replies(speaking.chat)) > before, timeout=30)
    (alert,) = speaking.world.replies(speaking.chat)[before:]
    assert "Rivals meet for peace talks" in alert.text
    assert TEXTS("button.ask") in alert.labels
