"""Which followed topics an article is about, and which saved questions it answers."""
