"""Articles as tests show them: what each block is."""


def drawn(article):
    """Each block after the letter of its kind, the number of an item before a bar."""
    lines = []
    for block in article.blocks:
        words = block.start + block.mark
        number = f"{article.text[block.start : words]}|" if block.mark else ""
        lines.append(f"{block.kind} {number}{article.text[words : block.end]}")
    return "\n".join(lines)
