"""Short articles in English."""

from qa import Article

APART = "\nAdvertisement\n"
"""Between two lines: next to each other, lines this short would be one passage."""


def english(id_, title, *lines, **fields):
    """Make an article whose passages are ``lines``."""
    return Article(id_, title, APART.join(lines), language="en", **fields)
