"""Reduce the full Bot API schema to the methods that Pullquote uses, for the playground.

    python scripts/contract.py FULL.json > bot/playground/contract.json

FULL.json holds ``methods[name][parameter] = [type, required]``, ``types[name][field] = [type,
required]`` and ``version``. Kept are the methods below and every type that their parameters need.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

SOURCE = "reduced from the schema in aiogram 3.31.0's source, MIT"
DATE = "2026-08-24"
METHODS = [
    "answerCallbackQuery",
    "answerGuestQuery",
    "answerInlineQuery",
    "deleteMessage",
    "deleteMyCommands",
    "deleteWebhook",
    "editMessageReplyMarkup",
    "editMessageText",
    "getChat",
    "getChatMember",
    "getFile",
    "getMe",
    "getMyCommands",
    "getUpdates",
    "getWebhookInfo",
    "leaveChat",
    "sendChatAction",
    "sendDocument",
    "sendMessage",
    "sendRichMessage",
    "setMyCommands",
    "setMyDescription",
    "setMyShortDescription",
    "setWebhook",
]

UNIONS = {"InputMessageContent": "Input[A-Z][a-z]+MessageContent"}
"""Unions whose members' names do not start with the union's, and the pattern of these names."""

Fields = dict[str, list[object]]


def named_types(fields: Fields) -> set[str]:
    """Return the words in the types of ``fields``, such as ``{"Array", "of", "MessageEntity"}``."""
    return {word for kind, _ in fields.values() for word in re.findall(r"\w+", str(kind))}


def members(parent: str, types: dict[str, Fields]) -> set[str]:
    """Return the types of a union, which has no fields; their names mostly start with its own."""
    if types[parent]:
        return set()
    if parent in UNIONS:
        return {name for name in types if re.fullmatch(UNIONS[parent], name)}
    return {name for name in types if name.startswith(parent) and "type" in types[name]}


def closure(wanted: Iterable[Fields], types: dict[str, Fields]) -> dict[str, Fields]:
    """Return the types that the ``wanted`` parameters refer to, directly or indirectly."""
    found: dict[str, Fields] = {}
    open_names = {name for fields in wanted for name in named_types(fields)}
    while open_names:
        name = open_names.pop()
        if name in types and name not in found:
            found[name] = types[name]
            open_names |= named_types(types[name]) | members(name, types)
    return found


def main() -> None:
    """Read the schema named on the command line and print the reduced one."""
    full = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    methods = {name: full["methods"][name] for name in METHODS}
    types = closure(methods.values(), full["types"])
    about = f"Bot API {full['version']} ({DATE}), {SOURCE}"
    unions = {name: sorted(found) for name in types if (found := members(name, types))}
    print(f'{{"source": {json.dumps(about)},\n"methods": {{')
    print(lines(methods) + '},\n"types": {\n' + lines(types) + "},")
    print('"unions": {\n' + lines(unions) + "}}")


def lines(entries: Mapping[str, object]) -> str:
    """Return one entry per line, sorted, so that diffs are readable."""
    return ",\n".join(
        f"{json.dumps(name)}: {json.dumps(entries[name], sort_keys=True)}"
        for name in sorted(entries)
    )


if __name__ == "__main__":
    main()
