"""Question in, quotes out: search, ranking, highlighting, confidence."""
