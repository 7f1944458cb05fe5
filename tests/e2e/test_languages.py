"""A reader asks in Ukrainian about articles in Ukrainian, English and German."""

import json

import pytest

from bot.texts.languages import Languages
from qa.evaluate import read_corpus, read_queries
from tests.e2e.conftest import open_house
from tests.said import plain, said

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

LIBRARY = (
    "Полтава чекає на книжки\n\n"
    "Нову бібліотеку в Полтаві відкриють для читачів 20 вересня, повідомили в мерії. "
    "Записатися до неї зможуть і діти.\n"
)


@pytest.fixture(scope="module")
def speaking(tmp_path_factory):
    with open_house(tmp_path_factory.mktemp("house")) as house:
        house.changes = {"model": "multilingual", "inline": "everyone"}
        (house.folder / "news").mkdir()
        for name, text in ARTICLES.items():
            (house.folder / "news" / name).write_text(text)
        assert house.command("add", "news", **house.changes).returncode == 0
        house.olena = house.world.user("Olena", language_code="uk")
        house.chat = house.world.private_chat(house.olena)
        house.otto = house.world.user("Otto", language_code="de")
        others = set(range(1, 20)) - {house.otto.id}
        house.changes["allowed_chats"] = ",".join(map(str, others))
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


def test_question_in_ukrainian_may_follow_another_one(speaking):
    ask(speaking, "Скільки важить дзвін з дна Світязя?")
    reply = ask(speaking, "А коли його відлили?")
    about = plain(TEXTS("answer.about", subject="Дзвін підняли з дна озера"))
    assert reply.text.startswith(about)
    assert "відлили у 1742 році" in reply.entity_texts("bold")[-1]
    before = len(speaking.world.replies(speaking.chat))
    speaking.world.press(reply, TEXTS("button.alone"))
    speaking.world.wait_for(lambda: not reply.text.startswith(about), timeout=30)
    assert len(speaking.world.replies(speaking.chat)) == before


def test_greeting_in_ukrainian_gets_one_and_two_questions_two_answers(speaking):
    reply = ask(speaking, "Привіт!")
    assert reply.text.startswith(plain(TEXTS("talk.greeting")))
    before = len(speaking.world.replies(speaking.chat))
    ask(speaking, "Скільки важить дзвін з дна Світязя? А коли його відлили?")
    speaking.world.wait_for(
        lambda: len(speaking.world.replies(speaking.chat)) == before + 2, timeout=30
    )
    first, second = speaking.world.replies(speaking.chat)[before:]
    assert "380 кілограмів" in first.text
    assert second.text.startswith("А коли його відлили?")


def test_question_about_something_else_is_refused_in_ukrainian(speaking):
    reply = ask(speaking, "Хто виграв чемпіонат світу з футболу?")
    assert reply.text.startswith(plain(TEXTS("answer.nothing_near")))


def test_others_are_told_in_their_language_that_the_bot_is_not_for_them(speaking):
    otto = speaking.otto
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
    world = speaking.world
    iryna = world.user("Iryna", language_code="uk")  # who has asked nothing before
    reply = world.wait_for_reply(world.say(world.private_chat(iryna), iryna, question), timeout=60)
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


def test_quote_travels_in_ukrainian(speaking):
    """It is offered in any chat, verified by button and by command, and opened from a link."""
    world, olena = speaking.world, speaking.olena
    question, sentence = "Скільки важить дзвін?", "Він важить 380 кілограмів і майже не постраждав"
    query = world.inline(olena, question)
    world.wait_for(lambda: query.answer, timeout=60)
    posted = world.choose(query, "Дзвін підняли з дна озера", world.elsewhere("Друзі", olena))
    assert sentence in posted.text
    answer = ask(speaking, question)
    world.press(answer, TEXTS("button.verify"))
    receipt = world.wait_for_reply(answer, timeout=30)
    assert receipt.text.startswith(TEXTS("verify.verbatim"))
    wrong = ask(speaking, f"/verify {sentence.replace('380', '830')}").text
    assert wrong.startswith(TEXTS("verify.different"))
    assert TEXTS("verify.replaced", quoted="«830»", stored="«380»") in wrong
    before = speaking.chat.last_id
    world.press(answer, TEXTS("button.share"))
    linked = world.wait_for(lambda: [m for m in world.replies(speaking.chat) if m.id > before])[0]
    ben = world.user("Ben")
    code = linked.text.rpartition("=")[2]
    other = world.private_chat(ben)
    opened = world.wait_for_reply(world.say(other, ben, f"/start {code}"), timeout=30)
    assert sentence in opened.text
    assert "Ukrainian" in opened.text.splitlines()[1]


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


def test_question_saved_below_a_refusal_is_answered_by_a_new_article(speaking):
    """In Ukrainian by the button, in English by /watch; the button below the alert ends it."""
    world, question = speaking.world, "Коли відкриється нова бібліотека в Полтаві?"
    ann = world.user("Ann", language_code="en")
    english = world.private_chat(ann)
    asked = "When does the new library in Poltava open?"
    saved = world.wait_for_reply(world.say(english, ann, f"/watch {asked}"), timeout=60)
    articles = said("interest.answers_to", question=f"“{asked}”")
    assert saved.text == said("subscribe.done", articles=articles)
    refusal = ask(speaking, question)
    before = len(world.replies(speaking.chat))
    world.press(refusal, TEXTS("button.watch"))
    world.wait_for(lambda: len(world.replies(speaking.chat)) > before, timeout=30)

    path = speaking.folder / "library.txt"
    path.write_text(LIBRARY)
    assert speaking.command("add", str(path), **speaking.changes).returncode == 0
    for chat, texts in ((speaking.chat, TEXTS), (english, Languages().texts("en"))):
        alert = world.wait_for(
            lambda chat=chat, texts=texts: next(
                (m for m in world.replies(chat) if texts("button.stop") in m.labels), None
            ),
            timeout=60,
        )
        assert "відкриють для читачів 20 вересня" in alert.entity_texts("bold")[0]
        world.press(alert, texts("button.stop"))
        world.wait_for(lambda alert=alert: len(alert.labels) == 1, timeout=30)
        person = world.users[chat.id]
        listed = world.wait_for_reply(world.say(chat, person, "/subscriptions"), timeout=30)
        assert asked not in listed.text
        assert question not in listed.text
