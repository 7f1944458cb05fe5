"""Articles in a notation for tests that shows the kind of each block."""


def drawn(article):
    """Return a line per block: the letter of its kind, the mark of an item and a bar, the text."""
    lines = []
    for block in article.blocks:
        words = block.start + block.mark
        number = f"{article.text[block.start : words]}|" if block.mark else ""
        lines.append(f"{block.kind} {number}{article.text[words : block.end]}")
    return "\n".join(lines)
