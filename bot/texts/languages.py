"""The languages that the bot speaks: a catalogue each, read when it is first needed."""

from importlib.resources.abc import Traversable

from babel import Locale, negotiate_locale

from bot.texts.catalogue import CATALOGUES, Texts, read_catalogue


class Languages:
    """The catalogues of a folder, by names such as ``uk`` and ``pt_BR``."""

    def __init__(self, default: str = "en", folder: Traversable = CATALOGUES) -> None:
        """``default`` is the language of chats that have not chosen one."""
        files = (each.name for each in folder.iterdir() if each.name.endswith(".po"))
        self.names = sorted(name.removesuffix(".po") for name in files)
        self._default = default
        self._folder = folder
        self._texts: dict[str, Texts] = {}

    def nearest(self, code: str | None) -> str | None:
        """Return the language nearest to a code such as ``de-AT``; ``None`` if none is near."""
        wanted = (code or "").replace("-", "_")
        language = wanted.partition("_")[0]
        # Portuguese of Portugal is nearer to that of Brazil than to any other language.
        relatives = {_language_of(name): name for name in reversed(self.names)}
        found = negotiate_locale([wanted, language], self.names, aliases=relatives)
        return next((name for name in self.names if name.lower() == (found or "").lower()), None)

    def texts(self, *codes: str | None) -> Texts:
        """Return the texts nearest to the first of ``codes`` that has any, else the default's."""
        name = next(filter(None, map(self.nearest, codes)), self._default)
        if name not in self._texts:
            self._texts[name] = Texts(read_catalogue(name, self._folder))
        return self._texts[name]

    def by_code(self) -> dict[str, Texts]:
        """Return the texts by the two-letter codes that Telegram takes, the default's by ``""``."""
        codes = sorted({_language_of(name) for name in self.names})
        return {"": self.texts()} | {code: self.texts(code) for code in codes if len(code) == 2}

    def own_name(self, name: str) -> str:
        """Return what its speakers call the language ``name``, such as ``Deutsch``."""
        own = Locale.parse(name).display_name or name
        return own[:1].upper() + own[1:]


def _language_of(name: str) -> str:
    return name.partition("_")[0].lower()
