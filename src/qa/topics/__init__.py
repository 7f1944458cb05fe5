"""Which followed topics an article is about."""
