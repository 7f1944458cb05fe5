import gzip
import ipaddress
import socket
import ssl
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from index.web.addresses import is_public
from index.web.fetch import Fetcher, StoppedError
from index.web.request import StatusError, may_pass
from qa.errors import SourceError

PAGE = b"<p>words</p>"


def fetch(url, *, allow_private, **options):
    return Fetcher(allow_private=allow_private).fetch(url, **options)


def refusal(url, **options):
    with pytest.raises(SourceError) as caught:
        fetch(url, **{"allow_private": True, **options})
    return caught.value.reason


def test_page_is_fetched_with_our_user_agent_and_its_host(site):
    site.pages["/a?b=1"] = (200, {"Content-Type": "text/html; charset=Latin-1"}, PAGE)
    response = fetch(site.url("/a?b=1#part", host="localhost"), allow_private=True)
    assert (response.url, response.status, response.body) == (
        site.url("/a?b=1", host="localhost"),
        200,
        PAGE,
    )
    assert (response.content_type, response.charset) == ("text/html", "latin-1")
    headers = site.requests[0][1]
    assert headers["User-Agent"].startswith("Pullquote ")
    assert headers["Host"] == f"localhost:{site.server.server_port}"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "[fe80::1]",
        "[fd00::1]",
    ],
)
def test_private_addresses_are_refused_before_any_request(site, host):
    url = f"http://{host}:{site.server.server_port}/"
    assert refusal(url, allow_private=False).endswith(
        "has a private address, which PULLQUOTE_ALLOW_PRIVATE_HOSTS does not allow"
    )
    assert site.requests == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("64:ff9b::808:808", True),
        ("::ffff:8.8.8.8", True),
        ("::ffff:192.168.0.1", False),
        ("::10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::808:808", False),
        ("2002:7f00:1::", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
        ("224.0.0.1", False),
        ("ff0e::1", False),
        ("255.255.255.255", False),
        ("240.0.0.1", False),
        ("192.0.2.1", False),
        ("198.18.0.1", False),
        ("fec0::1", False),
        ("::", False),
    ],
)
def test_only_global_addresses_are_public(address, public):
    assert is_public(ipaddress.ip_address(address)) is public


def test_redirects_are_followed_and_the_final_address_returned(site):
    site.pages["/a"] = (301, {"Location": "b"}, b"")
    site.pages["/b"] = (302, {"Location": site.url("/c")}, b"")
    site.pages["/c"] = (200, {}, PAGE)
    assert fetch(site.url("/a"), allow_private=True).url == site.url("/c")


@pytest.mark.parametrize(
    ("first", "second", "lasting"),
    [(301, 308, "/c"), (301, 302, "/a"), (307, 301, "/a"), (303, 302, "/a")],
)
def test_permanent_address_changes_only_if_every_redirect_is_permanent(
    site, first, second, lasting
):
    site.pages["/a"] = (first, {"Location": "/b"}, b"")
    site.pages["/b"] = (second, {"Location": "/c"}, b"")
    site.pages["/c"] = (200, {}, PAGE)
    response = fetch(site.url("/a"), allow_private=True)
    assert (response.url, response.lasting_url) == (site.url("/c"), site.url(lasting))


def test_each_redirect_is_checked(site):
    site.pages["/file"] = (302, {"Location": "file:///etc/passwd"}, b"")
    site.pages["/login"] = (302, {"Location": "http://me:secret@localhost/"}, b"")
    site.pages["/loop"] = (302, {"Location": "/loop"}, b"")
    assert refusal(site.url("/file")) == "only http and https addresses can be read"
    assert "user name or password" in refusal(site.url("/login"))
    assert refusal(site.url("/loop")) == "it redirects more than 5 times"
    assert len(site.requests) == 2 + 6
    site.pages["/strange"] = (302, {"Location": "http://[::1"}, b"")
    assert refusal(site.url("/strange")) == "it redirects to something that is not an address"
    site.pages["/port"] = (302, {"Location": "http://127.0.0.1:99999/"}, b"")
    assert refusal(site.url("/port")) == "this is not a valid address"


def asking_for_a_cookie(name, page=(200, {}, PAGE), attributes="; Path=/", status=302):
    """Redirect to the same address until the cookie ``name`` comes back."""

    def answer(handler):
        if f"{name}=1" in handler.headers.get("Cookie", ""):
            handler.answer(*page)
        else:
            cookie = f"{name}=1{attributes}"
            handler.answer(status, {"Location": handler.path, "Set-Cookie": cookie}, b"")

    return answer


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("attributes", ["", "; Path=/", "; Max-Age=60; HttpOnly; SameSite=Lax"])
def test_cookie_is_kept_within_a_chain_of_redirects_and_not_longer(site, status, attributes):
    site.pages["/a/b"] = asking_for_a_cookie("seen", attributes=attributes, status=status)
    fetcher = Fetcher(allow_private=True)
    for _ in range(2):
        assert fetcher.fetch(site.url("/a/b")).body == PAGE
    sent = [headers["Cookie"] for _, headers in site.requests]
    assert sent == [None, "seen=1", None, "seen=1"]


def test_several_cookies_of_a_chain_are_sent_together(site):
    wall = (302, {"Location": "/b"}, b"")
    site.pages["/a"] = asking_for_a_cookie("one", wall)
    site.pages["/b"] = asking_for_a_cookie("two")
    assert fetch(site.url("/a"), allow_private=True).url == site.url("/b")
    assert set(site.requests[-1][1]["Cookie"].split("; ")) == {"one=1", "two=1"}


@pytest.mark.parametrize(
    "attributes",
    ["; Secure", "; Path=/other", "; Max-Age=0", "; Domain=example.org", "; Domain=com"],
)
def test_cookie_that_is_not_for_the_address_is_not_sent(site, attributes):
    site.pages["/a"] = asking_for_a_cookie("seen", attributes=attributes)
    assert refusal(site.url("/a")) == "it redirects more than 5 times"
    assert {headers["Cookie"] for _, headers in site.requests} == {None}


def test_cookie_of_one_host_is_not_sent_to_another(site):
    away = {"Location": site.url("/b", host="localhost"), "Set-Cookie": "secret=1; Path=/"}
    site.pages["/a"] = (302, away, b"")
    site.pages["/b"] = (200, {}, PAGE)
    assert fetch(site.url("/a"), allow_private=True).body == PAGE
    assert site.requests[-1][1]["Cookie"] is None


def test_redirect_can_be_written_in_raw_utf_8(site):
    def redirect(handler):
        handler.wfile.write("HTTP/1.1 302 Found\r\nLocation: /straße\r\n\r\n".encode())

    site.pages["/a"] = redirect
    site.pages["/stra%C3%9Fe"] = (200, {}, PAGE)
    assert fetch(site.url("/a"), allow_private=True).url == site.url("/stra%C3%9Fe")


def test_compression_bomb_is_abandoned_at_the_limit(site):
    bomb = gzip.compress(bytes(200_000_000), compresslevel=1)
    site.pages["/"] = (200, {"Content-Encoding": "gzip"}, bomb)
    assert refusal(site.url("/")) == "it is larger than 5 MB"


def test_compressed_pages_are_decompressed_and_damaged_ones_reported(site):
    site.pages["/good"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(PAGE))
    site.pages["/bad"] = (200, {"Content-Encoding": "gzip"}, b"not gzip at all")
    site.pages["/br"] = (200, {"Content-Encoding": "br"}, b"?")
    assert fetch(site.url("/good"), allow_private=True).body == PAGE
    assert refusal(site.url("/bad")) == "it arrived damaged"
    assert refusal(site.url("/br")) == "it arrived compressed as br, which we did not accept"


@pytest.mark.parametrize("encoding", ["", "none", "utf-8", "Identity"])
def test_unknown_content_encoding_is_not_decoded(site, encoding):
    site.pages["/"] = (200, {"Content-Encoding": encoding}, PAGE)
    assert fetch(site.url("/"), allow_private=True).body == PAGE


def test_duplicate_content_type_counts_once(site):
    def answer(handler):
        kind = "Content-Type: text/html; charset=utf-8\r\n"
        handler.wfile.write(f"HTTP/1.1 200 OK\r\n{kind}{kind}\r\nwords".encode())

    site.pages["/"] = answer
    response = fetch(site.url("/"), allow_private=True)
    assert (response.content_type, response.charset) == ("text/html", "utf-8")


def test_endless_response_is_abandoned_at_the_limit(site):
    site.pages["/"] = site.endless()
    assert refusal(site.url("/"), limit=1_000_000) == "it is larger than 1 MB"


@pytest.mark.parametrize("where", ["headers", "body"])
def test_dripping_site_is_abandoned_at_the_time_limit(site, where):
    def drip(handler):
        if where == "body":
            handler.answer(200, {}, b"")
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not site.closing.wait(0.05):
            handler.wfile.write(b"x")

    site.pages["/"] = drip
    reason = refusal(site.url("/"), seconds=0.4)
    assert reason == "the site was too slow, we gave up after 0.4 seconds"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, "there is no such page (HTTP status 404)"),
        (410, "the page is gone for good (HTTP status 410)"),
        (403, "the site refuses to show it (HTTP status 403)"),
        (429, "the site asks us to come back later (HTTP status 429)"),
        (500, "the server has an error (HTTP status 500)"),
        (418, "the server refused the request (HTTP status 418)"),
    ],
)
def test_error_status_is_reported_with_its_headers(site, status, reason):
    site.pages["/"] = (status, {"Retry-After": "7"}, b"")
    with pytest.raises(StatusError) as caught:
        fetch(site.url("/"), allow_private=True)
    assert str(caught.value) == f"{site.url('/')}: {reason}"
    assert (caught.value.status, caught.value.headers["retry-after"]) == (status, "7")


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "application/octet-stream"])
def test_unwanted_media_types_are_refused(site, kind):
    site.pages["/"] = (200, {"Content-Type": kind}, b"%PDF")
    assert refusal(site.url("/"), kinds=("text/html",)) == f"this is {kind}, not an article"


def test_some_failures_are_temporary(site):
    for status in (500, 503, 429, 408, 404, 403, 410):
        site.pages[f"/{status}"] = (status, {}, b"")
    passing = []
    for url in [site.url(f"/{status}") for status in (500, 503, 429, 408, 404, 403, 410)]:
        with pytest.raises(SourceError) as caught:
            fetch(url, allow_private=True)
        passing.append(may_pass(caught.value))
    assert passing == [True, True, True, True, False, False, False]
    for url, passes in [("http://127.0.0.1:1/", True), ("http://no-such-host.invalid/", True)]:
        with pytest.raises(SourceError) as caught:
            fetch(url, allow_private=True)
        assert may_pass(caught.value) is passes


def test_etag_is_sent_back_byte_for_byte(site):
    def tagged(handler):
        handler.wfile.write(b'HTTP/1.0 200 OK\r\nETag: "\xe4\xff\xc3\xa9"\r\n\r\n')

    site.pages["/"] = tagged
    tag = fetch(site.url("/"), allow_private=True).headers["etag"]
    fetch(site.url("/"), allow_private=True, headers={"If-None-Match": tag})
    assert site.requests[1][1]["If-None-Match"].encode("latin-1") == b'"\xe4\xff\xc3\xa9"'


def test_host_is_requested_over_one_connection_and_others_do_not_wait(site):
    fetcher = Fetcher(allow_private=True)
    site.pages["/slow"] = site.slow(0.1, (200, {}, PAGE))
    urls = [site.url("/slow", host) for host in ["localhost", "127.0.0.1"] * 4]
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        assert [response.body for response in pool.map(fetcher.fetch, urls)] == [PAGE] * 8
    assert time.monotonic() - started >= 0.4
    assert site.most_at_once == {"localhost": 1, "127.0.0.1": 1}


def test_waiting_for_a_busy_host_does_not_count_as_a_slow_site(site):
    fetcher = Fetcher(allow_private=True)
    site.pages["/slow"] = site.slow(0.5, (200, {}, PAGE))
    with ThreadPoolExecutor(3) as pool:
        found = pool.map(lambda _: fetcher.fetch(site.url("/slow"), seconds=1.4), range(3))
        assert [response.status for response in found] == [200] * 3


def test_requests_in_progress_can_be_cancelled_from_another_thread(site):
    fetcher = Fetcher(allow_private=True)
    site.pages["/"] = site.dripping()
    timer = threading.Timer(0.2, fetcher.stop)
    timer.start()
    with pytest.raises(StoppedError):
        fetcher.fetch(site.url("/"))
    with pytest.raises(StoppedError):
        fetcher.fetch(site.url("/"))
    timer.join()


def test_not_modified_is_a_response(site):
    site.pages["/"] = (304, {"ETag": '"a"'}, b"")
    response = fetch(site.url("/"), allow_private=True, headers={"If-None-Match": '"a"'})
    assert (response.status, response.body) == (304, b"")
    assert site.requests[0][1]["If-None-Match"] == '"a"'


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.com/", "only http and https addresses can be read"),
        ("http:///path", "only http and https addresses can be read"),
        ("http://[::1", "this is not a valid address"),
        ("http://127.0.0.1:65536/", "this is not a valid address"),
        ("http://xn--/", "the host xn-- was not found"),
        ("http://xn--i-7iq.invalid/", "the host xn--i-7iq.invalid was not found"),
        ("http://no-such-host.invalid/", "the host no-such-host.invalid was not found"),
        ("http://127.0.0.1:1/", "could not connect to the site"),
    ],
)
def test_invalid_addresses_have_a_reason(url, reason):
    assert refusal(url) == reason


def test_password_in_an_address_is_refused_and_not_repeated():
    with pytest.raises(SourceError) as caught:
        fetch("https://me:secret@example.com/", allow_private=True)
    assert str(caught.value) == (
        "https://example.com/: an address must not contain a user name or password"
    )


def test_server_that_hangs_up_or_does_not_speak_http_is_reported(site):
    site.pages["/gone"] = lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)
    site.pages["/short"] = (200, {"Content-Length": "100"}, b"x")
    assert refusal(site.url("/gone")) == "the connection was lost"
    assert refusal(site.url("/short")) == "the connection was lost"
    assert refusal(site.url("/").replace("http", "https")) == "could not connect to the site"


@pytest.fixture
def https_site(site, tmp_path):
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
        " -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout key -out cert"
    )
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    site.certificate = tmp_path / "cert"
    return site


def test_unknown_certificate_is_refused(https_site):
    url = https_site.url("/", host="localhost").replace("http", "https")
    assert refusal(url) == "its certificate is not valid"


def test_certificate_must_name_the_host_although_its_address_is_dialled(https_site):
    """In a separate process, because trusted certificates are read only once."""
    https_site.pages["/"] = (200, {}, PAGE)
    https_site.pages["/down"] = (302, {"Location": "http://localhost/"}, b"")
    by_name = https_site.url("/", host="localhost").replace("http", "https")
    by_address = https_site.url("/").replace("http", "https")
    script = (
        "import sys; from index.web.fetch import Fetcher; from qa.errors import SourceError\n"
        "fetch = Fetcher(allow_private=True).fetch\n"
        "for url in sys.argv[1:]:\n"
        "    try: print(fetch(url).body.decode())\n"
        "    except SourceError as error: print(error.reason)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, by_name, by_address, by_name + "down"],
        env={"SSL_CERT_FILE": str(https_site.certificate), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        PAGE.decode(),
        "its certificate is not valid",
        "it redirects from https to an unprotected address",
    ]
