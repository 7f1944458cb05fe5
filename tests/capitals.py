"""A language made for tests: English in capitals, which no reply in another language equals."""

import re
import shutil

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.texts.catalogue import CATALOGUES, forms_of, read_catalogue
from bot.texts.languages import Languages
from tests.said import plain

CODE = "eo"
"""It poses as Esperanto, which has the plural forms of English."""
PATTERNS = {"format.date", "format.moment", "format.time"}
KEPT = re.compile(r"(\{\w+\}|<[^>]+>)")


def write_catalogues(folder):
    """Write English and its capitals into ``folder``; returns the languages that are there."""
    shutil.copy(CATALOGUES.joinpath("en.po"), folder)
    capitals = Catalog(CODE)
    for message in filter(lambda each: each.id, read_catalogue("en")):
        forms = forms_of(message)
        if message.id not in PATTERNS:
            forms = tuple(map(_capitals, forms))
        capitals.add(message.id, forms if message.pluralizable else forms[0])
    with (folder / f"{CODE}.po").open("wb") as file:
        write_po(file, capitals)
    return Languages(folder=folder)


def _capitals(text):
    parts = KEPT.split(text)
    return "".join(part if KEPT.fullmatch(part) else part.upper() for part in parts)


class Said:
    """What the bot says in a language, without its markup."""

    def __init__(self, texts):
        self.texts = texts

    def __call__(self, id_, **values):
        return plain(self.texts(id_, **values))
