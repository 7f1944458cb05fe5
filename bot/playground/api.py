"""The Bot API over HTTP: requests in, Telegram's answers out, long polls and faults between."""

import asyncio
import contextlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from tornado.web import HTTPError, RequestHandler

from bot.playground import guard
from bot.playground.contract import Upload
from bot.playground.errors import ApiError, BadRequestError, ConflictError
from bot.playground.faults import Fault
from bot.playground.methods import METHODS
from bot.playground.model import Json
from bot.playground.state import State

NAMES = {name.lower(): name for name in [*METHODS, "getUpdates"]}
MAX_TIMEOUT = 50
WEBHOOK_IS_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook "
    "first"
)
OTHER_POLLER = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)


class Wakers:
    """Lets the coroutines of an event loop wait for the next change of a world."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        """Wake all waiting coroutines."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Return at the next change or after ``seconds``."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()


class Polls:
    """Tracks the current getUpdates request; a newer one ends the older one."""

    def __init__(self, state: State, wakers: Wakers, port: int) -> None:
        self.state = state
        self.wakers = wakers
        self.port = port
        self.current: MethodHandler | None = None

    async def updates(self, params: Json, handler: "MethodHandler") -> list[Json]:
        """Wait for updates as ``params`` say; ``ConflictError`` if another poller starts."""
        self.current = handler
        self.wakers.wake()
        if "allowed_updates" in params:
            self.state.updates.allowed = params["allowed_updates"]
        seconds = min(max(params.get("timeout", 0), 0), MAX_TIMEOUT)
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            found = self._take(params, handler)
            left = deadline - asyncio.get_running_loop().time()
            if found or left <= 0 or handler.is_gone:
                return found
            await self.wakers.wait(left)

    def _take(self, params: Json, handler: "MethodHandler") -> list[Json]:
        if handler.is_gone:
            return []
        if self.current is not handler:
            raise ConflictError(OTHER_POLLER)
        with self.state.changed:
            if self.state.webhook.url:
                raise ConflictError(WEBHOOK_IS_ACTIVE)
            return self.state.updates.take(params.get("offset", 0), params.get("limit", 100))


class _ApiHandler(RequestHandler):
    """Holds the world and checks the token."""

    def initialize(self, state: State, polls: Polls) -> None:
        self.state = state
        self.polls = polls

    def prepare(self) -> None:
        """Reject pages of other sites, which may know the token of a playground."""
        if refused := guard.refusal(self.request, self.polls.port):
            self.answer(ApiError(*refused))

    def is_authorized(self, token: str) -> bool:
        """Answer a wrong token as Telegram does; return whether the token is right."""
        number, colon, secret = token.partition(":")
        if not (colon and number.isdigit() and secret):
            self.answer(ApiError(404, "Not Found"))
            return False
        if not hmac.compare_digest(token.encode(), self.state.token.encode()):
            self.answer(ApiError(401, "Unauthorized"))
            return False
        return True

    def answer(self, outcome: object) -> None:
        """Send a result or an ``ApiError``."""
        data: Json = {"ok": True, "result": outcome}
        if isinstance(outcome, ApiError):
            self.set_status(outcome.code, outcome.description.partition(":")[0])
            data = {"ok": False, "error_code": outcome.code, "description": outcome.description}
            if outcome.parameters:
                data["parameters"] = outcome.parameters
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(data))


class MethodHandler(_ApiHandler):
    """``/bot<token>/<method>``."""

    is_gone = False

    async def get(self, token: str, name: str) -> None:
        """Call a method with the parameters of the query."""
        await self.post(token, name)

    async def post(self, token: str, name: str) -> None:
        """Call a method with the parameters of a form, multipart or JSON body."""
        if not self.is_authorized(token):
            return
        method = NAMES.get(name.lower(), name)
        params = self.state.contract.decode(method, self._raw())
        with self.state.changed:
            fault = self.state.faults.take(method, params.get("chat_id"))
        outcome = await self._outcome(method, params, fault)
        self.state.record(method, params, outcome.code if isinstance(outcome, ApiError) else 200)
        if fault is not None and fault.loses:
            self.detach().close()
        elif not self.is_gone:
            self.answer(outcome)

    async def _outcome(self, method: str, params: Json, fault: Fault | None) -> object:
        """Return the result or error to answer with."""
        if fault is not None:
            await asyncio.sleep(fault.delay)
            error = fault.error()
            if error is not None or fault.loses == "request":
                return error or ApiError(499, "lost on the way")
        try:
            return await self._call(method, params)
        except ApiError as error:
            return error

    async def _call(self, method: str, params: Json) -> object:
        is_older = method == "sendRichMessage" and not self.state.rich_messages
        if method not in NAMES.values() or is_older:
            raise ApiError(404, "Not Found: method not found")
        wrong = self.state.contract.violations(method, params)
        if wrong and any("unknown parameter" not in sentence for sentence in wrong):
            raise BadRequestError(wrong[0])
        if method == "getUpdates":
            return await self.polls.updates(params, self)
        with self.state.changed:
            return METHODS[method](self.state, params)

    def _raw(self) -> Mapping[str, object]:
        """Return the raw parameters: text, uploads, and any value in a JSON body."""
        raw: dict[str, Any] = {
            name: values[-1].decode("utf-8", "replace")
            for name, values in self.request.arguments.items()
        }
        for name, uploads in self.request.files.items():
            raw[name] = Upload(uploads[-1]["filename"], uploads[-1]["body"])
        if self.request.headers.get("Content-Type", "").startswith("application/json"):
            raw |= self._json_body()
        return raw

    def _json_body(self) -> Json:
        try:
            data = json.loads(self.request.body or b"{}")
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise HTTPError(400, "can't parse the JSON object")
        return data

    def on_connection_close(self) -> None:
        """Forget a poller that has hung up."""
        self.is_gone = True
        if self.polls.current is self:
            self.polls.current = None
            self.polls.wakers.wake()


class FileHandler(_ApiHandler):
    """``/file/bot<token>/<path>``."""

    def get(self, token: str, path: str) -> None:
        """The bytes of a file that a person sent."""
        if not self.is_authorized(token):
            return
        data = self.state.files.get(path)
        if data is None:
            self.answer(ApiError(404, "Not Found"))
            return
        self.set_header("Content-Type", "application/octet-stream")
        self.finish(data)


class NotFoundHandler(_ApiHandler):
    """Everything else under ``/bot…``: a token without a colon, a missing method."""

    def prepare(self) -> None:
        """Answer as Telegram does."""
        super().prepare()
        if not self._finished:
            self.answer(ApiError(404, "Not Found"))


def routes(state: State, polls: Polls) -> list[Any]:
    """The double's routes for a tornado application."""
    shared = {"state": state, "polls": polls}
    return [
        (r"/bot([^/]+)/([A-Za-z]+)", MethodHandler, shared),
        (r"/file/bot([^/]+)/(.+)", FileHandler, shared),
        (r"/(?:file/)?bot.*", NotFoundHandler, shared),
    ]
