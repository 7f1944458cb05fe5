import os

import pytest

from index.documents.registry import FORMATS, Format, media_types
from index.sources.files import read_sent
from index.sources.registry import ADDRESSES, AddressType, read, read_address
from index.web.fetch import Fetcher
from qa.article import Article, article_id
from qa.errors import SourceError
from tests.index.documents.making import column, docx, epub, paragraph, pdf

BODY = "The town council approved the new bridge on Tuesday after a debate of nine long hours."
LAYOUT = f'[["p",0,{len(BODY)}]]'
HTML = f"<html><head><title>A bridge</title></head><body><article><p>{BODY}</p></article></body>"


def only(source):
    (result,) = read(str(source), allow_private=True)
    return result


def failure(source, **options):
    (error,) = read(str(source), **{"allow_private": True, **options})
    assert isinstance(error, SourceError)
    return str(error)


def test_text_file_is_an_article_identified_by_its_path(tmp_path):
    path = tmp_path / "some_news.txt"
    path.write_text(f"A Bridge\n{BODY}\n")
    assert only(path) == Article(
        article_id(path.resolve().as_uri()), "A Bridge", BODY, layout=LAYOUT
    )


def test_file_that_declares_its_url_is_identified_by_it(tmp_path):
    path = tmp_path / "a.md"
    path.write_text(f"---\nurl: https://www.oak.example/bridge\n---\n{BODY}\n")
    url = "https://www.oak.example/bridge"
    assert only(path) == Article(article_id(url), "a", BODY, url, "oak.example", layout=LAYOUT)


def test_folder_yields_its_articles_in_order_with_failures_between(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.TXT").write_text(BODY)
    (tmp_path / "b.html").write_text("<p></p>")
    (tmp_path / "sub" / "c.htm").write_text(HTML)
    for ignored in ("d.odt", ".hidden.txt", ".git/e.md"):
        (tmp_path / ignored).write_text(BODY)
    results = list(read(str(tmp_path), allow_private=False))
    assert [r.title if isinstance(r, Article) else str(r) for r in results] == [
        "a",
        f"{tmp_path}/b.html: no article text was found",
        "A bridge",
    ]


def test_source_that_is_not_an_article_is_explained_in_one_sentence(tmp_path):
    (tmp_path / "empty.txt").write_text("\n")
    (tmp_path / "binary.txt").write_bytes(b"\0\1")
    (tmp_path / "a.odt").write_bytes(b"PK")
    (tmp_path / "large.txt").write_bytes(b"a" * 10_000_001)
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder").mkdir()
    assert {path.name: failure(path).removeprefix(f"{path}: ") for path in tmp_path.iterdir()} == {
        "empty.txt": "the file is empty",
        "binary.txt": "this is a binary file, not text",
        "a.odt": "only .txt, .md, .pdf, .epub, .docx and .html files can be read",
        "large.txt": "it is larger than 10 MB",
        "pipe.txt": "there is no such file or folder",
        "folder": "the folder has no .txt, .md, .pdf, .epub, .docx or .html file",
    }


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "example.com/story",
            "there is no such file; for a web page write https://example.com/story",
        ),
        ("www.example.com", "there is no such file; for a web page write https://www.example.com"),
        ("no-such.txt", "there is no such file or folder"),
        ("ftp://example.com/x", "only http and https addresses can be read"),
        ("http://[::1", "this is not a valid address"),
        ("a\0b", "there is no such file or folder"),
        ("x" * 5000, "it cannot be read (File name too long)"),
    ],
)
def test_invalid_source_is_explained(source, reason):
    assert failure(source) == f"{source}: {reason}"


def test_unreadable_file_is_reported(tmp_path):
    path = tmp_path / "dangling.txt"
    path.symlink_to(tmp_path / "loop.txt")
    (tmp_path / "loop.txt").symlink_to(path)
    assert "cannot be read" in failure(path) or "no such file" in failure(path)


def test_page_is_an_article_identified_by_its_final_address(site):
    site.pages["/old"] = (301, {"Location": "/story"}, b"")
    site.pages["/story"] = (200, {}, HTML.encode())
    url = site.url("/story")
    assert only(site.url("/old")) == Article(
        article_id(url), "A bridge", BODY, url, "127.0.0.1", layout=LAYOUT
    )


def test_page_is_identified_by_any_spelling_of_its_address(site):
    site.pages["/story/?utm_source=rss"] = site.pages["/story"] = (200, {}, HTML.encode())
    told, plain = only(site.url("/story/?utm_source=rss")), only(site.url("/story"))
    assert told.id == plain.id == article_id(plain.url)


@pytest.mark.parametrize("kind", ["text/plain", "text/markdown; charset=utf-8"])
def test_page_of_plain_text_or_markdown_is_read_as_such(site, kind):
    site.pages["/notes/bridge"] = (200, {"Content-Type": kind}, f"# Bridge\n\n{BODY}".encode())
    found = only(site.url("/notes/bridge"))
    assert (found.title, found.text) == ("Bridge", BODY)


BOOKS = {
    "pdf": ("application/pdf", pdf(column(*BODY.split(" ", 1)))),
    "epub": ("application/epub+zip", epub(f"<p>{BODY}</p>", metadata="")),
    "docx": (media_types()[2], docx(paragraph(BODY))),
}


@pytest.mark.parametrize("suffix", BOOKS)
def test_book_is_read_as_a_file_at_an_address_and_when_it_is_sent(site, tmp_path, suffix):
    kind, data = BOOKS[suffix]
    path = tmp_path / f"my_book.{suffix.upper()}"
    path.write_bytes(data)
    site.pages["/files/7"] = (200, {"Content-Type": kind}, data)
    found = [only(path), only(site.url("/files/7")), read_sent(f"my book.{suffix}", data)]
    assert [(each.title, each.text) for each in found] == [
        ("my book", BODY),
        ("7", BODY),
        ("my book", BODY),
    ]
    assert [each.url for each in found] == [None, site.url("/files/7"), None]
    assert read_sent(f"my book.{suffix}", data).id == found[2].id != found[0].id


def test_page_may_be_smaller_than_a_book(site):
    site.pages["/a"] = (200, {"Content-Type": "text/html"}, b" " * 5_000_001)
    assert failure(site.url("/a")) == f"{site.url('/a')}: it is larger than 5 MB"
    body = epub(f"<p>{BODY}</p>", extra={"picture.png": os.urandom(5_000_001)})
    site.pages["/b"] = (200, {"Content-Type": "application/epub+zip"}, body)
    assert only(site.url("/b")).text == BODY


def test_failing_page_is_a_value(site):
    assert failure(site.url("/none")) == (
        f"{site.url('/none')}: there is no such page (HTTP status 404)"
    )
    assert failure(site.url("/none"), allow_private=False).endswith(
        "has a private address, which PULLQUOTE_ALLOW_PRIVATE_HOSTS does not allow"
    )


def test_new_format_takes_one_line_in_the_registry(tmp_path):
    def read_lines(raw):
        title, _, text = raw.text().partition("\n")
        return Article("", title.strip("= "), text)

    FORMATS.insert(0, Format(("text/x-lines",), (".lines",), read_lines))
    try:
        (tmp_path / "a.lines").write_text(f"= A bridge =\n{BODY}")
        (tmp_path / "b.odt").write_bytes(b"PK")
        (found,) = read(str(tmp_path), allow_private=False)
        assert (found.title, found.text) == ("A bridge", BODY)
        assert failure(tmp_path / "b.odt").endswith(
            ": only .lines, .txt, .md, .pdf, .epub, .docx and .html files can be read"
        )
        assert "text/x-lines" in media_types()
    finally:
        del FORMATS[0]
    assert failure(tmp_path).endswith(
        ": the folder has no .txt, .md, .pdf, .epub, .docx or .html file"
    )


def test_new_type_of_address_takes_one_line_in_the_registry(site):
    def read_record(url, fetch):
        body = fetch(site.url("/record"), kinds=("application/json",)).body.decode()
        return Article(article_id(url), "Record", body, url)

    site.pages["/record"] = (200, {"Content-Type": "application/json"}, b"{}")
    ADDRESSES.insert(0, AddressType(lambda source: source.startswith("record:"), read_record))
    try:
        record = Article(article_id("record:7"), "Record", "{}", "record:7")
        assert only("record:7") == record
        assert read_address("record:7", Fetcher(allow_private=True).fetch) == record
    finally:
        del ADDRESSES[0]
    assert failure("record:7") == "record:7: there is no such file or folder"


def test_address_is_never_read_as_a_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(BODY)
    with pytest.raises(SourceError) as caught:
        read_address(str(path), Fetcher(allow_private=True).fetch)
    assert str(caught.value) == f"{path}: only http and https addresses can be read"
