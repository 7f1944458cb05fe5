"""What is lost of feeds that combine odd traits: made-up ones, and those of a folder.

    python scripts/odd_feeds.py [--feeds 400] [--seed 1] [FOLDER]

Each made-up feed mixes a format, an encoding and its label with entries that lack a GUID or a
link, have impossible dates, hold plain text, markup or markup that was escaped twice, pictures that
say more than the post, or recordings. Nothing is fetched: all pages are gone. Each entry must
become one article with its own title and text. Documents of FOLDER (.xml, .json, such as the
fixtures of feed parsers) must be read as feeds, and no two of their entries may become one article.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

from index.feeds.articles import read_entry, shared_pages
from index.feeds.entries import parse_feed
from index.feeds.model import Entry, Feed
from index.web.request import Response, StatusError
from qa import Article, SourceError

URL = "https://news.example/a/feed"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
FEED = Feed(1, URL, "Oak", "on", None, None, None, timedelta(), NOW, None, None, 0, 0, NOW)
ENGLISH = "oak bridge harbour council ferry tower snow river market school engine night"
RUSSIAN = "дуб мост гавань совет паром башня снег река рынок школа мотор ночь"
FRENCH = "chêne pont forêt école fenêtre hôtel été tempête marché neige rivière août"
ASIDE = ("a List<String> of it", "5 < 7 & 8 > 6", "the <dialog> element", "AT&T's “oak”")
MEDIA = "http://search.yahoo.com/mrss/"
DATES = ("", "Thu, 01 Jan 1970 00:00:00 +0000", "0001-01-01T00:00:00Z", "soon", "1777636800", "0")
ENCODINGS = (
    ("utf-8", "utf-8"),
    ("utf-8", None),
    ("utf-8", "iso-8859-1"),
    ("utf-8-sig", "windows-1252"),
    ("utf-16", "utf-16"),
    ("own", "own"),
    ("own", "utf-8"),
)
"""How the document is encoded, and how it is labelled; ``own`` is the language's code page."""


@dataclass(frozen=True)
class Said:
    """An entry as it was meant."""

    title: str
    text: str


@dataclass(frozen=True)
class Made:
    """A feed's document, how the server labels it, and what it was meant to say."""

    body: bytes
    charset: str | None
    said: list[Said]
    traits: list[str]


class Maker:
    """Makes the feed number ``seed``."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._form = self._random.choice(["rss", "rss", "rss", "atom", "rdf", "json"])
        words, self._page = self._random.choice(
            [(ENGLISH, "cp1252"), (FRENCH, "cp1252"), (RUSSIAN, "cp1251")]
        )
        self._words = words.split()
        self._prefix = self._random.choice(["media", "m"])
        self._traits = [self._form]
        self._links = self._random.choice(["own", "own", "own", "none", "one"])
        self._traits += [] if self._links == "own" else [f"{self._links} link"]

    def feed(self) -> Made:
        """Make the document."""
        count = self._random.randint(1, 9)
        said = [self._said(number) for number in range(count)]
        dates = [NOW - timedelta(hours=7 * number) for number in range(count)]
        if self._chance("oldest first", 0.3):
            dates.reverse()
        parts = [self._entry(n, each, dates[n]) for n, each in enumerate(said)]
        if self._form == "json":
            feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Oak", "items": parts}
            return Made(json.dumps(feed).encode(), None, said, self._traits)
        return self._document("\n".join(map(str, parts)), said)

    def _document(self, entries: str, said: list[Said]) -> Made:
        encoding, label = self._random.choice(ENCODINGS)
        encoding = self._page if encoding == "own" else encoding
        label = self._page if label == "own" else label
        self._traits.append(f"{encoding} labelled {label}")
        by_server = self._random.random() < 0.5
        head = f'<?xml version="1.0" encoding="{label}"?>' if label and not by_server else ""
        media = f'xmlns:{self._prefix}="{MEDIA}" xmlns:c="http://purl.org/rss/1.0/modules/content/"'
        if self._form == "atom":
            atom = "http://www.w3.org/2005/Atom"
            text = f'<feed xmlns="{atom}" {media}><title>Oak</title>{entries}</feed>'
        elif self._form == "rdf":
            text = (
                '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
                f' xmlns="http://purl.org/rss/1.0/" {media}><channel><title>Oak</title></channel>'
                f"{entries}</r:RDF>"
            )
        else:
            text = (
                f'<rss version="2.0" {media}><channel><title>Oak</title>{entries}</channel></rss>'
            )
        body = (head + text).encode(encoding, "xmlcharrefreplace")
        return Made(body, label if by_server else None, said, self._traits)

    def _said(self, number: int) -> Said:
        def some(count: int) -> str:
            return " ".join(self._random.choice(self._words) for _ in range(count))

        aside = self._random.choice(ASIDE)
        title = f"{number} {some(4)}".capitalize()
        return Said(title, f"{some(7).capitalize()}: {aside}. {some(5).capitalize()} {number}.")

    def _entry(self, number: int, said: Said, date: datetime) -> object:
        guid = f"id-{number}" if not self._chance("no GUID", 0.2) else ""
        paths = {"own": f"{number}", "one": "list"}
        link = f"https://news.example/{paths[self._links]}" if self._links in paths else ""
        if link and self._chance("relative link", 0.2):
            link = link.removeprefix("https://news.example")
        moment: str = format_datetime(date) if self._form == "rss" else date.isoformat()
        if self._chance("odd date", 0.3):
            moment = self._random.choice(DATES)
        file = f"https://cdn.example/{number}.mp3" if self._chance("recording", 0.2) else ""
        if self._form == "json":
            return self._item(guid or link or f"x{number}", link, said, moment, file)
        return self._element(guid, link, said, moment, file)

    def _item(self, guid: str, link: str, said: Said, moment: str, file: str) -> dict[str, object]:
        is_plain = self._chance("plain text", 0.5)
        text = (
            {"content_text": said.text} if is_plain else {"content_html": self._markup(said.text)}
        )
        attachments = {"attachments": [{"url": file}]} if file else {}
        named = {"id": guid, "url": link, "title": said.title, "date_published": moment}
        return {**named, **text, **attachments}

    def _element(self, guid: str, link: str, said: Said, moment: str, file: str) -> str:
        is_atom = self._form == "atom"
        parts = [f"<title>{escape(said.title)}</title>", self._text(said)]
        if link:
            parts.append(f'<link href="{link}"/>' if is_atom else f"<link>{link}</link>")
        if guid:
            name = "id" if is_atom else "guid"
            parts.append(f'<{name} isPermaLink="false">{guid}</{name}>')
        if moment:
            name = "updated" if is_atom else "pubDate"
            parts.append(f"<{name}>{moment}</{name}>")
        if file:
            rel = f'<link rel="enclosure" href="{file}"/>'
            parts.append(rel if is_atom else f'<enclosure url="{file}" type="audio/mpeg"/>')
        if self._chance("picture", 0.3):
            alt = "A photograph that says much more than the post does. " * 9
            name = self._prefix
            told = f"<{name}:description>{alt}</{name}:description><{name}:title>Ann</{name}:title>"
            parts.append(f'<{name}:content url="p.jpg">{told}</{name}:content>')
        self._random.shuffle(parts)
        element = "entry" if is_atom else "item"
        return f"<{element}>{''.join(parts)}</{element}>"

    def _text(self, said: Said) -> str:
        if self._form == "atom" and self._chance("plain text", 0.4):
            name = self._random.choice(["content", "summary"])
            return f"<{name}>{escape(said.text)}</{name}>"
        markup = self._markup(said.text)
        if self._form == "atom":
            return f'<content type="html">{escape(markup)}</content>'
        name = "description"
        teaser = ""
        if self._chance("teaser", 0.3):
            name, teaser = "c:encoded", f"<description>{said.text[0]} …</description>"
        written = f"<![CDATA[{markup}]]>" if self._chance("CDATA", 0.5) else escape(markup)
        return f"{teaser}<{name}>{written}</{name}>"

    def _markup(self, text: str) -> str:
        markup = f"<p>{escape(text)}</p>"
        if self._chance("line breaks", 0.2):
            markup = f"{escape(text)}<br/>"
        return escape(markup) if self._chance("escaped twice", 0.2) else markup

    def _chance(self, trait: str, share: float) -> bool:
        happens = self._random.random() < share
        if happens and trait not in self._traits:
            self._traits.append(trait)
        return happens


def faults(made: Made) -> Iterator[str]:
    """Yield what is lost or wrong of a made-up feed."""
    entries = _entries(made.body, made.charset)
    if entries is None:
        yield "not a feed"
        return
    articles = _articles(entries)
    if len({each.id for each in articles}) < len(made.said):
        yield f"lost article: {len({each.id for each in articles})} of {len(made.said)}"
    texts = {_words(each.text): each.title for each in articles}
    for said in made.said:
        if _words(said.text) not in texts:
            yield f"lost text: {said.text!r} is not in {list(texts)!r}"
        elif texts[_words(said.text)] != said.title:
            yield f"wrong title: {texts[_words(said.text)]!r} for {said.title!r}"
    again = _entries(made.body, made.charset) or ()
    if [each.fingerprint for each in again] != [each.fingerprint for each in entries]:
        yield "other fingerprints when read again"


def _words(text: str) -> str:
    return " ".join(text.split())


def _entries(body: bytes, charset: str | None) -> tuple[Entry, ...] | None:
    headers = {"content-type": f"application/xml; charset={charset}" if charset else "text/xml"}
    parsed = parse_feed(Response(URL, 200, headers, body, URL))
    return None if parsed is None else parsed.entries


def _gone(url: str, **_: object) -> Response:
    raise StatusError(url, 404, {})


def _articles(entries: Sequence[Entry]) -> list[Article]:
    """Read entries as the first poll does, oldest first."""
    shared, articles = shared_pages(entries), list[Article]()
    for entry in reversed(entries):
        ids = {each.id for each in articles}
        read = read_entry(entry, FEED, "Oak", _gone, shared, ids.__contains__).outcome
        articles += [read] if isinstance(read, Article) else []
    return articles


def faults_of_folder(folder: Path) -> Iterator[str]:
    """Yield the documents of a folder that are not feeds, or lose an entry without a reason."""
    for path in sorted([*folder.rglob("*.xml"), *folder.rglob("*.json")]):
        try:
            entries = _entries(path.read_bytes(), None)
        except SourceError as error:
            yield f"{path.relative_to(folder)}: {error.reason}"
            continue
        if entries is None:
            yield f"{path.relative_to(folder)}: not a feed"
            continue
        ids = [each.id for each in _articles(entries)]
        if len(set(ids)) < len(ids):
            yield f"{path.relative_to(folder)}: two entries are one article"


def main() -> None:
    """Print the faults, and how many feeds have some."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--feeds", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    kinds: Counter[str] = Counter()
    for number in range(options.feeds):
        made = Maker(options.seed * 1_000_000 + number).feed()
        found = list(faults(made))
        kinds.update({each.partition(":")[0] for each in found} or {"none"})
        for each in found[:2]:
            print(f"{number} ({', '.join(made.traits)}): {each}")
    print("Made-up feeds by fault:", dict(kinds))
    if options.folder:
        print(*faults_of_folder(options.folder), sep="\n")


if __name__ == "__main__":
    main()
