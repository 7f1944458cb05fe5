"""The reading room: files, pages and feeds become articles, and articles become passages."""
