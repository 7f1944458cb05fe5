"""Which reader takes a source: a file, a folder or an address.

To add a type of address, write a module with a reader and add a line to ``ADDRESSES``. Commands,
channels and the entries of feeds then read it, too. A type of file is a document format, see
``index.documents.registry``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from index.sources import files, pages
from index.web.fetch import Fetch, Fetcher
from qa.article import Article
from qa.errors import SourceError


@dataclass(frozen=True, slots=True)
class AddressType:
    """A type of address: whether it takes a URL, and the reader of the article there.

    The reader is handed the URL and a way to fetch from the web. It raises ``SourceError`` when
    there is no article.
    """

    takes: Callable[[str], bool]
    read: Callable[[str, Fetch], Article]


ADDRESSES = [
    AddressType(pages.takes, pages.read_page),
]
"""The first type that takes an address reads it; web pages, which take most, come last."""


def read(source: str, *, allow_private: bool) -> Iterator[Article | SourceError]:
    """Yield the articles of an address, a file, or a folder and the folders in it.

    A failure is a value in the stream, so the rest is still read. ``allow_private`` permits
    addresses on private and loopback hosts.
    """
    if not source.strip():
        # It would mean the current folder, but usually comes from an unset variable.
        yield SourceError("(nothing)", "an empty name was given")
        return
    try:
        if _address_type(source):
            yield read_address(source, Fetcher(allow_private=allow_private).fetch)
        else:
            yield from files.read_path(source)
    except SourceError as error:
        yield error
    except ValueError:
        yield SourceError(source, "this is not a valid address")


def read_address(url: str, fetch: Fetch) -> Article:
    """Return the article at an address; ``SourceError`` when there is none.

    Never reads a file of this computer.
    """
    address_type = _address_type(url)
    if address_type is None:
        raise SourceError(url, files.ONLY_WEB)
    return address_type.read(url, fetch)


def _address_type(source: str) -> AddressType | None:
    return next((each for each in ADDRESSES if each.takes(source)), None)
