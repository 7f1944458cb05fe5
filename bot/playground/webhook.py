"""Posts updates to the bot's webhook in order, retrying after growing pauses."""

import asyncio
import json

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from bot.playground.api import Wakers
from bot.playground.model import Json
from bot.playground.state import State

FIRST_PAUSE = 0.1
LAST_PAUSE = 30.0
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (the header's name, no secret)


async def deliver_forever(state: State, wakers: Wakers) -> None:
    """Deliver updates whenever a webhook is set, until cancelled."""
    client = AsyncHTTPClient(force_instance=True)
    pause = FIRST_PAUSE
    try:
        while True:
            with state.changed:
                update = state.updates.pending[0] if state.updates.pending else None
                url, secret = state.webhook.url, state.webhook.secret
            if not url or update is None:
                await wakers.wait(LAST_PAUSE)
            elif await _post(client, state, update, url, secret):
                pause = FIRST_PAUSE
            else:
                await _pause(state, wakers, pause)
                pause = min(2 * pause, LAST_PAUSE)
    finally:
        client.close()


async def _pause(state: State, wakers: Wakers, seconds: float) -> None:
    """Wait, but stop if the webhook is set again: then its bot is up."""
    clock, webhook = asyncio.get_running_loop().time, state.webhook
    deadline = clock() + seconds
    while state.webhook is webhook and (left := deadline - clock()) > 0:
        await wakers.wait(left)


async def _post(
    client: AsyncHTTPClient, state: State, update: Json, url: str, secret: str | None
) -> bool:
    headers = {"Content-Type": "application/json"} | ({SECRET_HEADER: secret} if secret else {})
    request = HTTPRequest(url, "POST", headers, json.dumps(update), follow_redirects=False)
    try:
        await client.fetch(request)
    except (OSError, HTTPClientError) as error:
        with state.changed:
            state.webhook.last_error = _reason(error)
            state.webhook.last_error_date = state.now()
            state.tell(None)
        return False
    with state.changed:
        state.updates.confirm(update["update_id"])
        state.tell(None)
    return True


def _reason(error: OSError | HTTPClientError) -> str:
    if isinstance(error, HTTPClientError):
        return f"Wrong response from the webhook: {error.code} {error.message}"
    return f"Connection failed: {error.strerror or error}"
