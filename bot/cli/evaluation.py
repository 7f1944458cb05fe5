"""What ``pullquote eval`` does: index a data set into a temporary library and ask its questions."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from bot.cli.output import progress
from index.indexer import Indexer
from qa import Article, Library, Settings, open_library
from qa.evaluate import Prediction, Query, Report, predict, read_corpus, read_queries, report


def evaluate(folder: Path, settings: Settings) -> tuple[Report, list[Prediction]]:
    """Figures and predictions on the data set in ``folder``, with the model of ``settings``."""
    articles, queries = read_corpus(folder), read_queries(folder)
    with tempfile.TemporaryDirectory(prefix="pullquote-eval-") as scratch:
        library = open_library(settings.model_copy(update={"data_dir": Path(scratch)}))
        try:
            articles = _index(library, articles)
            predictions = _ask(library, queries)
        finally:
            library.close()
    return report(folder.name, articles, queries, predictions), predictions


def _index(library: Library, articles: Sequence[Article]) -> list[Article]:
    """Return the articles as they are stored, with their languages."""
    stored = []
    library.warm_up()
    with progress("Indexing", "articles") as advance:
        for done, (article, _) in enumerate(Indexer(library).add_all(articles), 1):
            stored.append(article)
            advance(done, len(articles))
    return stored


def _ask(library: Library, queries: Sequence[Query]) -> list[Prediction]:
    predictions = []
    with progress("Asking", "questions") as advance:
        for done, prediction in enumerate(predict(library, queries), 1):
            predictions.append(prediction)
            advance(done, len(queries))
    return predictions
