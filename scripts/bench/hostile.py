"""How long pages designed to be slow keep a parser busy.

    python scripts/bench/hostile.py

Each has at most 5 MB, the limit of a fetch, and too few elements to be rejected at once. The bot
gives up after ``index.sandbox.pool.SECONDS``, this script after ``PATIENCE``.
"""

import time

from index.documents.registry import parse_page
from index.sandbox.pool import Pool
from index.web.fetch import PAGE_LIMIT
from qa.errors import SourceError

PATIENCE = 30.0
"""Seconds."""

MANY = 49_900
BODY = "The town council approved the new bridge on Tuesday after a debate of nine hours. "
PERSON = '{"name":"Jane Doe"},'
JSON_LD = '<script type="application/ld+json">{"@type":"Article","author":'


def html(body: str, head: str = "") -> str:
    """Return a page with an article before ``body``."""
    return f"<html><head>{head}</head><body><article><p>{BODY}</p>{body}</article></body></html>"


def full(piece: str) -> str:
    """Repeat a piece until it fills a page of 5 MB."""
    return piece * ((PAGE_LIMIT - 500) // len(piece))


PAGES = {
    "an element with 400,000 attributes": html(
        f"<p {' '.join(f'a{number}=1' for number in range(400_000))}>"
    ),
    "a name of an author of 1.2 million &lt;": html(
        "", f'<meta name="author" content="{"&lt;" * 1_200_000}">'
    ),
    "cells that each span a million": html(
        "<table>" + "<tr><td colspan=1000 rowspan=1000>x" * (MANY // 2)
    ),
    "<span>": html("<p>" + "<span>w</span> " * MANY),
    "<div class='comment share …'>": html(
        "<div class='comment sidebar share footer'>wo</div>" * MANY
    ),
    "<h1>": html("<h1>w w</h1>" * MANY),
    '<div class="date">': html('<div class="date">12 Fo 2024 bar</div>' * MANY),
    "<p id=…>": html("".join(f"<p id=i{number}>w" for number in range(MANY))),
    "<p>": html("<p>A word." * MANY),
    "<br>": html("words<br>" * MANY),
    "<td> of one row": html("<table><tr>" + "<td>words of it" * MANY),
    "<div> in each other": html("<div>" * MANY),
    "<b> that never end": html("<b>x " * MANY),
    "a canonical address of a million parameters": html(
        "", f'<link rel="canonical" href="https://oak.example/?{"a=b&" * 1_200_000}">'
    ),
    "an attribute of five million letters": html(f"<p class='{full('a')}'>"),
    "one text of five million letters": html("<p>" + full("a ")),
    "accents, 2.4 million on one letter": html("<p>e" + "\u0301\u0316" * 1_200_000),
    "entities, a million": html("<p>" + full("&amp;")),
    "a title of five million letters": html("", f"<title>{full('a | ')}</title>"),
    "JSON-LD of 5 MB": html("", f"{JSON_LD}[{full(PERSON)}{{}}]}}</script>"),
    "JSON-LD of 5 MB, broken": html("", f"{JSON_LD}{full(PERSON[1:])}</script>"),
    "dates, half a million": html("<p>" + full("12.12.2024 ")),
}


def main() -> None:
    """Print a line for each page."""
    for name, page in PAGES.items():
        pool, started = Pool(seconds=PATIENCE), time.monotonic()
        body = page.encode()[:PAGE_LIMIT]
        url = "https://oak.example/a"
        try:
            pool.run(
                parse_page, body, name, media_type="text/html", name="a", url=url, charset=None
            )
            outcome = "read"
        except SourceError as error:
            outcome = error.reason
        seconds = time.monotonic() - started
        print(f"{len(body) / 1e6:.1f} MB {seconds:6.2f} s  {name}: {outcome}")


if __name__ == "__main__":
    main()
