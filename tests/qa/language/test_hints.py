from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import Article
from qa.language import language_of
from qa.language.hints import read_hints
from qa.language.sources import SourceNames
from qa.language.when import freshness

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # a Tuesday
SOURCES = SourceNames(["BBC", "BBC News", "The Verge", "Mill Post", " "])


def article(**fields):
    return Article("a", fields.pop("title", "T"), "Text.", **fields)


def read(question, **options):
    return read_hints(question, SOURCES, now=NOW, **options)


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        (
            "What do BBC News, the Verge and BBCX say about a verge?",
            "What do , and BBCX say about a verge?",
        ),
        ("What closed on Friday, 20 November 2026?", "What closed ?"),
        ("What closed on 20 November 2026, says the Mill Post?", "What closed , says the ?"),
        ("What does the Mill Post say of the bridge?", "What does the say of the bridge?"),
        ("Who closed the bridge?", "Who closed the bridge?"),
        # Without the day, nothing would be left to search for.
        ("What happened on 20 November 2026?", "What happened on 20 November 2026?"),
        (
            "What happened on 20 November 2026 in the BBC?",
            "What happened on 20 November 2026 in the ?",
        ),
        ("BBC", ""),
    ],
)
def test_rest_is_the_question_without_what_names_sources_and_periods(question, rest):
    assert read(question)[1] == rest


@pytest.mark.parametrize(
    ("question", "wants"),
    [
        ("What is the latest from the Mill Post?", True),
        ("latest BBC News headlines", True),
        ("What's new in The Verge, the BBC News?", True),
        ("Anything new from BBC?", True),
        ("What is the latest on the bridge from the Mill Post?", False),
        ("What's the latest on the Verge?", False),
        ("What does the Mill Post say?", False),
        ("What is the latest?", False),
        ("What did the Mill Post write last?", True),
        ("What has BBC News just published?", True),
        ("What was the last story in The Verge?", True),
        ("the newest article of the BBC", True),
        ("What did the Mill Post write about the last king?", False),
        ("How long did the Mill Post last?", False),
        ("What did The Verge do last?", False),
    ],
)
def test_source_alone_is_asked_for_its_newest(question, wants):
    assert read(question)[0].wants_newest is wants


@pytest.mark.parametrize(
    ("question", "things"),
    [
        ("How near is the Verge?", {"The Verge"}),
        ("How near is the verge?", set()),
        ("What does the Verge say?", set()),
        ("Who fell, according to articles from the Verge?", set()),
        ("Is the BBC far from the Mill Post?", {"BBC"}),
    ],
)
def test_source_of_one_word_may_be_a_thing(question, things):
    hints, _ = read(question)
    assert hints.things == things
    assert not read(question, things=things)[0].sources & things


def test_fit_adds_source_title_date_and_newness():
    hints, _ = read("What's the latest in the Mill Post of 20 November 2026, 'A Bridge Falls'?")
    published = datetime(2026, 11, 17, 15, 30, tzinfo=UTC)
    assert hints.fit(article()) == 0.0
    assert hints.fit(article(source="BBC")) == 0.0
    assert hints.fit(article(source="Mill Post")) == 1.0
    assert hints.fit(article(title="A bridge falls")) == 1.0
    assert hints.fit(article(title="Falls")) == 0.0
    assert hints.fit(article(published_at=published)) == pytest.approx(0.5)
    in_window = datetime(2026, 11, 23, 23, tzinfo=UTC)
    assert hints.fit(article(published_at=in_window)) == pytest.approx(
        0.5 + freshness(in_window, NOW)
    )
    too_late = datetime(2026, 11, 24, 0, tzinfo=UTC)
    assert hints.fit(article(published_at=too_late)) == pytest.approx(freshness(too_late, NOW))


def test_title_of_the_article_that_is_asked_about_names_no_source_and_no_period():
    hints, rest = read("Who won?", title="The BBC today: a bridge falls")
    assert (hints.sources, hints.time.windows, hints.time.recent) == (frozenset(), (), False)
    assert rest == "Who won?"
    assert hints.fit(article(title="The BBC today: a bridge falls")) == 1.0


@given(
    st.text(max_size=400)
    | st.from_regex(r"on \d+ (?:May|June) \d+|\d{4}-\d\d-\d\d", fullmatch=True)
)
def test_any_question_can_be_read(question):
    hints, rest = read(question)
    assert hints.fit(article(source="BBC", published_at=NOW)) >= 0.0
    assert len(rest) <= len(question)


@pytest.mark.parametrize(
    ("code", "question"),
    [
        ("de", "Was gibt es Neues vom Mill Post?"),
        ("de", "Neueste Artikel von Mill Post"),
        ("uk", "Які останні новини від Mill Post?"),
        ("ru", "Что нового в Mill Post?"),
        ("pl", "Najnowsze wiadomości z Mill Post"),
        ("es", "Lo último de Mill Post"),
        ("fr", "Quelles sont les dernières nouvelles de Mill Post ?"),
        ("it", "Ultime notizie da Mill Post"),
        ("pt", "Últimas notícias de Mill Post"),
        ("tr", "Mill Post son haberler"),
        ("de", "Was hat Mill Post zuletzt geschrieben?"),
        ("uk", "Що востаннє написала Mill Post?"),
        ("uk", "Яка остання стаття з Mill Post?"),
        ("uk", "Що Mill Post писала востаннє?"),
        ("ru", "Что Mill Post недавно сообщила?"),
        ("ru", "Что в последний раз писал Mill Post?"),
        ("pl", "Co ostatnio napisał Mill Post?"),
        ("es", "¿Cuál es la noticia más reciente de Mill Post?"),
        ("fr", "Qu’a écrit Mill Post en dernier ?"),
        ("it", "Che cosa ha scritto Mill Post di recente?"),
        ("pt", "O que a Mill Post publicou por último?"),
        ("tr", "Mill Post en son ne yazdı?"),
    ],
)
def test_newest_of_a_source_is_asked_for_in_every_language(code, question):
    assert read(question, language=language_of(code))[0].wants_newest
