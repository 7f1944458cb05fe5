"""Addresses of pages: one form for all that lead to the same page (pure)."""

from urllib.parse import parse_qsl, urlencode, urlsplit

_TRACKING = ("utm_", "fbclid", "gclid", "mc_cid", "mc_eid")


def canonical_url(url: str) -> str:
    """Return ``url`` without its fragment and tracking, host in lower case; idempotent."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url
    query = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in query if not name.lower().startswith(_TRACKING)]
    if len(kept) != len(query):
        parts = parts._replace(query=urlencode(kept))
    return parts._replace(netloc=parts.netloc.lower(), fragment="").geturl()
