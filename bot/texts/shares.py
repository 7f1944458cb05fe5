"""Links to shared quotes, as Telegram HTML (pure); for the limits see ``answers``."""

from collections.abc import Sequence

from bot.texts.answers import in_quotes, title
from bot.texts.catalogue import Texts
from qa import Article


def links(texts: Texts, made: Sequence[tuple[Article, str]]) -> str:
    """The link to a quote of each article."""
    said = [
        texts("share.link", title=in_quotes(texts, title(texts, article)), link=link)
        for article, link in made
    ]
    return "\n\n".join(said)
