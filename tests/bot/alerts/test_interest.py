"""Parsing the words of a subscription into topic and source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.subscriptions.interest import (
    known_sources,
    read_interest,
    source_key,
    source_keys,
    topic_of,
)
from bot.subscriptions.model import Interest
from bot.texts.markup import units
from qa import Article
from qa.language import codes, language_of, load
from qa.language.detect import language_of_question

ENGLISH_NAMES = ["BBC News", "The Verge", "example.org", "Ukraine Today", ""]
KNOWN = known_sources([*ENGLISH_NAMES, "Die Zeit", "El País", "Le Monde", "L’Espresso"])


@pytest.mark.parametrize(
    ("text", "interest", "no_source"),
    [
        ("", Interest(), ""),
        ("peace talks", Interest("peace talks"), ""),
        ("peace  talks from bbc   news", Interest("peace talks", "BBC News"), ""),
        ("from The Verge", Interest("", "The Verge"), ""),
        ("from verge", Interest("", "The Verge"), ""),
        ("floods from Example.org", Interest("floods", "example.org"), ""),
        ("refugees from Ukraine", Interest("refugees from Ukraine"), "Ukraine"),
        ("people from Syria from BBC News", Interest("people from Syria", "BBC News"), ""),
        ("from Nowhere", Interest(), "Nowhere"),
        ("fromage", Interest("fromage"), ""),
        ("where from", Interest("where from"), ""),
        ("мирні переговори від BBC News", Interest("мирні переговори", "BBC News"), ""),
        ("переговоры из BBC News", Interest("переговоры", "BBC News"), ""),
        ("Klima aus der Zeit", Interest("Klima", "Die Zeit"), ""),
        ("Klima from Die Zeit", Interest("Klima", "Die Zeit"), ""),
        ("pogoda z example.org", Interest("pogoda", "example.org"), ""),
        ("vacunas de El País", Interest("vacunas", "El País"), ""),
        ("climat du Monde", Interest("climat", "Le Monde"), ""),
        ("clima da BBC News", Interest("clima", "BBC News"), ""),
        ("clima dell'Espresso", Interest("clima", "L’Espresso"), ""),
        ("iklim kaynak: BBC News", Interest("iklim", "BBC News"), ""),
        ("біженці з України", Interest("біженці з України"), ""),
        ("Von der Leyen", Interest("Von der Leyen"), ""),
        ("Tour de France", Interest("Tour de France"), ""),
    ],
)
def test_interest_is_parsed(text, interest, no_source):
    assert read_interest(text, KNOWN) == (interest, no_source)


def test_article_source_matches_by_name_and_by_host():
    article = Article("a", "A", "a", url="https://www.Example.org:443/x", source=" BBC  News ")
    assert source_keys(article) == {"bbc news", "example.org"}
    assert source_keys(Article("a", "A", "a")) == set()
    assert source_keys(Article("a", "A", "a", url="http://[")) == set()


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("How long is the Channel Tunnel?", "long Channel Tunnel"),
        ("Who won in Zelenskyy's U.S. visit, and who won it?", "won Zelenskyy U.S visit"),
        ("What is it?", ""),
        ("What about O'Brien and the COVID-19 inquiry?", "O'Brien COVID-19 inquiry"),
        ("Що каже мер Києва?", "мер Києва"),
        ("Что сказал мэр Москвы?", "мэр Москвы"),
        ("Was sagt der Bürgermeister von Köln?", "Bürgermeister Köln"),
        ("Co powiedział burmistrz Krakowa?", "burmistrz Krakowa"),
        ("¿Qué dice el alcalde de Lima?", "alcalde Lima"),
        ("Que dit le maire d'Orléans ?", "maire Orléans"),
        ("Che cosa dice il sindaco dell'Aquila?", "sindaco Aquila"),
        ("O que diz o prefeito de Recife?", "prefeito Recife"),
        ("İzmir belediye başkanı ne diyor?", "İzmir belediye başkanı"),
    ],
)
def test_topic_is_the_content_words_of_a_question(question, topic):
    assert topic_of(question, language_of(language_of_question(question))) == topic


@given(st.text(max_size=400), st.sampled_from(codes()))
def test_any_question_gives_a_topic_made_of_its_own_words(question, code):
    topic = topic_of(question, load(code))
    assert units(topic) <= 100
    assert all(word in question for word in topic.split())


@given(st.text(max_size=50))
def test_source_key_ignores_case(name):
    assert source_key(f"  {name} ") == source_key(name)
