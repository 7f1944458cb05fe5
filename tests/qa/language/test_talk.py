"""What is no question: greetings, thanks, and what the bot itself can do."""

import pytest

from qa.language import codes
from qa.language.files import talk_words
from qa.language.talk import Talk, read_talk


@pytest.mark.parametrize(
    ("text", "talk"),
    [
        ("hi there!", Talk.GREETING),
        ("Hellooo", Talk.GREETING),
        ("Good evening", Talk.GREETING),
        ("ДОБРИЙ ВЕЧІР!", Talk.GREETING),
        ("İyi günler", Talk.GREETING),
        ("¡Buenos días!", Talk.GREETING),
        ("Guten Tag zusammen", Talk.GREETING),
        ("thx", Talk.THANKS),
        ("Thank you very much!!!", Talk.THANKS),
        ("Дуже дякую", Talk.THANKS),
        ("Hallo, danke schön", Talk.THANKS),
        ("Ciao!", Talk.GREETING),
        ("bye", Talk.BYE),
        ("На все добре", Talk.BYE),
        ("help me, please", Talk.HELP),
        ("Who are you?", Talk.HELP),
        ("Hello! What can you do? Thanks", Talk.HELP),
        ("Що ти вмієш?", Talk.HELP),
        ("¿Qué puedes hacer?", Talk.HELP),
        ("What’s new?", Talk.LATEST),
        ("What do you know?", Talk.LATEST),
        ("which articles do you have", Talk.LATEST),
        ("Quoi de neuf ?", Talk.LATEST),
        ("Які статті в тебе є?", Talk.LATEST),
    ],
)
def test_small_talk_is_understood(text, talk):
    assert read_talk(text) == (talk, text)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Hello, how long is the tunnel?", "how long is the tunnel?"),
        ("Hi! How long is it? Thanks!", "How long is it?"),
        ("Дякую. А коли його відкрили?", "А коли його відкрили?"),
        ("Hello Kitty was drawn by whom?", "Hello Kitty was drawn by whom?"),
        ("What's new in Kyiv?", "What's new in Kyiv?"),
        ("What articles do you have about bees?", "What articles do you have about bees?"),
        ("Who is he?", "Who is he?"),
        ("How does it work?", "How does it work?"),
        ("How long is it, and who said “Thanks”?", "How long is it, and who said “Thanks”?"),
        ("Le Monde: qui a gagné ?", "Le Monde: qui a gagné ?"),
        ("bot", "bot"),
        ("  ?!", "  ?!"),
        ("", ""),
    ],
)
def test_question_is_left_of_what_is_more_than_small_talk(text, question):
    assert read_talk(text) == (None, question)


@pytest.mark.parametrize("code", codes())
def test_each_language_has_phrases_of_each_kind_that_mean_it(code):
    for talk in set(Talk) - {Talk.NOTHING}:
        phrases = talk_words(code)[talk.value]
        assert len(phrases) >= 9
        assert talk in {read_talk(phrase)[0] for phrase in phrases}
