"""Words, sentences and questions of a language."""
