"""Runs parsers in worker processes with a time limit; it is handed the parsers and knows none."""
