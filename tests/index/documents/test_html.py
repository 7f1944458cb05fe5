import gzip
import json
import os
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from index.documents.html import MOST_ELEMENTS, canonical, extract
from qa.errors import SourceError
from tests.index.drawing import drawn

PAGE = """\
<html lang="en-GB"><head><title>A bridge for the quiet river - The Daily Oak</title>
<link rel="canonical" href="https://oak.example/bridge">
<meta property="og:site_name" content="The Daily Oak">
<meta name="author" content="Jane Doe; John Roe">
<meta property="article:published_time" content="2024-03-05T10:20:00+02:00"></head>
<body><nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>
<article><h1>A bridge for the quiet river</h1>
<p>The town council approved the <b>new bridge</b> on Tuesday, after
a debate that lasted <a href="/x">nine hours</a> and ended in the dark.</p>
<h2>What the plan contains</h2>
<p>The engineers, who worked on it for two years, say that the bridge needs:</p>
<ul><li>two <i>piers</i> of granite</li>
<li><p>a deck of oak</p><ul><li>or of larch</li></ul></li></ul>
<p>The first paragraph of two is here, and it is long enough to be read.<br>The second one follows
after a line break, and it is as long as the first one was.</p>
<table><tr><th>Item</th><th>Crowns</th></tr><tr><td>Granite</td><td>9,000</td></tr></table>
<blockquote>
<p>“A bridge will not stop me from rowing,” said the ferryman, who is sixty.</p></blockquote>
</article>
<div class="comments" id="comments">
<p>I never liked the river, and I never will, says a reader.</p></div>
<footer>© 2024 The Daily Oak</footer></body></html>"""

TEXT = """\
The town council approved the new bridge on Tuesday, after a debate that lasted nine hours and \
ended in the dark.
What the plan contains
The engineers, who worked on it for two years, say that the bridge needs:
two piers of granite
a deck of oak
or of larch
The first paragraph of two is here, and it is long enough to be read.
The second one follows after a line break, and it is as long as the first one was.
Item\tCrowns
Granite\t9,000
“A bridge will not stop me from rowing,” said the ferryman, who is sixty."""


def test_page_becomes_blocks_without_markup_title_or_comments():
    parts = extract(PAGE.encode(), "page", url="https://www.oak.example/bridge?from=mail")
    assert parts.text == TEXT
    assert "".join(block.kind for block in parts.blocks) == "phpiiipprrp"
    assert [TEXT[block.start : block.end] for block in parts.blocks] == TEXT.split("\n")
    assert parts.title == "A bridge for the quiet river"
    assert (parts.url, parts.source) == ("https://oak.example/bridge", "The Daily Oak")
    assert parts.published_at == datetime(2024, 3, 5, 8, 20, tzinfo=UTC)
    assert parts.language == "en"


BODY = "The town council approved the new bridge on Tuesday after a debate of nine long hours."


def page(head="", html="<html>"):
    return f"{html}<head>{head}</head><body><article><p>{BODY}</p></article></body></html>".encode()


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ("<ul><li><p>Utrecht</p><p>It has paths.</p></li></ul>", "i Utrecht\np It has paths."),
        ("<ul><li><h3>Utrecht</h3><p>It has paths.</p></li></ul>", "h Utrecht\np It has paths."),
        ("<ul><li><div>Utrecht</div><div>Bike paths.</div></li></ul>", "i Utrecht\np Bike paths."),
        (
            "<ul><li>Utrecht<p>It has <i>path</i>s.</p>So.</li></ul>",
            "i Utrecht\np It has paths.\np So.",
        ),
        ("<ul><li>Utrecht<br>and Delft</li></ul>", "i Utrecht and Delft"),
        ("<h2>Utrecht<br>and Delft</h2><p>Paths.</p>", "h Utrecht and Delft\np Paths."),
        (
            "<table><tr><td>Monday<br>noon</td><td><p>One</p><p>T<b>w</b>o</p></td></tr></table>",
            "r Monday noon\tOne Two",
        ),
        ("<table><tr><td>a <code>b</code>s</td><td>c</td></tr></table>", "r a bs\tc"),
        (
            "<table><caption>Towers</caption><tr><td>Nida</td><td>29 m</td><td></td></tr>"
            "<tr><td></td><td></td><td></td></tr><tr><td></td><td>a</td><td>b</td></tr></table>",
            "p Towers\nr Nida\t29 m\nr \ta\tb",
        ),
        (
            "<table><tr><td>Oslo</td><td><ul><li>eggs<li>milk</ul></td></tr></table>",
            "r Oslo\teggs milk",
        ),
    ],
)
def test_separate_parts_of_an_item_heading_or_cell_are_not_joined(markup, lines):
    body = f"<article><p>{BODY}</p>{markup}<p>{BODY[::-1]}</p></article>"
    page = f"<html><head><title>Bikes</title></head><body>{body}</body></html>"
    assert drawn(extract(page.encode(), "page")) == f"p {BODY}\n{lines}\np {BODY[::-1]}"


def test_inline_code_and_quotations_stay_in_their_sentence_and_preformatted_code_is_a_block():
    html = f"""<html><body><article><p>{BODY}</p>
<p>To change the port, set <code>PULLQUOTE_PORT</code> to the number that you want and start it
again with <code>systemctl restart</code> as root. It listens on <code>8080,
8081</code>.</p><pre><code>make install</code></pre><pre><code>make start</code></pre>
<blockquote>It says <code>q</code> and no more, said the engineer who had read it.</blockquote>
<ul><li>Set <code>PORT</code>s to <q>any</q>.</li><li>Run:<pre>{{"a": 1}}
{{"b": 2}}</pre></li></ul></article></body></html>"""
    assert drawn(extract(html.encode(), "page")).split("\n")[1:] == [
        "p To change the port, set PULLQUOTE_PORT to the number that you want and start it again"
        " with systemctl restart as root. It listens on 8080, 8081.",
        "c make install",
        "c make start",
        "p It says q and no more, said the engineer who had read it.",
        "i Set PORTs to any.",
        "i Run:",
        'c {"a": 1}',
        '{"b": 2}',
    ]


def test_paragraph_that_starts_with_an_item_mark_keeps_it_and_becomes_an_item():
    html = f"""<html><body><article><p>{BODY}</p><p>1. Utrecht has paths for bicycles, and many.</p>
<p>- “No,” said the mayor of Utrecht, who had come.</p><ul><li>(b) pay</li></ul>
<p>Oslo | Bergen | Lenn</p></article></body></html>"""
    assert drawn(extract(html.encode(), "page")).split("\n")[1:] == [
        "i 1. |Utrecht has paths for bicycles, and many.",
        "i - |“No,” said the mayor of Utrecht, who had come.",
        "i (b) |pay",
        "p Oslo | Bergen | Lenn",
    ]


def test_times_in_a_sentence_an_item_or_a_heading_are_kept():
    html = f"""<html><head><title>Bikes</title></head><body><article><h1>Bikes</h1>
<p class="byline"><time datetime="2024-05-03">3 May 2024</time></p><p>{BODY}</p>
<p>The ferry opened on <time>5 May <b>1990</b></time>, in the rain, and it was closed again in
<time datetime="1992-03">March 1992</time>.</p><h2><time>10:42</time></h2>
<ul><li><time>11:05</time> The mayor arrives.</li></ul></article></body></html>"""
    parts = extract(html.encode(), "page")
    assert drawn(parts).split("\n") == [
        f"p {BODY}",
        "p The ferry opened on 5 May 1990, in the rain, and it was closed again in March 1992.",
        "h 10:42",
        "i 11:05 The mayor arrives.",
    ]
    assert parts.published_at == datetime(2024, 5, 3, tzinfo=UTC)


def test_text_that_starts_with_a_hash_is_not_a_heading():
    html = f"""<html><body><article><p>{BODY}</p><pre># Install it
make install</pre><table><tr><th>#</th><th>Town</th></tr><tr><td>1</td><td>Oslo</td></tr></table>
<h2># What follows</h2><p>## 1 of the towns is where most of the bicycles are, said the mayor.</p>
</article></body></html>"""
    assert drawn(extract(html.encode(), "page")).split("\n")[1:] == [
        "c # Install it",
        "make install",
        "r #\tTown",
        "r 1\tOslo",
        "h # What follows",
        "p ## 1 of the towns is where most of the bicycles are, said the mayor.",
    ]


@pytest.mark.parametrize(
    ("html", "head", "language"),
    [
        ("<html>", "", None),
        ('<html lang="RU">', "", "ru"),
        ('<html lang="">', '<meta property="og:locale" content="de_AT">', "de"),
        ("<html>", '<meta http-equiv="content-language" content="fr, en">', None),
        ('<html lang="english">', "", None),
        ('<html lang="gsw">', "", None),
    ],
)
def test_declared_language_is_used_if_it_has_two_letters(html, head, language):
    assert extract(page(head, html), "page").language == language


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://oak.example/story?eid=7", "https://oak.example/story?eid=7"),
        ("/story/7", "https://www.oak.example/story/7"),
        ("https://elm.example/story", "https://www.oak.example/s"),
        ("https://[oak/", "https://www.oak.example/s"),
        ("/story?" + "a=b&" * 500, "https://www.oak.example/s"),
        ("", "https://www.oak.example/s"),
    ],
)
def test_canonical_link_of_the_same_site_is_used_unchanged(link, url):
    head = f'<link rel="Canonical" href="{link}">'
    assert extract(page(head), "page", url="https://www.oak.example/s").url == url


def test_a_page_without_article_text_is_an_error():
    with pytest.raises(SourceError, match=r"^page: no article text was found$"):
        extract(b"<html><body><script>draw()</script></body></html>", "page")


@pytest.mark.parametrize(
    ("head", "encoding", "charset"),
    [
        ('<meta charset="windows-1251">', "cp1251", None),
        ("", "cp1251", "windows-1251"),
        ("", "utf-8-sig", "latin-1"),
        ("", "utf-16", None),
        ("", "cp1251", "no-such-encoding"),
    ],
)
def test_encoding_is_declared_or_detected(head, encoding, charset):
    sentence = "Городской совет одобрил новый мост через тихую реку после долгих споров во вторник."
    page = f"<html><head>{head}</head><body><article><p>{sentence}</p></article></body></html>"
    assert extract(page.encode(encoding), "page", charset=charset).text == sentence


@pytest.mark.parametrize(
    ("claimed", "found_at", "url"),
    [
        ("https://a.example/x#top", "https://www.a.example/y", "https://a.example/x"),
        ("https://other.example/x", "https://a.example/y", "https://a.example/y"),
        ("https://www.a.com/x", "https://news.a.com/y", "https://www.a.com/x"),
        ("https://b.github.io/x", "https://a.github.io/y", "https://a.github.io/y"),
        ("https://a.example/?p=7", "https://a.example/y", "https://a.example/?p=7"),
        ("https://a.example/", "https://a.example/y", "https://a.example/y"),
        ("https://a.example/news/", "https://a.example/news/y", "https://a.example/news/y"),
        ("https://a.example/news", "https://a.example/news/y?p=7", "https://a.example/news/y?p=7"),
        ("https://a.example/news/y", "https://a.example/news/y/amp", "https://a.example/news/y"),
        ("https://a.example/y/", "https://a.example/y/index.html", "https://a.example/y/"),
        ("https://a.example/news?p=7", "https://a.example/news/y", "https://a.example/news?p=7"),
        ("javascript:x", "https://a.example/y", "https://a.example/y"),
        ("https://a.example/x", None, "https://a.example/x"),
        (None, None, None),
    ],
)
def test_page_can_claim_only_a_url_of_its_own_site(claimed, found_at, url):
    assert canonical(claimed, found_at) == url


def token_f1(text, truth):
    found, wanted = (Counter(re.findall(r"\w+", words)) for words in (text, truth))
    return 2 * (found & wanted).total() / (found.total() + wanted.total())


@pytest.mark.skipif("PULLQUOTE_TEST_DATA" not in os.environ, reason="needs pages with ground truth")
def test_real_pages_are_extracted_as_a_person_would():
    folder = Path(os.environ["PULLQUOTE_TEST_DATA"]) / "pages"
    truth = json.loads((folder / "ground-truth.json").read_text())
    scores = [
        token_f1(
            extract(gzip.decompress(page.read_bytes()), page.name).text,
            truth[page.name.partition(".")[0]]["articleBody"],
        )
        for page in sorted((folder / "html").iterdir())
    ]
    assert len(scores) == len(truth)
    assert sum(scores) / len(scores) > 0.94


def test_page_with_far_too_many_elements_is_rejected_at_once():
    body = b"<p>A word.</p>" * MOST_ELEMENTS
    with pytest.raises(SourceError, match="the page has too many parts to be one article"):
        extract(b"<html><body>" + body + b"</body></html>", "page")
