"""``pullquote feedback``: votes of readers on answers, and the data set that they make."""

import json
from pathlib import Path

import click

from bot.cli.common import as_json, open_library, read_settings


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def feedback(context: click.Context, as_json: bool) -> None:
    """List the votes on answers, newest first."""
    from bot.cli.output import print_feedback
    from bot.feedback.store import FeedbackStore

    if context.invoked_subcommand is not None:
        return
    with open_library(read_settings()) as library:
        votes = FeedbackStore(library.database).all()
    if as_json:
        click.echo(json.dumps([each.to_json() for each in votes], ensure_ascii=False))
    else:
        print_feedback(votes)


@feedback.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export(folder: Path) -> None:
    """Write the votes as a data set for `pullquote eval` into FOLDER."""
    from bot.feedback.export import export
    from bot.feedback.store import FeedbackStore

    with open_library(read_settings()) as library:
        votes = FeedbackStore(library.database).all()
        articles, questions = export(library, votes, folder)
    click.echo(f"{folder}: {questions} questions about {articles} articles.")
