"""In a browser, the link of a quote scrolls to its sentence on the original page."""

from dataclasses import replace

import pytest
from playwright.sync_api import sync_playwright

from bot.texts.markup import sentence_url
from index.documents.blocks import Line, lay_out
from index.documents.html import extract
from qa import Article
from qa.article import BlockKind
from qa.language import ENGLISH
from tests.chromium import NEEDED, OPTIONS
from tests.feedserver import FeedServer

GAP = "<div style='height: 3000px'></div>"
# A gap before each element with an id keeps it out of view until the page scrolls.
PAGE = f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>Five towns</title></head><body><article><h1>Five towns for cyclists</h1>
<p>A jury of ten people from five countries chose the best towns for cyclists this spring. It
rained. They looked at lanes, at parking, and at how safe children are on their way to school.</p>
{GAP}<p id="long">The <a href="/utrecht">city of Utrecht</a> has the largest garage for bicycles in
the world, which lies under its <em>central</em> station and was opened in August 2019, said the
mayor.</p>
{GAP}<p id="twice">Nobody of the jury went home before the evening, and they all agreed. It rained.
On the next day the ten of them were seen at the harbour of Copenhagen.</p>
{GAP}<p>The jury was asked to name what a town needs first, and it named three things:</p>
<ul><li>lanes that are wide enough</li>
<li id="item">safe crossings – “for everybody”, they said</li>
<li>garages that cost nothing</li></ul>
{GAP}<p>How many kilometres of lanes each of the three has is told by the city councils:</p>
<table><tr><th>Town</th><th>Lanes</th><th>Garage</th></tr>
<tr><td>Utrecht</td><td>245 km</td><td>12,500 places</td></tr>
<tr id="row"><td>Copenhagen</td><td>400 km</td><td>7,000 places</td></tr></table>
{GAP}<p id="raised">The garage has 10<sup>4</sup> places on 2 km<sup>2</sup>.</p>
{GAP}<table><tr><td rowspan="2">Delft</td><td>Monday</td><td rowspan="2">closed</td></tr>
<tr id="spanned"><td>Tuesday and Friday</td></tr></table>
{GAP}<ol><li id="numbered">Lock it.</li></ol>
{GAP}<p id="last">Crème brûlée & co: the café's well-known owner, a 100 % cyclist, paid for the
prize.</p>
{GAP}</article></body></html>"""

pytestmark = NEEDED


@pytest.fixture(scope="module")
def page_url():
    site = FeedServer()
    site.pages["/towns.html"] = (200, {}, PAGE.encode())
    yield site.url("/towns.html")
    site.close()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**OPTIONS)
        yield browser
        browser.close()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("long", "largest garage"),
        ("twice", "It rained."),
        ("item", "safe crossings"),
        ("row", "Copenhagen\t400 km"),
        ("raised", "10⁴ places"),
        ("spanned", "Delft\tTuesday"),
        ("numbered", "Lock it."),
        ("last", "Crème brûlée"),
    ],
)
def test_link_scrolls_to_the_sentence(browser, page_url, place, words):
    article = replace(extract(PAGE.encode(), page_url), url=page_url)
    spans = [
        span for span in ENGLISH.sentences(article.text) if words in article.text[slice(*span)]
    ]
    assert_scrolls(browser, sentence_url(article, *spans[-1]), place)


def assert_scrolls(browser, url, place):
    page = browser.new_page(viewport={"width": 800, "height": 600})
    page.goto(url)
    page.wait_for_function("scrollY > 0")
    box = page.locator(f"#{place}").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 600
    page.close()


def test_link_finds_an_item_whose_number_is_not_in_the_text_of_the_page(browser, page_url):
    items = ("1. lanes that are wide enough", "2. safe crossings – “for everybody”, they said")
    text, layout = lay_out(Line(BlockKind.ITEM, item, 3) for item in items)
    article = Article("a", "A", text, page_url, layout=layout)
    assert_scrolls(browser, sentence_url(article, text.index("2. "), len(text)), "item")
