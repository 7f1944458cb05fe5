"""Web addresses: which of them are the same, and whose they are."""

import re
from urllib.parse import urlsplit, urlunsplit

from tld import get_fld
from url_normalize import url_normalize

LONGEST_URL = 2_000
"""Letters; a longer address is not that of a page, and comparing it would take long."""

_WEB = ("http", "https")
# What campaigns, newsletters and social networks add. Not a library's list: the one in courlan
# misses half of these names, and drops others that tell the articles of a site apart, such as
# "cid", "gallery", "keyword", "reference" and "session_id".
_TRACKING_PREFIXES = (
    *("__hs", "at_", "fb_action_", "hsa_", "matomo_", "mtm_", "oly_", "piwik_", "pk_", "utm_"),
    *("vero_", "wt.mc_"),
)
_TRACKING_NAMES = frozenset(
    {
        *("_ga", "_gl", "_hsenc", "_hsmi", "_openstat", "cmpid", "dclid", "epik", "fb_ref"),
        *("fb_source", "fbclid", "gbraid", "gclid", "gclsrc", "guccounter", "guce_referrer"),
        *("guce_referrer_sig", "hsctatracking", "igsh", "igshid", "li_fat_id", "mc_cid", "mc_eid"),
        *("mkt_tok", "ml_subscriber", "ml_subscriber_hash", "msclkid", "ns_campaign", "ns_fee"),
        *("ns_linkname", "ns_mchannel", "ns_source", "ocid", "ref_src", "s_cid", "s_ckwcid"),
        *("s_kwcid", "smid", "srsltid", "ttclid", "twclid", "wbraid", "xtor", "yclid", "ysclid"),
    }
)
# Names that may mean anything, with a value that only the links of feeds have.
_FROM_FEED = re.compile(r"(?:ref|src|source|from)=(?:rss|atom|feed)", re.IGNORECASE)
_INDEX_PAGES = re.compile(r"(?:/(?:(?:index|default)\.(?:html?|php|aspx?|jsp))?)+$", re.IGNORECASE)


def canonical_url(url: str) -> str:
    """Return what all spellings of a web address have in common; it need not be fetched by it.

    Scheme, host, port, percent-encoding and dots are written in one way, parameters keep their
    order; gone are user, fragment (``#!…`` becomes a parameter), tracking parameters, an
    ``index.html`` and the slash at the end. Anything but a web address is returned unchanged.
    """
    try:
        parts = urlsplit(url)
        if parts.scheme not in _WEB or not parts.hostname:
            return url
        parts = urlsplit(url_normalize(url) or "")
    except (UnicodeError, ValueError):
        return url
    host = parts.netloc.rpartition("@")[2]
    path = _INDEX_PAGES.sub("", parts.path) or "/"
    return urlunsplit((parts.scheme, host, path, _telling(parts.query), ""))


def is_front_page(url: str) -> bool:
    """Whether this is the address of a whole site."""
    parts = urlsplit(canonical_url(url))
    return parts.path == "/" and not parts.query


def untracked(url: str) -> str:
    """Return a web address without what only tells where its reader came from."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    fragment = parts.fragment if parts.fragment.startswith("!") else ""
    return urlunsplit(parts._replace(query=_telling(parts.query), fragment=fragment))


def _telling(query: str) -> str:
    named = (part for part in query.split("&") if part)
    return "&".join(part for part in named if not _is_tracking(part))


def _is_tracking(parameter: str) -> bool:
    name = parameter.partition("=")[0].lower()
    is_known = name in _TRACKING_NAMES or name.startswith(_TRACKING_PREFIXES)
    return is_known or _FROM_FEED.fullmatch(parameter) is not None


def same_site(one: str, other: str) -> bool:
    """Whether two web addresses belong to one owner: the same registrable domain, or host."""
    return _site(one) == _site(other)


def _site(url: str) -> str:
    # What anybody may have a part of (github.io) counts as a top-level domain.
    domain = get_fld(url, fail_silently=True)
    return domain if isinstance(domain, str) else host_name(url)


def host_name(url: str) -> str:
    """Host of a URL without ``www.``, ``m.`` or ``amp.``."""
    return re.sub(r"^(?:www|m|amp)\.", "", urlsplit(url).hostname or "")


def without_feed_scheme(address: str) -> str:
    """Return an address with the scheme that ``feed:https://…`` or ``feed://…`` stands for."""
    rest = address[5:] if address[:5].lower() == "feed:" else address
    return f"https:{rest}" if rest != address and rest.startswith("//") else rest
