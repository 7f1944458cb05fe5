"""Documents of each kind that is read: what they say, without knowing where they come from."""

from index.documents.html import extract
from index.documents.markdown import from_markdown
from index.documents.text import Parts, decode, from_text


def read_document(
    data: bytes,
    source: str,
    *,
    content_type: str,
    name: str,
    url: str | None = None,
    charset: str | None = None,
) -> Parts:
    """Read plain text, Markdown, or else HTML; ``SourceError`` names ``source``.

    ``name`` is the title of a text that has none, ``url`` where a page was found.
    """
    match content_type:
        case "text/markdown":
            return from_markdown(decode(data, source, charset), source, name)
        case "text/plain":
            return from_text(decode(data, source, charset), source, name)
        case _:
            return extract(data, source, url=url, charset=charset)
