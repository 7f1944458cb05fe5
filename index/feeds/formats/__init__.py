"""Feed documents, a module for each format."""
