"""Words, sentences and questions of a language."""

from qa.language.language import ENGLISH, Language, codes, load

__all__ = ["ENGLISH", "Language", "codes", "load"]
