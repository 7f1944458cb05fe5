"""All commands, in the order in which menus and /help list them."""

from bot.commands import (
    add,
    ask,
    digest,
    feeds,
    language,
    latest,
    quiet,
    rebuild,
    status,
    story,
    subscribe,
    subscriptions,
    unsubscribe,
    verify,
)
from bot.commands.help import with_help

COMMANDS = with_help(
    ask.COMMAND,
    latest.COMMAND,
    story.COMMAND,
    verify.COMMAND,
    subscribe.COMMAND,
    subscriptions.COMMAND,
    digest.COMMAND,
    quiet.COMMAND,
    unsubscribe.COMMAND,
    language.COMMAND,
    add.COMMAND,
    feeds.COMMAND,
    rebuild.COMMAND,
    status.COMMAND,
)
