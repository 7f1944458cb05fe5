"""Links that open a quote: random codes, which say nothing of who made them."""
