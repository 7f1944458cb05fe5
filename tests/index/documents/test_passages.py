import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.documents.blocks import Line, lay_out, plain
from index.documents.boilerplate import is_boilerplate
from index.documents.passages import LONG, sentences_of, split
from qa.article import Article, Block, BlockKind
from qa.language import load

BRIDGE = """\
The Bridge Over the Quiet River
The town council approved the new bridge on Tuesday after a debate that lasted nine hours.
What the Plan Contains
The engineers, who worked on it for two years, say that the bridge needs:
- two piers of granite
- a deck of oak
- a lamp at each end
Nobody in the council knows yet who pays for the lamps, which cost 400 crowns each.

Advertisement
The Ferry Stays
“I have rowed for forty years,” said the ferryman. “A bridge will not stop me from rowing.”
0 Comments"""


def laid_out(*lines):
    text, layout = lay_out(lines)
    return Article("", "", text, layout=layout)


def read(text):
    """An article read as plain text, which decides the kind of each block."""
    return laid_out(*plain([line.strip() for line in text.split("\n") if line.strip()]))


def passages(text):
    article = read(text)
    return split(article.text, article.blocks)


def shown(text):
    return [(p.paragraph, p.context, p.text) for p in passages(text)]


def test_a_list_stays_with_the_line_that_introduces_it_and_headings_become_context():
    assert shown(BRIDGE) == [
        (
            0,
            "The Bridge Over the Quiet River",
            "The town council approved the new bridge on Tuesday after a debate that lasted nine"
            " hours.",
        ),
        (
            1,
            "What the Plan Contains",
            "The engineers, who worked on it for two years, say that the bridge needs:\n"
            "two piers of granite\na deck of oak\na lamp at each end",
        ),
        (
            5,
            "What the Plan Contains",
            "Nobody in the council knows yet who pays for the lamps, which cost 400 crowns each.",
        ),
        (
            7,
            "The Ferry Stays",
            "“I have rowed for forty years,” said the ferryman. “A bridge will not stop me from"
            " rowing.”",
        ),
    ]


BODY = "The second line is body text, long enough, and it ends with a full stop."


def test_marked_headings_are_context_and_consecutive_ones_are_shown_together():
    assert shown(f"# Rivers\n# The Elbe\n{BODY}\n# Lakes\n{BODY}\n# Nothing follows") == [
        (0, "Rivers – The Elbe", BODY),
        (1, "Lakes", BODY),
    ]


@pytest.mark.parametrize(
    "heading",
    [
        "A Move Toward Talks",
        "How the tunnel was dug",
        "What comes next",
        "Позиция Москвы",
        "Apollo",
    ],
)
def test_an_unmarked_heading_before_body_text_becomes_context(heading):
    assert shown(f"{heading}\n{BODY}") == [(0, heading, BODY)]


@pytest.mark.parametrize(
    "line",
    [
        "He was arrested on Monday",
        "Population: 12,000",
        "Turnout 64%",
        "The shop opens at 9",
        "Why did he go?",
        "and then he left",
        "Yes.",
        "https://example.com",
    ],
)
def test_short_line_that_is_not_clearly_a_heading_stays_with_what_follows(line):
    assert shown(f"{line}\n{BODY}") == [(0, "", f"{line}\n{BODY}")]


def test_last_line_is_not_a_heading():
    assert shown(f"{BODY}\nThe End of the Affair") == [(0, "", f"{BODY}\nThe End of the Affair")]


def test_text_with_marked_headings_has_no_unmarked_ones():
    assert shown(f"# Prices\nOak and Granite\n{BODY}") == [
        (0, "Prices", f"Oak and Granite\n{BODY}")
    ]


@pytest.mark.parametrize(
    "line",
    [
        "0 Comments",
        "Read more: The other story",
        "Read More",
        "Share this article",
        "Share on Facebook",
        "Subscribe to our newsletter",
        "Sign up for our free newsletter!",
        "Advertisement",
        "ADVERTISEMENT",
        "Follow us on Twitter",
        "Photo: Jane Doe / Reuters",
        "Photograph by Jane Doe",
        "PHOTO BY ÉVA DOE",
        "Photo/Jane Doe",
        "Image/AP",
        "Editing by Éva Doe",
        "Jane Doe/Getty Images",
        "We use cookies to improve your experience.",
        "© 2024 The Daily Bugle. All rights reserved.",
        "Copyright 2024 The Daily Bugle",
        "All rights reserved.",
        "5 min read",
        "Читайте также: Другая новость",
        "12 комментариев",
        "Comments",
        "[Related: The other story]",
        "Filed under: Bridges |",
        "Tags",
        "Tags: oak, granite",
        "Get the Bugle through your letterbox each month. Click here for more information.",
        "SOURCE: News agencies",
        "Copyright Bugle 2019 - ISSN: 1234-5678",
        "Updated: 3 May 2024",
        "segunda-feira, 22 de janeiro de 2018 às 0:13",
        "3 May 2024, 10:20 GMT",
        "05/10/2018 - Publicado por: Jane Doe - Categoria: Rios",
        "Reporting by Jane Doe; additional reporting by John Roe; Editing by Joan Poe",
        "Jane Doe contributed reporting from Paris.",
        "Bugle’s Jane Doe contributed to this report.",
    ],
)
def test_boilerplate_lines_are_not_passages(line):
    assert is_boilerplate(line)
    assert shown(f"{BODY}\n{line}") == [(0, "", BODY)]


@pytest.mark.parametrize(
    "line",
    [
        "He let his subscription to our newsletter lapse.",
        "Readers who subscribe to the paper pay ten crowns a month.",
        "Comments are free.",
        "Share prices fell by a fifth.",
        "Follow the money, he said.",
        "More stories were told that night than anybody could write down.",
        "Photographs of the moon show it.",
        "Copyright law was changed in 1976.",
        "Cookies were baked at dawn.",
        "Advertisements for the job drew ninety replies.",
        "Reporting by the Bugle shows that the mayor knew.",
        "She contributed to the report that the council published in May.",
        "Published in 1925, the novel became a classic.",
        "On 3 May 2024 the bridge was closed at 10:20.",
        "Sources close to the mayor: nobody knew.",
        "Writing by hand helps children to learn letters faster than typing does.",
        "Editing by machine saves three days a week, the editor said.",
        "Image by image, the film shows the flood of 1953.",
        "Video/audio equipment worth 3,000 crowns went missing from the school.",
    ],
)
def test_sentence_that_mentions_boilerplate_is_kept(line):
    assert not is_boilerplate(line)
    found = passages(f"{BODY}\n{line}\n{BODY}")
    assert found[0].text == BODY
    assert line in "\n".join(p.text for p in found)


def test_short_paragraph_joins_the_next_but_never_across_a_heading():
    assert shown(f"# One\nHe paused.\n{BODY}\nThen he left.\n# Two\n{BODY}") == [
        (0, "One", f"He paused.\n{BODY}\nThen he left."),
        (3, "Two", BODY),
    ]


def test_list_after_a_complete_paragraph_is_a_separate_passage():
    prose = f"{BODY} {BODY} {BODY}"
    items = "the first thing, said at some length", "the second thing, said at some length"
    listed = "\n".join(f"- {item}" for item in items)
    assert [p.text for p in passages(f"{prose}\n{listed}")] == [prose, "\n".join(items)]


LANES = "Four hundred kilometres of lanes for bicycles were built here since the war ended."
GARAGE = "The garage under the station has room for twelve thousand bicycles, more than any other."


def test_numbered_title_opens_its_paragraph_and_is_context_for_the_following_ones():
    towns = f"1. Utrecht\n{LANES}\n{GARAGE}\n2) Copenhagen\nIt rains.\n3. Oslo\n{LANES}"
    assert shown(f"# Towns\nThe best towns:\n{towns}") == [
        (0, "Towns", "The best towns:"),
        (1, "Towns", f"1. Utrecht\n{LANES}"),
        (3, "Towns – 1. Utrecht", GARAGE),
        (4, "Towns", "2) Copenhagen\nIt rains."),
        (6, "Towns", f"3. Oslo\n{LANES}"),
    ]


def test_a_lone_item_with_a_bullet_is_a_title_too():
    assert shown(f"{GARAGE}\n- Utrecht\n{LANES}\n- Oslo\n{LANES}") == [
        (0, "", GARAGE),
        (1, "", f"Utrecht\n{LANES}"),
        (3, "", f"Oslo\n{LANES}"),
    ]


def test_title_is_context_for_the_rest_of_a_long_paragraph():
    found = passages(f"1. Utrecht\n{' '.join([LANES] * 20)}")
    assert [p.context for p in found] == ["", "1. Utrecht"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"We need:\n1. eggs\n2. milk\n{LANES}", id="the last item of a list"),
        pytest.param(f"The law says:\n- Nobody enters\n{LANES}", id="the only item"),
        pytest.param(f"Who was it?\n- Not me.\n{LANES}", id="speech"),
        pytest.param("Best of all:\n1. Utrecht\n2. Oslo", id="nothing after it"),
    ],
)
def test_item_inside_a_list_is_not_a_title(text):
    items = [line.removeprefix("- ") for line in text.split("\n") if line[0] in "-12"]
    assert "\n".join(items) in shown(text)[0][2]
    assert not shown(text)[0][2].startswith(items[0])


ASKED = "Who is allowed to steer the ferry when the old ferryman is ill, as he was in spring?"


def test_a_question_opens_the_passage_of_its_answer():
    assert shown(f"{LANES}\n{ASKED}\n{GARAGE}\n{LANES}\n{ASKED}\nNobody.\n# End\n{ASKED}") == [
        (0, "", LANES),
        (1, "", f"{ASKED}\n{GARAGE}"),
        (3, "", LANES),
        (4, "", f"{ASKED}\nNobody."),
        (6, "End", ASKED),
    ]


@pytest.mark.parametrize("title", ["1. Utrecht", ASKED])
@pytest.mark.parametrize("length", [1150, 1190, 1200, 1300])
def test_lead_of_a_long_paragraph_stays_with_its_beginning(title, length):
    paragraph = " ".join([LANES] * 20)[: length - 1] + "."
    first, *rest = passages(f"{title}\n{paragraph}")
    assert first.text.startswith(f"{title}\n{LANES}")
    assert [p.context for p in rest] == [title] * len(rest)


@pytest.mark.parametrize("marks", ["(a) (b) (c)", "a) b) c)", "(i) (ii) (iii)"])
def test_letters_mark_items_of_a_clause(marks):
    a, b, c = marks.split()
    clause = f"1.2 The buyer must:\n{a} pay the price;\n{b} take the goods; and\n{c} say thanks."
    assert shown(f"{LANES}\n{clause}\n1.3 {GARAGE}") == [
        (0, "", LANES),
        (1, "", clause),
        (5, "", f"1.3 {GARAGE}"),
    ]


def test_a_long_list_is_split_between_items_and_its_lead_becomes_context():
    items = [f"- item {n} of the list, " + "which says what it says, " * 6 for n in range(12)]
    text = "\n".join(["# Demands", "Some words. The union asks for:", *map(str.strip, items)])
    first, second = passages(text)
    assert first.text.startswith("Some words. The union asks for:\nitem 0 ")
    assert (first.context, second.context) == ("Demands", "Demands – The union asks for:")
    assert second.text.startswith("item 6 ")
    assert second.paragraph == 7
    assert max(len(first.text), len(second.text)) <= LONG


def test_long_leads_and_headings_are_shortened_to_the_nearest_words_in_context():
    """Otherwise the model would read nothing but context."""
    words = " ".join(f"word{n}" for n in range(400))
    items = "\n".join(f"- {LANES}" for _ in range(20))
    contexts = [p.context for p in passages(f"{words} that is said:\n{items}")]
    assert contexts[-1].endswith(" word399 that is said:")
    assert contexts[-1].startswith("word")
    assert 180 < len(contexts[-1]) <= 200
    (passage,) = passages("\n".join(f"# Chapter {n}" for n in range(100)) + f"\n{LANES}")
    assert passage.context.endswith("– Chapter 98 – Chapter 99")
    assert 280 < len(passage.context) <= 300


def test_very_long_list_is_split_in_linear_time():
    text = "We need:\n" + "\n".join(["- an egg"] * 40_000)
    assert passages(text)[-1].context == "We need:"


TABLE = "Tower | Height | Built\nRistna | 30 m | 1874\nNida | 29 m | 1953\nLenn | 9 m | 1860"


def test_table_is_a_separate_passage_with_its_header_and_introduction():
    before, after = "Four towers were opened this spring after six years of work.", BODY
    rows = TABLE.replace(" | ", "\t")
    assert shown(f"{before}\n{TABLE}\n{after}") == [(0, "", before), (1, "", rows), (5, "", after)]
    lead = "These are the towers that may be climbed in the summer of this year:"
    assert shown(f"{lead}\n{TABLE}\n{after}")[0] == (0, "", f"{lead}\n{rows}")


@pytest.mark.parametrize("after", [[BODY], []])
def test_short_table_is_a_passage_of_its_own(after):
    table = "Adult\t3\nChild\t2"
    lines = "\n".join([BODY, table.replace("\t", " | "), *after])
    assert [text for _, _, text in shown(lines)] == [BODY, table, *after]


def test_code_stays_with_the_line_that_introduces_it():
    lead = "To install the tool and to start it on port 8080, run these two commands:"
    code = "apt install tool\ntool start --port 8080 --log /var/log/tool.log --wait --quiet"
    lines = [Line(BlockKind.PARAGRAPH, lead), Line(BlockKind.CODE, code)]
    article = laid_out(*lines, Line(BlockKind.PARAGRAPH, BODY))
    assert [each.text for each in split(article.text, article.blocks)] == [f"{lead}\n{code}", BODY]


def test_cell_that_spans_from_the_row_above_belongs_to_the_sentence_of_the_row():
    article = laid_out(Line(BlockKind.ROW, "Blue\tVik\t19", 5), Line(BlockKind.ITEM, "3. Go.", 3))
    (passage,) = split(article.text, article.blocks)
    sentences = sentences_of(passage, article.blocks)
    assert [passage.text[slice(*span)] for span in sentences] == ["Blue\tVik\t19", "Go."]


def test_long_table_is_split_between_rows_and_its_header_becomes_context():
    rows = [f"Tower {n} | {n} m | on a rock in the sea by the town of Lenn" for n in range(30)]
    head = "Tower | Height | Where it stands"
    first, second = passages("\n".join([head, *rows]))
    assert (first.context, second.context) == ("", head.replace(" | ", "\t"))
    assert f"{first.text}\n{second.text}".replace("\t", " | ").split("\n") == [head, *rows]


def test_a_long_paragraph_is_split_at_sentences_into_balanced_parts():
    text = " ".join(f"This is sentence {n} of a paragraph that does not end." for n in range(40))
    parts = split(text)
    assert [p.paragraph for p in parts] == [0, 0]
    assert " ".join(p.text for p in parts) == text
    assert [len(p.text) for p in parts] == [1069, 1079]


def test_very_long_sentence_is_cut_at_white_space():
    text = "word " * 500
    assert " ".join(p.text for p in split(text)) == text.strip()
    assert all(p.text.split() == ["word"] * len(p.text.split()) for p in split(text))


def test_text_without_spaces_is_cut_without_detaching_accents():
    text = "e\u0301" * 1000
    parts = [p.text for p in split(text)]
    assert "".join(parts) == text
    assert all(part.startswith("e") and len(part) <= LONG for part in parts)


def test_declared_blocks_are_used_as_given():
    article = laid_out(
        Line(BlockKind.PARAGRAPH, "The Plan in Short"),
        Line(BlockKind.PARAGRAPH, BODY),
        Line(BlockKind.HEADING, "What it costs, said the mayor, nobody knows."),
        Line(BlockKind.PARAGRAPH, "# make install | tee log"),
        Line(BlockKind.CODE, "- Share this article\n1. Advertisement"),
        Line(BlockKind.ITEM, "Newsletter"),
    )
    found = [(p.paragraph, p.context, p.text) for p in split(article.text, article.blocks)]
    cost = "What it costs, said the mayor, nobody knows."
    code = "# make install | tee log\n- Share this article\n1. Advertisement"
    assert found == [(0, "", f"The Plan in Short\n{BODY}"), (2, cost, f"{code}\nNewsletter")]


def test_each_line_is_a_paragraph_without_blocks():
    found = split(f" {BODY}\n\n# Rivers\n{BODY}")
    assert [(p.start, p.paragraph, p.text) for p in found] == [
        (1, 0, BODY),
        (75, 1, f"# Rivers\n{BODY}"),
    ]


def test_blocks_can_be_empty_or_end_in_white_space():
    text = f"  {BODY} \n\n\n\n{BODY}"
    blocks = [Block(BlockKind.PARAGRAPH, *span) for span in ((0, 75), (77, 77), (79, len(text)))]
    found = [(p.start, p.end, p.paragraph) for p in split(text, blocks)]
    assert found == [(2, 74, 0), (79, 151, 2)]


def sentences_in(*lines):
    article = laid_out(*lines)
    return [
        [p.text[start:end] for start, end in sentences_of(p, article.blocks)]
        for p in split(article.text, article.blocks)
    ]


def test_sentences_exclude_item_numbers_and_never_span_two_blocks():
    item = BlockKind.ITEM
    lines = [
        Line(BlockKind.PARAGRAPH, "We need"),
        Line(item, "1. eggs. No ham", 3),
        Line(item, "(b) milk", 4),
        Line(item, "12 pans"),
        Line(BlockKind.ROW, "Oslo\t30 km"),
    ]
    read = ["We need", "eggs.", "No ham", "milk", "12 pans", "Oslo\t30 km"]
    assert sentences_in(*lines) == [read]
    assert sentences_of(split("1. Eggs are needed.")[0]) == [(0, 19)]


def test_sentences_of_a_long_block_are_split_between_its_passages():
    text = " ".join(f"This is sentence {n} of a paragraph that does not end." for n in range(40))
    first, second = sentences_in(Line(BlockKind.ITEM, f"7. {text}", 3))
    assert first + second == [
        f"This is sentence {n} of a paragraph that does not end." for n in range(40)
    ]


LINES = st.one_of(
    st.text(max_size=80),
    st.text(alphabet=string.ascii_letters + " .,\u0301\u200d", max_size=2500),
    st.sampled_from(
        ["# Heading", "- item", "It has:", BODY, "A Title", "0 Comments", "x", "", "  "]
    ),
    st.builds("- {}".format, st.text(alphabet=string.ascii_lowercase + " .", max_size=400)),
    st.builds(lambda words: " ".join(words), st.lists(st.sampled_from(["Yes.", "go", "U.S."]))),
)


def check_invariants(text, passages):
    end = 0
    for p in passages:
        assert text[p.start : p.end] == p.text == p.text.strip() != ""
        assert p.start >= end
        end = p.end


def check_sentences(passage, blocks):
    end = 0
    for start, after in sentences_of(passage, blocks):
        assert end <= start < after <= len(passage.text)
        assert "\n" not in passage.text[start:after].strip()
        end = after


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=12).map("\n".join))
@example("\u200d" * 3000)
@example("\u0301" * 3000)
@example("- \n- ")
def test_passages_of_any_text_are_slices_of_it(text):
    for article in (Article("", "", text), read(text)):
        found = split(article.text, article.blocks)
        check_invariants(article.text, found)
        assert all(len(p.text) <= LONG + 100 for p in found)
        for p in found:
            check_sentences(p, article.blocks)


PROSE = st.lists(st.sampled_from(["The", "river", "rose", "again", "in", "1845"]), min_size=1).map(
    lambda words: " ".join(words).capitalize() + "."
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(PROSE, PROSE.map("- {}".format)), max_size=30))
def test_every_word_of_ordinary_text_is_in_exactly_one_passage(lines):
    text = read("\n\n".join(lines)).text
    found = passages("\n\n".join(lines))
    assert "".join("".join(p.text.split()) for p in found) == "".join(text.split())


def test_long_paragraphs_and_sentences_are_cut_by_the_rules_of_the_language():
    words = "der Rat tagt wieder und berät lange "
    before, after = f"Zuerst {words * 12}nicht.", f"Danach {words * 4}am 3."
    text = f"{before} {after} Oktober {words * 17}ohne Ende."
    rest = text.removeprefix(f"{before} {after} ")
    assert [p.text for p in split(text)] == [f"{before} {after}", rest]
    german = split(text, (), load("de"))
    assert [p.text for p in german] == [before, f"{after} {rest}"]
    assert sentences_of(german[1], (), load("de")) == [(0, len(german[1].text))]
    assert len(sentences_of(german[1])) == 2
