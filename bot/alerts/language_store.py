"""The SQL of the language of each chat."""

import logging

from bot.texts.catalogue import Texts
from bot.texts.languages import Languages
from qa import StoreError
from qa.store.database import Database

logger = logging.getLogger(__name__)


class ChatLanguages:
    """All methods block on the disk: never call them on the event loop."""

    def __init__(self, database: Database, languages: Languages) -> None:
        self._database = database
        self._languages = languages

    def texts(self, chat_id: int, code: str | None = None) -> Texts:
        """Return the texts for a chat: in the language chosen there, the app's, or the default.

        ``code`` is the language of the app that a private chat was just written from; it is stored
        if it has changed. Without it, the stored one counts.
        """
        chosen, seen = self._of(chat_id)
        if code and code != seen:
            self._note(chat_id, code)
        return self._languages.texts(chosen, code or seen)

    def chosen(self, chat_id: int) -> str | None:
        """Return the language that was chosen for a chat; ``None`` if none was."""
        return self._of(chat_id)[0]

    def choose(self, chat_id: int, language: str | None) -> None:
        """Speak ``language`` in a chat from now on; ``None`` makes it automatic again."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO chat_languages (chat_id, chosen) VALUES (?, ?)"
                " ON CONFLICT (chat_id) DO UPDATE SET chosen = excluded.chosen",
                (chat_id, language),
            )

    def _of(self, chat_id: int) -> tuple[str | None, str | None]:
        with self._database.read() as connection:
            query = "SELECT chosen, seen FROM chat_languages WHERE chat_id = ?"
            row = connection.execute(query, (chat_id,)).fetchone()
            return (row["chosen"], row["seen"]) if row else (None, None)

    def _note(self, chat_id: int, code: str) -> None:
        try:
            with self._database.write() as connection:
                connection.execute(
                    "INSERT INTO chat_languages (chat_id, seen) VALUES (?, ?)"
                    " ON CONFLICT (chat_id) DO UPDATE SET seen = excluded.seen",
                    (chat_id, code),
                )
        except StoreError as error:  # a question can be answered all the same
            logger.warning("The language of chat %d is not stored: %s", chat_id, error)
