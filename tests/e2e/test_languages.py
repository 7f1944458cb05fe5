"""A reader asks in Ukrainian about articles in Ukrainian, English and German."""

import pytest

from bot.texts.languages import Languages
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


POST = (
    "Старовинний дзвін дістали водолази з озера Світязь. Співачка скасувала концерт у Ліоні. "
    "Вакцину від малярії випробували лікарі в Кенії."
)
ORIGIN = {"type": "hidden_user", "sender_user_name": "Тарас"}


def test_forward_of_a_reader_is_looked_up_in_ukrainian(speaking):
    taras = speaking.world.user("Taras", language_code="uk")
    sent = speaking.world.forward(speaking.world.private_chat(taras), taras, POST, ORIGIN)
    reply = speaking.world.wait_for_reply(sent, timeout=60)
    first, _, last = POST.replace(". ", ".|").split("|")
    assert reply.text.startswith(
        f"{plain(TEXTS('claims.found'))}\n\n«{first}»\nДзвін підняли з дна"
    )
    assert f"\n\n«{last}»\nMalaria vaccine tested in Kenya\n" in reply.text
    bell, vaccine = reply.entity_texts("bold")
    assert bell.startswith("Водолази підняли з дна Світязя дзвін")
    assert vaccine == "Doctors in Kenya have tested a new vaccine against malaria."


def test_forward_of_an_administrator_is_added_and_removed_in_ukrainian(speaking):
    world, olena, chat = speaking.world, speaking.olena, speaking.chat
    reply = world.wait_for_reply(world.forward(chat, olena, POST, ORIGIN), timeout=60)
    labels = [TEXTS("button.ask_forward"), TEXTS("button.add_article")]
    assert (reply.text, reply.labels) == (TEXTS("forwarded.what"), labels)
    world.press(reply, labels[1])
    world.wait_for(lambda: reply.labels == [TEXTS("button.undo")], timeout=30)
    assert reply.text.startswith("Додано: Старовинний дзвін")
    world.press(reply, TEXTS("button.undo"))
    world.wait_for(lambda: reply.labels == [], timeout=30)
    assert reply.text.startswith("Видалено: Старовинний дзвін")


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
