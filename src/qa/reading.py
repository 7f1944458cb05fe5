"""Sentences of passages and their vectors, made when a question comes near them."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from qa.encoder import Encoder, Vectors
from qa.sentences import sentences
from qa.store import StoredPassage

REMEMBERED = 5_000
"""Passages whose sentence vectors are kept, about 8 kB each: many questions ask about the same."""

Span = tuple[int, int]


class SentenceReader:
    """Encodes the sentences of passages. Safe to use from several threads."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._lock = threading.Lock()
        # By passage id alone: the passage of an id never changes.
        self._known: OrderedDict[int, tuple[list[Span], Vectors]] = OrderedDict()

    def read(self, passages: Sequence[StoredPassage]) -> list[tuple[list[Span], Vectors]]:
        """Spans (offsets into the passage's text) and unit vectors, one a sentence."""
        with self._lock:
            known = {p.id: self._known[p.id] for p in passages if p.id in self._known}
        known |= self._encode([p for p in passages if p.id not in known])
        with self._lock:
            for id_, sentences_ in known.items():
                self._known[id_] = sentences_
                self._known.move_to_end(id_)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return [known[p.id] for p in passages]

    def _encode(self, passages: Sequence[StoredPassage]) -> dict[int, tuple[list[Span], Vectors]]:
        spans = {p.id: sentences(p.passage.text) for p in passages}
        vectors = self._encoder.encode(
            [f"{p.section}\n{p.passage.text[a:b]}" for p in passages for a, b in spans[p.id]]
        )
        encoded, begin = {}, 0
        for id_, cut in spans.items():
            encoded[id_] = (cut, vectors[begin : begin + len(cut)])
            begin += len(cut)
        return encoded
