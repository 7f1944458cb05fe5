"""All commands, in the order in which menus and /help list them."""

from bot.commands import (
    add,
    block,
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
    talk,
    unblock,
    unsubscribe,
    verify,
    watch,
)
from bot.commands.help import with_help

COMMANDS = with_help(
    talk.COMMAND,
    latest.COMMAND,
    story.COMMAND,
    verify.COMMAND,
    subscribe.COMMAND,
    watch.COMMAND,
    subscriptions.COMMAND,
    digest.COMMAND,
    quiet.COMMAND,
    unsubscribe.COMMAND,
    language.COMMAND,
    add.COMMAND,
    feeds.COMMAND,
    rebuild.COMMAND,
    status.COMMAND,
    block.COMMAND,
    unblock.COMMAND,
)
HELP = next(each for each in COMMANDS if each.name == "help")
