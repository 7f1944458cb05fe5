"""Documents of each format become text, and text becomes passages."""
