"""PDF, EPUB and Word files become articles."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfWriter

from index.documents.docx import from_docx
from index.documents.epub import from_epub
from index.documents.packed import UNPACKED_LIMIT
from index.documents.pdf import from_pdf
from qa.errors import SourceError
from tests.index.documents.making import column, docx, epub, paragraph, pdf, zipped
from tests.index.drawing import drawn

TOWN = "The town council approved the new bridge on Tues-"
DAY = "day after a debate of nine long hours, and then it"


def read_pdf(*pages, title=None):
    return from_pdf(pdf(*pages, title=title), "a.pdf", "a")


def test_lines_of_a_pdf_become_headings_and_paragraphs():
    rows = column(TOWN, DAY, "went home.", " The ferry, well-known in this town, stays on.")
    page = [("A bridge", 18, 72, 760), *rows, ("The costs", 14, 72, 640)]
    more = column("It costs 40 euros, paid by the town, as the well-", "known ferry is.", top=610)
    found = read_pdf([*page, *more])
    assert found.title == "A bridge"
    assert drawn(found).split("\n") == [
        "p The town council approved the new bridge on Tuesday after a debate of nine long hours,"
        " and then it went home.",
        "p The ferry, well-known in this town, stays on.",
        "h The costs",
        "p It costs 40 euros, paid by the town, as the well-known ferry is.",
    ]


def test_paragraph_goes_on_over_pages_without_running_heads_and_page_numbers():
    texts = [
        "The first page says that it goes on and on,",
        "and the next one, too, and",
        "ends here.",
    ]
    pages = [
        [("The Bridge Book", 9, 72, 780), *column(text), (f"– {number} –", 9, 300, 40)]
        for number, text in enumerate(texts, 7)
    ]
    assert read_pdf(*pages, title="Bridge book").title == "Bridge book"
    assert drawn(read_pdf(*pages)) == f"p {' '.join(texts)}"


@pytest.mark.parametrize(
    ("claimed", "title"),
    [
        ("The bridge of Holm", "The bridge of Holm"),
        ("The Bridge", "The Bridge"),
        *[(each, "Bridge of Holm") for each in ("about:blank", "untitled", "bridge_of_holm.pdf")],
        ("Microsoft Word - bridge of holm.docx", "Bridge of Holm"),
        (None, "Bridge of Holm"),
    ],
)
def test_title_of_a_pdf_is_one_that_a_reader_sees(claimed, title):
    heading = ("Bridge of Holm", 18, 72, 760)
    page = [("The", 9, 72, 780), heading, *column(TOWN, DAY, "went home.")]
    assert read_pdf(page, title=claimed).title == title
    assert read_pdf(column(TOWN), title="about:blank").title == "a"


def test_each_sentence_of_a_pdf_is_on_the_page_that_it_begins_on():
    pages = [
        [("A bridge", 18, 72, 760), *column(TOWN, DAY, "went on. It was")],
        [],
        column("late. The ferry stays, and it", "is well. ", "", " The costs are forty euros."),
    ]
    found = read_pdf(*pages)
    assert found.title == "A bridge"
    for words, page in [("The town", 1), ("It was", 1), ("late.", 3), ("The costs", 3)]:
        assert found.page(found.text.index(words)) == page
    assert [found.text[block.start :][:8] for block in found.blocks] == ["The town", "The cost"]


def test_small_letters_above_and_below_a_line_of_a_pdf_are_exponents_and_indices():
    line = [("It has 10", 11, 72, 700), ("6", 7, 120, 704), ("cells of H", 11, 126, 700)]
    line += [("2", 7, 180, 697), ("O, 1998", 11, 184, 700), ("3", 7, 222, 704)]
    assert read_pdf(line).text == "It has 10⁶ cells of H₂O, 1998³"


def test_ligatures_of_a_pdf_are_letters():
    assert read_pdf(column("The \x01rst lamp was electri\x01ed.")).text == (
        "The first lamp was electrified."
    )


def test_gaps_and_numbers_part_the_paragraphs_of_a_pdf():
    page = column("It has these, which are", "all long:", "1. piers of granite", "2. a deck")
    page += column("The end of it is here now.", top=600)
    assert drawn(read_pdf(page)).split("\n") == [
        "p It has these, which are all long:",
        "i 1. |piers of granite",
        "i 2. |a deck",
        "p The end of it is here now.",
    ]


def protected():
    writer, written = PdfWriter(), BytesIO()
    writer.append(BytesIO(pdf(column(TOWN))))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(written)
    return written.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (protected(), "the PDF is protected by a password"),
        (pdf([]), "the PDF has no text; it may be a scan"),
        (b"%PDF-1.4 and no more", "the PDF is damaged and cannot be read"),
        (b"no PDF", "the PDF is damaged and cannot be read"),
    ],
)
def test_pdf_without_text_is_refused_with_its_reason(data, reason):
    with pytest.raises(SourceError) as caught:
        from_pdf(data, "a.pdf", "a")
    assert str(caught.value) == f"a.pdf: {reason}"


def test_chapters_of_an_epub_are_read_in_order_without_the_contents():
    metadata = (
        "<dc:title>The  Bridge</dc:title><dc:language>de-AT</dc:language>"
        "<dc:date>2024-03-05</dc:date>"
    )
    first = "<h1>One</h1><p>It costs <del>50</del> 40&#160;euros, 5 km<sup>2</sup>.</p>"
    second = (
        "<section><h2>Two</h2><ol start='3'><li>Stop.</li><li>Go.</li></ol><div>So <i>it</i> is."
        "</div><pre>a\n  b</pre><table><tr><td rowspan='2'>Red</td><td>1</td></tr>"
        "<tr><td>2</td></tr></table></section>"
    )
    found = from_epub(epub(first, second, metadata=metadata), "a.epub", "a")
    assert (found.title, found.language) == ("The Bridge", "de")
    assert found.published_at == datetime(2024, 3, 5, tzinfo=UTC)
    assert drawn(found) == (
        "h One\np It costs 40 euros, 5 km².\nh Two\ni 3. |Stop.\ni 4. |Go.\np So it is.\n"
        "c a\n  b\nr Red\t1\nr Red\t|2"
    )


ENCRYPTED = '<encryption xmlns:e="e"><e:CipherReference URI="OEBPS/text/c%200.xhtml"/></encryption>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no ZIP", "the file is damaged, or of another format"),
        (zipped({"a": "b"}), "the file is damaged, or of another format"),
        (epub("<p> </p>"), "no article text was found"),
        (epub("<p>" + " " * UNPACKED_LIMIT + "</p>"), "it holds more than 40 MB of text"),
        (
            epub("<p>a</p>", extra={"META-INF/encryption.xml": ENCRYPTED}),
            "the book is protected and cannot be read",
        ),
    ],
)
def test_epub_that_cannot_be_read_is_refused_with_its_reason(data, reason):
    with pytest.raises(SourceError) as caught:
        from_epub(data, "a.epub", "a")
    assert str(caught.value) == f"a.epub: {reason}"


def level(number, style, text, start=1):
    return (
        f'<w:lvl w:ilvl="{number}"><w:start w:val="{start}"/><w:numFmt w:val="{style}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


NUMBERING = (
    f'<w:abstractNum w:abstractNumId="0">{level(0, "decimal", "%1.")}'
    f"{level(1, 'lowerLetter', '%1%2)')}</w:abstractNum>"
    f'<w:abstractNum w:abstractNumId="1">{level(0, "bullet", "o")}</w:abstractNum>'
    '<w:num w:numId="5"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="6"><w:abstractNumId w:val="1"/></w:num>'
    '<w:num w:numId="7"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0">'
    '<w:startOverride w:val="4"/></w:lvlOverride></w:num>'
)


def read_docx(*blocks, **parts):
    return from_docx(docx("".join(blocks), **parts), "a.docx", "a")


def test_word_document_is_read_with_its_title_headings_and_what_was_changed():
    styles = (
        '<w:style w:styleId="Titel"><w:name w:val="Title"/></w:style>'
        '<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:styleId="Own"><w:basedOn w:val="berschrift1"/></w:style>'
    )
    changed = (
        "<w:p><w:r><w:t>Pay </w:t></w:r><w:del><w:r><w:delText>9</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>8</w:t></w:r></w:ins><w:hyperlink><w:r><w:t> euros</w:t></w:r>"
        "</w:hyperlink><w:r><w:br/><w:t>now.</w:t></w:r></w:p>"
    )
    raised, struck = '<w:vertAlign w:val="superscript"/>', "<w:strike/>"
    found = read_docx(
        paragraph("The Bridge", style="Titel"),
        paragraph("Costs", style="berschrift1"),
        changed,
        paragraph("More", style="Own"),
        paragraph("5 km", (raised, "2"), (struck, " not"), ('<w:strike w:val="0"/>', " wide")),
        styles=styles,
    )
    assert found.title == "The Bridge"
    assert drawn(found) == "h Costs\np Pay 8 euros now.\nh More\np 5 km² wide"


def test_items_of_a_word_document_have_their_numbers():
    found = read_docx(
        paragraph("Stop.", number=5),
        paragraph("Wait.", number=5, level=1),
        paragraph("Wait more.", number=5, level=1),
        paragraph("A word."),
        paragraph("Go.", number=5),
        paragraph("Look.", number=5, level=1),
        paragraph("Lamps", number=6),
        paragraph("Again.", number=7),
        paragraph("And again.", number=7),
        numbering=NUMBERING,
    )
    assert drawn(found).split("\n") == [
        "i 1. |Stop.",
        "i 1a) |Wait.",
        "i 1b) |Wait more.",
        "p A word.",
        "i 2. |Go.",
        "i 2a) |Look.",
        "i Lamps",
        "i 4. |Again.",
        "i 5. |And again.",
    ]


def test_cells_of_a_word_document_that_span_rows_stand_in_each_of_them():
    def cell(text, properties=""):
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"

    begun, goes_on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    rows = [
        cell("Red", begun) + cell("Vik"),
        cell("", goes_on) + cell("Orra"),
        cell("Blue", '<w:gridSpan w:val="2"/>'),
    ]
    table = f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"
    assert drawn(read_docx(table)) == "r Red\tVik\nr Red\t|Orra\np Blue"


def test_word_document_without_text_is_refused():
    with pytest.raises(SourceError, match=r"^a.docx: no article text was found$"):
        read_docx(paragraph(" "))
