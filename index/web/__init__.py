"""Fetching pages, and telling web addresses apart."""
