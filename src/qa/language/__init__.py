"""Words, sentences and questions of a language."""

from qa.language.language import ENGLISH, Language, codes, language_of, load

__all__ = ["ENGLISH", "Language", "codes", "language_of", "load"]
