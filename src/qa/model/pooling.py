"""Token vectors become the vector of a text, or of parts of it: mean pooling."""

from collections.abc import Callable, Sequence

import numpy as np

from qa.article import Span
from qa.model.tokens import Offsets, TokenEncoder, TokenVectors
from qa.vectors import Vectors, unit

TakeTokens = Callable[[int, Vectors], None]
"""Takes the number of a text and the vectors of its tokens, shape (t, d)."""


def encode_whole(tokens: TokenEncoder, texts: Sequence[str]) -> Vectors:
    """Return one vector a text: shape (len(texts), dimension), rows of length 1."""
    means = {n: vectors.mean(axis=0) for n, vectors, _ in tokens.encode(texts)}
    return unit(np.stack([means[n] for n in range(len(texts))]))


def encode_in_context(
    tokens: TokenEncoder,
    texts: Sequence[str],
    parts: Sequence[Sequence[Span]],
    prompt: str = "",
    take_tokens: TakeTokens | None = None,
) -> list[Vectors]:
    """Return, for each text, shape (1 + parts, dimension): the whole first; rows of length 1.

    The model has read each part in its context, so a part's vector is the mean of its own tokens
    and costs nothing more. ``take_tokens`` is handed those of each text, without its ``prompt``.
    """
    found = {}
    for n, vectors, offsets in tokens.encode(texts):
        found[n] = part_means(vectors, offsets, parts[n])
        if take_tokens is not None:
            take_tokens(n, own_tokens(vectors, offsets, prompt))
    return [found[n] for n in range(len(texts))]


def encode_own_tokens(tokens: TokenEncoder, prompt: str, texts: Sequence[str]) -> list[Vectors]:
    """Return the vectors of each text's own tokens, shape (t, dimension)."""
    found = {
        n: own_tokens(vectors, offsets, prompt)
        for n, vectors, offsets in tokens.encode(prompted(prompt, texts))
    }
    return [found[n] for n in range(len(texts))]


def own_tokens(vectors: TokenVectors, offsets: Offsets, prompt: str) -> Vectors:
    """Leave out the tokens of the prompt and those that mark the ends."""
    own: Vectors = vectors[(offsets[:, 0] >= len(prompt)) & (offsets[:, 1] > offsets[:, 0])]
    return own


def prompted(prompt: str, texts: Sequence[str]) -> list[str]:
    """Put ``prompt`` before each text."""
    # Tokenizers refuse half a surrogate pair, which a command line or an update may contain.
    return [f"{prompt}{text}".encode("utf-8", "replace").decode() for text in texts]


def encode_prompted(
    tokens: TokenEncoder,
    prompt: str,
    texts: Sequence[str],
    parts: Sequence[Sequence[Span]],
    take_tokens: TakeTokens | None = None,
) -> list[Vectors]:
    """As ``encode_in_context``, with ``prompt`` before each text.

    No ``parts`` at all mean that no text has any.
    """
    parts = parts or [()] * len(texts)
    shifted = [[(len(prompt) + a, len(prompt) + b) for a, b in spans] for spans in parts]
    return encode_in_context(tokens, prompted(prompt, texts), shifted, prompt, take_tokens)


def encode_apart(
    encode: Callable[[Sequence[str]], Vectors],
    texts: Sequence[str],
    parts: Sequence[Sequence[Span]],
) -> list[Vectors]:
    """As ``encode_in_context``, for a model without mean pooling: each part by itself.

    No ``parts`` at all mean that no text has any.
    """
    parts = parts or [()] * len(texts)
    pieces = [
        piece
        for text, spans in zip(texts, parts, strict=True)
        for piece in (text, *(text[a:b] for a, b in spans))
    ]
    ends = np.cumsum([1 + len(spans) for spans in parts])
    return np.split(encode(pieces), ends[:-1]) if texts else []


def part_means(vectors: TokenVectors, offsets: Offsets, spans: Sequence[Span]) -> Vectors:
    """Return the mean of all tokens, then of those that overlap each span; rows of length 1.

    ``vectors`` has shape (t, d), ``offsets`` (t, 2). A span beyond what the model reads has no
    tokens and gets the vector of the whole.
    """
    whole = vectors.mean(axis=0)
    # The first and the last token mark the ends of the text and cover none of it.
    begins, ends = offsets[1:-1, 0], offsets[1:-1, 1]
    rows = [whole]
    for a, b in spans:
        # Overlap, not containment: in some vocabularies a token covers the space before it.
        first = 1 + int(np.searchsorted(ends, a, side="right"))
        last = 1 + int(np.searchsorted(begins, b, side="left"))
        rows.append(vectors[first:last].mean(axis=0) if first < last else whole)
    return unit(np.stack(rows))
