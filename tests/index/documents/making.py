"""Small documents for tests, written byte by byte."""

import io
import zipfile


def pdf(*pages, title=None):
    """Write a PDF; a page is a list of lines ``(text, size, left, bottom)``."""
    parts = [b"<</Type/Catalog/Pages 2 0 R>>", b"", _FONT, f"<</Title({title or ''})>>".encode()]
    for page in pages:
        lines = [f"BT /F {size} Tf {x} {y} Td ({text}) Tj ET" for text, size, x, y in page]
        stream = "\n".join(lines).encode("cp1252")
        parts.append(_PAGE % (len(parts) + 2))
        parts.append(b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream))
    kids = " ".join(f"{number} 0 R" for number in range(5, len(parts) + 1, 2))
    parts[1] = f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>".encode()
    written, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(parts) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    end = b"trailer<</Size %d/Root 1 0 R/Info 4 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        size,
        len(written),
    )
    return written + head + table + end


_FONT = (
    b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica"
    b"/Encoding<</BaseEncoding/WinAnsiEncoding/Differences[1/fi]>>>>"
)
_PAGE = (
    b"<</Type/Page/Parent 2 0 R/Resources<</Font<</F 3 0 R>>>>/MediaBox[0 0 612 792]"
    b"/Contents %d 0 R>>"
)


def column(*lines, top=720, size=11, left=72):
    """Return lines of body text, one below the other; one that starts with a space is indented."""
    return [
        (line.strip(), size, left + 20 * line.startswith(" "), top - 14 * number)
        for number, line in enumerate(lines)
    ]


def zipped(parts):
    """Write a ZIP file of parts by name."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return written.getvalue()


def epub(*chapters, metadata="<dc:title>The Bridge</dc:title>", extra=None):
    """Write an EPUB book; a chapter is the inside of its body."""
    numbers = range(len(chapters))
    items = "".join(
        f'<item id="c{n}" href="text/c%20{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in numbers
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in numbers)
    book = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata><manifest>'
        '<item id="n" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
        f'{items}</manifest><spine><itemref idref="n"/>{spine}</spine></package>'
    )
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": (
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
        ),
        "OEBPS/book.opf": book,
        "OEBPS/nav.xhtml": "<html><body><nav>Contents</nav></body></html>",
        **{f"OEBPS/text/c {n}.xhtml": _XHTML.format(chapters[n]) for n in numbers},
        **(extra or {}),
    }
    return zipped(parts)


_XHTML = (
    '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
    "<head><title>x</title></head><body>{}</body></html>"
)
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(body, numbering="", styles="", extra=None):
    """Write a Word document; ``body`` is the XML of its blocks."""
    parts = {"word/document.xml": f"<w:document {_W}><w:body>{body}</w:body></w:document>"}
    if numbering:
        parts["word/numbering.xml"] = f"<w:numbering {_W}>{numbering}</w:numbering>"
    if styles:
        parts["word/styles.xml"] = f"<w:styles {_W}>{styles}</w:styles>"
    return zipped(parts | (extra or {}))


def paragraph(*runs, style="", number="", level=0):
    """Return the XML of a paragraph of runs; a run is text, or its properties and text."""
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    if number:
        properties += f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    pairs = [run if isinstance(run, tuple) else ("", run) for run in runs]
    words = "".join(f"<w:r><w:rPr>{a}</w:rPr><w:t>{b}</w:t></w:r>" for a, b in pairs)
    return f"<w:p><w:pPr>{properties}</w:pPr>{words}</w:p>"
