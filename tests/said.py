"""The bot's texts as people see them, for tests that do not pin their wording."""

from bot.playground.markup import parse_html
from bot.texts.languages import Languages

ENGLISH = Languages().texts("en")


def said(id_, **values):
    """Return the text ``id_`` without its markup."""
    return plain(ENGLISH(id_, **values))


def plain(html):
    """Return the text of Telegram HTML."""
    return parse_html(html)[0]


def is_alert(message):
    """Whether a message is an alert with its buttons."""
    return said("button.ask") in message.labels
