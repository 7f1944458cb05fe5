"""A web site with feeds, and what stands in them."""

import random

from tests.feedserver import FeedServer

ANSWERS = {
    "What did divers find in the harbour?": "Divers found a bronze bell in the harbour on Monday. "
    "It is three hundred years old, and will be shown in the museum once it has been cleaned.",
    "How many children were vaccinated in Lima?": "In Lima, 450 children were vaccinated. "
    "The doctors will come back in spring, and see whether any of them has fallen ill.",
    "Who painted the ceiling of the chapel?": "Rosa Klein painted the ceiling of the chapel. "
    "She had mixed the colours herself, and worked for two years on a scaffold of wood.",
}
"""Saved questions, and the text of the article whose number is the place of each."""


def story(number, lead=""):
    """Return the text of an article, different for each title."""
    chance = random.Random(number)
    words = ["harbour", "council", "ferry", "market", "tower", "garden", "station", "museum"]
    rest = " ".join(f"{chance.choice(words)} {chance.randrange(10_000)}" for _ in range(40))
    return f"{lead}Story number {number} begins in the town. It tells of {rest} and ends there."


class Press:
    """A web site with feeds whose entries have pages."""

    def __init__(self, address="127.0.0.1", seconds=0.0):
        self.site = FeedServer(address, seconds)
        self.entries = {}

    def publish(self, feed, guid, title, text):
        """Add an entry at the top of a feed, or change an existing one."""
        page = f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>"
        page += f"<p>{text}</p></article></body></html>"
        self.site.pages[f"/{feed}/{guid}"] = (200, {}, page.encode())
        self.entries.setdefault(feed, {})[guid] = (title, text)
        items = "".join(
            f"<item><guid>{guid}</guid><title>{title}</title><description>{text}</description>"
            f"<link>{self.site.url(f'/{feed}/{guid}')}</link></item>"
            for guid, (title, text) in reversed(self.entries[feed].items())
        )
        document = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{feed}</title>{items}'
        document += "</channel></rss>"
        self.site.pages[f"/{feed}"] = (
            200,
            {"Content-Type": "application/rss+xml"},
            document.encode(),
        )
