"""The contract reports everything that is wrong with a request."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.playground.contract import Upload, load_contract
from bot.playground.methods import METHODS

ROOT = Path(__file__).parents[3]
BUTTON = {"text": "More", "callback_data": "more"}


def violations(method, **params):
    contract = load_contract()
    return contract.violations(method, contract.decode(method, params))


def test_contract_names_its_source_and_covers_the_methods_of_the_double():
    contract = load_contract()
    assert contract.source == (
        "Bot API 10.3 (2026-08-24), reduced from the schema in aiogram 3.31.0's source, MIT"
    )
    assert set(contract.methods) == {*METHODS, "getUpdates"}


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("getMe", {}),
        ("sendMessage", {"chat_id": "-1001", "text": "a", "protect_content": "true"}),
        ("sendMessage", {"chat_id": "@channel", "text": "12"}),
        (
            "sendMessage",
            {"chat_id": 1, "text": "", "entities": '[{"type":"b","offset":0,"length":1}]'},
        ),
        (
            "sendMessage",
            {"chat_id": 1, "text": "a", "reply_markup": {"inline_keyboard": [[BUTTON]]}},
        ),
        ("sendMessage", {"chat_id": 1, "text": "a", "reply_markup": {"remove_keyboard": True}}),
        ("setMyCommands", {"commands": [], "scope": {"type": "chat", "chat_id": 5}}),
        ("setMyCommands", {"commands": "[]", "scope": '{"type":"default"}'}),
        ("setWebhook", {"url": "https://a.example", "certificate": Upload("c.pem", b"x")}),
        ("getUpdates", {"timeout": "10", "allowed_updates": '["message"]'}),
    ],
)
def test_valid_request_has_no_violations(method, params):
    assert violations(method, **params) == []


@pytest.mark.parametrize(
    ("method", "params", "sentence"),
    [
        ("sendPhoto", {}, "sendPhoto: there is no such method"),
        ("getMe", {"x": 1}, "getMe: unknown parameter 'x'"),
        ("sendMessage", {"chat_id": 1}, "sendMessage: parameter 'text' is missing"),
        (
            "sendMessage",
            {"chat_id": 1.5, "text": "a"},
            "sendMessage.chat_id: should be Integer or String, is 1.5",
        ),
        (
            "deleteMessage",
            {"chat_id": 1, "message_id": "x"},
            "deleteMessage.message_id: should be Integer, is 'x'",
        ),
        (
            "deleteMessage",
            {"chat_id": 1, "message_id": True},
            "deleteMessage.message_id: should be Integer, is True",
        ),
        (
            "sendMessage",
            {"chat_id": 1, "text": "a", "protect_content": "perhaps"},
            "sendMessage.protect_content: should be Boolean, is 'perhaps'",
        ),
        (
            "editMessageText",
            {"text": "a", "reply_markup": {"inline_keyboard": [BUTTON]}},
            "editMessageText.reply_markup.inline_keyboard[0]: should be Array of "
            "InlineKeyboardButton, is {'text': 'More', 'callback_data': 'more'}",
        ),
        (
            "editMessageText",
            {"text": "a", "reply_markup": {"inline_keyboard": [[{"callback_data": "a"}]]}},
            "editMessageText.reply_markup.inline_keyboard[0][0]: field 'text' is missing",
        ),
        (
            "sendMessage",
            {"chat_id": 1, "text": "a", "link_preview_options": {"disabled": True}},
            "sendMessage.link_preview_options: unknown field 'disabled'",
        ),
        (
            "sendMessage",
            {"chat_id": 1, "text": "a", "reply_parameters": "{broken"},
            "sendMessage.reply_parameters: should be ReplyParameters, is '{broken'",
        ),
        (
            "sendMessage",
            {"chat_id": 1, "text": "a", "reply_markup": {"remove_keyboard": False}},
            "sendMessage.reply_markup: should be InlineKeyboardMarkup or ReplyKeyboardMarkup or "
            "ReplyKeyboardRemove or ForceReply, is {'remove_keyboard': False}",
        ),
        (
            "getMyCommands",
            {"scope": {"chat_id": 1}},
            "getMyCommands.scope: should be BotCommandScope, is {'chat_id': 1}",
        ),
        (
            "setMyCommands",
            {"commands": {"command": "a"}},
            "setMyCommands.commands: should be Array of BotCommand, is {'command': 'a'}",
        ),
        (
            "setWebhook",
            {"url": "", "certificate": "c.pem"},
            "setWebhook.certificate: should be InputFile, is 'c.pem'",
        ),
    ],
)
def test_each_violation_of_the_contract_has_its_sentence(method, params, sentence):
    assert violations(method, **params) == [sentence]


def test_long_value_is_shortened_in_its_sentence():
    sentence = violations("getChat", chat_id=["x" * 100])[0]
    assert sentence == f"getChat.chat_id: should be Integer or String, is ['{'x' * 57}…"


def test_script_reduces_a_schema_to_the_methods_used_and_their_types(tmp_path):
    kept = json.loads((ROOT / "bot/playground/contract.json").read_text(encoding="utf-8"))
    full = {
        "version": "10.3",
        "methods": {**kept["methods"], "sendPhoto": {"photo": ["Photo", True]}},
        "types": {**kept["types"], "Photo": {"file_id": ["String", True]}},
    }
    (tmp_path / "full.json").write_text(json.dumps(full), encoding="utf-8")
    command = [sys.executable, ROOT / "scripts/contract.py", tmp_path / "full.json"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed == (ROOT / "bot/playground/contract.json").read_text(encoding="utf-8")
