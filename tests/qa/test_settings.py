"""The library's own settings."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from qa import Settings


def test_a_library_knows_nothing_of_the_bot():
    bots = {"token", "api_url", "admins", "webhook_url", "listen", "feed_interval", "log_level"}
    assert bots.isdisjoint(Settings.model_fields)


def test_environment_is_not_read(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PULLQUOTE_DATA_DIR=/srv/quotes\n")
    monkeypatch.setenv("PULLQUOTE_MIN_CONFIDENCE", "0.9")
    settings = Settings()
    assert (settings.data_dir, settings.min_confidence) == (Path("data"), 0.32)


def test_home_folder_is_expanded(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    assert Settings(data_dir="~/quotes").database == Path("/home/ann/quotes/pullquote.db")


@pytest.mark.parametrize("value", [-0.1, 1.01, float("nan")])
def test_confidence_is_a_share(value):
    with pytest.raises(ValidationError):
        Settings(min_confidence=value)
