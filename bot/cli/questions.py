"""Commands that ask: one question, or a whole data set of them."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from bot.cli.common import as_json, open_library, read_settings


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="QUESTION")
@click.option(
    "-n", "top_k", default=3, show_default=True, type=click.IntRange(1, 50), help="Quotes at most."
)
@as_json
def ask(words: tuple[str, ...], top_k: int, as_json: bool) -> None:
    """Answer QUESTION, in quotation marks or not, with at most N quotes."""
    from bot.cli.output import answer_json, print_answer

    question = " ".join(words)
    if not question.strip():
        raise click.UsageError("The question is empty.")
    with open_library(read_settings()) as library:
        answer = library.ask(question, top_k)
    if as_json:
        click.echo(json.dumps(answer_json(answer), ensure_ascii=False))
    else:
        print_answer(answer)


@click.command(name="eval")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@as_json
@click.option(
    "--predictions",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write one line of JSON for each question to this file.",
)
def evaluate(folder: Path, as_json: bool, predictions: Path | None) -> None:
    """Print figures on the data set in FOLDER (corpus.jsonl, queries.jsonl)."""
    from bot.cli.evaluation import evaluate
    from bot.cli.output import print_report

    report, predicted = evaluate(folder, read_settings())
    if predictions is not None:
        lines = (json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in predicted)
        predictions.write_text("".join(lines), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(asdict(report), ensure_ascii=False))
    else:
        print_report(report)
