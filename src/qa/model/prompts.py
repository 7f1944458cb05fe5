"""What a model wants to read before a query and before a passage."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompts:
    """Text that is put before each query and each passage, such as ``query: ``; may be empty."""

    query: str = ""
    passage: str = ""


def prompts_of(named: Mapping[str, str | None]) -> Prompts:
    """Choose from the ``prompts`` of a sentence-transformers model.

    The names are those that its ``encode_query`` and ``encode_document`` look for.
    """
    passage = next(filter(None, map(named.get, ("document", "passage", "corpus"))), "")
    return Prompts(named.get("query") or "", passage or "")
