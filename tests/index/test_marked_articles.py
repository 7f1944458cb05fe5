"""Databases from before blocks: their texts contain marks until the next rebuild."""

import pytest

from bot.texts.markup import sentence_url
from index.documents.marks import without_marks
from index.indexer import Indexer
from index.outcome import Outcome
from index.sources.files import read_file
from qa import Article, Library, Settings, article_id
from qa.store.schema import MIGRATIONS
from qa.store.sqlite import SqliteDatabase

TOWERS = """\
<html><head><title>Towers of the coast</title></head><body><article><h1>Towers of the coast</h1>
<p>Four towers of the old coast guard were opened to visitors this spring after six years of
work.</p><h2>What a visit needs</h2><p>Visitors who want to climb one of the towers need three
things, says the keeper of the Nida tower:</p><ul><li>shoes that hold on wet iron</li>
<li>a ticket from the harbour office</li><li>a day without a storm from the west</li></ul>
<h2>How high they are</h2><p>All heights are those of the lamp, as the harbour office measured them
last year.</p><table><tr><th>Tower</th><th>Height</th><th>Opened</th></tr><tr><td>Ristna</td>
<td>30 metres</td><td>April</td></tr><tr><td>Nida</td><td>29 metres</td><td></td></tr>
<tr><td></td><td>31 metres</td><td>May</td></tr></table></article></body></html>"""

TOWERS_MARKED = """\
Four towers of the old coast guard were opened to visitors this spring after six years of work.
# What a visit needs
Visitors who want to climb one of the towers need three things, says the keeper of the Nida tower:
- shoes that hold on wet iron
- a ticket from the harbour office
- a day without a storm from the west
# How high they are
All heights are those of the lamp, as the harbour office measured them last year.
Tower | Height | Opened
Ristna | 30 metres | April
Nida | 29 metres
 | 31 metres | May"""

FERRY = """\
# How to cross

The ferry goes when four people wait at the pier, and nobody may pay before it has landed.

1. Ring the bell that hangs on the oak.
2. Wait until the ferryman waves his lamp twice.
3. Step in from the left side, one after another.
"""

FERRY_MARKED = """\
The ferry goes when four people wait at the pier, and nobody may pay before it has landed.
1. Ring the bell that hangs on the oak.
2. Wait until the ferryman waves his lamp twice.
3. Step in from the left side, one after another."""

BRIDGE = """\
The bridge over the quiet river

The council approved the new bridge on Tuesday after a debate that lasted nine hours.
What the Plan Contains
The engineers, who worked on it for two years, say that the bridge needs two things:
- two piers of granite from the quarry of Lenn
- a deck of oak that is seven metres wide
"""

BRIDGE_MARKED = BRIDGE.partition("\n\n")[2].strip()

# Lines of each passage, as that version cut them.
OLD = {
    "towers.html": ("Towers of the coast", TOWERS_MARKED, [(0, 1), (2, 6), (7, 8), (8, 12)]),
    "ferry.md": ("How to cross", FERRY_MARKED, [(0, 1), (1, 4)]),
    "bridge.txt": ("The bridge over the quiet river", BRIDGE_MARKED, [(0, 1), (2, 5)]),
}


@pytest.fixture
def folder(tmp_path):
    for name, text in (("towers.html", TOWERS), ("ferry.md", FERRY), ("bridge.txt", BRIDGE)):
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def library(folder, encoder):
    """A database as written by the version without blocks."""
    database = SqliteDatabase(folder / "data" / "pullquote.db")
    database.migrate("qa", MIGRATIONS[:5])
    with database.write() as db:
        state = (encoder.name, encoder.dimension)
        db.execute("UPDATE current_index SET model = ?, dimension = ?", state)
        for name, (title, text, passages) in OLD.items():
            number = add_article(db, folder / name, title, text)
            add_passages(db, number, title, text, passages, encoder)
    database.close()
    made = Library(Settings(data_dir=folder / "data"), encoder)
    yield made
    made.close()


def add_article(db, path, title, text):
    article = Article(article_id(path.resolve().as_uri()), title, text)
    sql = "INSERT INTO articles (id, title, text, content_hash) VALUES (?, ?, ?, ?)"
    return db.execute(sql, (article.id, title, text, article.content_hash)).lastrowid


def add_passages(db, number, title, text, passages, encoder):
    lines = text.split("\n")
    for first, last in passages:
        quoted = "\n".join(lines[first:last]).strip()
        start = text.index(quoted)
        sql = """
            INSERT INTO passages
                (article, generation, text, begins, ends, paragraph, context, leads)
            VALUES (?, 1, ?, ?, ?, ?, ?, 1)
        """
        row = (number, quoted, start, start + len(quoted), first, title)
        passage = db.execute(sql, row).lastrowid
        spans = [span_of(quoted, line) for line in lines[first:last]]
        vectors = encoder.encode_queries([f"{title}\n{quoted}", *(quoted[a:b] for a, b in spans)])
        stored = vectors.astype("<f2")
        db.execute("INSERT INTO vectors VALUES (?, ?)", (passage, stored[0].tobytes()))
        db.execute(
            "INSERT INTO sentences VALUES (?, ?, ?)",
            (passage, str([list(span) for span in spans]), stored[1:].tobytes()),
        )


def span_of(quoted, line):
    words = line.lstrip("- |123.")
    start = quoted.index(words)
    return start, start + len(words)


QUESTIONS = {
    "Which shoes hold on wet iron?": "shoes that hold on wet iron",
    "How many metres high is Ristna?": "Ristna{cell}30 metres{cell}April",
    "How often does the ferryman wave his lamp?": "Wait until the ferryman waves his lamp twice.",
    "How wide is the deck of the bridge?": "a deck of oak that is seven metres wide",
}


def first_quotes(library):
    for question, sentence in QUESTIONS.items():
        quote = library.ask(question).quotes[0]
        assert quote.article.text[quote.start : quote.end] == quote.text
        yield quote, sentence


def test_articles_with_marks_give_the_same_answers(library):
    for quote, sentence in first_quotes(library):
        assert quote.sentence == sentence.format(cell=" | ")
    assert library.ask("Which shoes hold on wet iron?").quotes[0].text == (
        "Visitors who want to climb one of the towers need three things, says the keeper of the"
        " Nida tower:\n- shoes that hold on wet iron\n- a ticket from the harbour office\n"
        "- a day without a storm from the west"
    )
    ids = {each.id: each for each in library.articles_after(0, 9)}
    assert {(each.title, each.text) for each in ids.values()} == {each[:2] for each in OLD.values()}


def test_rebuild_removes_the_marks_and_loses_no_article(library, folder):
    before = {article.id: article for article in library.articles_after(0, 9)}
    Indexer(library).rebuild()
    for quote, sentence in first_quotes(library):
        assert quote.sentence == sentence.format(cell="\t")
        assert not {"-", "|"} & set(quote.text.split())
    for name in OLD:
        read = read_file(folder / name)
        now, old = library.article(read.id), before[read.id]
        assert (now.text, now.layout, now.title) == (read.text, read.layout, read.title)
        assert (now.number, now.is_backlog, now.url) == (old.number, old.is_backlog, old.url)
    assert library.status().articles == len(OLD)


def test_same_source_is_unchanged_after_the_rebuild(library, folder):
    indexer = Indexer(library)
    last = max(article.number for article in library.articles_after(0, 9))
    assert indexer.add(read_file(folder / "bridge.txt")) is Outcome.UPDATED
    indexer.rebuild()
    for name in OLD:
        assert indexer.add(read_file(folder / name)) is Outcome.UNCHANGED
    assert library.articles_after(last, 9) == []


def test_quotes_stay_verbatim_during_the_rebuild(library):
    """The current passages follow the text that they are slices of."""
    for article in library.articles_after(0, 9):
        bare = without_marks(article)
        library.store.rewrite(article, bare.article, bare.moved)
    stored = {
        passage.text
        for article in library.articles_after(0, 9)
        for passage in (each.passage for each in library.store.passages_of(article.number, 1))
        if article.text[passage.start : passage.end] == passage.text
    }
    assert len(stored) == sum(len(passages) for _, _, passages in OLD.values())
    assert "Tower\tHeight\tOpened\nRistna\t30 metres\tApril\nNida\t29 metres\n\t31 metres\tMay" in (
        stored
    )
    for quote, sentence in first_quotes(library):
        assert quote.sentence == sentence.format(cell="\t")


def test_article_changed_meanwhile_is_not_rewritten(library, folder):
    (read,) = [each for each in library.articles_after(0, 9) if each.title == "How to cross"]
    changed = Article(read.id, read.title, "The ferry has sunk.")
    Indexer(library).add(changed)
    bare = without_marks(read)
    library.store.rewrite(read, bare.article, bare.moved)
    assert library.article(read.id).text == "The ferry has sunk."
    assert [p.passage.text for p in library.store.passages_of(read.number, 1)] == [changed.text]


def test_link_points_to_the_sentence_with_and_without_marks(library):
    def links():
        for quote, _ in first_quotes(library):
            start, end = (quote.start + place for place in quote.highlight)
            article = Article(
                "", "", quote.article.text, "https://e.org/", layout=quote.article.layout
            )
            yield sentence_url(article, start, end)

    before = list(links())
    Indexer(library).rebuild()
    assert list(links()) == before
    assert before[1:] == [
        "https://e.org/#:~:text=Ristna,April",
        "https://e.org/#:~:text=Wait%20until%20the%20ferryman%20waves%20his%20lamp%20twice.",
        "https://e.org/#:~:text=a%20deck%20of%20oak,is%20seven%20metres%20wide",
    ]
