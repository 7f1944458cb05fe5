"""Formats of feed documents. Readers return the same JSON values for each of them."""

MOST_ENTRIES = 500
"""Entries that are read; the rest of a longer document is skipped."""
