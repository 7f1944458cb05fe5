"""Telegram's HTML: text and entities of ``parse_mode=HTML``, and the entities of plain text.

Offsets and lengths of entities count UTF-16 code units; byte offsets in errors count UTF-8 bytes.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bot.playground.errors import BadRequestError

Entity = dict[str, Any]

KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
QUOTES = {"blockquote", "expandable_blockquote"}
CODES = {"code", "pre"}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
CHARACTER = re.compile(r"&(?:#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,10}))|(lt|gt|amp|quot));?")
START = re.compile(r"<([^\s>]*)(?=[\s>])")
END = re.compile(r"</([^\s>]*)\s*>")
TOKEN = re.compile(r"[A-Za-z0-9.-]*")
ATTRIBUTE = re.compile(r"\s*([^\s=>/\"']+)\s*(=?)\s*")
MAX_ENTITIES = 100
MAX_ENTITIES_SIZE = 9500


def utf16_length(text: str) -> int:
    """The length of ``text`` in UTF-16 code units, as Telegram counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def decode_characters(text: str) -> str:
    """``text`` with the four named and all numeric character references replaced."""
    return CHARACTER.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name:
        return NAMED[name]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if not 0 < code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return match[0]
    return chr(code)


@dataclass(slots=True)
class _Tag:
    name: str
    argument: str
    offset: int
    characters: int


@dataclass(slots=True)
class _Parser:
    """Reads HTML from start to end and collects ``text`` and ``entities``."""

    html: str
    at: int = 0
    text: str = ""
    length: int = 0
    entities: list[Entity] = field(default_factory=list)
    open_tags: list[_Tag] = field(default_factory=list)

    def run(self) -> tuple[str, list[Entity]]:
        while self.at < len(self.html):
            if self.html[self.at] != "<":
                self._characters()
            elif self.html.startswith("</", self.at):
                self._end()
            else:
                self._start()
        if self.open_tags:
            name = self.open_tags[-1].name
            raise _unparsable(f'Can\'t find end tag corresponding to start tag "{name}"')
        return self.text, self.entities

    def _characters(self) -> None:
        end = self.html.find("<", self.at)
        end = len(self.html) if end < 0 else end
        plain = decode_characters(self.html[self.at : end])
        self.text += plain
        self.length += utf16_length(plain)
        self.at = end

    def _start(self) -> None:
        begin = self.at
        name_match = START.match(self.html, begin)
        if name_match is None:
            raise self._error("Unclosed start tag", begin)
        name = name_match[1].lower()
        if name not in KINDS:
            raise self._error(f'Unsupported start tag "{name}"', begin)
        self.at = name_match.end()
        argument = self._attributes(name, begin)
        if name == "span" and argument != "spoiler":
            raise self._error('Tag "span" must have class "tg-spoiler"', begin)
        self.open_tags.append(_Tag(name, argument, self.length, len(self.text)))

    def _attributes(self, name: str, begin: int) -> str:
        """Read up to and including ``>``; return the tag's relevant attribute, or ''."""
        argument = ""
        while True:
            self._skip_spaces()
            if self.html.startswith(">", self.at):
                self.at += 1
                return argument
            match = ATTRIBUTE.match(self.html, self.at)
            if self.at >= len(self.html):
                raise self._error(f'Unclosed start tag "{name}"', begin)
            if match is None:
                raise self._error(f'Empty attribute name in the tag "{name}"', begin)
            self.at = match.end()
            value = self._value(begin) if match[2] else ""
            argument = _argument(name, match[1].lower(), value) or argument

    def _value(self, begin: int) -> str:
        quote = self.html[self.at : self.at + 1]
        if quote in {'"', "'"}:
            end = self.html.find(quote, self.at + 1)
            if end < 0:
                raise self._error("Unclosed start tag", begin)
            value, self.at = self.html[self.at + 1 : end], end + 1
            return decode_characters(value)
        token = TOKEN.match(self.html, self.at)
        value_begin = self.at
        self.at = token.end() if token else self.at
        if self.at >= len(self.html):
            raise self._error("Unclosed start tag", begin)
        if not re.match(r"[\s>]", self.html[self.at]):
            raise self._error("Unexpected end of name token", value_begin)
        return self.html[value_begin : self.at].lower()

    def _end(self) -> None:
        begin = self.at
        if not self.open_tags:
            raise self._error("Unexpected end tag", begin)
        match = END.match(self.html, begin)
        if match is None:
            raise self._error("Unclosed end tag", begin)
        tag = self.open_tags[-1]
        if match[1] and match[1].lower() != tag.name:
            found = f'expected "</{tag.name}>", found "</{match[1]}>"'
            raise _unparsable(f"Unmatched end tag at byte offset {self._bytes(begin)}, {found}")
        self.open_tags.pop()
        self.at = match.end()
        if self.length > tag.offset:
            self._close(tag)

    def _close(self, tag: _Tag) -> None:
        entity: Entity = {
            "type": KINDS[tag.name],
            "offset": tag.offset,
            "length": self.length - tag.offset,
        }
        if tag.name == "a":
            url = checked_link(tag.argument or self.text[tag.characters :])
            if url is None:
                return
            entity["url"] = url
        elif tag.name == "blockquote" and tag.argument:
            entity["type"] = "expandable_blockquote"
        elif tag.name in CODES and self._joins_code(tag, entity):
            return
        elif tag.name == "code" and tag.argument:
            entity["language"] = tag.argument
        self.entities.append(entity)

    def _joins_code(self, tag: _Tag, entity: Entity) -> bool:
        """Make one ``pre`` with a language of ``<pre><code class="language-…">``."""
        last = self.entities[-1] if self.entities else None
        if last is None or (last["offset"], last["length"]) != (entity["offset"], entity["length"]):
            return False
        if tag.name == "pre" and last["type"] == "code" and "language" in last:
            last["type"] = "pre"
            return True
        if tag.name == "code" and last["type"] == "pre" and tag.argument:
            last["language"] = tag.argument
            return True
        return False

    def _skip_spaces(self) -> None:
        while self.html[self.at : self.at + 1].isspace():
            self.at += 1

    def _bytes(self, at: int) -> int:
        return len(self.html[:at].encode())

    def _error(self, problem: str, at: int) -> BadRequestError:
        return _unparsable(f"{problem} at byte offset {self._bytes(at)}")


def _unparsable(problem: str) -> BadRequestError:
    return BadRequestError(f"can't parse entities: {problem}")


def _argument(tag: str, attribute: str, value: str) -> str:
    if tag == "a" and attribute == "href":
        return value
    if tag == "code" and attribute == "class" and value.startswith("language-"):
        return value.removeprefix("language-")
    if tag == "span" and attribute == "class" and value.startswith("tg-"):
        return value.removeprefix("tg-")
    if tag == "blockquote" and attribute == "expandable":
        return "1"
    return ""


def checked_link(url: str) -> str | None:
    """``url`` as Telegram stores it, or ``None`` for one that it silently drops."""
    url = url.strip()
    if "://" not in url:
        url = f"http://{url}"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme.lower() == "tg":
        return url
    if parts.scheme.lower() not in {"http", "https"} or not _is_host(host):
        return None
    return url if parts.path or parts.query or parts.fragment else f"{url}/"


def _is_host(host: str) -> bool:
    return bool(host) and not re.search(r"\s", host) and ("." in host or host == "localhost")


def parse_html(html: str) -> tuple[str, list[Entity]]:
    """Text and entities of Telegram HTML; ``BadRequestError`` with Telegram's own words."""
    text, entities = _Parser(html).run()
    for entity in entities:
        if entity["type"] == "code":
            entity.pop("language", None)
    end_of_quote = 0
    for entity in in_order(entities):
        if entity["type"] in QUOTES:
            if entity["offset"] < end_of_quote:
                raise _unparsable("Blockquote entities can't be nested")
            end_of_quote = entity["offset"] + entity["length"]
    return text, entities


def in_order(entities: list[Entity]) -> list[Entity]:
    """Sort by offset, longer entities first, block quotes before their contents."""
    return sorted(
        entities, key=lambda e: (e["offset"], -e["length"], e["type"] not in QUOTES, e["type"])
    )


def tidy(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """What Telegram keeps: trimmed text; entities clipped to it, in order, at most 100.

    Code and pre contain no other entities and are nested only in block quotes. Raises
    ``BadRequestError`` when the entities together are larger than the server takes.
    """
    spaces = len(text) - len(text.lstrip(" \n\t"))
    cut = min([spaces, *(entity["offset"] for entity in entities)])
    text = text[cut:].rstrip()
    size = utf16_length(text)
    moved = [{**entity, "offset": entity["offset"] - cut} for entity in entities]
    kept = [clipped for entity in moved if (clipped := _clip(text, entity, size))]
    kept = in_order(_without_code(kept))
    if sum(len(entity.get("url", "").encode()) + 16 for entity in kept) > MAX_ENTITIES_SIZE:
        raise BadRequestError("ENTITIES_TOO_LONG")
    return text, kept[:MAX_ENTITIES]


def _clip(text: str, entity: Entity, size: int) -> Entity | None:
    """``entity`` cut to the text; nothing if no visible character is left in it."""
    length = min(entity["length"], size - entity["offset"])
    part = cut_utf16(text, entity["offset"], length)
    if length <= 0 or not (part.strip() or entity["type"] in CODES):
        return None
    return {**entity, "length": length}


def _without_code(entities: list[Entity]) -> list[Entity]:
    codes = [entity for entity in entities if entity["type"] in CODES]
    others = [entity for entity in entities if entity["type"] not in CODES]
    kept = list(codes)
    for entity in others:
        pieces = [entity]
        if entity["type"] not in QUOTES:
            for code in codes:
                pieces = [rest for piece in pieces for rest in _subtract(piece, code)]
        kept += pieces
    return kept


def _subtract(entity: Entity, code: Entity) -> list[Entity]:
    begin, end = entity["offset"], entity["offset"] + entity["length"]
    code_begin, code_end = code["offset"], code["offset"] + code["length"]
    if code_end <= begin or end <= code_begin:
        return [entity]
    spans = [(begin, min(end, code_begin)), (max(begin, code_end), end)]
    return [{**entity, "offset": a, "length": b - a} for a, b in spans if a < b]


def cut_utf16(text: str, offset: int, length: int) -> str:
    """The part of ``text`` at ``offset``, both in UTF-16 code units."""
    encoded = text.encode("utf-16-le")
    return encoded[2 * offset : 2 * (offset + length)].decode("utf-16-le", "ignore")


FOUND: list[tuple[str, re.Pattern[str]]] = [
    ("url", re.compile(r"\bhttps?://[^\s<>\"']*[^\s<>\"'.,:;!?()\[\]]")),
    (
        "bot_command",
        re.compile(r"(?<![\w/<>@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])"),
    ),
    ("mention", re.compile(r"(?<![\w/@])@[A-Za-z0-9_]{3,32}\b")),
    ("hashtag", re.compile(r"(?<![\w#])#\w*[^\W\d]\w*")),
]


def detect(text: str, taken: list[Entity]) -> list[Entity]:
    """Return ``taken`` plus the links, commands, mentions and hashtags found outside them.

    Entities that would overlap code or an existing link are left out.
    """
    blocked = [e for e in taken if e["type"] in CODES or e["type"] == "text_link"]
    found: list[Entity] = []
    for kind, pattern in FOUND:
        for match in pattern.finditer(text):
            entity = entity_at(text, match, kind)
            if not any(_overlap(entity, other) for other in [*blocked, *found]):
                found.append(entity)
    return in_order([*taken, *found])


def entity_at(text: str, match: re.Match[str], kind: str) -> Entity:
    """Return an entity over the ``match`` in ``text``."""
    return {
        "type": kind,
        "offset": utf16_length(text[: match.start()]),
        "length": utf16_length(match[0]),
    }


def _overlap(one: Entity, other: Entity) -> bool:
    return bool(
        one["offset"] < other["offset"] + other["length"]
        and other["offset"] < one["offset"] + one["length"]
    )
