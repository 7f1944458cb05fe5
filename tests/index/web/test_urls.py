import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.web.urls import canonical_url, same_site, untracked


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://WWW.Oak.Example:443/Story", "https://www.oak.example/Story"),
        ("http://oak.example:80", "http://oak.example/"),
        ("http://oak.example:8080/", "http://oak.example:8080/"),
        ("https://oak.example./a/./b/../c", "https://oak.example/a/c"),
        ("https://oak.example/story/", "https://oak.example/story"),
        ("https://oak.example/news/index.html", "https://oak.example/news"),
        ("https://oak.example/index.php?id=7", "https://oak.example/?id=7"),
        ("https://oak.example/my-index.html", "https://oak.example/my-index.html"),
        ("https://oak.example/story#comments", "https://oak.example/story"),
        ("https://oak.example/#!/story/1", "https://oak.example/?_escaped_fragment_=/story/1"),
        ("https://oak.example/story?b=2&a=1", "https://oak.example/story?b=2&a=1"),
        ("https://oak.example/story?", "https://oak.example/story"),
        ("https://oak.example/%7ejo/caf%c3%a9", "https://oak.example/~jo/caf%C3%A9"),
        ("https://oak.example/a%2Fb?q=x%26y+z", "https://oak.example/a%2Fb?q=x%26y+z"),
        ("https://ÖSTERREICH.example/ä", "https://xn--sterreich-z7a.example/%C3%A4"),
        ("http://me:secret@oak.example/story", "http://oak.example/story"),
        ("http://[2001:DB8::1]:80/a", "http://[2001:db8::1]/a"),
        ("file:///home/me/Story.txt", "file:///home/me/Story.txt"),
        ("urn:uuid:1", "urn:uuid:1"),
        ("http://[oak/", "http://[oak/"),
        ("", ""),
    ],
)
def test_spellings_of_an_address_have_one_canonical_form(url, canonical):
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical


TRACKING = [
    "utm_source=rss",
    "UTM_Campaign=a%20b",
    "fbclid=IwAR0",
    "gclid=1",
    "mc_cid=2",
    "mc_eid=3",
    "msclkid=4",
    "igshid=5",
    "at_medium=RSS",
    "_hsenc=6",
    "ref=rss",
    "mtm_kwd=7",
    "yclid=8",
]


@pytest.mark.parametrize("tracking", TRACKING)
def test_tracking_parameters_do_not_change_the_canonical_form(tracking):
    for rest in ("", "id=1", "id=1&page=2"):
        url = f"https://oak.example/story?{rest}" if rest else "https://oak.example/story"
        told = f"{url}&{tracking}" if rest else f"{url}?{tracking}"
        assert canonical_url(told) == canonical_url(url)
        assert untracked(f"{told}#top") == url


PATHS = st.lists(st.text("abcXYZ019._-~", min_size=1, max_size=8), max_size=4).map("/".join)
PARAMETERS = st.lists(
    st.tuples(
        st.sampled_from(["id", "p", "page", "story", "ref", "source", "q", "v", "article_id"]),
        st.text("abcXYZ019-_.", min_size=1, max_size=8),
    ).map("=".join),
    max_size=4,
)


@given(PATHS, PARAMETERS, st.sampled_from(TRACKING), st.integers(0, 4))
def test_tracking_parameters_are_removed_anywhere_in_the_query(path, parameters, tracking, place):
    plain = f"https://oak.example/{path}?{'&'.join(parameters)}"
    told = [*parameters[:place], tracking, *parameters[place:]]
    assert canonical_url(f"https://oak.example/{path}?{'&'.join(told)}") == canonical_url(plain)


@given(st.integers(), st.integers(), st.sampled_from(["id", "p", "cid", "uid", "session", "ref"]))
def test_different_articles_stay_different(one, other, name):
    first, second = (canonical_url(f"https://oak.example/s?{name}={n}") for n in (one, other))
    assert (first == second) == (one == other)


@given(
    st.one_of(
        st.text(), st.text().map("https://oak.example/".__add__), st.from_regex(r"https?://.+")
    )
)
@example("HTTP:@/0")
def test_canonical_form_is_idempotent(url):
    once = canonical_url(url)
    assert canonical_url(once) == once


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.oak.co.uk/a", "https://m.news.oak.co.uk/b", True),
        ("https://oak.co.uk/", "https://elm.co.uk/", False),
        ("https://oak.github.io/", "https://elm.github.io/", False),
        ("https://oak.com/", "https://oak.com.evil.net/", False),
        ("http://127.0.0.1:1/", "http://127.0.0.1:2/", True),
        ("http://127.0.0.1/", "http://127.0.0.2/", False),
        ("http://www.oak.example/", "http://oak.example/", True),
    ],
)
def test_site_is_the_registrable_domain(one, other, same):
    assert same_site(one, other) is same
