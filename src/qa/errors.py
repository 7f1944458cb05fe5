"""The errors that callers distinguish.

PullquoteError            the sentence is for the person; exit code 1 in the command line
├── SettingsError         a setting is missing or wrong; exit code 2
├── StoreError            the database cannot be used
│   ├── StoreBusyError    another process holds it; trying again may help
│   ├── StoreLostError    the connection to it broke; trying again helps once it is back
│   └── NewerDatabaseError  a newer version of Pullquote made it
├── ModelError            the model cannot be loaded, or is not the one the index was made with
├── RebuildRunningError   a rebuild is under way, here or in another process
└── SourceError           a file, page or feed did not become an article
"""


class PullquoteError(Exception):
    """Base of all errors that Pullquote raises on purpose: ``str(error)`` is one clear sentence."""


class SettingsError(PullquoteError):
    """A setting is missing or wrong; the sentence names the variable."""


class StoreError(PullquoteError):
    """The database cannot be opened, read or written."""


class StoreBusyError(StoreError):
    """Another process has locked the database for longer than we wait."""


class StoreLostError(StoreError):
    """The connection to the database broke; what was being written may have been written."""


class NewerDatabaseError(StoreError):
    """A newer version of Pullquote made the database."""


class ModelError(PullquoteError):
    """The model cannot be loaded, or the index was made with another one."""


class RebuildRunningError(PullquoteError):
    """A rebuild is under way; only one may run on a data folder."""


class SourceError(PullquoteError):
    """A source did not become an article; ``source`` is the path or URL as it was given."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


def first_line(error: Exception) -> str:
    """Return the first line of what ``error`` says, or its type if it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
