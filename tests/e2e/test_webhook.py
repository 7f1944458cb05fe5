"""Webhook mode: Telegram calls us, and nobody else can impersonate Telegram."""

import json
import socket
import urllib.error
import urllib.request

import pytest

from tests.said import said

SECRET = "s3cret_of-the-webhook"


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def post(url, secret):
    update = {
        "update_id": 999_999,
        "message": {
            "message_id": 1,
            "date": 1_700_000_000,
            "chat": {"id": 1, "type": "private", "first_name": "Mal"},
            "from": {"id": 1, "is_bot": False, "first_name": "Mal"},
            "text": "/help",
        },
    }
    request = urllib.request.Request(
        url,
        json.dumps(update).encode(),
        {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret},
    )
    return urllib.request.urlopen(request, timeout=10)


def test_webhook_accepts_updates_only_with_the_right_secret(house):
    world, port = house.world, free_port()
    url = f"http://127.0.0.1:{port}/hook"
    ann = world.user("Ann")
    chat = world.private_chat(ann)
    house.start(webhook_url=url, webhook_secret=SECRET, listen=f"127.0.0.1:{port}")

    reply = world.wait_for_reply(world.say(chat, ann, "/help"), timeout=20)
    assert reply.text.startswith(said("help.intro"))
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(url, "wrong")
    assert refused.value.code == 403
    refused.value.close()
    assert world.replies(chat) == [reply]
    with post(url, SECRET) as accepted:
        assert accepted.status == 200
    world.wait_for(lambda: len(world.replies(chat)) == 2)
