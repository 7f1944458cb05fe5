"""What runs in the background: polling feeds, removing old articles, notices."""
