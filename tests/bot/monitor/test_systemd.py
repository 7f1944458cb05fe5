"""The sd_notify protocol, received by a real socket as systemd's is."""

import asyncio
import socket

import pytest

from bot.monitor import systemd


@pytest.fixture
def received(tmp_path, monkeypatch):
    """A function that returns what has arrived so far."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(path))
        listening.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))

        def read():
            found = []
            while True:
                try:
                    found.append(listening.recv(100).decode())
                except BlockingIOError:
                    return found

        yield read


async def _run(seconds):
    async with systemd.ready():
        await asyncio.sleep(seconds)


def test_ready_and_stopping_are_told(received, monkeypatch):
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    asyncio.run(_run(0))
    assert received() == ["READY=1", "STOPPING=1"]


def test_watchdog_is_fed_at_half_of_its_patience(received, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "200000")
    asyncio.run(_run(0.25))
    assert received() == ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"]


def test_a_socket_that_is_gone_stops_nothing(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "none"))
    asyncio.run(_run(0))
    assert "systemd could not be told READY=1" in caplog.text


def test_without_systemd_nothing_is_sent(monkeypatch, caplog):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    asyncio.run(_run(0))
    assert caplog.text == ""
