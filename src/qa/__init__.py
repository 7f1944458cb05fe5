"""The answering room: articles at rest; question in, quotes out.

It knows neither Telegram nor feeds nor HTTP::

    library = qa.open_library(qa.Settings(data_dir="data"))
    answer = library.ask("Who was first?")

The library and the settings are loaded when they are first named: a process that only parses pages
needs nothing but the errors, and half the memory.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from qa.answer import Answer, Quote, Turn, Verdict
from qa.article import Article, Passage, article_id
from qa.errors import (
    ModelError,
    PullquoteError,
    RebuildRunningError,
    SettingsError,
    SourceError,
    StoreBusyError,
    StoreError,
    StoreLostError,
)
from qa.receipt import Difference, Fidelity, Receipt

if TYPE_CHECKING:
    from qa.library import Library, Status
    from qa.library import Library as open_library
    from qa.settings import Settings

__all__ = [
    "Answer",
    "Article",
    "Difference",
    "Fidelity",
    "Library",
    "ModelError",
    "Passage",
    "PullquoteError",
    "Quote",
    "RebuildRunningError",
    "Receipt",
    "Settings",
    "SettingsError",
    "SourceError",
    "Status",
    "StoreBusyError",
    "StoreError",
    "StoreLostError",
    "Turn",
    "Verdict",
    "article_id",
    "open_library",
]

_LATER = {
    "Library": ("qa.library", "Library"),
    "Settings": ("qa.settings", "Settings"),
    "Status": ("qa.library", "Status"),
    "open_library": ("qa.library", "Library"),
}

if not TYPE_CHECKING:  # else any name would be right

    def __getattr__(name: str) -> Any:  # noqa: ANN401 - classes and functions
        if name not in _LATER:
            raise AttributeError(f"module 'qa' has no attribute {name!r}")
        module, attribute = _LATER[name]
        return getattr(import_module(module), attribute)
