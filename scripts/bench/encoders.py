"""The packaged models side by side: time to answer, reading speed, memory.

    python scripts/bench/encoders.py --data FOLDER FOLDER…

Each model runs alone in a new process, in turns, ``ROUNDS`` times; the table has the medians. Times
are CPU times, which depend little on other work on the machine. *Start* is from the start of the
process to the vector of the first question. *Resident* is the memory after ``QUESTIONS`` questions,
and again after the passages have been read. Passages are those of ``speed.py``, questions those of
the data sets.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from qa.model.encoder import load_encoder
from qa.model.packaged import PACKAGED

SEED, ROUNDS, QUESTIONS, PASSAGES = 1, 5, 20, 96
FIGURES = ("start s", "question ms", "passages a second", "resident MB", "after reading MB")


def measure(model: str, questions: Sequence[str], texts: Sequence[str]) -> list[float]:
    """Return ``FIGURES`` of the model in this process."""
    encoder = load_encoder(model)
    encoder.encode_queries(questions[:1])
    start = time.process_time()
    taken = []
    for question in questions:
        begin = time.process_time()
        encoder.encode_queries([question])
        taken.append(time.process_time() - begin)
    asking = _resident()
    encoder.encode_passages(texts[:1])  # loads what reads passages
    begin = time.process_time()
    encoder.encode_passages(texts)
    rate = len(texts) / (time.process_time() - begin)
    return [start, 1000 * statistics.median(taken), rate, asking, _resident()]


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def read(folders: Sequence[Path]) -> tuple[list[str], list[str]]:
    """Return questions and passages of the data sets."""
    # Loaded here, or they would count in the figures.
    from speed import passages

    from qa.evaluate import read_corpus, read_queries

    chance = random.Random(SEED)
    articles = [article for folder in folders for article in read_corpus(folder)]
    texts = [f"{title}\n{text}" for _, title, text in passages(articles, PASSAGES, chance)]
    known = [query.question for folder in folders for query in read_queries(folder)]
    return chance.sample(known, QUESTIONS), texts


def in_new_process(model: str, given: str) -> list[float]:
    """As ``measure``, in a process that has done nothing else."""
    command = [sys.executable, __file__, "--measure", model]
    done = subprocess.run(command, input=given, check=True, stdout=subprocess.PIPE, text=True)
    figures: list[float] = json.loads(done.stdout)
    return figures


def table(measured: dict[str, list[list[float]]]) -> str:
    """Medians as a Markdown table; the last row has the ratio of the last model to the first."""
    medians = {
        model: [statistics.median(each) for each in zip(*rounds, strict=True)]
        for model, rounds in measured.items()
    }
    first, *_, last = medians.values()
    medians["ratio"] = [b / a for a, b in zip(first, last, strict=True)]
    return "\n".join(
        [
            f"| model | {' | '.join(FIGURES)} |",
            "|---" * (1 + len(FIGURES)) + "|",
            *(_row(name, figures) for name, figures in medians.items()),
        ]
    )


def _row(name: str, figures: Sequence[float]) -> str:
    return f"| {name} | {' | '.join(f'{figure:.3g}' for figure in figures)} |"


def main() -> None:
    """Measure in turns and print, or measure here and print for the process that asked."""
    parser = argparse.ArgumentParser(description="The packaged models side by side.")
    parser.add_argument("--data", metavar="FOLDER", type=Path, nargs="+", default=[])
    parser.add_argument("--measure", choices=PACKAGED, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(measure(args.measure, *json.load(sys.stdin))))
        return
    given = json.dumps(read(args.data))
    for model in PACKAGED:
        load_encoder(model)  # converts the model, which is done once
    measured: dict[str, list[list[float]]] = {model: [] for model in PACKAGED}
    for _ in range(ROUNDS):
        for model, rounds in measured.items():
            rounds.append(in_new_process(model, given))
    print(table(measured))


if __name__ == "__main__":
    main()
