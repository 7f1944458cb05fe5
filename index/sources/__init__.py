"""Sources of articles: files and folders, and web addresses of each type."""
