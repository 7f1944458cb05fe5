"""The bot's words in one language: texts by id, plurals, dates, numbers and lists."""

import math
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.lists import format_list
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

CATALOGUES: Traversable = files(__package__).joinpath("locale")
PLURALS = ("zero", "one", "two", "few", "many")
"""CLDR's plural categories in the order of a message's forms; "other" is always the last form."""


def read_catalogue(language: str, folder: Traversable = CATALOGUES) -> Catalog:
    """Read ``LANGUAGE.po``; its Language header says how to write dates and numbers."""
    with folder.joinpath(f"{language}.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


class Texts:
    """The texts of one language.

    ``texts("answer.nothing_near")`` is a text, ``texts("digest.title", count=3)`` the plural form
    for three. Values fill the placeholders of the same name: strings are inserted as they are, so
    escape what comes from outside; whole numbers are written as the language writes them.
    """

    def __init__(self, catalogue: Catalog) -> None:
        """``ValueError`` when the catalogue does not say which language it is in."""
        if catalogue.locale is None:
            raise ValueError("the catalogue has no valid Language header")
        self.locale: Locale = catalogue.locale
        self._forms = {_singular(each): forms_of(each) for each in catalogue if each.id}

    def __call__(self, id_: str, /, *, count: int | None = None, **values: str | int) -> str:
        """Return the text ``id_``; ``KeyError`` when there is no such text or value."""
        forms = self._forms[id_]
        if count is None:
            form = forms[0]
        else:
            form, values = forms[self._index(count, len(forms))], values | {"count": count}
        return form.format_map(
            {
                name: self.number(value) if isinstance(value, int) else value
                for name, value in values.items()
            }
        )

    def _index(self, count: int, forms: int) -> int:
        rule = self.locale.plural_form
        tags, tag = [each for each in PLURALS if each in rule.tags], rule(count)
        return min(tags.index(tag) if tag in tags else len(tags), forms - 1)

    def under(self, prefix: str) -> dict[str, str]:
        """Return the texts whose ids start with ``prefix``, as they are in the catalogue."""
        return {id_: forms[0] for id_, forms in self._forms.items() if id_.startswith(prefix)}

    @property
    def tag(self) -> str:
        """The language as HTML and browsers name it, such as ``en-GB``."""
        return str(self.locale).replace("_", "-")

    def date(self, moment: datetime) -> str:
        """Such as ``3 May 2024``, in the moment's own time zone."""
        return format_date(moment.date(), self("format.date"), self.locale)

    def moment(self, moment: datetime) -> str:
        """Such as ``3 May 2024, 08:00 UTC``; ``moment`` is aware."""
        return format_datetime(moment, self("format.moment"), moment.tzinfo, self.locale)

    def clock(self, minutes: int) -> str:
        """``minutes`` after midnight as a time of day, such as ``08:00``."""
        return format_time(time(*divmod(minutes, 60)), self("format.time"), locale=self.locale)

    def wait(self, seconds: float) -> str:
        """Such as ``in 40 seconds``; never too short."""
        unit = 1 if seconds <= 60 else 60 if seconds <= 3600 else 3600
        rounded = timedelta(seconds=math.ceil(seconds / unit) * unit)
        return format_timedelta(rounded, threshold=1, add_direction=True, locale=self.locale)

    def number(self, number: float, digits: int = 0) -> str:
        """Such as ``12,345``, with ``digits`` after the decimal point."""
        places = f".{'0' * digits}" if digits else ""
        return format_decimal(number, f"#,##0{places}", self.locale)

    def language(self, code: str) -> str:
        """Return what the language ``code`` is called, such as ``German``."""
        name: str = self.locale.languages.get(code, code)
        return name

    def items(self, items: Iterable[str]) -> str:
        """Such as ``a, b and c``; empty for no items."""
        return format_list(list(items), locale=self.locale)


def forms_of(message: Message) -> tuple[str, ...]:
    """Return the plural forms of a message; one form when it has no plural."""
    string = message.string or ""
    return (string,) if isinstance(string, str) else tuple(string)


def _singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]
