"""The Bot API's contract: the parameters of each method and their types."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

Fields = dict[str, tuple[str, bool]]

WORDS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a multipart request."""

    filename: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Contract:
    """Methods and types of a Bot API version; ``source`` names the version and its origin.

    ``unions`` names the members of types that have no fields of their own.
    """

    source: str
    methods: dict[str, Fields]
    types: dict[str, Fields]
    unions: dict[str, list[str]]

    def decode(self, method: str, raw: Mapping[str, object]) -> dict[str, Any]:
        """Parameters as Python values: numbers, booleans and JSON out of their text form.

        Values that cannot be decoded stay unchanged; ``violations`` reports them.
        """
        fields = self.methods.get(method, {})
        return {
            name: decode(fields[name][0], value) if name in fields else value
            for name, value in raw.items()
        }

    def violations(self, method: str, params: Mapping[str, object]) -> list[str]:
        """Return one sentence for each violation of the contract in decoded ``params``."""
        fields = self.methods.get(method)
        if fields is None:
            return [f"{method}: there is no such method"]
        return list(self._object(method, fields, params, "parameter"))

    def _object(
        self, where: str, fields: Fields, value: Mapping[str, object], noun: str
    ) -> Iterator[str]:
        for name in value.keys() - fields.keys():
            yield f"{where}: unknown {noun} {name!r}"
        for name, (kind, required) in fields.items():
            if name in value:
                yield from self._value(f"{where}.{name}", kind, value[name])
            elif required:
                yield f"{where}: {noun} {name!r} is missing"

    def _value(self, where: str, kind: str, value: object) -> Iterator[str]:
        if kind.startswith("Array of "):
            yield from self._array(where, kind.removeprefix("Array of "), value)
        elif " or " in kind:
            yield from self._one_of(where, kind, kind.split(" or "), value)
        elif kind in self.types:
            yield from self._type(where, kind, value)
        elif not is_plain(kind, value):
            yield f"{where}: should be {kind}, is {shown(value)}"

    def _array(self, where: str, kind: str, value: object) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{where}: should be Array of {kind}, is {shown(value)}"
            return
        for at, item in enumerate(value):
            yield from self._value(f"{where}[{at}]", kind, item)

    def _one_of(self, where: str, kind: str, kinds: list[str], value: object) -> Iterator[str]:
        if all(list(self._value(where, each, value)) for each in kinds):
            yield f"{where}: should be {kind}, is {shown(value)}"

    def _type(self, where: str, kind: str, value: object) -> Iterator[str]:
        if kind == "InputFile":
            if not isinstance(value, Upload):
                yield f"{where}: should be InputFile, is {shown(value)}"
        elif not isinstance(value, dict):
            yield f"{where}: should be {kind}, is {shown(value)}"
        elif kind in self.unions:
            yield from self._one_of(where, kind, self.unions[kind], value)
        else:
            yield from self._object(where, self.types[kind], value, "field")


def decode(kind: str, value: object) -> object:
    """Return ``value`` as a Python value of ``kind`` if its text allows it, else unchanged."""
    if not isinstance(value, str):
        return value
    if kind in {"Boolean", "True"}:
        return WORDS.get(value.lower(), value)
    if kind in {"Integer", "Integer or String"}:
        return int(value) if re.fullmatch(r"-?[0-9]{1,19}", value) else value
    if kind in {"String", "Float", "InputFile"}:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def is_plain(kind: str, value: object) -> bool:
    """Whether ``value`` is of the plain type ``kind``; a bool is not an Integer."""
    if kind == "Integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "Boolean":
        return isinstance(value, bool)
    if kind == "True":
        return value is True
    return kind == "String" and isinstance(value, str)


def shown(value: object) -> str:
    """Return the value for a sentence, cut to 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


@cache
def load_contract() -> Contract:
    """Load the contract from the file next to this module."""
    text = files(__package__).joinpath("contract.json").read_text(encoding="utf-8")
    data = json.loads(text)
    return Contract(
        data["source"],
        {k: _fields(v) for k, v in data["methods"].items()},
        {k: _fields(v) for k, v in data["types"].items()},
        data["unions"],
    )


def _fields(entry: dict[str, list[Any]]) -> Fields:
    return {name: (kind, required) for name, (kind, required) in entry.items()}
