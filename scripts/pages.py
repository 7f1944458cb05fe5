"""Extraction on pages with human-labelled text: how much of it is read, and what else is.

    python scripts/pages.py FOLDER [--show]

FOLDER has ``html/NAME.html.gz`` and ``ground-truth.json``, which maps NAME to ``articleBody``, as
in scrapinghub's article-extraction-benchmark. A line of our passages is foreign if less than half
of its runs of four words occur in the labelled text; ``--show`` prints these lines.
"""

import argparse
import gzip
import json
import re
from collections import Counter
from pathlib import Path

from index.documents.html import extract
from index.documents.passages import split
from qa.article import Article

RUN = 4


def tokens(text: str) -> list[str]:
    """Return the words in lower case."""
    return re.findall(r"\w+", text.casefold())


def f1(text: str, truth: str) -> float:
    """Return the F1 of the two bags of words."""
    found, wanted = Counter(tokens(text)), Counter(tokens(truth))
    return 2 * (found & wanted).total() / (found.total() + wanted.total())


def foreign(text: str, truth: str) -> list[str]:
    """Return the lines of ``text`` that are not from ``truth``."""
    known = f" {' '.join(tokens(truth))} "
    return [line for line in text.split("\n") if tokens(line) and not _is_of(tokens(line), known)]


def _is_of(line: list[str], known: str) -> bool:
    last = max(len(line) - RUN, 0)
    runs = [" ".join(line[start : start + RUN]) for start in range(last + 1)]
    return sum(f" {run} " in known for run in runs) >= len(runs) / 2


def without_marks(article: Article) -> str:
    """Return the text with item numbers blanked out: browsers make them, no label has them."""
    text = article.text
    for block in article.blocks:
        text = f"{text[: block.start]}{' ' * block.mark}{text[block.start + block.mark :]}"
    return text


def main() -> None:
    """Print the means and the number of foreign lines."""
    parser = argparse.ArgumentParser(description="Extraction compared with labelled pages.")
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("--show", action="store_true", help="print the foreign lines")
    arguments = parser.parse_args()
    truths = json.loads((arguments.folder / "ground-truth.json").read_text())
    texts, passages, lines = [], [], []
    for page in sorted((arguments.folder / "html").iterdir()):
        truth = truths[page.name.partition(".")[0]]["articleBody"]
        parts = extract(gzip.decompress(page.read_bytes()), page.name)
        text = without_marks(parts)
        spans = [(passage.start, passage.end) for passage in split(parts.text, parts.blocks)]
        kept = "\n".join(text[slice(*span)] for span in spans)
        texts.append(f1(text, truth))
        passages.append(f1(kept, truth))
        lines += foreign(kept, truth)
    mean = [sum(scores) / len(scores) for scores in (texts, passages)]
    print(f"{len(texts)} pages: F1 of the text {mean[0]:.4f}, of the passages {mean[1]:.4f}")
    print(f"foreign lines in passages: {len(lines)}, {sum(map(len, lines))} characters")
    if arguments.show:
        print(*lines, sep="\n")


if __name__ == "__main__":
    main()
