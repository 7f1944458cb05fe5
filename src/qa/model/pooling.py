"""Token vectors become the vector of a text, or of parts of it: mean pooling."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from qa.article import Span
from qa.model.tokens import Offsets, TokenEncoder, TokenVectors
from qa.vectors import Vectors, unit

TakeTokens = Callable[[int, Vectors, Sequence[Span]], None]
"""Takes the number of a text, the vectors of its tokens, shape (t, layers, d) with the last layer
first, and for each part the number of its first token and of the one after its last."""


def encode_whole(tokens: TokenEncoder, texts: Sequence[str]) -> Vectors:
    """Return one vector a text: shape (len(texts), dimension), rows of length 1."""
    means = {n: vectors[:, 0].mean(axis=0) for n, vectors, _ in tokens.encode(texts)}
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
        found[n] = part_means(vectors[:, 0], offsets, parts[n])
        if take_tokens is not None:
            own = own_tokens(offsets, prompt)
            take_tokens(n, vectors[own], token_ranges(offsets[own], parts[n]))
    return [found[n] for n in range(len(texts))]


def encode_own_tokens(tokens: TokenEncoder, prompt: str, texts: Sequence[str]) -> list[Vectors]:
    """Return the vectors of each text's own tokens, shape (t, layers, dimension)."""
    found = {
        n: vectors[own_tokens(offsets, prompt)]
        for n, vectors, offsets in tokens.encode(prompted(prompt, texts))
    }
    return [found[n] for n in range(len(texts))]


def own_tokens(offsets: Offsets, prompt: str) -> NDArray[np.bool_]:
    """Leave out the tokens of the prompt and those that mark the ends."""
    own: NDArray[np.bool_] = (offsets[:, 0] >= len(prompt)) & (offsets[:, 1] > offsets[:, 0])
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
    inside, ranges = vectors[1:-1], token_ranges(offsets[1:-1], spans)
    parts = (inside[a:b].mean(axis=0) if a < b else whole for a, b in ranges)
    return unit(np.stack([whole, *parts]))


def token_ranges(offsets: Offsets, spans: Sequence[Span]) -> list[Span]:
    """Return the first token that overlaps each span, and the one after the last.

    ``offsets`` has shape (t, 2).
    """
    begins, ends = offsets[:, 0], offsets[:, 1]
    # Overlap, not containment: in some vocabularies a token covers the space before it.
    return [
        (
            int(np.searchsorted(ends, a, side="right")),
            int(np.searchsorted(begins, b, side="left")),
        )
        for a, b in spans
    ]
