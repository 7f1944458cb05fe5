"""The answering room: articles at rest; question in, quotes out.

It knows neither Telegram nor feeds nor HTTP::

    library = qa.open_library(qa.read_settings())
    answer = library.ask("Who was first?")
"""

from qa.answer import Answer, Quote, Verdict
from qa.article import Article, Passage, article_id
from qa.errors import (
    ModelError,
    PullquoteError,
    RebuildRunningError,
    SettingsError,
    SourceError,
    StoreBusyError,
    StoreError,
)
from qa.library import Library, Status
from qa.library import Library as open_library
from qa.settings import Settings, read_settings

__all__ = [
    "Answer",
    "Article",
    "Library",
    "ModelError",
    "Passage",
    "PullquoteError",
    "Quote",
    "RebuildRunningError",
    "Settings",
    "SettingsError",
    "SourceError",
    "Status",
    "StoreBusyError",
    "StoreError",
    "Verdict",
    "article_id",
    "open_library",
    "read_settings",
]
