"""The HTML of rich messages, as far as the bot writes it: to the blocks that Telegram stores."""

from html.parser import HTMLParser
from typing import Any

from bot.playground.errors import BadRequestError
from bot.playground.markup import checked_link

INLINE = {"a": "url", "b": "bold", "mark": "marked"}
INSIDE = {"": {"aside", "details", "p"}, "aside": {"cite"}, "details": {"summary", "p"}}
"""Which tags may stand in a block; inline ones may in all but the first and details."""
MAX_TEXT, MAX_BLOCKS = 32_768, 500

Node = dict[str, Any]


class _Reader(HTMLParser):
    """Builds a tree: each node has a tag, and parts that are texts or nodes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root: Node = {"tag": "", "parts": []}
        self.open = [self.root]
        self.size = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a node where it may stand."""
        if tag == "br":
            self.handle_data("\n")
            return
        above = self.open[-1]["tag"]
        is_inline = tag in INLINE and above not in {"", "details"}
        if not is_inline and tag not in INSIDE.get(above, set()):
            raise BadRequestError(f'can\'t parse rich message: Unsupported start tag "{tag}"')
        node: Node = {"tag": tag, "parts": [], "url": dict(attrs).get("href") or ""}
        self.open[-1]["parts"].append(node)
        self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost node."""
        if tag == "br":
            return
        if self.open[-1]["tag"] != tag:
            raise BadRequestError(f'can\'t parse rich message: Unexpected end tag "{tag}"')
        self.open.pop()

    def handle_data(self, data: str) -> None:
        """Add text to the innermost node."""
        self.size += len(data)
        self.open[-1]["parts"].append(data)


def read_rich(html: str) -> list[Node]:
    """Return the blocks of a rich message; ``BadRequestError`` if Telegram would refuse it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    if len(reader.open) > 1:
        name = reader.open[-1]["tag"]
        raise BadRequestError(f"can't parse rich message: Can't find end tag of \"{name}\"")
    blocks = [_block(each) for each in reader.root["parts"] if isinstance(each, dict)]
    if not blocks:
        raise BadRequestError("message text is empty")
    if reader.size > MAX_TEXT or len(blocks) > MAX_BLOCKS:
        raise BadRequestError("message is too long")
    return blocks


def _block(node: Node) -> Node:
    inner = {each["tag"]: each for each in node["parts"] if isinstance(each, dict)}
    if node["tag"] == "details":
        blocks = [_block(each) for each in node["parts"] if each["tag"] == "p"]
        return {"type": "details", "summary": _text(inner["summary"]), "blocks": blocks}
    if node["tag"] == "p":
        return {"type": "paragraph", "text": _text(node)}
    block: Node = {"type": "pullquote", "text": _text(node)}
    return block | ({"credit": _text(inner["cite"])} if "cite" in inner else {})


def _text(node: Node) -> list[Any]:
    """The rich text of a node: texts, and objects for inline tags."""
    return [_part(each) for each in node["parts"] if isinstance(each, str) or each["tag"] in INLINE]


def _part(part: Any) -> Any:  # noqa: ANN401 - a text or a node
    if isinstance(part, str):
        return part
    url = {"url": checked_link(part["url"])} if part["tag"] == "a" else {}
    return {"type": INLINE[part["tag"]], "text": _text(part), **url}
