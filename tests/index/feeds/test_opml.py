import pytest

from index.feeds.formats.opml import read_opml, write_opml
from qa.errors import SourceError
from tests.index.feed_helpers import serve

NESTED = """<?xml version="1.0"?>
<opml version="1.0"><head><title>Mine</title></head><body>
<outline text="News"><outline text="A" type="rss" xmlUrl="https://a.example/feed?x=1&amp;y=2"/>
<outline title="B" XMLURL=" feed:https://b.example/rss "/></outline>
<outline text="again" xmlUrl="https://a.example/feed?x=1&amp;y=2"/>
<outline text="C" xmlUrl="feed://c.example/"/><outline text="no feed" htmlUrl="https://d.example/"/>
</body></opml>"""
FOUND = ["https://a.example/feed?x=1&y=2", "https://b.example/rss", "https://c.example/"]


def test_all_feeds_of_a_list_are_found_once_in_order():
    assert read_opml(NESTED.encode(), "x") == FOUND
    assert read_opml(NESTED.replace('<?xml version="1.0"?>', "").encode("utf-16"), "x") == FOUND


@pytest.mark.parametrize(
    "outlines",
    [
        '<opml xmlns="http://opml.org/spec2">{0}</opml>',
        '<o:OPML xmlns:o="urn:o"><o:body>{0}</o:body></o:OPML>',
        '<opml xmlns:i="urn:i" version="1.1"><i:sync/>{0}</opml>',
        '<opml xmlns="urn:x"><body><outline text="All">{0}</outline></body></opml>',
        '<opml><OUTLINE><Outline XmlUrl="https://a/"/><!-- --></OUTLINE>{0}</opml>',
        '<opml xmlns:x="urn:x"><body><x:outline><x:outline x:xmlUrl="https://a/"/></x:outline>'
        '<outline type="rss" url="https://b/"/></body></opml>',
    ],
)
def test_namespaces_and_other_names_of_the_address_are_understood(outlines):
    plain = (
        '<outline text="A" type="rss" url="https://a/"/><outline URL=" https://b/ "/>'
        '<outline type="link" url="https://c/"/><outline type="include" url="https://d/x.opml"/>'
    )
    assert read_opml(outlines.format(plain).encode(), "x") == ["https://a/", "https://b/"]


def test_damaged_list_is_read_as_far_as_possible():
    damaged = NESTED.replace('text="News"', 'text="News & more"').partition('<outline text="no')[0]
    assert read_opml(damaged.encode(), "x") == FOUND


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "this is not an OPML document"),
        (b"\xff\xfe\x00", "this is not an OPML document"),
        (b"<rss/>", "this is not an OPML document"),
        (b"<opml><body/></opml>", "this OPML document names no feeds"),
        (b"<opml>" + bytes(6_000_000), "it is larger than 5 MB"),
    ],
)
def test_document_that_is_not_a_list_gets_a_reason(data, reason):
    with pytest.raises(SourceError) as caught:
        read_opml(data, "list.opml")
    assert str(caught.value) == f"list.opml: {reason}"


def test_entities_are_neither_expanded_nor_loaded():
    declared = '<!DOCTYPE opml [<!ENTITY e SYSTEM "file:///etc/hostname"><!ENTITY h "https://x/">]>'
    hostile = f'{declared}<opml><body><outline xmlUrl="&h;"/><outline xmlUrl="https://y/"/>&e;'
    assert "https://y/" in read_opml(f"{hostile}</body></opml>".encode(), "x")


def test_written_list_can_be_read_back(site, feeds):
    serve(site, about="<description>&amp;</description>")
    serve(site, path="/other?a=1&b=2")
    for path in ("/feed", "/other?a=1&b=2"):
        feeds.add(site.url(path))
    written = write_opml(feeds.store.all())
    assert read_opml(written, "x") == [site.url("/feed"), site.url("/other?a=1&b=2")]
    assert b'text="The Daily Oak"' in written
