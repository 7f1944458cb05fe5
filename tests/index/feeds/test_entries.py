"""Feed documents of all kinds, even hostile ones, become entries or an error sentence."""

import gzip
import json
import os
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

import pytest

from index.feeds.articles import read_entry
from index.feeds.entries import LONGEST_TITLE, article_in, feed_title, parse_feed
from index.feeds.model import Feed
from index.web.fetch import StoppedError
from index.web.request import Response
from qa.errors import SourceError
from tests.index.drawing import drawn
from tests.index.feed_helpers import PAGE, START

URL = "https://news.example/feed"
DATA = os.environ.get("PULLQUOTE_TEST_DATA")


def response_of(body, content_type="application/xml"):
    body = body if isinstance(body, bytes) else body.encode()
    return Response(URL, 200, {"content-type": content_type}, body, URL)


def parsed(body, content_type="application/xml"):
    return parse_feed(response_of(body, content_type))


def rss(inside, head=""):
    return f'{head}<rss version="2.0"><channel><title>Oak</title>{inside}</channel></rss>'


def atom(inside):
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:1</id>{inside}</entry></feed>'


def test_rss_is_parsed():
    document = parsed(
        rss(
            "<item><title>One &amp;amp; two</title><link>/1</link>"
            '<guid isPermaLink="false">g1</guid><pubDate>Wed, 01 May 2024 01:00:00 +0200</pubDate>'
            "<description>&lt;p&gt;Some &lt;b&gt;words&lt;/b&gt;.&lt;/p&gt;</description></item>"
            "<ttl>60</ttl>"
        ),
    )
    (entry,) = document.entries
    assert (document.title, document.period.total_seconds()) == ("Oak", 3600)
    assert (entry.guid, entry.link, entry.title) == ("g1", "https://news.example/1", "One & two")
    assert entry.published_at == datetime(2024, 4, 30, 23, tzinfo=UTC)
    assert drawn(article_in(entry)) == "p Some words."


def test_atom_with_a_relative_link_and_markup_in_the_title_is_parsed():
    document = parsed(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://other.example/a/">'
        '<title type="html">Oak &lt;b&gt;news&lt;/b&gt;</title><entry><id>tag:1</id>'
        '<title>One</title><link href="1"/><updated>2024-05-01T01:00:00Z</updated>'
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Words.</p></div>'
        "</content><summary>Less.</summary></entry></feed>",
        "application/atom+xml",
    )
    (entry,) = document.entries
    assert document.title == "Oak news"
    assert (entry.guid, entry.link) == ("tag:1", "https://other.example/a/1")
    assert article_in(entry).text == "Words."


def test_rdf_is_parsed():
    (entry,) = parsed(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<channel rdf:about="x"><title>Oak</title></channel>'
        '<item rdf:about="https://news.example/1"><title>One</title>'
        "<link>https://news.example/1</link><dc:date>2024-05-01T01:00:00Z</dc:date></item>"
        "</rdf:RDF>",
    ).entries
    assert entry.guid == entry.link == "https://news.example/1"
    assert entry.published_at == datetime(2024, 5, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("version", ["https://jsonfeed.org/version/1", "1.0", "1.1"])
def test_json_feed_is_parsed(version):
    item = {
        "id": 7,
        "url": "/7",
        "title": "One & <b>two</b>",
        "content_text": "First < second.\nThird.",
        "date_published": "2024-05-01T01:00:00+02:00",
    }
    feed = {"version": version, "title": "Oak", "items": [item, "no item", {"summary": 5}]}
    document = parsed(json.dumps(feed), "application/feed+json")
    (entry,) = document.entries
    assert (document.title, entry.guid, entry.link) == ("Oak", "7", "https://news.example/7")
    assert entry.title == "One & <b>two</b>"
    assert entry.published_at == datetime(2024, 4, 30, 23, tzinfo=UTC)
    assert drawn(article_in(entry)) == "p First < second.\np Third."


@pytest.mark.parametrize("emoji", ["&#55357;&#56832;", "&#xD83D;&#xDE00;", "&#x00d83d;&#56832;"])
def test_surrogate_pairs_are_joined(emoji):
    """Some programs encode characters outside the BMP as two surrogates."""
    text = f"<title>{emoji} One</title><description><![CDATA[{emoji} two]]></description>"
    (entry,) = parsed(rss(f"<item>{text}</item>")).entries
    assert (entry.title, article_in(entry).text) == ("\U0001f600 One", "\U0001f600 two")


@pytest.mark.parametrize("half", ["&#55296;", "&#xDFFF;", "&#xDE00;&#xD83D;"])
def test_lone_surrogate_does_not_break_a_feed(half):
    (entry,) = parsed(rss(f"<item><title>One {half}</title></item>")).entries
    assert entry.title.startswith("One \ufffd")


def test_json_feed_time_without_a_zone_is_utc(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        item = {"id": "1", "date_published": "2024-05-01T01:00:00"}
        document = parsed(json.dumps({"version": "1.1", "items": [item]}), "application/feed+json")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert document.entries[0].published_at == datetime(2024, 5, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        '{"version": "https://jsonfeed.org/version/1.1"}',
        '{"version": "2", "items": []}',
        '{"items": ' + "[" * 100_000,
        "<html><body>words</body></html>",
        '<rss version="2.0"><channel><title>cut off in the mid',
        "<!DOCTYPE x [" + "<!-- -->" * 20_000 + "]>" + rss(""),
    ],
)
def test_document_that_is_not_a_feed_is_rejected(body):
    assert parsed(body) is None


def test_empty_feed_is_valid_even_if_ill_formed():
    assert parsed(rss("")).entries == ()
    assert parsed(rss("<itunes:subtitle>Words</itunes:subtitle>")).entries == ()


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "", "text/xml"),
        ("utf-8", "", "text/xml; charset=us-ascii"),
        ("utf-8", ' encoding="utf-8"', "text/xml; charset=no-such-charset"),
        ("utf-8", ' encoding="utf-16"', "application/xml"),
        ("utf-8-sig", "", "application/xml"),
        ("utf-16", ' encoding="utf-16"', "application/xml"),
        ("utf-16-le", ' encoding="utf-16"', "application/xml"),
        ("utf-16-be", "", "application/xml"),
        ("utf-32-be", ' encoding="ucs-4"', "application/xml"),
        ("iso-8859-1", ' encoding="iso-8859-1"', "application/xml"),
        ("windows-1252", "", "application/xml; charset=windows-1252"),
        ("windows-1252", ' encoding="utf-8"', "application/xml; charset=iso-8859-1"),
        ("windows-1252", ' encoding="windows-1252"', "application/xml; charset=utf-8"),
        ("utf-8", ' encoding="iso-8859-1"', "application/xml"),
        ("utf-8", ' encoding="utf-8"', "application/xml; charset=windows-1251"),
        ("utf-8", ' encoding="iso-8859-15"', "application/xml; charset=iso-8859-2"),
    ],
)
def test_encodings_are_decoded(encoding, declared, content_type):
    text = rss("<item><title>Crème brûlée</title></item>", f'<?xml version="1.0"{declared}?>')
    (entry,) = parsed(text.encode(encoding), content_type).entries
    assert entry.title == "Crème brûlée"


def test_russian_feed_without_a_declared_encoding_is_decoded():
    title = "Как пережить новогоднюю ночь и не потерять головы"
    (entry,) = parsed(rss(f"<item><title>{title}</title></item>").encode("koi8-r")).entries
    assert entry.title == title


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("0000-01-01T00:00:00Z", None),
        ("Thu, 01 Jan 1970 00:00:00 +0000", None),
        ("0001-01-01T00:00:00Z", None),
        ("1899-12-30", None),
        ("9999-12-31T23:59:59Z", None),
        ("1714525200", datetime(2024, 5, 1, 1, tzinfo=UTC)),
        (" 1714525200000 ", datetime(2024, 5, 1, 1, tzinfo=UTC)),
        ("1714525200.5", datetime(2024, 5, 1, 1, tzinfo=UTC)),
        ("20240501", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024/05/01", datetime(2024, 5, 1, tzinfo=UTC)),
        (" 2024/05/01 01:30:00", datetime(2024, 5, 1, 1, 30, tzinfo=UTC)),
        ("0", None),
        ("-62135596800", None),
        ("Wed, 30 Nov -0001 00:00:00 +0000", None),
        ("0000-00-00 00:00:00", None),
        ("Thu, 32 Foo 2024 99:99:99 GMT", None),
        ("yesterday", None),
        ("Wed, 01 May 2024 04:00:00 MSK", datetime(2024, 5, 1, 1, tzinfo=UTC)),
        ("Wed, 1 May 2024 03:00 CEST", datetime(2024, 5, 1, 1, tzinfo=UTC)),
        ("Wed May 01 04:00:00 EEST 2024", datetime(2024, 5, 1, 1, tzinfo=UTC)),
        ("2024-05-01 10:00:00 JST", datetime(2024, 5, 1, 1, tzinfo=UTC)),
        ("1 May 2024 03:00 MESZ", datetime(2024, 5, 1, 1, tzinfo=UTC)),
        ("Wed, 01 May 2024 06:30:00 IST", datetime(2024, 5, 1, 1, tzinfo=UTC)),
        ("Tue, 30 Apr 2024 20:00:00 EST", datetime(2024, 5, 1, 1, tzinfo=UTC)),
        ("Tue, 30 Apr 2024 9:00 PM ET", datetime(2024, 5, 1, 1, tzinfo=UTC)),
        ("2024-05-01 04:00:00 Europe/Moscow", datetime(2024, 5, 1, 1, tzinfo=UTC)),
        ("Wed May 01 2024 04:00:00 GMT+0300 (Moscow)", datetime(2024, 5, 1, 1, tzinfo=UTC)),
        ("Tue, 30 Apr 2024 24:00:00 GMT", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-04-30T24:00:00Z", datetime(2024, 5, 1, tzinfo=UTC)),
        ("Tue, 30 Apr 2024 24:30:00 GMT", None),
        ("04/30/2024", datetime(2024, 4, 30, tzinfo=UTC)),
        ("30/04/2024 22:15", datetime(2024, 4, 30, 22, 15, tzinfo=UTC)),
        ("30.04.2024", datetime(2024, 4, 30, tzinfo=UTC)),
        ("01.05.2024 01:30", datetime(2024, 5, 1, 1, 30, tzinfo=UTC)),
        ("03/04/2024", None),
        ("24-05-01", None),
        ("20240501013000", datetime(2024, 5, 1, 1, 30, tzinfo=UTC)),
        ("2024-05", datetime(2024, 5, 1, tzinfo=UTC)),
        ("May 1st, 2024", datetime(2024, 5, 1, tzinfo=UTC)),
        ("1st of May 2024", datetime(2024, 5, 1, tzinfo=UTC)),
        ("Ср, 01 мая 2024 04:00:00 +0300", datetime(2024, 5, 1, 1, tzinfo=UTC)),
        ("12 травня 2024", datetime(2024, 5, 12, tzinfo=UTC)),
        ("Mi, 13 Mär 2024 03:00:00 +0200", datetime(2024, 3, 13, 1, tzinfo=UTC)),
        ("mar. 30 avr. 2024", datetime(2024, 4, 30, tzinfo=UTC)),
        ("1 de maio de 2024", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024. április 30.", datetime(2024, 4, 30, tzinfo=UTC)),
        ("30 Απριλίου 2024", datetime(2024, 4, 30, tzinfo=UTC)),
        ("2024年4月30日 10:00", datetime(2024, 4, 30, 10, tzinfo=UTC)),
        ("13 jui 2024", None),  # juin, juillet
    ],
)
def test_unusual_dates_are_parsed(moment, expected):
    inside = f"<item><guid>1</guid><pubDate>{moment}</pubDate></item>"
    assert parsed(rss(inside)).entries[0].published_at == expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ("13/04/2024", datetime(2024, 4, 3, tzinfo=UTC)),
        ("04/13/2024 10:00", datetime(2024, 3, 4, tzinfo=UTC)),
        ("04/03/2024", None),
    ],
)
def test_order_of_day_and_month_is_that_of_the_other_dates(other, expected):
    items = "".join(f"<item><pubDate>{each}</pubDate></item>" for each in ("03/04/2024", other))
    assert parsed(rss(items)).entries[0].published_at == expected
    listed = [{"id": each, "date_published": each} for each in ("03/04/2024", other)]
    feed = parsed(json.dumps({"version": "1.1", "items": listed}))
    assert {each.guid: each.published_at for each in feed.entries}["03/04/2024"] == expected


def test_month_of_several_meanings_is_that_of_the_language_of_the_feed():
    """``listopad`` is November in Polish and October in Croatian."""
    entry = (
        "<language>hr-HR</language><item><guid>1</guid><pubDate>13 listopada 2024</pubDate></item>"
    )
    assert parsed(rss(entry)).entries[0].published_at == datetime(2024, 10, 13, tzinfo=UTC)


@pytest.mark.parametrize("moment", [1714525200, 1714525200000, "1714525200", 1714525200.0])
def test_bare_seconds_of_a_json_feed_are_read(moment):
    item = {"id": "1", "date_published": moment, "date_modified": "2024-06-01T00:00:00Z"}
    (entry,) = parsed(json.dumps({"version": "1.1", "items": [item]})).entries
    assert entry.published_at == datetime(2024, 5, 1, 1, tzinfo=UTC)


def test_placeholder_for_the_first_date_gives_way_to_the_date_of_the_update():
    dates = "<published>1970-01-01T00:00:00Z</published><updated>2024-05-01T01:00:00Z</updated>"
    assert parsed(atom(dates)).entries[0].published_at == datetime(2024, 5, 1, 1, tzinfo=UTC)
    item = {"id": "1", "date_published": 0, "date_modified": "2024-05-01T01:00:00Z"}
    (entry,) = parsed(json.dumps({"version": "1.1", "items": [item]})).entries
    assert entry.published_at == datetime(2024, 5, 1, 1, tzinfo=UTC)


# Plain text, markup, and markup escaped twice


def described(text, kind="rss"):
    """Return what an entry says whose text is ``text`` before it is put into its document."""
    if kind == "json":
        feed = {"version": "1.1", "items": [{"id": "1", "content_html": text}]}
        return article_in(parsed(json.dumps(feed)).entries[0]).text
    if kind == "atom":
        inside = f'<content type="html">{escape(text)}</content>'
        return article_in(parsed(atom(inside)).entries[0]).text
    inside = f"<item><description>{escape(text)}</description></item>"
    return article_in(parsed(rss(inside)).entries[0]).text


@pytest.mark.parametrize(
    "title",
    [
        "How the <details> element works",
        "Why List<String> is not List<Object>",
        "Goodbye to the <marquee> tag",
        "a<b && b>c: &amp; and &nbsp; in C++",
        "The <br> element </br>",
    ],
)
def test_plain_titles_and_texts_are_shown_as_they_are_written(title):
    written = f"{title}. After it the sentence goes on."
    inside = f"<title>{escape(title)}</title>"
    (entry,) = parsed(atom(f"{inside}<content>{escape(written)}</content>")).entries
    assert (entry.title, article_in(entry).text) == (title, written)
    (entry,) = parsed(atom(f'{inside}<summary type="text">{escape(written)}</summary>')).entries
    assert (entry.title, article_in(entry).text) == (title, written)
    item = {"id": "1", "title": title, "content_text": written}
    (entry,) = parsed(json.dumps({"version": "1.1", "items": [item]})).entries
    assert (entry.title, article_in(entry).text) == (title, written)


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("How the &lt;details&gt; element works", "How the <details> element works"),
        ("std::vector&lt;int&gt; at last", "std::vector<int> at last"),
        ("Oak &lt;b&gt;news&lt;/b&gt;", "Oak news"),
        ("Oak&lt;br&gt;and elm", "Oak and elm"),
        ("The &lt;br&gt; element", "The <br> element"),
        ("Oak &amp;amp; elm", "Oak & elm"),
        ("Oak &amp;amp;amp; elm", "Oak & elm"),
        ("The town&amp;amp;#8217;s oak", "The town’s oak"),
        ("&amp;lt;i&amp;gt;Oak&amp;lt;/i&amp;gt; and elm", "Oak and elm"),
    ],
)
def test_titles_of_rss_are_read_as_they_were_meant(title, shown):
    assert parsed(rss(f"<item><title>{title}</title></item>")).entries[0].title == shown


@pytest.mark.parametrize("kind", ["rss", "atom", "json"])
@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("&lt;p&gt;The old &lt;b&gt;oak&lt;/b&gt; fell.&lt;/p&gt;", "The old oak fell."),
        ("The oak fell.&lt;br /&gt;Nobody was hurt.", "The oak fell.\nNobody was hurt."),
        ("The town&amp;#8217;s oak &amp;amp; elm", "The town’s oak & elm"),
        (
            "<p>Write &lt;p&gt;oak&lt;/p&gt; for a paragraph.</p>",
            "Write <p>oak</p> for a paragraph.",
        ),
        (
            "Write &lt;b&gt; for bold &amp; &lt;i&gt; for italic.",
            "Write <b> for bold & <i> for italic.",
        ),
        (
            "Close a &lt;p&gt; by &lt;/p&gt;, but no &lt;br&gt;.",
            "Close a <p> by </p>, but no <br>.",
        ),
        ("<p>A List<String> is no List<Object>.</p>", "A List<String> is no List<Object>."),
        ("A Map<Key, Value> is no List<Object>.", "A Map<Key, Value> is no List<Object>."),
        ("The <nav> tag & the <embed> tag go.", "The <nav> tag & the <embed> tag go."),
        ("<p>The <textarea> of the form</p><p>is red.</p>", "The <textarea> of the form\nis red."),
        ("<div><p>The <b>oak fell", "The oak fell"),
        ("<p>The <my-oak>old</my-oak> <x>oak</x> fell.</p>", "The old oak fell."),
    ],
)
def test_markup_that_was_escaped_twice_is_read_and_words_in_angle_brackets_stay(
    kind, markup, shown
):
    assert described(markup, kind) == shown


# What pictures say of themselves

PICTURE = "A photograph of the oak, taken from the tower in the light of the morning of May."
MEDIA = 'xmlns:{0}="http://search.yahoo.com/mrss/"'


@pytest.mark.parametrize("prefix", ["media", "m"])
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(
    "media",
    [
        '<{0}:content url="p.jpg"><{0}:title type="html">Ann</{0}:title>'
        '<{0}:description type="plain">{1}</{0}:description></{0}:content>',
        "<{0}:group><{0}:content/><{0}:description>{1}</{0}:description></{0}:group>",
        "<{0}:description/><{0}:description\n>{1}</{0}:description>",
        "<image><title>Ann</title><link>/p.jpg</link><description>{1}</description></image>",
    ],
)
def test_description_of_a_picture_does_not_replace_the_post(prefix, media, is_first):
    parts = [media.format(prefix, PICTURE), "<description>The oak fell.</description>"]
    inside = "".join(parts if is_first else reversed(parts))
    head = MEDIA.format(prefix)
    document = rss(f"<item>{inside}</item>").replace("<rss", f"<rss {head}")
    (entry,) = parsed(document).entries
    assert (entry.title, article_in(entry).text, entry.link) == ("", "The oak fell.", "")


def test_description_of_a_video_is_the_text_of_an_entry_that_has_no_other():
    inside = f"<title>Oak</title><m:group><m:description>{PICTURE}</m:description></m:group>"
    (entry,) = parsed(atom(inside).replace("<feed", f"<feed {MEDIA.format('m')}")).entries
    assert (entry.title, article_in(entry).text) == ("Oak", PICTURE)


# Recordings


def test_recording_of_an_entry_is_its_file():
    recording = '<enclosure url="/1.mp3" length="9" type="audio/mpeg"/>'
    inside = f'<guid isPermaLink="false">1</guid><title>Oak</title>{recording}'
    (entry,) = parsed(rss(f"<item>{inside}</item>")).entries
    assert (entry.link, entry.file) == ("", "https://news.example/1.mp3")
    inside = '<link rel="enclosure" href="https://cdn.example/1.mp3"/><title>Oak</title>'
    (entry,) = parsed(atom(inside)).entries
    assert (entry.link, entry.file) == ("", "https://cdn.example/1.mp3")
    picture = {"url": "/1.jpg", "mime_type": "image/jpeg"}
    recording = {"url": "/1.mp3", "mime_type": "audio/mpeg"}
    item = {"id": "1", "attachments": [5, picture, recording]}
    (entry,) = parsed(json.dumps({"version": "1.1", "items": [item]})).entries
    assert (entry.link, entry.file) == ("", "https://news.example/1.mp3")


# Links


@pytest.mark.parametrize(
    ("inside", "link", "file"),
    [
        ("<guid>7</guid>", "", ""),
        ('<guid isPermaLink="true">oak-7.html</guid>', "", ""),
        ("<guid>7</guid><link>/7.html</link>", "https://news.example/7.html", ""),
        ("<guid>7</guid><link>7</link>", "https://news.example/7", ""),
        ("<link>/7.html</link><guid>7</guid>", "https://news.example/7.html", ""),
        ('<guid>7</guid><enclosure url="/7.mp3" type="audio/mpeg"/>', "", "/7.mp3"),
        ("<guid>https://a.example/?p=7&amp;q=8</guid>", "https://a.example/?p=7&q=8", ""),
        ("<guid> <![CDATA[https://a.example/7]]></guid>", "https://a.example/7", ""),
        ('<guid isPermaLink="false">https://a.example/7</guid>', "", ""),
    ],
)
def test_guid_is_the_link_of_an_entry_only_if_it_is_an_address(inside, link, file):
    (entry,) = parsed(rss(f"<item>{inside}<title>Oak</title></item>")).entries
    assert (entry.link, entry.file) == (link, file and f"https://news.example{file}")


def test_file_inside_of_an_entry_is_not_its_text():
    file = '<content type="application/pdf">JVBERi0xLjQK</content>'
    (entry,) = parsed(atom(f"{file}<summary>The plan of the bridge.</summary>")).entries
    assert entry.markup == "<p>The plan of the bridge.</p>"


def test_line_end_in_a_text_of_a_json_feed_is_read():
    body = '{"version": "1.1", "items": [{"id": "1", "content_text": "One.\nTwo."}]}'
    (entry,) = parsed(body).entries
    assert article_in(entry).text == "One.\nTwo."


def test_id_in_atom_is_the_link_only_if_it_is_an_address():
    form = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>{}</id><title>Oak</title></entry>'
    for written, link in [("7", ""), ("urn:7", ""), ("https://a.example/7", "https://a.example/7")]:
        (entry,) = parsed(f"{form.format(written)}</feed>").entries
        assert entry.link == link


def test_invisible_characters_are_removed():
    guid = '<guid isPermaLink="false">a\0b</guid>'
    title = "<title>Wor\0ds\ufeff &#8203;here</title>"
    (entry,) = parsed(rss(f"<item>{guid}{title}</item>")).entries
    assert (entry.guid, entry.title) == ("ab", "Words here")
    feed = {"version": "1.1", "items": [{"id": "\ud800x", "url": "http://a/\ud800", "title": "t"}]}
    (entry,) = parsed(json.dumps(feed)).entries
    assert (entry.guid, entry.link) == ("x", "http://a/")


def test_huge_titles_and_guids_are_cut():
    inside = f"<item><guid>{'g' * 100_000}</guid><title>{'Very ' * 100_000}</title></item>"
    (entry,) = parsed(rss(inside)).entries
    assert len(entry.guid) == 64
    assert entry.title == ("Very " * 100_000)[:LONGEST_TITLE].strip()


def dated(form, days):
    """Return a feed of an entry for each of ``days`` after a certain one, ``None`` for no date."""
    moments = [None if day is None else START + timedelta(days=day) for day in days]
    if form == "json":
        items = [
            {"id": str(day), "date_published": moment and moment.isoformat()}
            for day, moment in zip(days, moments, strict=True)
        ]
        return json.dumps({"version": "1.1", "title": "Oak", "items": items})
    entries = [
        f'<item><guid isPermaLink="false">{day}</guid>'
        f"{moment and f'<pubDate>{format_datetime(moment)}</pubDate>'}</item>"
        for day, moment in zip(days, moments, strict=True)
    ]
    return rss("".join(entries))


@pytest.mark.parametrize("form", ["rss", "json"])
def test_only_some_of_a_hundred_thousand_entries_are_read(form):
    document = parsed(undated(form, range(100_000, 0, -1)))
    assert [entry.guid for entry in document.entries] == [
        str(n) for n in range(100_000, 99_500, -1)
    ]
    assert document.title == "Oak"


def undated(form, names):
    if form == "rss":
        return rss("".join(f"<item><title>{name}</title></item>" for name in names))
    items = [{"id": name} for name in names]
    return json.dumps({"version": "1.1", "title": "Oak", "items": items})


def word(number):
    """Return a name of letters that says nothing of the order."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number * 7919 % 10_007))


@pytest.mark.parametrize("form", ["rss", "json"])
@pytest.mark.parametrize(
    ("names", "read"),
    [
        (range(507), range(506, 6, -1)),
        ([f"tag:oak.example,2024:part-{n:05}" for n in range(700)], None),
        ([*map(word, range(507))], [*map(word, [*range(250), *range(257, 507)])]),
        ([*map(word, range(500))], [*map(word, range(500))]),
    ],
)
def test_newest_entries_of_a_long_feed_without_dates_are_read(form, names, read):
    read = read or names[:-501:-1]
    assert [entry.guid for entry in parsed(undated(form, names)).entries] == [*map(str, read)]


@pytest.mark.parametrize("form", ["rss", "json"])
@pytest.mark.parametrize(
    ("days", "guids"),
    [
        (range(2_000), range(1_999, 1_499, -1)),
        (range(501), range(500, 0, -1)),
        (range(2_000, 0, -1), range(2_000, 1_500, -1)),
        ([0, *range(2_000, 0, -1)], [0, *range(2_000, 1_501, -1)]),
        (range(9), range(8, -1, -1)),
        ([4, 4, 3, 5, 2, 1], [4, 3, 5, 2, 1]),
    ],
)
def test_newest_entries_are_read_in_whichever_order_a_feed_lists_them(form, days, guids):
    entries = parsed(dated(form, list(days))).entries
    assert [entry.guid for entry in entries] == list(map(str, guids))


def entities(inside):
    declared = "".join(f"<!ENTITY {name} {value}>" for name, value in inside.items())
    return f'<?xml version="1.0"?><!DOCTYPE rss [{declared}]>'


def test_declared_entities_are_neither_expanded_nor_loaded():
    laughs = {"l0": '"ha"'} | {f"l{n}": f'"{f"&l{n - 1};" * 10}"' for n in range(1, 12)}
    secret = {"secret": 'SYSTEM "file:///etc/passwd"', "big": f'"{"x" * 50_000}"'}
    inside = f"<item><guid>1</guid><title>&l11;&secret;{'&big;' * 50_000}Words</title></item>"
    (entry,) = parsed(rss(inside, entities(laughs | secret))).entries
    assert "root:" not in entry.markup + entry.title
    assert "ha" not in entry.title
    assert "xx" not in entry.title


@pytest.mark.parametrize(
    "markup", ["<div>" * 60_000, "<b>" * 90_000, "<ul><li>" * 30_000, "<" * 10**6]
)
def test_deeply_nested_markup_yields_no_text(markup):
    feed = {"version": "1.1", "items": [{"id": "1", "content_html": markup + "words"}]}
    (entry,) = parsed(json.dumps(feed)).entries
    assert isinstance(article_in(entry).text, str)


# Third-party documents; see the environment variable


def documents(kind, ending):
    folder = Path(DATA or ".") / "feeds" / kind
    return [path for path in sorted(folder.glob(f"*.{ending}")) if "expected" not in path.name]


def declared(body):
    head, _, _ = body.partition(b"-->")
    _, found, rest = head.partition(b"Content-type:")
    return rest.splitlines()[0].decode("latin-1").strip() if found else "application/xml"


@pytest.mark.skipif(DATA is None, reason="PULLQUOTE_TEST_DATA is not set")
@pytest.mark.parametrize("kind", ["wellformed", "encoding"])
def test_third_party_documents_are_feeds(kind):
    bodies = {path.name: path.read_bytes() for path in documents(kind, "xml")}
    assert bodies
    read = {name: parsed(body, declared(body)) for name, body in bodies.items()}
    assert [name for name, document in read.items() if document is None] == []


@pytest.mark.skipif(DATA is None, reason="PULLQUOTE_TEST_DATA is not set")
def test_ill_formed_third_party_documents_are_read_as_far_as_possible():
    bodies = {path.name: path.read_bytes() for path in documents("illformed", "xml")}
    read = {name: parsed(body) for name, body in bodies.items()}
    assert [name for name, document in read.items() if document is None] == [
        "aaa_illformed.xml",
        "rss_empty_document.xml",
    ]


@pytest.mark.skipif(DATA is None, reason="PULLQUOTE_TEST_DATA is not set")
def test_third_party_json_feeds_match_their_expectations():
    for path in documents("jsonfeed", "json"):
        expected = path.with_name(f"{path.stem}_expected.json")
        document = parsed(path.read_bytes())
        if not expected.exists():
            assert document is None, path.name
            continue
        items = json.loads(expected.read_text()).get("items", [])
        titles = [item.get("title", "") for item in items]
        assert [entry.title for entry in document.entries] == titles, path.name


def test_compressed_document_is_a_feed_only_if_the_server_declares_it():
    with pytest.raises(SourceError):
        parsed(gzip.compress(rss("").encode()))


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (rss("<item><guid>1</guid></item>" * 3), "Oak"),
        (rss("<item><title>One</title></item>").replace("Oak", "Oak &amp;amp; elm"), "Oak & elm"),
        ('<rss version="2.0"><channel><item><guid>1</guid></item></channel></rss>', ""),
        (rss("")[:40], None),
        (PAGE, None),
        ('{"version": "1.1", "title": "Oak", "items": [{"id": 1}, {"id": 2}]}', "Oak"),
        ('{"items": []}', None),
    ],
)
def test_feed_title_is_read_without_its_entries(body, title):
    assert feed_title(response_of(body)) == title


@pytest.mark.skipif(DATA is None, reason="PULLQUOTE_TEST_DATA is not set")
@pytest.mark.parametrize("kind", ["wellformed", "encoding", "illformed", "jsonfeed"])
def test_titles_of_third_party_feeds_are_the_same_without_their_entries(kind):
    for path in (*documents(kind, "xml"), *documents(kind, "json")):
        response = response_of(path.read_bytes())
        whole = parse_feed(response)
        assert feed_title(response) == (whole and whole.title), path.name


NEVER = datetime(2024, 5, 1, tzinfo=UTC)
FEED = Feed(1, URL, "Oak", "on", None, None, None, timedelta(), NEVER, None, None, 0, 0, NEVER)


@pytest.mark.parametrize("text", ["", "<description>Own words.</description>"])
def test_unexpected_error_is_logged_and_affects_one_entry(caplog, text):
    """If it ended the poll, it would recur every time and later entries would never be read."""

    def failing(url, **_):
        raise ZeroDivisionError(url)

    (entry,) = parsed(rss(f"<item><link>/1</link>{text}</item>")).entries
    attempt = read_entry(entry, FEED, "Oak", failing)
    assert attempt.should_retry
    if text:
        assert attempt.outcome.text == "Own words."
    else:
        assert str(attempt.outcome) == (
            "https://news.example/1: an unexpected error occurred; see the log"
        )
    assert "ZeroDivisionError: https://news.example/1" in caplog.text


def test_shutdown_is_not_an_error_of_an_entry():
    def stopped(url, **_):
        raise StoppedError(url)

    (entry,) = parsed(rss("<item><link>/1</link></item>")).entries
    with pytest.raises(StoppedError):
        read_entry(entry, FEED, "Oak", stopped)


# More of what feeds get wrong


def test_ampersands_that_begin_no_reference_are_kept():
    inside = (
        "<item><title>AT&T & R&D; 5 &lt; 7</title><link>https://a.example/?a=1&b=2</link></item>"
    )
    (entry,) = parsed(rss(inside)).entries
    assert (entry.title, entry.link) == ("AT&T & R&D; 5 < 7", "https://a.example/?a=1&b=2")
    (entry,) = parsed(rss("<item><title><![CDATA[Oak & Elm]]></title></item>")).entries
    assert entry.title == "Oak & Elm"


def test_title_with_elements_of_a_sentence_is_markup():
    inside = "<item><title><![CDATA[Oak &amp; Elm <3 <em>birch</em>]]></title></item>"
    (entry,) = parsed(rss(inside)).entries
    assert entry.title == "Oak & Elm <3 birch"


def test_one_guid_for_all_entries_of_a_feed_is_none():
    items = "".join(f"<item><guid>x</guid><title>Part {n}</title></item>" for n in range(3))
    assert len(parsed(rss(items)).entries) == 3
    two = "".join(f"<item><guid>x</guid><title>Part {n}</title></item>" for n in range(2))
    assert len(parsed(rss(two)).entries) == 1


def test_json_feed_in_a_code_page_is_read():
    feed = {"version": "1.1", "items": [{"id": "1", "title": "Größe"}]}
    (entry,) = parsed(json.dumps(feed, ensure_ascii=False).encode("cp1252")).entries
    assert entry.title == "Größe"


def test_video_that_comes_with_an_entry_is_its_file():
    media = (
        '<media:content xmlns:media="http://search.yahoo.com/mrss/" medium="{}" url="{}"/>'
    ).format
    picture, video = media("image", "https://a.example/p"), media("video", "https://a.example/v")
    (entry,) = parsed(rss(f"<item><title>Oak</title>{picture}{video}</item>")).entries
    assert entry.file == "https://a.example/v"
