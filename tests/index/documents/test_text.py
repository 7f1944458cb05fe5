import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents.markdown import from_markdown
from index.documents.text import block, clean, decode, from_post, from_text
from qa.article import Article
from qa.errors import SourceError
from tests.index.drawing import drawn

BODY = "The town council approved the new bridge on Tuesday after a long debate."


def plain(text):
    return from_text(text, "a.txt", "name")


def said(article):
    return article.title, article.text


@pytest.mark.parametrize(
    "title", ["A Bridge for the River", "Who pays for the bridge?", "# Bridge"]
)
def test_first_line_that_looks_like_a_title_is_the_title(title):
    layout = f'[["p",0,{len(BODY)}]]'
    assert plain(f"{title}\n\n{BODY}") == Article("", title.removeprefix("# "), BODY, layout=layout)


@pytest.mark.parametrize("first", ["It rained.", "He said:", "- item", "word " * 40])
def test_other_first_lines_are_text_and_the_file_name_is_the_title(first):
    text = f"{first.strip().removeprefix('- ')}\n{BODY}"
    assert said(plain(f"{first}\n{BODY}")) == ("name", text)


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        (f"A Bridge\n\n  {BODY} ", "A Bridge", BODY),
        (f"It rained. {BODY}", "It rained.", f"It rained. {BODY}"),
        (f"It rained.\n{BODY}", "It rained.", f"It rained.\n{BODY}"),
        ("oak " * 40, "oak " * 29 + "…", ("oak " * 40).strip()),
    ],
)
def test_title_of_a_post_is_its_first_line_or_sentence(text, title, body):
    assert said(from_post(text, "a")) == (title, body)


def test_post_without_text_is_an_error():
    with pytest.raises(SourceError, match=r"^a: no article text was found$"):
        from_post("\u200b \n", "a")


def test_hard_wrapped_paragraphs_become_one_line_each():
    wrapped = (
        "The Title\r\n\r\n"
        "This is a text which is hard-wrapped at about sixty columns, so\r\n"
        "that each paragraph has several lines, and they are joined\r\nagain.\r\n\r\n"
        "The second paragraph is somewhat longer, and it has a well-\r\n"
        "known place in it at which a line may end, and then it ends.\r\n\r\n"
        "- an item\r\n"
        "- another item which goes over the end of its line and so on\r\n  until here\r\n"
    )
    assert said(plain(wrapped)) == (
        "The Title",
        "This is a text which is hard-wrapped at about sixty columns, so that each paragraph has"
        " several lines, and they are joined again.\n"
        "The second paragraph is somewhat longer, and it has a well-known place in it at which a"
        " line may end, and then it ends.\n"
        "an item\nanother item which goes over the end of its line and so on until here",
    )


def test_paragraph_of_many_wrapped_lines_is_joined_in_linear_time():
    line = "This is a line of a book that has no blank line anywhere, to its"
    assert plain(f"{line}\n" * 20_000).text == " ".join([line] * 20_000)


def test_short_paragraphs_on_consecutive_lines_are_not_joined():
    lines = [f"This is paragraph number {n}, a finished sentence of its own." for n in range(5)]
    assert plain("\n".join(lines)).text == "\n".join(lines)


def test_each_line_of_plain_text_gets_one_block_kind():
    lines = [
        "How the Bridge Was Built",
        BODY,
        "It needs:",
        "- two piers",
        "• a deck",
        "* oars",
        "2. lamps",
        "(b) a bell",
        "Oslo | 30 km",
        "| 40 km |",
        "• Read more: The other story",
    ]
    assert drawn(plain("\n".join(["It is.", *lines]))).split("\n") == [
        "p It is.",
        "h How the Bridge Was Built",
        f"p {BODY}",
        "p It needs:",
        "i two piers",
        "i a deck",
        "i oars",
        "i 2. |lamps",
        "i (b) |a bell",
        "r Oslo\t30 km",
        "p | 40 km |",
        "p • Read more: The other story",
    ]
    marked = drawn(from_post("\n".join([BODY, *lines, "## The end"]), "a")).split("\n")
    assert [marked[1], marked[-1]] == ["p How the Bridge Was Built", "h The end"]


def test_empty_text_is_an_error():
    with pytest.raises(SourceError, match=r"^a\.txt: no article text was found$"):
        plain(" \n\u200b\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1251"])
def test_text_is_decoded_from_all_common_encodings(encoding):
    text = "Городской совет одобрил новый мост через тихую реку. Строить его будут два года."
    assert decode(text.encode(encoding), "a.txt") == text


def test_declared_encoding_is_decoded_as_browsers_do():
    assert decode("“no”".encode("cp1252"), "a.html", "ISO-8859-1") == "“no”"
    assert decode("ж".encode() * 200 + b"\xff", "a.html", "UTF-8") == "ж" * 200 + "\ufffd"
    assert decode("ж".encode(), "a.html", "hex") == "ж"


@pytest.mark.parametrize(
    ("text", "label", "encoding"),
    [
        ("“no”", "latin1", "cp1252"),
        ("“no”", "us-ascii", "cp1252"),
        ("①②髙", "shift_jis", "cp932"),
        ("①②髙", "x-sjis", "cp932"),
        ("镕喆", "gb2312", "gb18030"),
        ("똠방각하", "euc-kr", "cp949"),
        ("“ไทย”", "tis-620", "cp874"),
        ("“ağ”", "iso-8859-9", "cp1254"),
        ("Город", "koi8-r", "koi8_r"),
    ],
)
def test_encoding_label_means_the_larger_code_page_as_in_browsers(text, label, encoding):
    assert decode(text.encode(encoding), "a.html", label) == text


@pytest.mark.parametrize(
    "label", ["latin1", "iso-8859-1", "iso-8859-15", "windows-1250", "windows-1251", "us-ascii"]
)
@pytest.mark.parametrize("text", ["Crème brûlée", "Город", "“no” – 5 €"])
def test_label_of_a_code_page_does_not_hold_for_utf_8(text, label):
    assert decode(text.encode(), "a.html", label) == text
    assert decode(f"{text} in Lenn".encode(), "a.html", label, "utf-8") == f"{text} in Lenn"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Août : la forêt brûle près de l’hôtel", "cp1252"),
        ("Der größte Fluß führt über die Brücke", "latin-1"),
        ("Снег у моста", "cp1251"),
        ("Снег у моста, паром стоит в гавани", "koi8-r"),
        ("Снег у моста, паром стоит в гавани", "iso8859-5"),
        ("Міст через річку ще не відкрили, їм не вистачає грошей", "cp1251"),
        ("Żółty most nad rzeką już działa, ale łódź tonie", "cp1250"),
        ("Żółty most nad rzeką już działa, ale łódź tonie", "iso8859-2"),
        ("Köprü bugün açıldı, şehir ışıklar içinde", "cp1254"),
    ],
)
@pytest.mark.parametrize("label", ["utf-8", None])
def test_code_page_is_guessed_where_the_label_is_wrong_or_missing(text, encoding, label):
    english = "A photograph of the town, which says much more than the post does. " * 9
    page = f"<html><title>{text}</title>\n<p>{text}.</p><p>{english}</p></html>"
    assert decode(page.encode(encoding), "a.html", label) == page


def test_second_label_counts_where_the_first_is_wrong():
    assert decode("Crème brûlée".encode("latin1"), "a.html", "utf-8", "latin1") == "Crème brûlée"
    assert decode("Город у моря".encode("cp1251"), "a.html", "utf-8", "cp1251") == "Город у моря"
    # but it does not make a few broken bytes in UTF-8 anything else
    broken = "Город".encode() * 50 + b"\xff"
    assert decode(broken, "a.html", "utf-8", "latin1") == "Город" * 50 + "\ufffd"


@pytest.mark.parametrize("label", ["utf-8", None])
def test_one_of_many_entries_in_a_code_page_does_not_break_the_others(label):
    texts = ["<p>La forêt brûle à côté de l’hôtel.</p>".encode()] * 9
    found = decode(b"".join([*texts, "<p>Août brûlé</p>".encode("cp1252")]), "a.xml", label)
    assert found == f"{(b''.join(texts)).decode()}<p>Ao\ufffdt br\ufffdl\ufffd</p>"


@pytest.mark.parametrize("label", ["utf-7", "no-such-code", "", "hex"])
def test_encoding_label_unknown_to_browsers_is_ignored(label):
    assert decode("Город +ADw-".encode(), "a.html", label) == "Город +ADw-"


def test_binary_files_are_rejected():
    with pytest.raises(SourceError, match=r"^a\.txt: this is a binary file, not text$"):
        decode(b"GIF89a\0\1", "a.txt")


def test_text_is_composed_and_free_of_invisible_characters():
    assert block("cafe\u0301 \ufeffso\xadft\u200b\x07\xa0 \ud800x") == "café soft x"
    assert clean("a\r\nb\rc\u2028d\x85e") == "a\nb\nc\nd\ne"


def test_thousands_of_accents_on_one_letter_are_ordered_in_linear_time():
    assert clean("e" + "\u0301\u0316" * 3) == "\xe9" + "\u0316" * 3 + "\u0301" * 2
    assert len(clean("e" + "\u0301\u0316" * 500_000)) == 1_000_001


@given(st.text())
def test_cleaning_is_idempotent(text):
    assert clean(clean(text)) == clean(text)
    clean(text).encode()


MARKDOWN = """\
---
title: "Bridges: a history"
date: 2024-05-01T10:00:00+02:00
url: https://oak.example/bridges
source: The Daily Oak
---

# Bridges: a history

A *first* paragraph with [a link](https://x.example) and `code`
on two lines &amp; more. ![no picture](x.png)

Sub *heading*
-------------

- one **item**
- two

  more of two
  1. nested

| a | b |
|---|---|
| 1 | `2` |

<div>Markup <b>inside</b></div>

```
x = 1

y = 2
```
"""


def test_markdown_becomes_blocks_and_front_matter():
    parts = from_markdown(MARKDOWN, "a.md", "a")
    assert drawn(parts).split("\n") == [
        "p A first paragraph with a link and code on two lines & more.",
        "h Sub heading",
        "i one item",
        "i two",
        "p more of two",
        "i 1. |nested",
        "r a\tb",
        "r 1\t2",
        "p Markup inside",
        "c x = 1",
        "y = 2",
    ]
    assert parts.title == "Bridges: a history"
    assert (parts.url, parts.source) == ("https://oak.example/bridges", "The Daily Oak")
    assert str(parts.published_at) == "2024-05-01 08:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("1. one\n2. two", "i 1. |one\ni 2. |two"),
        ("1. one\n1. two", "i 1. |one\ni 1. |two"),
        ("3) three\n4) four", "i 3) |three\ni 4) |four"),
        ("1986. A great year it was.", "i 1986. A great year it was."),
        ("1. Mai war kalt.\n\n24. Mai auch.", "i 1. |Mai war kalt.\ni 24. |Mai auch."),
        ("- one\n\n  3. three\n     - four\n\n1. two", "i one\ni 3. |three\ni four\ni 1. |two"),
        ("(a) pay\n\n• go", "i (a) |pay\ni • |go"),
    ],
)
def test_number_that_does_not_continue_a_markdown_list_is_kept(text, lines):
    assert drawn(from_markdown(text, "a.md", "name")) == lines


def test_deeply_nested_list_does_not_swallow_what_follows():
    levels = [f"- level {n}" for n in range(30)]
    outline = "\n".join("  " * n + level for n, level in enumerate(levels))
    lines = [f"i level {n}" for n in range(30)]
    found = drawn(from_markdown(f"{outline}\n\nIt ends.", "a.md", "name"))
    assert found.split("\n") == [*lines, "p It ends."]


def test_hash_in_markdown_code_or_tables_is_not_a_heading():
    text = "```\n# Install it\nmake\n```\n\n| # | Town |\n|---|---|\n| 1 | Oslo |\n\n\\# 1 is Oslo."
    lines = "c # Install it\nmake\nr #\tTown\nr 1\tOslo\np # 1 is Oslo."
    assert drawn(from_markdown(text, "a.md", "name")) == lines


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        (f"A bridge\n\n{BODY}", "A bridge", f"p {BODY}"),
        (f"A *bridge*\n\n{BODY}\n\n- item", "A bridge", f"p {BODY}\ni item"),
        (f"It rained.\n\n{BODY}", "name", f"p It rained.\np {BODY}"),
        (f"- A bridge\n\n{BODY}", "name", f"i A bridge\np {BODY}"),
        (f"A bridge\n\n{BODY}\n\n# Oak\n\nTall.", "name", f"p A bridge\np {BODY}\nh Oak\np Tall."),
        (f"---\ntitle: Elm\n---\nA bridge\n\n{BODY}", "Elm", f"p A bridge\np {BODY}"),
        ("# Oak\n\nIt grows.", "Oak", "p It grows."),
        ("It grows.\n\n# Oak\n\nTall.", "name", "p It grows.\nh Oak\np Tall."),
        ("---\ntitle: Elm\n---\n# Oak\n\nIt grows.", "Elm", "h Oak\np It grows."),
        ("---\nurl: file:///etc/passwd\ndate: soon\n---\nIt grows.", "name", "p It grows."),
        ("---\nNo front matter.", "name", "p No front matter."),
    ],
)
def test_markdown_title_is_declared_or_the_first_heading(text, title, body):
    found = from_markdown(text, "a.md", "name")
    assert (found.title, drawn(found)) == (title, body)


def test_empty_markdown_heading_does_not_take_the_text_below():
    logo = "# ![logo](x.png)\n\nIt waters plants.\n\n## Usage\n\nFill it.\n\n##\n\nThen wait."
    text = "p It waters plants.\nh Usage\np Fill it.\np Then wait."
    assert drawn(from_markdown(logo, "a.md", "name")) == text


def test_markdown_without_text_is_an_error():
    with pytest.raises(SourceError, match=r"^a\.md: no article text was found$"):
        from_markdown("# Title alone\n", "a.md", "a")
