"""Entries that share a page are several articles; one with a new address stays the same."""

import contextlib
import json
from datetime import timedelta

import pytest

from index.indexer import Indexer
from index.sources.registry import read_address
from index.web.fetch import Fetcher
from qa import Library, Settings
from tests.counting import Counting
from tests.index.feed_helpers import INTERVAL, START, begin, following, item, poll, serve

SHOP = "<html><head><title>Our shop</title></head><body><article><p>{}</p></article></body></html>"
ABOUT_SHOP = (
    "The shop by the harbour sells boots, ropes and lamps, and is open on all days but Monday."
)
NEWS = [
    ("Winter boots are in", "The winter boots have come, lined with wool, in all sizes up to 47."),
    ("New lamps", "Lamps that burn for forty hours are on the shelf by the window from today on."),
    ("Rope by the metre", "From now on rope is sold by the metre, cut while you wait at the desk."),
]
STORM = (
    "A storm tore the roof off the school of Lenn on Sunday night, and lessons are held in church "
    "until it is mended. Nobody was in the building when it happened, the head teacher says. "
    "The insurance pays for a new roof of slate, which will be laid before the end of the month."
)
PAGE = (
    "<html><head><title>{title}</title>{head}</head><body><article>{text}</article></body></html>"
)


@pytest.fixture
def library(tmp_path, database_url):
    encoder = Counting("storm", "boots")
    settings = Settings(data_dir=tmp_path / "data", database_url=database_url)
    with contextlib.closing(Library(settings, encoder)) as made:
        yield made


@pytest.fixture
def feeds(library, clock):
    return following(library.database, clock, earlier_forms=library.store.earlier_forms)


@pytest.fixture
def brought(site, feeds, clock, library):
    """Serve a document at /feed, poll it, and return (title, is news) of what is new."""

    def bring(body, kind="application/rss+xml"):
        last = library.last_number()
        site.pages["/feed"] = (200, {"Content-Type": kind}, body)
        feeds.add(site.url("/feed"))
        for article in poll(feeds):
            assert Indexer(library).add(article)
        clock.now += INTERVAL
        return [(each.title, not each.is_backlog) for each in library.articles_after(last, 99)]

    return bring


def stored(library):
    return [(each.title, each.url, each.text) for each in library.articles_after(0, 99)]


def page(title, text, head=""):
    paragraphs = "".join(f"<p>{line}</p>" for line in text.split("\n"))
    return 200, {}, PAGE.format(title=title, head=head, text=paragraphs).encode()


def rss(entries, link, guid=""):
    """Newest last in ``entries``: (number, title, text)."""
    items = "".join(
        f"<item><title>{title}</title><link>{link.format(n=n)}</link>{guid.format(n=n)}"
        f"<description>{text}</description></item>"
        for n, title, text in reversed(entries)
    )
    return f'<rss version="2.0"><channel><title>Shop</title>{items}</channel></rss>'.encode()


def json_feed(entries, link, guid=""):
    items = [
        {"id": str(n), "title": title, "content_text": text, "url": link.format(n=n)}
        for n, title, text in reversed(entries)
    ]
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "title": "Shop", "items": items}).encode()


ENTRIES = [(n, *each) for n, each in enumerate(NEWS)]
GUID = '<guid isPermaLink="false">g{n}</guid>'


@pytest.mark.parametrize(
    ("form", "path", "guid"),
    [
        (rss, "/shop", GUID),
        (rss, "/", GUID),
        (rss, "/shop#n{n}", ""),
        (rss, "/shop", ""),
        (rss, "/shop", "<guid>/shop</guid>"),
        (rss, "/", ""),
        (json_feed, "/shop?page=1", ""),
    ],
)
def test_entries_that_link_to_one_page_are_articles_of_their_own(
    site, library, brought, form, path, guid
):
    for address in ("/", "/shop", "/shop?page=1"):
        site.pages[address] = (200, {}, SHOP.format(ABOUT_SHOP).encode())
    link = site.url(path)
    assert brought(form(ENTRIES[:2], link, guid)) == [(NEWS[0][0], False), (NEWS[1][0], False)]
    assert brought(form(ENTRIES, link, guid)) == [(NEWS[2][0], True)]
    told = [(title, link.format(n=n), text) for n, title, text in ENTRIES]
    assert stored(library) == told
    edited = [*ENTRIES[:2], (2, NEWS[2][0], f"{NEWS[2][1]} It is blue.")]
    assert brought(form(edited, link, guid)) == []
    assert stored(library) == [*told[:2], (NEWS[2][0], link.format(n=2), edited[2][2])]


FORECAST = (
    "Forecast for {}: wind from the {} at {} knots, waves of up to {} metres, and rain by the "
    "evening. Small boats should stay in the harbour. The next forecast is read at noon."
)
OFFER = (
    "The council of {} is looking for a {} for {} hours a week, from {} on. Write to the town hall "
    "by the end of the month. Travel is paid, and there is a room for guests."
)


@pytest.mark.parametrize(
    ("title", "form", "facts"),
    [
        (
            "Forecast",
            FORECAST,
            [("Monday", "north", 12, 2), ("Tuesday", "west", 31, 5), ("Friday", "west", 8, 1)],
        ),
        (
            "Job offer",
            OFFER,
            [
                ("Lenn", "gardener", 20, "May"),
                ("Lenn", "baker", 38, "May"),
                ("Moor", "baker", 9, "June"),
            ],
        ),
    ],
)
@pytest.mark.parametrize(
    ("form_of_feed", "path", "guid"),
    [(rss, "/shop", GUID), (rss, "/shop#n{n}", ""), (json_feed, "/shop", "")],
)
def test_entries_of_one_form_that_link_to_one_page_are_news_each(
    site, library, brought, title, form, facts, form_of_feed, path, guid
):
    site.pages["/shop"] = (200, {}, SHOP.format(ABOUT_SHOP).encode())
    entries = [(n, title, form.format(*each)) for n, each in enumerate(facts)]
    assert brought(form_of_feed(entries[:2], site.url(path), guid)) == [(title, False)] * 2
    assert brought(form_of_feed(entries, site.url(path), guid)) == [(title, True)]
    assert [text for _, _, text in stored(library)] == [text for _, _, text in entries]
    assert {len(library.store.story(n)) for n in range(1, 4)} == {1}


def test_new_guid_and_words_of_an_entry_update_the_article_of_its_page(site, library, brought):
    text = f"{NEWS[0][1]}\n{NEWS[1][1]}\n{ABOUT_SHOP}"
    site.pages["/shop"] = page("Boots and lamps at the harbour", text)
    link = site.url("/shop")
    brought(rss([(0, "Boots and lamps", "Boots lined with wool and lamps for hours.")], link, GUID))
    edited = [(1, "Lamps at the harbour shop", "Lamps that burn for hours, and winter boots.")]
    assert brought(rss(edited, link, GUID)) == []
    assert stored(library) == [("Boots and lamps at the harbour", link, text)]


@pytest.mark.parametrize("path", ["/", "/shop"])
def test_feed_with_its_newest_entry_alone_keeps_the_ones_before(site, library, brought, path):
    site.pages["/"] = site.pages["/shop"] = (200, {}, SHOP.format(ABOUT_SHOP).encode())
    for n, (title, _) in enumerate(NEWS):
        assert len(brought(rss(ENTRIES[n : n + 1], site.url(path), GUID))) == 1, title
    assert [text for _, _, text in stored(library)][1:] == [text for _, text in NEWS[1:]]


def test_entries_with_nothing_but_one_title_are_told_apart_by_their_texts(library, brought):
    today = [(n, "Today at the shop", text) for n, (_, text) in enumerate(NEWS)]
    assert brought(rss(today[:1], "")) == [("Today at the shop", False)]
    assert brought(rss(today[:2], "")) == [("Today at the shop", True)]
    assert brought(rss(today, "")) == [("Today at the shop", True)]
    assert [text for _, _, text in stored(library)] == [text for _, text in NEWS]


def test_page_of_two_entries_without_texts_is_one_article(site, library, brought):
    site.pages["/shop"] = (200, {}, SHOP.format(ABOUT_SHOP).encode())
    brought(rss([(0, "Boots", ""), (1, "Lamps", "")], site.url("/shop"), GUID))
    assert stored(library) == [("Our shop", site.url("/shop"), ABOUT_SHOP)]


@pytest.mark.parametrize(
    "texts", [("", "", ""), ("", NEWS[1][1], ""), (NEWS[0][1], "", NEWS[2][1])]
)
@pytest.mark.parametrize("is_listed_alone", [True, False])
def test_entries_whose_one_page_is_gone_are_articles_of_their_own(
    site, library, brought, texts, is_listed_alone
):
    site.pages["/shop"] = (404, {}, b"")
    entries = [(n, title, texts[n]) for n, (title, _) in enumerate(NEWS)]
    for n in range(len(entries)) if is_listed_alone else [2]:
        brought(rss(entries[n if is_listed_alone else 0 : n + 1], site.url("/shop"), GUID))
    told = [(title, text or title) for _, title, text in entries]
    assert [(title, text) for title, _, text in stored(library)] == told


def test_edited_entry_does_not_become_the_page_of_the_ones_before(site, library, brought):
    site.pages["/shop"] = (200, {}, SHOP.format(ABOUT_SHOP).encode())
    for n, (title, text) in enumerate(NEWS):
        brought(rss([(n, title, text)], site.url("/shop"), GUID))
    edited = f"{NEWS[2][1]} Ours."
    assert brought(rss([(2, NEWS[2][0], edited)], site.url("/shop"), GUID)) == []
    assert [text for _, _, text in stored(library)][1:] == [NEWS[1][1], edited]


# What a page claims


@pytest.mark.parametrize("claimed", ["/news/", "/", "/about.html", "/news/0.html"])
def test_wrong_canonical_address_replaces_no_article(site, library, brought, claimed):
    head = f'<link rel="canonical" href="{claimed}">'
    for n, (title, text) in enumerate(NEWS):
        site.pages[f"/news/{n}.html"] = page(title, f"{text}\n{ABOUT_SHOP}", head)
    bare = [(n, title, "") for n, title, _ in ENTRIES]
    link = site.url("/news/{n}.html")
    assert brought(rss(bare[:1], link, GUID)) == [(NEWS[0][0], False)]
    assert brought(rss(bare, link, GUID)) == [(NEWS[1][0], True), (NEWS[2][0], True)]
    assert [(t, text.split("\n")[0]) for t, _, text in stored(library)] == NEWS
    assert [url for _, url, _ in stored(library)][1:] == [link.format(n=n) for n in (1, 2)]
    site.pages["/about.html"] = page("About us", ABOUT_SHOP)
    fetch = Fetcher(allow_private=True).fetch
    Indexer(library).add(read_address(site.url("/about.html"), fetch))
    assert [t for t, _, _ in stored(library)] == [*(t for t, _ in NEWS), "About us"]


@pytest.mark.parametrize("path", ["/storm/amp", "/m/storm", "/story.php?id=7"])
def test_page_that_tells_what_stands_at_its_canonical_address_is_that_article(
    site, library, brought, path
):
    site.pages["/storm"] = page("Storm", STORM)
    site.pages[path] = page("Storm", STORM, '<link rel="canonical" href="/storm">')
    brought(rss([(0, "Storm", "")], site.url(path), GUID))
    fetch = Fetcher(allow_private=True).fetch
    Indexer(library).add(read_address(site.url("/storm"), fetch))
    assert stored(library) == [("Storm", site.url("/storm"), STORM)]


# A new address


def renamed(site, feeds, clock, library, first, second):
    """Poll a feed that lists ``first``, and later ``second``; return what is stored."""
    begin(site, feeds, clock, item(1, text=ABOUT_SHOP))
    for entries in (first, second):
        serve(site, *entries)
        for article in poll(feeds):
            Indexer(library).add(article)
        clock.now += INTERVAL
    return [(each.title, each.url) for each in library.articles_after(0, 99)]


def entry(site, number, title, text, after=timedelta(), **served):
    path = f"/{title.lower().replace(' ', '-')}"
    site.pages[path] = page(title, text, **served)
    return item(number, site.url(path), title=title, published=START + after)


@pytest.mark.parametrize(
    "text", [STORM, f"{STORM}\nUpdate: the church is heated.", STORM.replace("until", "as long as")]
)
def test_new_headline_and_address_of_an_entry_update_its_article(site, feeds, clock, library, text):
    old = entry(site, 2, "Storm at Lenn", STORM)
    new = entry(site, 3, "School loses its roof", text, timedelta(hours=2))
    found = renamed(site, feeds, clock, library, [old], [new])
    assert found == [("School loses its roof", site.url("/school-loses-its-roof"))]
    assert library.articles_after(0, 9)[0].text == text
    serve(site, new.replace("School", "Old school"))
    (again,) = poll(feeds)
    assert Indexer(library).add(again)
    assert library.status().articles == 1


@pytest.mark.parametrize("guid", ["", "<guid>{link}</guid>", '<guid isPermaLink="false">7</guid>'])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("/2024/storm-at-lenn", "Storm at Lenn"), ("/2024/roof-of-school-gone", "Roof gone")),
        (("/storm?v=1", "Storm at Lenn"), ("/storm?v=2", "Storm at Lenn")),
        (("/news/storm", "Storm"), ("/archive/storm", "Storm: what we know")),
    ],
)
def test_address_that_was_edited_updates_its_article_whatever_names_the_entry(
    site, library, brought, guid, first, second
):
    brought(rss([(0, NEWS[0][0], NEWS[0][1])], "", GUID))
    news = []
    for path, title in (first, second):
        site.pages[path] = page(title, STORM)
        link = site.url(path)
        news += brought(rss([(1, title, "")], link, guid.format(link=link)))
    assert news == [(first[1], True)]
    assert stored(library)[1:] == [(second[1], site.url(second[0]), STORM)]


def test_bulletin_repeated_word_for_word_is_another_article(site, feeds, clock, library):
    old = entry(site, 2, "Storm", STORM)
    site.pages["/again"] = site.pages["/storm"]
    listed = item(3, site.url("/again"), title="Storm", published=START)
    later = item(4, site.url("/next"), title="Storm", published=START + timedelta(days=1))
    site.pages["/next"] = site.pages["/storm"]
    assert len(renamed(site, feeds, clock, library, [old], [old, listed])) == 2
    serve(site, later)
    for article in poll(feeds):
        Indexer(library).add(article)
    assert library.status().articles == 3


def test_bulletin_of_another_event_in_the_place_of_the_last_one_is_another_article(
    site, feeds, clock, library
):
    form = f"The gauge at Lenn shows {{}} centimetres. {ABOUT_SHOP} {NEWS[0][1]}"
    first = entry(site, 2, "Water at 310", form.format(310))
    second = entry(site, 3, "Water at 480", form.format(480))
    found = renamed(site, feeds, clock, library, [first], [second])
    assert [title for title, _ in found] == ["Water at 310", "Water at 480"]


def test_new_guid_alone_is_no_new_entry(site, feeds, clock, library):
    entries = [item(2, text=NEWS[0][1]), item(3, text=NEWS[1][1])]
    new = [each.replace(">g", ">urn:") for each in entries]
    assert len(renamed(site, feeds, clock, library, entries, new)) == 2
    serve(site, *new, item(4, text=NEWS[2][1]))
    (found,) = poll(feeds)
    assert found.text == NEWS[2][1]
    serve(site, new[0].replace("winter", "spring"))
    (edited,) = poll(feeds)
    assert Indexer(library).add(edited)
    assert library.status().articles == 2
