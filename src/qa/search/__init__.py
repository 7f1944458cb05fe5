"""Words and vectors are searched, candidates judged, and an answer composed."""
