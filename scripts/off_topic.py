"""Ask each data set the questions of the others, and count refusals with default settings.

    python scripts/off_topic.py FOLDER FOLDER…

Each FOLDER is a data set in the format of ``pullquote eval``. Up to ``ASKED`` questions of each
other set that shares no article title are asked. If two sets are similar, such as both from
Wikipedia, some of these questions may have an answer after all.
"""

import argparse
import random
import statistics
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from index.indexer import Indexer
from qa import Settings, open_library
from qa.evaluate import read_corpus, read_queries

SEED, ASKED = 3, 300


def refused(folder: Path, others: list[Path]) -> dict[str, float]:
    """Return the shares of the questions of ``others`` that the set in ``folder`` refuses."""
    corpus = read_corpus(folder)
    titles = {article.title for article in corpus}
    shares = {}
    with TemporaryDirectory() as data, closing(open_library(Settings(data_dir=data))) as library:
        list(Indexer(library).add_all(corpus))
        for other in others:
            if titles.isdisjoint(each.title for each in read_corpus(other)):
                known = read_queries(other)
                asked = random.Random(SEED).sample(known, min(ASKED, len(known)))
                answered = [library.ask(query.question).answered for query in asked]
                shares[str(other)] = 1 - statistics.fmean(answered)
    return shares


def main() -> None:
    """Print a line for each pair, and the mean."""
    parser = argparse.ArgumentParser(description="Refusals of off-topic questions.")
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+")
    folders = parser.parse_args().folders
    every = []
    for folder in folders:
        for other, share in refused(folder, folders).items():
            print(f"{folder} asked those of {other}: {share:.3f} refused")
            every.append(share)
    print(f"mean of {len(every)} pairs: {statistics.fmean(every):.3f}")


if __name__ == "__main__":
    main()
