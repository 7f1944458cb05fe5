"""Commands that ask: one question, a quote to check, or a whole data set of questions."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from bot.cli.common import as_json, feeds_of, open_library, read_settings


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
    settings = read_settings()
    with open_library(settings) as library:
        feeds_of(library, settings)  # which the question may name
        answer = library.ask(question, top_k)
    if as_json:
        click.echo(json.dumps(answer_json(answer), ensure_ascii=False))
    else:
        print_answer(answer)


@click.command()
@click.argument("words", nargs=-1, metavar="[QUOTE]")
@as_json
def verify(words: tuple[str, ...], as_json: bool) -> None:
    """Check whether an article has QUOTE word for word; it is read from stdin if not given.

    Exit code 1 if no article has it so.
    """
    from bot.cli.output import print_receipt, receipt_json
    from qa import Fidelity

    quoted = " ".join(words) or sys.stdin.buffer.read().decode("utf-8", "replace").strip()
    with open_library(read_settings()) as library:
        receipt = library.verify(quoted)
    if as_json:
        click.echo(json.dumps(receipt_json(receipt), ensure_ascii=False))
    else:
        print_receipt(receipt)
    sys.exit(0 if receipt.fidelity is Fidelity.VERBATIM else 1)


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
