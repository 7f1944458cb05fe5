"""Public previews of Telegram channels, which are polled as feeds are."""

from datetime import UTC, datetime, timedelta

import pytest

from index.feeds.articles import read_entry
from index.feeds.channels import channel_name, feed_address, other_names
from index.feeds.entries import feed_title, parse_feed
from index.feeds.formats.channel import LONGEST_POST, TEASER_WORDS
from index.feeds.model import Health, Withdrawn
from index.web.request import Response
from qa.article import article_id
from qa.errors import SourceError
from tests.index.drawing import drawn
from tests.index.feed_helpers import BODY, INTERVAL, following, poll, rss, serve_pages, titles
from tests.index.feeds.test_entries import FEED
from tests.previews import NO_PREVIEW, linked, post, preview, said

URL = "https://t.me/s/lakenews"
NO_POSTS = "Telegram shows no posts there: it is a person, a bot, a group, or a channel"
LINK = "https://paper.example/ferry"


# Addresses


@pytest.mark.parametrize(
    "written",
    [
        *("@LakeNews", " @lakenews ", "t.me/lakenews", "T.me/LakeNews/", "http://t.me/lakenews"),
        *("https://t.me/lakenews", "https://t.me/s/lakenews", "https://t.me/s/lakenews/123"),
        *(
            "https://t.me/lakenews/123",
            "https://t.me/lakenews/123?single",
            "t.me/lakenews?before=9",
        ),
        *("https://www.t.me/lakenews#x", "https://telegram.me/lakenews", "telegram.dog/s/lakenews"),
        *("https://lakenews.t.me", "lakenews.t.me/5", "tg://resolve?domain=lakenews&post=5"),
        *("tg://resolve?post=5&domain=LakeNews", "https://t.me/lakenews/12/345"),
    ],
)
def test_every_way_to_write_a_channel_means_its_preview(written):
    assert channel_name(written) == "lakenews"
    assert feed_address(written) == URL


@pytest.mark.parametrize(
    "written",
    [
        *(
            "https://lake.example/feed",
            "lakenews",
            "@abc",
            "@1lake",
            "@lake news",
            "@lake.news",
            "",
        ),
        *("https://t.me/addstickers/Lake", "https://t.me/share/url?url=x", "https://t.me/s/", "@"),
        *("https://not.me/lakenews", "https://t.me.example/lakenews", "https://at.me/lakenews"),
        *(f"@{'a' * 33}", "https://t.me/lake-news", "mailto:lake@t.me"),
    ],
)
def test_other_addresses_stay_as_they_are(written):
    assert channel_name(written) is None
    assert feed_address(written) == written


@pytest.mark.parametrize(
    "written",
    ["https://t.me/+AbC_d-1", "t.me/joinchat/AAAA12", "https://t.me/c/1234/5", "http://t.me/+1234"],
)
def test_private_channel_is_refused_in_a_sentence(written):
    with pytest.raises(SourceError) as refusal:
        feed_address(written)
    reason = "only its members can read a private channel or group"
    assert str(refusal.value) == f"{written}: {reason}"


def test_channel_has_the_names_that_people_write():
    assert other_names(URL) == other_names("https://t.me/lakenews")
    assert other_names(URL) == ("@lakenews", "https://t.me/lakenews")
    assert other_names("https://lake.example/s/lakenews") == other_names("@lakenews") == ()


# Documents


def parsed(body):
    return parse_feed(Response(URL, 200, {"content-type": "text/html; charset=utf-8"}, body, URL))


def markups(*posts):
    return [entry.markup for entry in parsed(preview(*posts)).entries]


def test_posts_are_entries_newest_first():
    found = parsed(preview(post(7, "Ferry & lake"), post(12, "It is back."), title="Lake <News>"))
    newest, oldest = found.entries
    assert (found.title, found.site) == ("Lake <News>", "https://t.me/lakenews")
    assert (newest.guid, newest.link, newest.markup) == (
        "12",
        "https://t.me/lakenews/12",
        "It is back.",
    )
    assert newest.published_at == datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert (oldest.guid, oldest.markup, oldest.page) == ("7", "Ferry & lake", "")
    assert found.numbers == (7, 12)


MARKED = (
    '<b>Ferry</b> <i class="emoji" style="x"><b>⛴</b></i> is <a href="https://t.me/lake">back</a>:'
    '<br/><br/>\n  It <tg-spoiler>runs</tg-spoiler> &amp; <tg-emoji emoji-id="5"><i class="emoji">'
    "<b>🎉</b></i></tg-emoji>\n   sails.<blockquote>“At last”,<br/>she said.</blockquote>After it."
    '<pre>one  two\nthree</pre><a href="?q=%23lake">#lake</a>'
)


def test_text_has_the_lines_that_a_person_sees():
    (entry,) = parsed(preview(post(1, inside=said(MARKED)))).entries
    article = read_entry(entry, FEED, "Lake News", refused).outcome
    assert drawn(article) == (
        "p Ferry ⛴ is back:\np It runs & 🎉 sails.\np “At last”,\np she said.\np After it.\n"
        "p one two\np three\np #lake"
    )
    assert (article.url, article.source) == ("https://t.me/lakenews/1", "Lake News")
    assert article.id == article_id("https://t.me/lakenews/1")
    assert article.stream == "feed 1"


def refused(url, **_):
    raise SourceError(url, "it was asked for")


@pytest.mark.parametrize(
    ("text", "title", "article_text"),
    [
        (f"Ferry returns\n\n{BODY}", "Ferry returns", BODY),
        (f"It is back. {BODY}", "It is back.", f"It is back. {BODY}"),
        ("word " * 40, f"{'word ' * 23}…", ("word " * 40).strip()),
        ("Паром повернувся! Він ходить щодня.", "Паром повернувся!", None),
    ],
)
def test_title_is_the_first_line_or_sentence(text, title, article_text):
    (entry,) = parsed(preview(post(1, text))).entries
    article = read_entry(entry, FEED, "Lake News", refused).outcome
    assert (article.title, article.text) == (title, article_text or text)


ALBUM = """<div class="tgme_widget_message_grouped_wrap"><div class="tgme_widget_message_grouped">
<a class="tgme_widget_message_photo_wrap grouped_media_wrap" href="https://t.me/lakenews/1?single">
</a><a class="tgme_widget_message_video_player" href="https://t.me/lakenews/2?single">
<time class="message_video_duration">0:29</time></a></div></div>"""
VIDEO = """<a class="tgme_widget_message_video_player not_supported" href="https://t.me/lakenews/1">
<i class="tgme_widget_message_video_thumb"></i><time class="message_video_duration">0:24</time>
<div class="message_media_not_supported_label">Media is too big</div></a>"""
REPLY = """<a class="tgme_widget_message_reply user-color-default" href="https://t.me/lakenews/1">
<div class="tgme_widget_message_author"><span dir="auto">Lake News</span></div>
<div class="tgme_widget_message_text js-message_reply_text" dir="auto">An older post</div></a>"""
FORWARDED = """<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from&nbsp;<a
class="tgme_widget_message_forwarded_from_name" href="https://t.me/hills/9">Hill News</a></div>"""
POLL = """<div class="tgme_widget_message_poll"><div class="tgme_widget_message_poll_question">
Is it back?</div><div class="tgme_widget_message_poll_option_text">Yes</div></div>"""


@pytest.mark.parametrize(
    ("inside", "markup"),
    [
        (ALBUM + said(said("The ferry and the pier.")), ["The ferry and the pier."]),
        (VIDEO + said("The ferry sails."), ["The ferry sails."]),
        (REPLY + said("It sails today."), ["It sails today."]),
        (FORWARDED + said("It sails on hills."), ["It sails on hills."]),
        (said("Vote for the ferry.") + POLL, ["Vote for the ferry."]),
        (said("See this page.") + linked("https://t.me/hills"), ["See this page."]),
        # no words
        (POLL, []),
        (ALBUM, []),
        (VIDEO, []),
        (REPLY, []),
        (said('<i class="emoji"><b>🎉</b></i> — …'), []),
        (said('<a href="https://t.me/hills/9">https://t.me/hills/9</a>'), []),
    ],
)
def test_words_of_a_post_are_its_own(inside, markup):
    assert markups(post(3, inside=inside)) == markup


def test_service_messages_are_no_entries_but_numbered():
    pinned = post(2, "Lake News pinned «Ferry»", kind="service_message")
    found = parsed(preview(post(1, "Ferry"), pinned))
    assert [entry.guid for entry in found.entries] == ["1"]
    assert found.numbers == (1, 2)


def test_post_that_was_cut_off_is_no_entry():
    page = preview(post(1, "Ferry"), post(2, "It is back and sails each day."))
    found = parsed(page[: page.index(b"sails each")])
    assert ([entry.guid for entry in found.entries], found.numbers) == (["1"], (1, 2))


def test_views_and_reactions_change_nothing():
    one, other = (parsed(preview(post(1, "Ferry", views=views))) for views in (1, 2))
    assert one == other


def test_bare_page_is_a_preview_and_a_feed_that_holds_one_is_not():
    bare = '<div class="tgme_widget_message" data-post="lake/5">{}<time datetime="{}"></time></div>'
    (entry,) = parsed(bare.format(said("Ferry"), "2024-05-01T10:00:00+00:00").encode()).entries
    assert (entry.link, entry.markup) == ("https://t.me/lake/5", "Ferry")
    item = (
        f"<item><title>How</title><description><![CDATA[{post(1, 'Ferry')}]]></description></item>"
    )
    assert [entry.title for entry in parsed(rss(item)).entries] == ["How"]


@pytest.mark.parametrize("moment", ["2024-05-01T10:00:00Z", "2024-05-01T10:00:00"])
def test_moment_is_that_below_the_post(moment):
    other = said('At <time datetime="2023-01-01T10:00:00Z">ten</time>.')
    bare = f'<i class="tgme_widget_message" data-post="lake/5">{other}<time datetime="{moment}">'
    (entry,) = parsed(bare.encode()).entries
    assert entry.published_at == datetime(2024, 5, 1, 10, tzinfo=UTC)


def test_hostile_post_is_cut():
    (entry,) = parsed(preview(post(1, "a " * 100_000))).entries
    assert len(entry.markup) <= LONGEST_POST
    assert parsed(preview(*(post(number, "Ferry") for number in range(1, 600)))).numbers[-1] == 599


@pytest.mark.parametrize("page", [NO_PREVIEW.encode(), preview()])
def test_page_of_telegram_without_posts_gets_a_sentence(page):
    response = Response(URL, 200, {}, page, URL)
    for read in (parse_feed, feed_title):
        with pytest.raises(SourceError, match=f"{URL}: {NO_POSTS}"):
            read(response)


# Teasers


def link(address, shown="here"):
    return f'<a href="{address}" target="_blank" rel="noopener">{shown}</a>'


@pytest.mark.parametrize(
    ("inside", "page"),
    [
        (said(f"Read {link(LINK)}"), LINK),
        (
            said(f"Read {link(LINK, LINK)}") + linked(f"{LINK}?utm_source=tg"),
            f"{LINK}?utm_source=tg",
        ),
        (said("Read on") + linked(LINK), LINK),
        (said(link(LINK, "paper.example/ferry")), LINK),
        (said(f"Read {link(LINK)} {link('https://t.me/hills', 'Hills')} @x"), LINK),
        # no teasers
        (said("Read on"), ""),
        (said(f"Read {link(LINK)}, {link('https://paper.example/2')}"), ""),
        (said(f"Read {link(LINK)}") + linked("https://other.example/1"), ""),
        (said(f"{'word ' * TEASER_WORDS} {link(LINK)}"), ""),
        (said(f"Read {link('https://t.me/hills/9')} {link('mailto:a@b.example')}"), ""),
        (said(f"Read {link('javascript:alert(1)')} {link('https://[::1')}"), ""),
    ],
)
def test_post_of_few_words_with_one_link_teases_a_page(inside, page):
    (entry,) = parsed(preview(post(1, inside=inside))).entries
    assert (entry.page, entry.link) == (page, "https://t.me/lakenews/1")


def teaser(site, words="The bridge was approved"):
    return post(2, inside=said(f"{words} {link(site.url('/bridge'))}"))


def test_page_that_a_post_teases_is_the_article(site, feeds):
    serve_pages(site, "/bridge")
    (article,) = followed(site, feeds, teaser(site))
    assert (article.title, article.text) == ("Page /bridge", BODY)
    assert article.url == site.url("/bridge")
    assert article.published_at == datetime(2024, 5, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("page", [(404, {}, b""), (200, {}, b"<p>Watch the video.</p>")])
def test_post_stands_in_for_a_page_that_says_less(site, feeds, page):
    site.pages["/bridge"] = page
    (article,) = followed(site, feeds, teaser(site))
    assert (article.text, article.url) == (
        "The bridge was approved here",
        "https://t.me/lakenews/2",
    )


def test_bare_address_of_a_page_that_is_gone_is_no_article(site, feeds):
    address = site.url("/gone")
    (error,) = followed(site, feeds, post(2, inside=said(link(address, address))))
    assert str(error) == f"{address}: there is no such page (HTTP status 404)"


# Polls


def serve(site, *posts, path="/s/lakenews"):
    site.pages[path] = (200, {"Content-Type": "text/html; charset=utf-8"}, preview(*posts))


def followed(site, feeds, *posts):
    """Follow a channel with these posts; return what its first poll yields."""
    serve(site, *posts)
    feeds.add(site.url("/s/lakenews"))
    return poll(feeds)


def test_first_poll_is_backlog_and_later_posts_are_news(site, feeds, clock):
    followed(site, feeds, post(1, "Ferry one"))
    clock.now += timedelta(days=9)
    serve(site, post(1, "Ferry one"), post(2, "Ferry two"), post(3, "Ferry three"))
    assert [(each.title, each.is_backlog) for each in poll(feeds)] == [
        ("Ferry two", False),
        ("Ferry three", False),
    ]
    (feed,) = feeds.store.all()
    assert (feed.title, feed.articles) == ("Lake News", 3)
    assert set(feeds.store.names()[feed.id]) == {
        "@lakenews",
        "Lake News",
        site.url("/s/lakenews"),
        "https://t.me/lakenews",
    }


def test_edited_post_is_the_same_article(site, feeds):
    (before,) = followed(site, feeds, post(1, "The fery is back."))
    serve(site, post(1, "The ferry is back."))
    (after,) = poll(feeds)
    assert (after.id, after.text, after.is_backlog) == (before.id, "The ferry is back.", True)


def test_post_that_repeats_another_one_is_an_article_of_its_own(database, site, clock):
    (first,) = followed(site, feeds := following(database, clock), post(1, BODY))
    feeds = following(database, clock, earlier_forms=lambda _: [first])
    clock.now += INTERVAL
    serve(site, post(2, BODY))  # the first one is too old for the page
    (second,) = poll(feeds)
    assert (second.url, second.is_backlog) == ("https://t.me/lakenews/2", False)
    assert second.id != first.id


def withdrawn(*numbers):
    return [Withdrawn(f"https://t.me/lakenews/{number}") for number in numbers]


def test_deleted_posts_are_withdrawn_once(site, feeds):
    posts = {number: post(number, f"Ferry {number}") for number in range(1, 7)}
    followed(site, feeds, *posts.values())
    serve(site, posts[2], posts[4], posts[6])  # the first one is too old for the page
    assert poll(feeds) == withdrawn(3, 5)
    serve(site, posts[2], posts[4], posts[6], post(7, "Ferry 7"))
    assert titles(poll(feeds)) == ["Ferry 7"]
    serve(site, *(posts[number] for number in (2, 3, 4, 6)), post(7, "Ferry 7"))
    (again,) = poll(feeds)
    assert (again.title, again.is_backlog) == ("Ferry 3", True)


def test_deletion_is_repeated_if_the_caller_was_killed(site, feeds):
    followed(site, feeds, *(post(number, f"Ferry {number}") for number in (1, 2, 3)))
    serve(site, post(1, "Ferry 1"), post(3, "Ferry 3"))
    assert next(feeds.poll(feeds.store.all()[0])) == withdrawn(2)[0]
    assert poll(feeds) == withdrawn(2)


def test_newest_post_that_is_gone_and_posts_without_words_stay(site, feeds):
    followed(site, feeds, *(post(number, f"Ferry {number}") for number in (1, 2, 3)))
    serve(site, post(1, "Ferry 1"), post(2, "🎉"))
    assert poll(feeds) == []


@pytest.mark.parametrize(
    "page", [preview(), NO_PREVIEW.encode(), b"", b"<html>502 Bad Gateway</html>"]
)
def test_page_that_came_empty_withdraws_nothing(site, feeds, page):
    followed(site, feeds, *(post(number, f"Ferry {number}") for number in (1, 2, 3)))
    site.pages["/s/lakenews"] = (200, {}, page)
    (error,) = poll(feeds)
    assert isinstance(error, SourceError)
    assert feeds.store.all()[0].health is Health.FAILING
    serve(site, *(post(number, f"Ferry {number}") for number in (1, 2, 3)))
    assert poll(feeds) == []


def test_page_that_was_cut_off_withdraws_and_changes_nothing(site, feeds):
    posts = [post(number, f"Ferry {number} is back.") for number in (1, 2, 3)]
    followed(site, feeds, *posts)
    whole = preview(*posts)
    site.pages["/s/lakenews"] = (200, {}, whole[: whole.index(b" 2 is back")])
    assert poll(feeds) == []


def test_address_without_a_preview_is_refused_with_one_request_to_each_page(site, feeds):
    site.pages["/s/someone"] = (302, {"Location": site.url("/someone")}, b"")
    site.pages["/someone"] = (200, {}, NO_PREVIEW.encode())
    with pytest.raises(SourceError, match=NO_POSTS):
        feeds.add(site.url("/s/someone"))
    assert [path for path, _ in site.requests] == ["/s/someone", "/someone"]
    assert feeds.store.all() == []


# Older pages


def serve_pages_of(site, newest, at_once=3, gone=()):
    """Serve a channel of posts up to ``newest``, and the pages of some of them before each."""
    posts = {n: post(n, f"Ferry {n}") for n in range(1, newest + 1) if n not in gone}
    for before in range(1, newest + 2):
        shown = [n for n in posts if n < before][-at_once:]
        path = "/s/lakenews" if before > newest else f"/s/lakenews?before={before}"
        serve(site, *(posts[n] for n in shown), path=path)


def asked(site):
    return [path.partition("?")[2] for path, _ in site.requests]


def test_older_pages_of_a_channel_are_read_when_it_is_followed(site, feeds):
    serve_pages_of(site, 8)
    feeds.add(site.url("/s/lakenews"))
    site.requests.clear()
    assert titles(poll(feeds)) == [f"Ferry {n}" for n in range(1, 9)]
    assert asked(site) == ["", "before=6", "before=3"]
    assert site.most_at_once["127.0.0.1"] == 1


@pytest.mark.parametrize(
    ("newest", "gone", "pages"),
    [
        (4, (), [""]),
        (6, (), [""]),
        (7, (), ["", "before=5"]),
        (12, (5, 6), ["", "before=10", "before=7"]),
    ],
)
def test_posts_between_two_polls_are_read_though_the_page_shows_fewer(
    site, feeds, newest, gone, pages
):
    serve_pages_of(site, 3)
    feeds.add(site.url("/s/lakenews"))
    poll(feeds)
    serve_pages_of(site, newest, gone=gone)
    site.requests.clear()
    new = [(f"Ferry {n}", False) for n in range(4, newest + 1) if n not in gone]
    assert [(each.title, each.is_backlog) for each in poll(feeds)] == new
    assert asked(site) == pages


def test_poll_is_repeated_if_an_older_page_is_down(site, feeds):
    serve_pages_of(site, 3)
    feeds.add(site.url("/s/lakenews"))
    poll(feeds)
    serve_pages_of(site, 9)
    site.pages["/s/lakenews?before=7"] = (503, {}, b"")
    (error,) = poll(feeds)
    assert isinstance(error, SourceError)
    serve_pages_of(site, 9)
    assert titles(poll(feeds)) == [f"Ferry {n}" for n in range(4, 10)]


def test_validators_are_sent_back(site, feeds):
    page = preview(post(1, "Ferry"))
    site.pages["/s/lakenews"] = (200, {"ETag": '"1"'}, page)
    feeds.add(site.url("/s/lakenews"))
    poll(feeds)
    site.pages["/s/lakenews"] = (304, {}, b"")
    assert poll(feeds) == []
    assert site.requests[-1][1]["If-None-Match"] == '"1"'


def test_too_many_requests_for_one_channel_rest_all_channels(site, feeds, clock):
    names = [f"/s/lake{number}" for number in range(50)]
    for name in names:
        serve(site, post(1, "Ferry"), path=name)
    assert len(list(feeds.add_all(map(site.url, names)))) == 50
    assert site.most_at_once["127.0.0.1"] == 1
    site.requests.clear()
    for name in names:
        site.pages[name] = (429, {"Retry-After": "900"}, b"")
    for number in range(50):
        poll(feeds, number)
    assert len(site.requests) == 1
    waiting = feeds.store.all()[1:]
    assert {feed.next_poll_at for feed in waiting} == {clock.now + timedelta(seconds=900)}
    assert {feed.health for feed in waiting} == {Health.NEW}


@pytest.mark.parametrize("written", ["@LakeNews", "https://t.me/s/lakenews/5"])
def test_channel_that_the_bot_is_in_is_not_followed_a_second_time(database, clock, written):
    feeds = following(database, clock, is_read="lakenews".__eq__)
    reason = f"{written}: the bot is in this channel and reads it already"
    with pytest.raises(SourceError) as refusal:
        feeds.add(written)
    assert str(refusal.value) == reason
    assert list(map(str, feeds.add_all([written]))) == [reason]
    assert feeds.store.all() == []


def test_followed_channel_is_removed_by_any_of_its_addresses(feeds):
    feeds.store.follow(URL, "Lake News", INTERVAL)
    feeds.remove("@LakeNews")
    assert feeds.store.all() == []
    with pytest.raises(SourceError, match="this feed is not followed"):
        feeds.remove("t.me/lakenews")
