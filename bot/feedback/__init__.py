"""What readers think of answers: votes, as they are stored, listed and exported."""
