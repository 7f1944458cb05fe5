"""Keeps other sites' pages away from the playground, by the headers that browsers send."""

from tornado.httputil import HTTPServerRequest

LOOPBACK = "127.0.0.1"
HTTP_PORT = 80


def refusal(request: HTTPServerRequest, port: int) -> tuple[int, str] | None:
    """Return status and sentence for a request that is not to and from this server.

    A foreign ``Host`` is a name that resolves to this machine (DNS rebinding); a foreign
    ``Origin`` is a page of another site.
    """
    hosts = {f"{LOOPBACK}:{port}", f"localhost:{port}"}
    host = request.headers.get("Host", "")
    if port == HTTP_PORT:  # which browsers leave out
        hosts |= {LOOPBACK, "localhost"}
    if host not in hosts:
        return 421, f"This server answers for {LOOPBACK}:{port} only, not for another host."
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{host}":
        return 403, "Another site's page may not use this server."
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        return 403, "Another site's page may not use this server."
    return None
