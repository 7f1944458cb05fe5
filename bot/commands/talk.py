"""/ask, and messages that may be no question: hello, thanks, what's new."""

import asyncio

from telegram import Update

from bot.commands.ask import answer_question, respond
from bot.commands.command import Callback, Command
from bot.commands.latest import show_latest
from bot.context import Context
from bot.texts import answers as answer_texts
from bot.updates import message_of, text_after_command
from qa.language.talk import Talk, read_talk


async def _ask(update: Update, context: Context) -> None:
    """/ask QUESTION."""
    await answer_message(update, context, text_after_command(message_of(update)))


COMMAND = Command("ask", _ask, is_question=True)


async def answer_message(update: Update, context: Context, text: str) -> None:
    """Answer the questions in ``text``; if there are none, reply to what it says."""
    talk, question = read_talk(text)
    if talk is None:
        await answer_question(update, context, question)
    elif command := _command(talk):
        await command(update, context)
    else:
        await _answer_courtesy(update, context, talk)


def _command(talk: Talk) -> Callback | None:
    """The command that answers such talk, if there is one."""
    from bot.commands.registry import HELP  # which lists /ask

    return {Talk.HELP: HELP.callback, Talk.LATEST: show_latest}.get(talk)


async def _answer_courtesy(update: Update, context: Context, talk: Talk) -> None:
    """Return the courtesy, with an example of a question about the newest article."""
    stories = await asyncio.to_thread(context.library.latest_stories, 1)
    newest = stories[0][0] if stories else None
    html = answer_texts.courtesy(context.texts, talk, newest, is_admin=context.is_admin(update))
    await respond(message_of(update), context, html)
