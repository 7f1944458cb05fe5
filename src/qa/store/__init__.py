"""SQLite, the source of truth: articles, passages, vectors, stories."""
