"""Feeds: which are followed, when each is due, what their entries become."""
