"""What a model wants to read before a query and before a passage."""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompts:
    """Text that is put before each query and each passage, such as ``query: ``; may be empty."""

    query: str = ""
    passage: str = ""

    def unless(self, query: str | None, passage: str | None) -> "Prompts":
        """Return these, but ``query`` and ``passage`` where they are given."""
        return Prompts(
            self.query if query is None else query,
            self.passage if passage is None else passage,
        )


def prompts_of(named: Mapping[str, str | None]) -> Prompts:
    """Choose from the ``prompts`` of a sentence-transformers model.

    The names are those that its ``encode_query`` and ``encode_document`` look for.
    """
    passage = next(filter(None, map(named.get, ("document", "passage", "corpus"))), "")
    return Prompts(named.get("query") or "", passage or "")


E5_PROMPTS = Prompts("query: ", "passage: ")
KNOWN_PROMPTS = {r"(^|/)(multilingual-)?e5-(small|base|large)(-v2)?$": E5_PROMPTS}
"""Of models whose folders do not say what they were trained with, by a pattern of their name."""


def known_prompts(name: str) -> Prompts:
    """Return the prompts of the model ``name`` if they are known, else none."""
    found = (prompts for pattern, prompts in KNOWN_PROMPTS.items() if re.search(pattern, name))
    return next(found, Prompts())
