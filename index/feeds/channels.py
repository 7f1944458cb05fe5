"""Addresses of Telegram channels (pure)."""

import re

from index.web.urls import without_feed_scheme
from qa.errors import SourceError

TELEGRAM = ("t.me", "telegram.me", "telegram.dog")
"""Hosts on which each path is a person, a group, a channel or one of its posts."""

_HOST = rf"(?:https?://)?(?:www\.)?(?:{'|'.join(map(re.escape, TELEGRAM))})"
_NAME = r"([a-z][a-z0-9_]{3,31})"
_END = r"(?:/\d+)*/?(?:[?#].*)?"
_WRITTEN = [
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"@{_NAME}",
        rf"{_HOST}/(?:s/)?{_NAME}{_END}",
        rf"(?:https?://)?{_NAME}\.t\.me{_END}",
        rf"tg://resolve/?\?(?:.*&)?domain={_NAME}(?:&.*)?",
    )
]
_POST = re.compile(rf"{_HOST}/{_NAME}/\d+", re.IGNORECASE)
_PRIVATE = re.compile(rf"{_HOST}/(?:\+|joinchat/|c/\d).*", re.IGNORECASE)


def channel_name(written: str) -> str | None:
    """Return the name of the channel that is ``@name``, or an address of it or a post, lower case.

    ``None`` if it is neither. ``SourceError`` if only members can see the channel.
    """
    written = written.strip()
    if _PRIVATE.fullmatch(written):
        raise SourceError(written, "only its members can read a private channel or group")
    found = next(filter(None, (form.fullmatch(written) for form in _WRITTEN)), None)
    return found[1].lower() if found else None


def feed_address(written: str) -> str:
    """Return the address to poll: the public preview of a channel, or else the address itself.

    ``SourceError`` if only members can see the channel.
    """
    name = channel_name(written)
    return f"https://t.me/s/{name}" if name else without_feed_scheme(written.strip())


def is_post(url: str | None) -> bool:
    """Whether an address is that of one post of a public channel."""
    return bool(url and _POST.fullmatch(url))


def other_names(name: str) -> tuple[str, ...]:
    """Return what else people call a feed or a site of this name, if it is a channel's address."""
    found = _WRITTEN[1].fullmatch(name)
    return (f"@{found[1]}", f"https://t.me/{found[1]}") if found else ()
