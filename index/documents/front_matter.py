"""Front matter: the YAML, TOML or JSON block that a Markdown file may open with."""

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlsplit

import yaml
from frontmatter import detect_format
from frontmatter.default_handlers import BaseHandler, JSONHandler, YAMLHandler

from index.documents.text import block

LONGEST = 20_000
"""Characters of front matter; a longer block is text."""

_UNQUOTED = re.compile(r"^(\w+):[ \t]+([^\s\"'\[{|>&*!%@`#].*:[ \t].*)$", re.MULTILINE)
_SPACE_BEFORE_OFFSET = re.compile(r"\s+(?=[+-]\d|Z$)")


class _Yaml(YAMLHandler):
    """Leaves every scalar a string: the titles "1984" and "Yes" stay as written.

    Also reads ``title: Bridges: a history``, which YAML forbids and people write.
    """

    def load(self, fm: str, **_: object) -> Any:  # noqa: ANN401 - as the library declares it
        try:
            return super().load(
                fm, Loader=yaml.BaseLoader
            )  # the loader in C crashes on deep nesting
        except yaml.YAMLError:
            return super().load(_UNQUOTED.sub(_quoted, fm), Loader=yaml.BaseLoader)


def _quoted(field: re.Match[str]) -> str:
    return f"{field[1]}: {json.dumps(field[2], ensure_ascii=False)}"


class _Toml(BaseHandler):
    """The library's own TOML handler needs a package that is no longer maintained."""

    FM_BOUNDARY = re.compile(r"^\+{3,}\s*$", re.MULTILINE)

    def load(self, fm: str) -> dict[str, Any]:
        return tomllib.loads(fm)


# "..." may end a YAML block, but does not open one.
_YAML_BOUNDARY = re.compile(r"\A-{3,}\s*$|^(?:-{3,}|\.{3})\s*$", re.MULTILINE)
_HANDLERS = (_Yaml(_YAML_BOUNDARY), _Toml(), JSONHandler())


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Return the fields of the front matter, with lower-case names, and the text below it.

    A block that cannot be parsed is text: it stays in, without the lines that enclose it.
    """
    text = text.lstrip()
    handler = detect_format(text, _HANDLERS)
    if handler is None or text.startswith("..."):
        return {}, text
    try:
        front, below = handler.split(text)
    except ValueError:  # it is never closed
        return {}, text
    fields = _fields(handler, front) if front.strip() else {}
    if fields is None:
        return {}, f"{front}\n\n{below}"
    return {str(name).lower(): value for name, value in fields.items()}, below


def _fields(handler: BaseHandler, front: str) -> dict[Any, Any] | None:
    try:
        fields = handler.load(front) if len(front) <= LONGEST else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def field_text(fields: Mapping[str, Any], name: str) -> str:
    """Return a field as one line; empty when it is missing, a list or a table."""
    value = fields.get(name)
    return block(str(value)) if isinstance(value, str | int | float) else ""


def field_address(fields: Mapping[str, Any], name: str) -> str | None:
    """Return a field if it holds a web address, else ``None``."""
    url = field_text(fields, name)
    try:
        return url if urlsplit(url).scheme in ("http", "https") else None
    except ValueError:
        return None


def field_moment(fields: Mapping[str, Any], name: str) -> datetime | None:
    """Return a date or time as an aware time in UTC; ``None`` when there is none.

    A time without an offset is taken as UTC, a date as its midnight.
    """
    try:
        moment = _read_moment(fields.get(name))
        if moment is None or moment.tzinfo:
            return moment and moment.astimezone(UTC)
        return moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _read_moment(value: object) -> datetime | None:
    if isinstance(value, str):  # YAML allows a space before the offset
        value = datetime.fromisoformat(_SPACE_BEFORE_OFFSET.sub("", value))
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return value if isinstance(value, datetime) else None
