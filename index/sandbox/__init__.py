"""Hostile documents are parsed in a process of their own, under a deadline."""
