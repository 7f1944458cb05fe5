"""A balancer before the webhooks of several hosts, as nginx is with ``proxy_next_upstream``."""

import itertools
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

FAIL_SECONDS = 5.0
"""How long a host that did not answer is left out."""
PATIENCE = 3.0


class Balancer:
    """Passes each update on to the next of ``ports`` that accepts a connection.

    An update that a host received but did not answer is not passed on: its sender sends it again.
    """

    def __init__(self, ports):
        self.ports = ports
        self._turns = itertools.count()
        self._fails_until = dict.fromkeys(ports, 0.0)
        self._client = httpx.Client(timeout=PATIENCE)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._client.close()

    def _pass_on(self, path, headers, body):
        """Return the status that a host answered with."""
        first = next(self._turns)
        ports = [self.ports[(first + n) % len(self.ports)] for n in range(len(self.ports))]
        ports.sort(key=lambda port: self._fails_until[port] > time.monotonic())
        for port in ports:
            url = f"http://127.0.0.1:{port}{path}"
            try:
                return self._client.post(url, content=body, headers=headers).status_code
            except httpx.ConnectError:
                continue
            except httpx.HTTPError:
                self._fails_until[port] = time.monotonic() + FAIL_SECONDS
                return 504
        return 502

    def _handler(balancer):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept = ("Content-Type", "X-Telegram-Bot-Api-Secret-Token")
                headers = {name: self.headers[name] for name in kept}
                self.send_response(balancer._pass_on(self.path, headers, body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        return Handler
