"""Translates the SQL of the stores, which is SQLite's, for PostgreSQL.

Only what the stores use is translated, by words that can mean nothing else there. What SQLite has
as a function and PostgreSQL has not, ``postgres.py`` defines.
"""

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_STRING = r"'(?:[^']|'')*'"
_UNNUMBERED = re.compile(rf"{_STRING}|\?(?!\d)")
_TOKEN = re.compile(rf"{_STRING}|@?\?\d+|@?(?<![:\w]):[a-z_]\w*|%")
_COMMENT = re.compile(rf"({_STRING})|--[^\n]*")
_LIST = re.compile(r"\b(NOT )?IN \(\s*SELECT value FROM json_each\(([?:]\w+)\)\s*\)")
_IS = re.compile(r"\bIS (NOT )?(?=[?:])")
_INSERT = re.compile(r"\s*INSERT (?:OR (IGNORE|REPLACE) )?INTO (\w+)\s*(?:\(([^)]*)\))?")
_UPDATE_OR_IGNORE = re.compile(r"\s*UPDATE OR IGNORE (\w+)\s+SET (.*?)\s+WHERE (.*)", re.DOTALL)
_NEWS = re.compile(
    r"\s*(?:INSERT (?:OR \w+ )?INTO (articles|published|earlier_versions|outbox|channel_posts)"
    r"|DELETE FROM (leases))\b"
)
_WORDS = (
    (re.compile(r"\bifnull\("), "coalesce("),
    (re.compile(r"\bINSERT OR (?:IGNORE|REPLACE)\b"), "INSERT"),
    (re.compile(r"\bLIMIT ([?:]\w+|-1)"), r"LIMIT nullif(\1, -1)"),
    (re.compile(r" COLLATE NOCASE\b"), " COLLATE nocase"),
    (re.compile(r" NOT INDEXED\b"), ""),
    (re.compile(r"\bCROSS JOIN (\w+(?:\([^)]*\))?(?: AS \w+)?\s+ON)\b"), r"JOIN \1"),
)
# Row by row; a row that would be there twice stays unchanged.
_EACH_OR_NOT = """DO $each$ DECLARE found tid; BEGIN
    FOR found IN SELECT ctid FROM {table} WHERE {where} LOOP
        BEGIN UPDATE {table} SET {change} WHERE ctid = found;
        EXCEPTION WHEN unique_violation THEN NULL; END;
    END LOOP;
END $each$"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value goes: its name, or its position from 0 on; a JSON list becomes an array."""

    name: str | int
    is_list: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement for PostgreSQL, with ``%s`` at each of its ``places``.

    ``table`` is that of an INSERT, which names ``columns``, if it names any; ``replaces`` says that
    its row takes the place of one with the same key. ``news`` is a table that somebody waits for.
    """

    sql: str
    places: tuple[Place, ...]
    table: str | None
    columns: tuple[str, ...]
    replaces: bool
    news: str | None

    def bind(self, values: Mapping[str, Any] | Sequence[Any]) -> list[Any]:
        """Return the values in the order of their places."""
        found: Any = values
        return [
            _array(found[place.name]) if place.is_list else found[place.name]
            for place in self.places
        ]


@lru_cache(maxsize=1000)
def translate(sql: str) -> Statement:
    """Translate a statement of the stores."""
    sql, insert, news = _number(_uncommented(sql)), _INSERT.match(sql), _NEWS.match(sql)
    table_of_news = next(filter(None, news.groups())) if news else None
    if update := _UPDATE_OR_IGNORE.match(sql):
        table, change, where = update.groups()
        sql = _EACH_OR_NOT.format(table=table, change=change, where=where)
    sql = _LIST.sub(lambda found: f"{'<> ALL' if found[1] else '= ANY'} (@{found[2]})", sql)
    sql = _IS.sub(lambda found: f"IS {'' if found[1] else 'NOT '}DISTINCT FROM ", sql)
    sql, places = _placed(_other_words(sql))
    if insert is None:
        return Statement(sql, places, None, (), replaces=False, news=table_of_news)
    columns = tuple(each.strip() for each in (insert[3] or "").split(",") if each.strip())
    is_replacing = insert[1] == "REPLACE"
    return Statement(sql, places, insert[2], columns, replaces=is_replacing, news=table_of_news)


def _number(sql: str) -> str:
    """Give each ``?`` its number, since a translation may change their order."""
    numbers = itertools.count(1)
    return _UNNUMBERED.sub(lambda m: f"?{next(numbers)}" if m[0] == "?" else m[0], sql)


def _uncommented(sql: str) -> str:
    return _COMMENT.sub(lambda found: found[1] or "", sql)


def _other_words(sql: str) -> str:
    insert = _INSERT.match(sql)
    for pattern, other in _WORDS:
        sql = pattern.sub(other, sql)
    return f"{sql.rstrip()} ON CONFLICT DO NOTHING" if insert and insert[1] == "IGNORE" else sql


def _placed(sql: str) -> tuple[str, tuple[Place, ...]]:
    places: list[Place] = []

    def place(found: re.Match[str]) -> str:
        token = found[0]
        if token[0] in "'%":
            return token.replace("%", "%%")
        bare = token.removeprefix("@")
        name = bare[1:] if bare[0] == ":" else int(bare[1:]) - 1
        places.append(Place(name, is_list=token[0] == "@"))
        return "%s"

    return _TOKEN.sub(place, sql), tuple(places)


def _array(stored: str) -> str:
    """Return a JSON list as the literal of an array of whatever it is compared with."""
    parts = (json.dumps(str(each), ensure_ascii=False) for each in json.loads(stored))
    return "{" + ",".join(parts) + "}"


_NUMBERED = re.compile(r"\bINTEGER PRIMARY KEY(?: AUTOINCREMENT)?\b")
_TYPES = (
    (re.compile(r"\bINTEGER\b"), "BIGINT"),
    (re.compile(r"\bREAL\b"), "DOUBLE PRECISION"),
    (re.compile(r"\bBLOB\b"), "BYTEA"),
    (re.compile(r"\bTEXT AS (\(.*?\)) VIRTUAL", re.DOTALL), r"TEXT GENERATED ALWAYS AS \1 STORED"),
    (re.compile(r"\bTEXT\b"), 'TEXT COLLATE "C"'),
    (re.compile(r"\) WITHOUT ROWID\b"), ")"),
)
_TABLE = re.compile(r"\s*(?:CREATE|ALTER) TABLE \"?(\w+)\"?")
_TRIGGER = re.compile(r"\s*CREATE TRIGGER (\w+)\s+(.*? ON \w+) BEGIN\s(.*)END", re.DOTALL)
_TRIGGERED = """CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS
    $body$BEGIN {body} RETURN NULL; END$body$;
CREATE TRIGGER {name} {when} FOR EACH ROW EXECUTE FUNCTION {name}()"""


def table_of(sql: str) -> str | None:
    """Return the table that a statement creates or alters."""
    found = _TABLE.match(sql)
    return found[1] if found else None


def definition(sql: str) -> str:
    """Translate the definition of a table, an index or a trigger."""
    sql, table = _uncommented(sql), table_of(sql)
    if trigger := _TRIGGER.match(sql):
        name, when, body = trigger.groups()
        body = "; ".join(map(_other_words, body.split(";")))
        return _TRIGGERED.format(name=name, when=when, body=body)
    sql = _NUMBERED.sub(f"BIGINT PRIMARY KEY DEFAULT next_number('{table}')", sql)
    for pattern, other in _TYPES:
        sql = pattern.sub(other, sql)
    return _other_words(sql)
