import random
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from index.indexer import Indexer
from qa import Article, Library, ModelError, Settings, Status, Verdict
from qa.model.packaged import ENGLISH_MODEL
from qa.model.prompts import Prompts
from tests.articles import english

FLOOD = english("flood", "Flood", "The rain closed the bridge.", url="https://example.org/f")
TOWN = english("town", "Town", "The mayor took the bus.")


def texts(answer):
    return [quote.text for quote in answer.quotes]


def verbatim(answer):
    return all(q.article.text[q.start : q.end] == q.text for q in answer.quotes)


# Changes and the next question


def test_next_question_sees_a_change_by_another_process(opened):
    asking, writing = opened(), Indexer(opened())
    assert asking.ask("Which bridge?").verdict is Verdict.NOTHING_INDEXED
    writing.add(FLOOD)
    assert texts(asking.ask("Which bridge?")) == ["The rain closed the bridge."]
    writing.add(english("flood", "Flood", "No bridge was closed."))
    assert texts(asking.ask("Which bridge?")) == ["No bridge was closed."]
    writing.add(TOWN)
    assert texts(asking.ask("Which bus?"))[0] == "The mayor took the bus."
    writing.remove("flood")
    assert texts(asking.ask("Which bridge?")) == ["The mayor took the bus."]
    writing.rebuild()
    assert asking.status().generation == 2
    assert texts(asking.ask("Which bus?")) == ["The mayor took the bus."]


def test_removal_and_addition_with_an_equal_count_are_both_seen(opened):
    asking, writing = opened(), Indexer(opened())
    writing.add(FLOOD)
    asking.ask("Which bridge?")
    writing.remove("flood")
    writing.add(TOWN)
    assert texts(asking.ask("Which bus?")) == ["The mayor took the bus."]


def test_vectors_and_words_of_removed_articles_are_forgotten(opened):
    asking, writing = opened(), Indexer(opened())
    for number in range(5):
        writing.add(english("flood", "Flood", "The bridge. " * (number + 1)))
        writing.add(TOWN)
        with asking.view() as retriever:
            vectors = retriever.indexes.vectors
            assert sorted(vectors.ids) == [id_ for id_, *_ in asking.store.texts_after(1, 0)]
            assert len(vectors) == len(retriever.indexes.words) == 2


def test_ranking_keeps_its_articles_as_they_were(library, indexer):
    """Otherwise a passage might be quoted from a different text."""
    indexer.add(FLOOD)
    ranking = library.rank("Which bridge?")
    indexer.add(english("flood", "Flood", "Now here: the rain closed the bridge. It did."))
    answer = library.answer(ranking)
    assert texts(answer) == ["The rain closed the bridge."]
    assert verbatim(answer)
    assert verbatim(library.ask("Which bridge?"))


@pytest.mark.slow
def test_threads_can_ask_while_articles_are_added_changed_removed_and_rebuilt(opened):
    library, failures, asked = opened(min_confidence=0.0), [], []
    writing = Indexer(opened())
    for each in (FLOOD, TOWN):
        writing.add(each)
    stop = threading.Event()

    def ask(seed):
        chance = random.Random(seed)
        while not stop.is_set():
            try:
                answer = library.ask(chance.choice(["bridge", "rain", "mayor on a bus"]), 5)
                current = library.article("flood")
                quotes = [
                    *answer.quotes,
                    library.opening(current),
                    *(match.quote for match in library.match(["bridge"], current).values()),
                ]
                assert answer.quotes
                assert all(q.article.text[q.start : q.end] == q.text for q in quotes)
                asked.append(len(quotes))
            except Exception as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + 60  # takes a second or two unless the machine is very busy
    round_ = 0
    while (round_ < 20 or len(asked) < 60) and time.monotonic() < ends and not failures:
        round_ += 1
        padding = "Yes. " * (round_ % 7)
        writing.add(english("flood", "Flood", padding, "A bridge.", f"{padding}The bridge, rain."))
        writing.add(english("extra", "Extra", padding, "The rain on the bus."))
        if round_ % 5 == 0:
            writing.rebuild()
        writing.remove("extra")
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert round_ >= 20
    assert len(asked) >= 60


# Any question


@pytest.fixture(scope="module")
def village(tmp_path_factory, encoder):
    folder = tmp_path_factory.mktemp("village")
    library = Library(Settings(data_dir=folder), encoder)
    text = (
        "Heavy rain fell on the valley on Monday and the river Lenn rose by two metres.\n"
        "The old bridge at Mill Lane was closed because the flood had damaged two pillars."
    )
    Indexer(library).add(english("bridge", "Old bridge closed after flood", text))
    yield library
    library.close()


HARD = st.text(
    st.sampled_from("a\"'’*^:-+(){}<>/\\NEAROT_ \x00\n\ud83d\ude00é\u0301٣²🙂"), max_size=40
)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=200) | HARD)
def test_any_question_gets_an_answer_or_refusal(village, question):
    answer = village.ask(question)
    assert answer.question == question
    assert 0.0 <= answer.confidence <= 1.0
    assert answer.quotes
    assert verbatim(answer)


@pytest.mark.parametrize(
    "question",
    ["why " * 3000, "bridge " * 3000, "мост 😀" * 500, "SELECT * FROM articles; --", "\ud83d why?"],
)
def test_long_and_odd_questions_are_answered_or_refused(village, question):
    assert verbatim(village.ask(question))


def test_packaged_model_answers_with_the_sentence(village):
    answer = village.ask("Why was the bridge closed?")
    assert answer.verdict is Verdict.ANSWERED
    assert answer.quotes[0].sentence == (
        "The old bridge at Mill Lane was closed because the flood had damaged two pillars."
    )
    assert answer.confidence > 0.9


@pytest.mark.parametrize(
    ("question", "verdict"),
    [
        ("Who won the chess championship in 1972?", Verdict.NOTHING_NEAR),
        ("Почему закрыли мост?", Verdict.UNREADABLE),
    ],
)
def test_packaged_model_refuses_what_the_articles_do_not_say(village, question, verdict):
    assert village.ask(question).verdict is verdict


# Texts


# No reader lets NUL in, and PostgreSQL stores none.
ANY = st.characters(exclude_characters="\0", exclude_categories=["Cs"])


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(title=st.text(ANY, max_size=30), text=st.text(ANY, max_size=300))
def test_any_text_is_quoted_verbatim(library, title, text):
    """For any article text, each passage and each quote is a slice of it."""
    assume(title != text)  # a title alone replaces no text
    Indexer(library).add(english("any", title, text))
    stored = library.article("any")
    assert (stored.title, stored.text) == (title, text)
    for passage in library.store.passages_of(stored.number, 1):
        place = slice(passage.passage.start, passage.passage.end)
        assert text[place] == passage.passage.text != ""
    assert verbatim(library.ask(text[:50]))
    assert verbatim(library.ask("bridge"))


# Models, settings, status


def test_model_that_did_not_make_the_index_is_rejected_with_what_to_do(opened):
    Indexer(opened()).add(FLOOD)
    library = opened(encoder=None, model="owner/other")
    with pytest.raises(ModelError) as caught:
        library.warm_up()
    assert str(caught.value) == (
        "The index was made with the model counting, "
        "but the one to use now (PULLQUOTE_MODEL) is owner/other: "
        "run `pullquote rebuild` to embed all articles with the new one."
    )


def test_changed_passage_prompt_needs_a_rebuild_and_a_changed_query_prompt_does_not(
    opened, counting_of
):
    def library_with(query, passage):
        return opened(counting_of("rain", "bridge", prompts=Prompts(query, passage)))

    Indexer(library_with("", "")).add(FLOOD)
    assert texts(library_with("query: ", "").ask("Which bridge?")) == [FLOOD.text]
    changed = library_with("query: ", "passage: ")
    with pytest.raises(ModelError) as caught:
        changed.ask("Which bridge?")
    assert str(caught.value) == (
        "The index was made with no passage prompt, but now (PULLQUOTE_PASSAGE_PROMPT or the "
        "model's own) it is the passage prompt “passage: ”: "
        "run `pullquote rebuild` to embed all articles with the new one."
    )
    with pytest.raises(ModelError, match=r"^The index was made with no passage prompt"):
        Indexer(changed).add(TOWN)
    Indexer(changed).rebuild()
    assert texts(changed.ask("Which bridge?")) == [FLOOD.text]
    Indexer(changed).add(TOWN)
    with pytest.raises(ModelError, match="with the passage prompt “passage: ”, but now"):
        library_with("", "").ask("Which bridge?")


def test_settings_override_the_prompts_of_the_model(tmp_path):
    prompts = {"query_prompt": "query: ", "passage_prompt": "passage: "}
    library = Library(Settings(data_dir=tmp_path, **prompts))
    assert library.encoder.prompts == Prompts("query: ", "passage: ")
    library.close()


def test_status_counts_and_loads_no_model(opened):
    library = opened(encoder=None)
    assert library.status() == Status(0, 0, ENGLISH_MODEL, None, 1, None)
    Indexer(opened()).add(FLOOD)
    assert library.status() == Status(1, 1, "counting", 4, 1, None, {"en": 1})
    counting = opened()
    counting.warm_up()
    assert counting.status() == Status(1, 1, "counting", 4, 1, "float32", {"en": 1})


def test_status_counts_languages_the_most_frequent_first(library, indexer):
    texts = {
        "de": "Der Rat der Stadt tagt am Montag.",
        "en": "The council meets on Monday.",
        "fr": "Le conseil de la ville se réunit lundi.",
    }
    for n, code in enumerate(["fr", "de", "en", "en", "-"]):
        indexer.add(Article(f"a{n}", "", texts.get(code, "1 – 2")))
    assert list(library.status().languages.items()) == [("en", 2), ("de", 1), ("fr", 1)]


def test_articles_are_found_by_id_by_url_and_in_order(library, indexer):
    assert library.last_number() == 0
    for each in (FLOOD, TOWN):
        indexer.add(each)
    assert library.article("flood") == library.article("https://example.org/f")
    assert [each.id for each in library.articles_after(1, 5)] == ["town"]
    assert library.last_number() == 2


def test_top_k_limits_the_quotes(opened):
    library = opened(min_confidence=0.0)
    lines = [f"The bridge, {animals}." for animals in ("ants", "bees", "cows", "dogs")]
    Indexer(library).add(english("a", "T", *lines))
    assert [len(library.ask("bridge", top_k).quotes) for top_k in (1, 2, 9)] == [1, 2, 4]
    assert len(library.ask("bridge").quotes) == 3


# Sources


NOVEMBER = datetime(2026, 11, 27, tzinfo=UTC)
HERALD = {"source": "Coast Herald"}
HARBOUR = english(
    "harbour", "Harbour", "A crane fell into the harbour.", published_at=NOVEMBER, **HERALD
)
SWANS = english(
    "swans", "Swans", "Forty swans came.", published_at=NOVEMBER - timedelta(days=200), **HERALD
)
PLANET = english("planet", "A planet", "Mars is 4.6 billion years old and very cold.")
CHOCOLATE = english("chocolate", "Bars", "Dogs must not eat chocolate bars.", source="Mars")


@pytest.mark.parametrize(
    "question", ["What is the latest from Coast Herald?", "latest Coast Herald articles"]
)
def test_newest_articles_of_a_source_are_quoted_from_their_beginning(opened, encoder, question):
    library = opened(encoder)
    assert library.ask(question).verdict is Verdict.NOTHING_INDEXED
    list(Indexer(library).add_all([HARBOUR, SWANS, PLANET]))
    answer = library.ask(question)
    assert answer.answered
    assert texts(answer) == ["A crane fell into the harbour.", "Forty swans came."]
    assert verbatim(answer)


@pytest.mark.parametrize("question", ["How old is Mars?", "How cold is Mars?"])
def test_source_that_is_called_like_a_thing_does_not_change_answers_about_it(
    opened, encoder, question
):
    library = opened(encoder)
    Indexer(library).add(PLANET)
    before = library.ask(question)
    Indexer(library).add(CHOCOLATE)
    after = library.ask(question)
    assert texts(after)[0] == texts(before)[0] == PLANET.text
    assert after.confidence >= before.confidence - 0.1
    assert after.answered


def test_source_that_is_called_like_a_thing_is_still_a_source(opened, encoder):
    library = opened(encoder)
    list(Indexer(library).add_all([PLANET, CHOCOLATE]))
    assert texts(library.ask("What must dogs not eat, according to Mars?"))[0] == CHOCOLATE.text


@pytest.mark.parametrize(
    ("claim", "quoted"),
    [
        ("Some forty swans arrived.", "Forty swans came."),
        ("Mars is a very cold planet.", PLANET.text),
        ("The latest from Coast Herald is a new cook.", None),
        ("Mars ate the chocolate.", CHOCOLATE.text),
    ],
)
def test_each_claim_is_looked_up_in_what_the_articles_say(opened, encoder, claim, quoted):
    library = opened(encoder)
    beside = "A singer has cancelled her concert."
    nothing = library.look_up([claim, beside], "en")
    assert [each.verdict for each in nothing] == [Verdict.NOTHING_INDEXED] * 2
    list(Indexer(library).add_all([HARBOUR, SWANS, PLANET, CHOCOLATE]))
    answer, unsaid = library.look_up([claim, beside], "en")
    assert (answer.question, unsaid.answered) == (claim, False)
    assert (texts(answer) if answer.answered else [None]) == [quoted]
    assert verbatim(answer)
