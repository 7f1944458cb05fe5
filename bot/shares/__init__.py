"""Links that open a quote: random codes, which do not reveal who made them."""
