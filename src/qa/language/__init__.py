"""Words, sentences and questions of a language."""

from qa.language.files import ENGLISH, codes, language_of, load
from qa.language.language import Language

__all__ = ["ENGLISH", "Language", "codes", "language_of", "load"]
