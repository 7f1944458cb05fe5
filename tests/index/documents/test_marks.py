import pytest

from index.documents.marks import without_marks
from qa.article import Article

MARKED = """\
It needs:
# What the visit needs
- shoes that hold
- - a dash
1. a ticket
• a lamp
Tower | Height | Built
Nida | 29 m
 | 31 m | 1953
It ends."""

BARE = """\
It needs:
What the visit needs
shoes that hold
- a dash
1. a ticket
a lamp
Tower\tHeight\tBuilt
Nida\t29 m
\t31 m\t1953
It ends."""


@pytest.fixture
def bare():
    return without_marks(Article("a", "A", MARKED, "https://e.org/", layout=None))


def test_marks_become_blocks(bare):
    article = bare.article
    assert (article.id, article.title, article.url) == ("a", "A", "https://e.org/")
    assert article.text == BARE
    assert [BARE[block.start : block.end] for block in article.blocks] == BARE.split("\n")
    assert "".join(block.kind for block in article.blocks) == "phiiiirrrp"
    assert [block.mark for block in article.blocks] == [0, 0, 0, 0, 3, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    "words",
    ["It needs:", "needs", "What the", "shoes", "- a", "dash", "1. a", "lamp", "Tower", "31 m"],
)
def test_offsets_map_words_to_their_new_positions(bare, words):
    start = MARKED.index(words)
    assert BARE[bare.moved(start) : bare.moved(start + len(words))] == words


@pytest.mark.parametrize(
    ("marked", "words"),
    [
        ("# What the visit needs", "What the visit needs"),
        ("- shoes that hold\n- - a dash", "shoes that hold\n- a dash"),
        ("Nida | 29 m\n | 31 m", "Nida\t29 m\n\t31 m"),
        ("| 1953", "1953"),
        (MARKED, BARE),
    ],
)
def test_span_bounded_by_a_mark_is_bounded_by_the_marked_text(bare, marked, words):
    start = MARKED.index(marked)
    found = BARE[bare.moved(start) : bare.moved(start + len(marked))]
    assert found.strip() == words


def test_lines_without_words_are_dropped_without_moving_anything_else():
    text = "\n One. \n\n | \n- Two | Three\n"
    bare = without_marks(Article("a", "A", text, layout=None))
    assert bare.article.text == " One. \nTwo | Three"
    assert bare.moved(text.index("Two")) == 7
