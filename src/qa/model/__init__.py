"""Text to vectors, and the cross-encoder."""
