"""Everything built from the command registry: handlers, menus, /help and the README table."""

import html
import re
from pathlib import Path

import pytest
from telegram.ext import CommandHandler

from bot.commands.command import Audience
from bot.commands.registry import COMMANDS
from bot.handlers import handlers
from bot.texts.languages import Languages
from tests.said import ENGLISH

README = Path(__file__).parents[3] / "README.md"

FOR = {
    Audience.EVERYBODY: "",
    Audience.FOLLOWERS: " (admins; everybody with `PULLQUOTE_OPEN_FEEDS=on`)",
    Audience.ADMINS: " (admins)",
}


def rows():
    """The README table: one row per line of /help, administrators' commands marked."""
    for command in COMMANDS:
        if command.name == "help":  # /help does not list itself
            continue
        for line in ENGLISH(command.help).splitlines():
            usage, _, does = re.sub("</?code>", "`", line).partition(" – ")
            yield f"| `{html.unescape(usage)}` | {html.unescape(does)}{FOR[command.audience]} |"


def test_readme_lists_every_command_as_help_does():
    assert "\n".join(rows()) in README.read_text()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_a_menu_line_that_telegram_accepts(command):
    assert re.fullmatch("[a-z0-9_]{1,32}", command.name)
    assert 1 <= len(ENGLISH(command.description)) <= 256


def test_handlers_come_from_the_registry():
    found = [each for each in handlers({1}, Languages()) if isinstance(each, CommandHandler)]
    assert [each.commands for each in found] == [
        frozenset({command.name, *command.aliases}) for command in COMMANDS
    ]
    assert [each.block for each in found] == [command.blocking for command in COMMANDS]
