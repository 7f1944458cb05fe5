"""Markup of answers, and the limits they keep for any text."""

import html.parser
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.texts import answers as messages
from bot.texts.languages import Languages
from bot.texts.markup import excerpt, isolate, one_line, sentence_url, units
from index.documents.blocks import Line, lay_out
from index.documents.marks import without_marks
from qa import Answer, Article, Quote, Turn, Verdict
from qa.article import BlockKind
from tests.said import ENGLISH as TEXTS

TEXT = (
    "The storm\n"
    "Heavy rain fell on Monday. The river rose by two metres. Nobody was hurt.\n"
    "Mill Lane is closed & the bus stops at <Market Square>."
)
ARTICLE = Article(
    "a",
    "Storm & flood",
    TEXT,
    url="https://example.org/storm",
    source="Valley Post",
    published_at=datetime(2024, 5, 3, tzinfo=UTC),
)


def quote_of(article, words, sentence=None, also_in=()):
    start = article.text.index(words)
    highlight = None
    if sentence is not None:
        begin = words.index(sentence)
        highlight = (begin, begin + len(sentence))
    return Quote(article, words, start, start + len(words), 0, 1.0, highlight, also_in)


def answer_of(verdict, *quotes):
    return Answer("?", verdict, 0.9, quotes)


RAIN = quote_of(ARTICLE, TEXT.splitlines()[1], "The river rose by two metres.")


def test_answer_links_title_to_sentence_and_highlights_it_in_the_passage():
    assert messages.answer(TEXTS, answer_of(Verdict.ANSWERED, RAIN), False) == (
        '<a href="https://example.org/storm#:~:text=The%20river%20rose%20by%20two%20metres.">'
        "Storm &amp; flood</a>\n"
        "Valley Post · 3 May 2024\n"
        "<blockquote>Heavy rain fell on Monday. <b>The river rose by two metres.</b>"
        " Nobody was hurt.</blockquote>"
    )


def test_article_without_url_source_and_date_has_a_plain_title():
    bare = replace(RAIN, article=Article("a", "Storm", TEXT), highlight=None)
    assert messages.quotation(TEXTS, bare) == (
        "Storm\n<blockquote>Heavy rain fell on Monday. The river rose by two metres. "
        "Nobody was hurt.</blockquote>"
    )


def test_quote_from_a_book_without_address_names_its_chapter():
    chapter = Line(BlockKind.HEADING, "Chapter <2>")
    book = replace(block_of(chapter, Line(BlockKind.PARAGRAPH, "Rain fell.")), url=None)
    linked = replace(book, url="https://e.org/a")
    shown = [messages.quotation(TEXTS, quote_of(each, "Rain fell.")) for each in (book, linked)]
    quoted = "<blockquote>Rain fell.</blockquote>"
    assert shown == [
        f"A\nChapter &lt;2&gt;\n{quoted}",
        f'<a href="https://e.org/a#:~:text=Rain%20fell.">A</a>\n{quoted}',
    ]


@pytest.mark.parametrize(
    ("reader", "named"), [("en", "page 12"), ("de", "Seite 12"), ("uk", "сторінка 12")]
)
def test_quote_names_its_page_and_links_to_it(reader, named):
    lines = [
        Line(BlockKind.PARAGRAPH, "Snow fell.", pages=((0, 11),)),
        Line(BlockKind.PARAGRAPH, "It rained. Hail fell.", pages=((0, 11), (11, 12))),
    ]
    printed = replace(block_of(*lines), url="https://e.org/a.pdf#x")
    quote = replace(quote_of(printed, "It rained. Hail fell."), highlight=(11, 21))
    assert messages.quotation(Languages().texts(reader), quote) == (
        f'<a href="https://e.org/a.pdf#page=12">A</a>\n{named}\n'
        "<blockquote>It rained. <b>Hail fell.</b></blockquote>"
    )
    assert replace(quote, highlight=None).page == 11


@pytest.mark.parametrize(
    ("reader", "language", "shown"),
    [
        ("en", "de", "Valley Post · 3 May 2024 · in German"),
        ("en", "en", "Valley Post · 3 May 2024"),
        ("en", None, "Valley Post · 3 May 2024"),
        ("en", "xx", "Valley Post · 3 May 2024 · in xx"),
        ("pt_BR", "pt", "Valley Post · 3 de maio de 2024"),
        ("pt_BR", "en", "Valley Post · 3 de maio de 2024 · em inglês"),
        ("de", "uk", "Valley Post · 3. Mai 2024 · auf Ukrainisch"),
        ("uk", "ru", "Valley Post · 3 травня 2024 · мова: російська"),
    ],
)
def test_language_of_an_article_is_shown_if_it_is_not_the_readers(reader, language, shown):
    texts = Languages().texts(reader)
    quote = replace(RAIN, article=replace(ARTICLE, language=language))
    assert messages.quotation(texts, quote).splitlines()[1] == shown


def test_language_of_an_article_without_source_and_date_stands_alone():
    bare = replace(RAIN, article=Article("a", "Storm", TEXT, language="fr"), highlight=None)
    assert messages.quotation(TEXTS, bare).splitlines()[:2] == [
        "Storm",
        TEXTS("answer.in_language", language="French"),
    ]


def test_story_is_shown_once_with_its_other_sources():
    others = (
        replace(ARTICLE, source="Hill & Dale", url="https://example.com/1?a=1&b=2"),
        replace(ARTICLE, title="הנהר עלה", source=None, url=None),
        ARTICLE,
        replace(ARTICLE, source="Hill  & Dale"),
        replace(ARTICLE, source="Lake News"),
    )
    assert messages.quotation(TEXTS, replace(RAIN, also_in=others)).splitlines()[-1] == (
        TEXTS(
            "answer.also_in",
            sources='<a href="https://example.com/1?a=1&amp;b=2">Hill &amp; Dale</a>, '
            f"\u2068הנהר עלה\u2069 and {TEXTS('format.more', count=2)}",
        )
    )


def test_answer_has_at_most_three_quotes():
    text = messages.answer(TEXTS, answer_of(Verdict.ANSWERED, *[RAIN] * 5), False)
    assert text.count("<blockquote>") == 3


@pytest.mark.parametrize(
    ("verdict", "is_admin", "ids"),
    [
        (Verdict.NOTHING_INDEXED, False, ["answer.nothing_indexed"]),
        (Verdict.NOTHING_INDEXED, True, ["answer.nothing_indexed", "answer.how_to_add"]),
        (Verdict.NOTHING_NEAR, False, ["answer.nothing_near"]),
        (Verdict.NOT_ANSWERING, False, ["answer.nothing_near"]),
    ],
)
def test_refusals_state_the_reason(verdict, is_admin, ids):
    assert messages.answer(TEXTS, answer_of(verdict), is_admin) == " ".join(map(TEXTS, ids))


def test_at_most_two_nearest_quotes_are_shown_and_labelled_as_no_answer():
    text = messages.answer(TEXTS, answer_of(Verdict.NOT_ANSWERING, RAIN, RAIN, RAIN), False)
    assert text.startswith(f"{TEXTS('answer.not_answering')}\n\n<a href=")
    assert text.count("<blockquote>") == 2


def test_latest_lists_linked_titles_with_source_and_date():
    bare = Article("b", "<b>", "text")
    assert messages.latest(TEXTS, [[ARTICLE, replace(bare, source="BBC"), bare], [bare]]) == (
        f"{TEXTS('latest.title')}\n"
        '• <a href="https://example.org/storm">Storm &amp; flood</a> – Valley Post · 3 May 2024\n'
        f"↳ {TEXTS('answer.also_in', sources='BBC and &lt;b&gt;')}\n"
        "• &lt;b&gt;"
    )


def test_long_passage_is_collapsed_and_starts_near_its_sentence():
    filler = "Nothing of note happened in this place. " * 12
    words = f"{filler}The dam broke. {filler}".strip()
    article = Article("a", "Dam", words)
    text = messages.quotation(TEXTS, quote_of(article, words, "The dam broke."))
    assert text == (
        "Dam\n<blockquote expandable>… "
        + "Nothing of note happened in this place. " * 3
        + "<b>The dam broke.</b>"
        + " Nothing of note happened in this place." * 12
        + "</blockquote>"
    )


@pytest.mark.parametrize(
    ("language", "sentence", "is_kept"),
    [
        ("en", "She said they would be ready.", True),
        ("de", "She said they would be ready.", False),
        ("de", "Sie sind dann fertig, sagte sie.", True),
    ],
)
def test_long_passage_keeps_the_sentence_its_highlight_depends_on(language, sentence, is_kept):
    name = "Maria Lopez presented the plan for four thousand new homes near the old harbour."
    between = "Nothing of note happened in this place. " * 4
    words = f"{name} {between}{sentence} {between}{between}".strip()
    article = Article("a", "Homes", words, language=language)
    text = messages.quotation(Languages().texts(language), quote_of(article, words, sentence))
    start = f"{name} Nothing of note" if is_kept else "… Nothing of note"
    assert text.startswith(f"Homes\n<blockquote expandable>{start}")


def test_cut_falls_between_words_and_is_marked_outside_the_quote():
    piece = excerpt("one two three four five six", (8, 13), limit=14, lead=4)
    assert (piece.text, piece.sentence) == ("two three four", "three")
    assert piece.cut_before
    assert piece.cut_after


def test_sentence_longer_than_the_limit_loses_its_end():
    piece = excerpt("zero one two three", (5, 18), limit=8, lead=8)
    assert (piece.before, piece.sentence, piece.after) == ("", "one two", "")


def test_cut_never_splits_an_emoji():
    family = "👩‍👩‍👧"
    assert excerpt(family * 3, None, limit=units(family) + 4, lead=0).text == family


def test_long_title_is_cut_at_a_word():
    assert one_line("The  long\nroad to nowhere", 18) == "The long road to…"


def test_title_without_visible_characters_gets_a_name():
    assert messages.title(TEXTS, Article("a", " \u200b\u202e ", "text")) == TEXTS("answer.untitled")


def test_only_text_that_may_reorder_its_neighbours_is_isolated():
    assert isolate("plain") == "plain"
    assert isolate("a\u202eb\u2069") == "\u2068ab\u2069"


@pytest.mark.parametrize(
    ("text", "sentence", "url"),
    [
        pytest.param(
            "It rained. A well-known man, Bo & co, left.",
            "A well-known man, Bo & co, left.",
            "https://e.org/a#:~:text=A%20well%2Dknown%20man%2C%20Bo%20%26%20co%2C%20left.",
            id="a short sentence is used whole, and reserved characters are encoded",
        ),
        pytest.param(
            "One two three four five six seven eight nine ten.",
            "One two three four five six seven eight nine ten.",
            "https://e.org/a#:~:text=One%20two%20three%20four,seven%20eight%20nine%20ten.",
            id="a long sentence is a range of its first and last words",
        ),
        pytest.param(
            "Rain fell. He left. Then snow. He left. The end.",
            "He left. The end.",
            "https://e.org/a#:~:text=He%20left.%20The%20end.",
            id="unique words need no neighbours",
        ),
        pytest.param(
            "Rain fell. He left. Snow came. he LEFT. The end.",
            "he LEFT.",
            "https://e.org/a#:~:text=He%20left.%20Snow%20came.-,he%20LEFT.,-The%20end.",
            id="words that occur twice get their neighbours",
        ),
        pytest.param(
            "Wait.\n1. Rain fell.\n2. Rain rose.",
            "1. Rain fell.\n2. Rain rose.",
            "https://e.org/a#:~:text=Rain%20fell.,Rain%20rose.",
            id="item numbers are not part of the page's text",
        ),
        pytest.param(
            "1. Rain fell.\n2. Rain fell.",
            "Rain fell.",
            "https://e.org/a#:~:text=Rain%20fell.",
            id="item numbers are not neighbours",
        ),
        pytest.param(
            "First line here.\nSecond line here.",
            "First line here.\nSecond line here.",
            "https://e.org/a#:~:text=First%20line%20here.,Second%20line%20here.",
            id="two blocks are a range",
        ),
        pytest.param(
            "Town | Lanes | Fee\nNew Ghent | 300 km | 2 euros\nOslo | 100 km | none",
            "New Ghent | 300 km | 2 euros",
            "https://e.org/a#:~:text=New%20Ghent,2%20euros",
            id="the cells of a row are blocks",
        ),
        pytest.param(
            "Ghent leads.\nTown | Lanes\nGhent | 300 km\nOslo | 100 km",
            "Ghent | 300 km",
            "https://e.org/a#:~:text=Lanes-,Ghent,300%20km",
            id="a row that starts with repeated words follows the row before",
        ),
        pytest.param(
            "Lanes.\n | Town | Lanes\nGhent | 300 km\n | 200 km |  | soon",
            " | Town | Lanes\nGhent | 300 km",
            "https://e.org/a#:~:text=Town,300%20km",
            id="empty cells at the edges of a row have no words",
        ),
        pytest.param(
            "Lanes.\n |  | 200 km | soon",
            " |  | 200 km | soon",
            "https://e.org/a#:~:text=200%20km,soon",
            id="several empty cells have no words",
        ),
        pytest.param("x" * 400, "x" * 400, "https://e.org/a", id="no usable words, no fragment"),
    ],
)
@pytest.mark.parametrize("is_marked", [True, False], ids=["before blocks", "in blocks"])
def test_link_points_to_the_sentence(text, sentence, url, is_marked):
    article = Article("a", "A", text, "https://e.org/a", layout=None)
    if not is_marked:
        article = without_marks(article).article
        sentence = sentence.replace(" | ", "\t")
    start = article.text.rindex(sentence)
    assert sentence_url(article, start, start + len(sentence)) == url


def block_of(*lines):
    text, layout = lay_out(lines)
    return Article("a", "A", text, "https://e.org/", layout=layout)


@pytest.mark.parametrize(
    ("sentence", "fragment"),
    [
        ("It has 10⁶ cells in a gram of soil.", "It%20has,a%20gram%20of%20soil."),
        ("10⁶ cells of 5 km² are there now.", "cells%20of%205,are%20there%20now."),
        ("The area is 40 km².", "The%20area%20is%2040"),
        ("Its root is 2^(1/3) of T_max as told.", "Its%20root%20is,as%20told."),
        ("km²", None),
    ],
)
def test_link_leaves_out_words_that_the_page_spells_otherwise(sentence, fragment):
    url = f"https://e.org/#:~:text={fragment}" if fragment else "https://e.org/"
    assert sentence_url(block_of(Line(BlockKind.PARAGRAPH, sentence)), 0, len(sentence)) == url


def test_link_leaves_out_cells_that_the_page_has_in_the_row_above_only():
    lines = ["Red\tVik\t9\tday", "Red\tOrra\t8\tday"]
    article = block_of(Line(BlockKind.ROW, lines[0]), Line(BlockKind.ROW, lines[1], 4))
    start = article.text.index(lines[1])
    url = sentence_url(article, start, start + len(lines[1]))
    assert url == "https://e.org/#:~:text=Orra,8"


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://e.org/a#top", "https://e.org/a#top:~:text=Rain%20fell."),
        ("https://e.org/a#:~:text=old", "https://e.org/a#:~:text=Rain%20fell."),
        ("javascript:alert(1)", None),
        ("https://e.org/" + "a" * 2000, None),
        (None, None),
    ],
)
def test_only_web_addresses_are_linked(url, linked):
    assert sentence_url(Article("a", "A", "Rain fell.", url), 0, 10) == linked


class Parsed(html.parser.HTMLParser):
    """A message as Telegram parses it: text and entities; unbalanced tags are an error."""

    def __init__(self, source):
        super().__init__()
        self.text, self.entities, self._open = "", [], []
        self.feed(source)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attrs):
        assert tag in {"a", "b", "i", "code", "blockquote"}
        self._open.append((tag, len(self.text)))

    def handle_endtag(self, tag):
        opened, start = self._open.pop()
        assert opened == tag
        self.entities.append((tag, self.text[start:]))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [text for name, text in self.entities if name == tag]


CHUNKS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "<b>&amp;</i>",
            "👩‍👩‍👧 ",
            "שלום עולם ",
            "\u202e\u2066",
            "\u200b\u200d",
            "e\u0301" * 900,
            "x" * 10_000,
            "A short sentence. ",
            "Some words and more words. " * 40,
            "\n- ",
            "… ",
        ]
    ),
)
WORDS = st.lists(CHUNKS, min_size=1, max_size=8).map("".join)


@st.composite
def quotes(draw):
    text = draw(WORDS)
    anywhere = st.tuples(*[st.integers(0, len(text))] * 2)
    start, end = sorted(draw(st.just((0, len(text))) | anywhere))
    words = text[start:end]
    sentence = tuple(sorted(draw(st.tuples(*[st.integers(0, len(words))] * 2))))
    others = draw(st.lists(st.builds(Article, st.just("b"), WORDS, st.just("")), max_size=4))
    url = draw(st.none() | WORDS.map("https://example.org/".__add__))
    article = Article("a", draw(WORDS), text, url, draw(st.none() | WORDS), ARTICLE.published_at)
    highlight = draw(st.none() | st.just(sentence))
    return Quote(article, words, start, end, 0, 1.0, highlight, tuple(others))


WORST = Article(
    "a",
    "😀" * 10_000,
    "<&> " * 5_000,
    "https://example.org/" + "&" * 1_900,
    "שלום " * 1_000,
    datetime(2024, 9, 23, tzinfo=UTC),
    language="cu",  # Church Slavic
)
WORST_QUOTE = Quote(WORST, WORST.text, 0, len(WORST.text), 0, 1.0, (3_000, 3_100), (WORST,) * 9)
WORST_CLAIMS = [
    Answer("<שלום> " * 1_000, Verdict.ANSWERED, 0.9, (replace(WORST_QUOTE, end=end),))
    for end in range(12)
]


@pytest.mark.parametrize(
    "text",
    [
        messages.answer(TEXTS, answer_of(Verdict.ANSWERED, *[WORST_QUOTE] * 5), True),
        messages.answer(TEXTS, answer_of(Verdict.NOT_ANSWERING, *[WORST_QUOTE] * 5), True),
        messages.answer(
            TEXTS,
            replace(
                answer_of(Verdict.ANSWERED, *[WORST_QUOTE] * 5),
                question="&" * 9_000,
                follows=Turn("", WORST.id, WORST.title),
            ),
            True,
            is_one_of_several=True,
        ),
        messages.latest(TEXTS, [[WORST] * 5] * 5),
        messages.looked_up(TEXTS, WORST_CLAIMS, 1_000, True),
    ],
)
def test_largest_messages_keep_the_limits(text):
    check_limits(Parsed(text))


def test_the_surest_claims_stand_in_the_order_of_the_text_and_a_passage_once():
    def found(claim, confidence, start):
        words = "Heavy rain fell on Monday. The river rose. A mill was flooded. Nobody was hurt."
        end = words.index(".", start) + 1
        article = Article("a", "Storm", words)
        quote = Quote(article, words[start:end], start, end, 0, 1.0)
        return Answer(claim, Verdict.ANSWERED, confidence, (quote,))

    chosen = [
        found("Least sure", 0.4, 63),
        found("Rain", 0.6, 0),
        found("More rain", 0.9, 0),
        found("River", 0.5, 27),
        found("Mill", 0.8, 43),
    ]
    parsed = Parsed(messages.looked_up(TEXTS, chosen, 5, False))
    assert parsed.all("i") == ["“More rain”", "“River”", "“Mill”"]
    assert parsed.all("blockquote") == [
        "Heavy rain fell on Monday.",
        "The river rose.",
        "A mill was flooded.",
    ]


def test_markup_in_an_article_is_shown_as_it_is():
    words = "a <b>&amp; b. Said <i>so</i>. </blockquote> & c."
    quote = quote_of(Article("a", "<a href='x'>", words, source="<u>"), words, "Said <i>so</i>.")
    parsed = Parsed(messages.quotation(TEXTS, quote))
    assert parsed.text == f"<a href='x'>\n<u>\n{words}"
    assert parsed.entities == [("b", "Said <i>so</i>."), ("blockquote", words)]


def check_limits(parsed):
    assert units(parsed.text) <= 4096
    assert len(parsed.entities) <= 100


def check_verbatim(quote, shown):
    assert shown.removeprefix("… ").removesuffix(" …") in quote.article.text


@given(st.lists(quotes(), min_size=1, max_size=4))
def test_any_answer_keeps_the_limits_and_its_words(many):
    parsed = Parsed(messages.answer(TEXTS, answer_of(Verdict.ANSWERED, *many), False))
    check_limits(parsed)
    for quote, shown in zip(many, parsed.all("blockquote"), strict=False):
        check_verbatim(quote, shown)


@given(quotes())
def test_bold_words_are_the_sentence_or_its_beginning(quote):
    for bold in Parsed(messages.quotation(TEXTS, quote)).all("b"):
        assert quote.sentence.startswith(bold)


@given(quotes())
def test_whole_sentence_is_shown_when_it_fits(quote):
    if quote.highlight and 0 < units(quote.sentence) <= messages.PASSAGE_LENGTH:
        assert Parsed(messages.quotation(TEXTS, quote)).all("b") == [quote.sentence]


@given(WORDS, st.integers(0, 200))
@example("a\u0301" * 10, 3)
def test_shortened_line_keeps_its_limit(text, limit):
    assert units(one_line(text, limit + 1)) <= limit + 1


@given(
    st.lists(st.from_regex(r"[a-z]{1,9}", fullmatch=True), min_size=3, max_size=60, unique=True),
    st.data(),
)
def test_ordinary_text_is_cut_between_words(words, data):
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(words) - 1)] * 2)))
    begin = sum(len(word) + 1 for word in words[:first])
    end = begin + len(" ".join(words[first : last + 1]))
    limit = data.draw(st.integers(10, 400))
    piece = excerpt(" ".join(words), (begin, end), limit, data.draw(st.integers(0, 400)))
    shown = piece.text.split()
    assert shown == words[words.index(shown[0]) :][: len(shown)]
    assert piece.cut_before == (shown[0] != words[0])
    assert piece.cut_after == (shown[-1] != words[-1])
    assert units(piece.text) <= limit


@given(WORDS)
def test_fragment_holds_the_words_of_the_sentence(text):
    article = Article("a", "A", text, "https://example.org/")
    url = sentence_url(article, 0, len(text)) or ""
    _, _, fragment = url.partition("#:~:text=")
    for part in filter(None, fragment.split(",")):
        assert set(unquote(part).split()) <= set(text.split())


@pytest.mark.parametrize(
    ("reader", "question", "named"),
    [
        ("en", "Чому закрили міст?", "is in Ukrainian,"),
        ("de", "Почему закрыли мост?", "auf Russisch,"),
        ("uk", "Warum wurde die Brücke geschlossen?", "— німецька,"),
        ("fr", "なぜ橋は閉鎖されたのですか。", "en japonais,"),
        ("es", "Γιατί έκλεισε η γέφυρα;", "en griego "),
        ("tr", "𐎠𐎡𐎢", "dili Bilinmeyen Dil,"),
    ],
)
def test_refusal_names_the_language_that_cannot_be_read(reader, question, named):
    texts = Languages().texts(reader)
    text = messages.answer(texts, Answer(question, Verdict.UNREADABLE, 0.0, ()), False)
    assert named in text
    assert "PULLQUOTE_MODEL=multilingual" in text


def test_administrators_are_told_how_to_keep_the_model():
    text = messages.model_kept(TEXTS, "multilingual-e5-small", "all-MiniLM-L6-v2")
    assert text == (
        "My index was made with the model multilingual-e5-small. I keep using it, as "
        "PULLQUOTE_MODEL is not set, but /rebuild would change to the default, all-MiniLM-L6-v2. "
        "To stay with multilingual-e5-small, set <code>PULLQUOTE_MODEL=multilingual</code>."
    )
