"""A scripted web site on loopback, for well-behaved and misbehaving feeds and pages.

``pages`` maps a path to ``(status, headers, body)`` or to a function that takes the request's
handler and writes the response; ``slow``, ``dripping`` and ``endless`` make such functions.
"""

import socket
import threading
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FeedServer:
    """Listens on ``address`` until closed; each answer takes so many seconds.

    ``requests`` records (path, headers) of every request, ``most_at_once`` the largest number of
    simultaneous connections by the host name in the request.
    """

    def __init__(self, address="127.0.0.1", seconds=0.0):
        self.pages = {}
        self.seconds = seconds
        self.requests = []
        self.most_at_once = Counter()
        self.closing = threading.Event()
        self._open = defaultdict(set)
        self._lock = threading.Lock()
        self.server = ThreadingHTTPServer((address, 0), self._handler())
        self.server.daemon_threads = True
        self.server.handle_error = lambda *args: None  # tests include clients that hang up
        self._thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def url(self, path, host=None):
        """Return the address of a page; ``host`` can be another name of this computer."""
        address, port = self.server.server_address
        return f"http://{host or address}:{port}{path}"

    def count(self, path):
        """Return how often a page was requested."""
        return sum(asked == path for asked, _ in self.requests)

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()

    def slow(self, seconds, page):
        """Serve ``page`` after a delay."""

        def answer(handler):
            self.closing.wait(seconds)
            handler.answer(*page)

        return answer

    def dripping(self, pause=0.05):
        """Serve a body that arrives byte by byte and never ends."""
        return self._unending(b"x", pause)

    def endless(self):
        """Serve a body that arrives fast and never ends."""
        return self._unending(bytes(100_000), 0)

    def _unending(self, chunk, pause):
        def answer(handler):
            handler.answer(200, {}, b"")
            while not self.closing.wait(pause):
                handler.wfile.write(chunk)

        return answer

    def _enter(self, host, connection):
        with self._lock:  # a client that was killed has no connection any more
            self._open[host] = {each for each in self._open[host] if is_open(each)} | {connection}
            self.most_at_once[host] = max(self.most_at_once[host], len(self._open[host]))

    def _leave(self, host, connection):
        with self._lock:
            self._open[host].discard(connection)

    def _handler(site):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                host = self.headers["Host"].rpartition(":")[0]
                site.requests.append((self.path, self.headers))
                site._enter(host, self.connection)
                try:
                    site.closing.wait(site.seconds)
                    page = site.pages.get(self.path, (404, {}, b"no such page"))
                    if callable(page):
                        page(self)
                    else:
                        self.answer(*page)
                finally:
                    site._leave(host, self.connection)

            def answer(self, status, headers, body):
                self.send_response(status)
                for name, value in {"Content-Type": "text/html", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        return Handler


def is_open(connection):
    """Whether the client is still there."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
