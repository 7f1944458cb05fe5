"""Which stored articles a reader may see: everybody's, and personal ones that are theirs."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from itertools import islice

from qa.store.database import Row

AT_ONCE = 100
"""Rows that are looked at together."""
DEEPER = 4
"""A search that found too little that may be seen is repeated, at least so many times as deep."""

Sees = Callable[[Collection[str]], Set[str]]
"""Returns those of the ids of personal articles that a reader may see."""


def visible_rows(rows: Iterable[Row], sees: Sees | None) -> Iterator[Row]:
    """Return the rows, with ``id`` and ``is_personal`` of articles, that may be seen, in order."""
    return iter(rows) if sees is None else _visible(rows, sees)


def _visible(rows: Iterable[Row], sees: Sees) -> Iterator[Row]:
    coming = iter(rows)
    while some := list(islice(coming, AT_ONCE)):
        personal = {row["id"] for row in some if row["is_personal"]}
        theirs = sees(personal) if personal else personal
        yield from (row for row in some if not row["is_personal"] or row["id"] in theirs)


def first_visible(
    search: Callable[[int], Mapping[int, float]],
    wanted: int,
    visible: Callable[[Collection[int]], Collection[int]],
) -> dict[int, float]:
    """Search as deep as needed to find ``wanted`` passages that are ``visible``, best first.

    ``search`` maps at most so many passages to their scores.
    """
    depth, known, seen = wanted, set[int](), set[int]()
    while True:
        found = search(depth)
        seen.update(visible(found.keys() - known))
        if len(seen) >= wanted or len(found) < depth:
            return dict(islice(((id_, found[id_]) for id_ in found if id_ in seen), wanted))
        known.update(found)
        depth = max(DEEPER * depth, 2 * wanted * depth // max(len(seen), 1))
