"""A few short articles, written for Pullquote, so that a first run has something to answer from."""

from pathlib import Path

EXAMPLES = (
    "How many seed samples can the vault on Svalbard hold?",
    "Why did Philae bounce when it landed on the comet?",
    "What did the diggers of the Channel Tunnel do with the chalk?",
)
"""Questions that the articles answer."""


def folder() -> Path:
    """Return the folder of the articles, for ``index.sources.registry.read``."""
    return Path(__file__).parent
