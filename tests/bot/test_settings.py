"""Settings: read from the environment, checked, and explained in .env.example."""

import itertools
import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import Role, Settings, read_settings
from bot.texts.languages import Languages
from qa import SettingsError

EXAMPLE = Path(__file__).parents[2] / ".env.example"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder, with no settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.upper().startswith("PULLQUOTE_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("API_URL", "nowhere", "should be a valid URL, relative URL without a base"),
        ("ADMINS", "1,ann", "should be a valid integer, unable to parse string as an integer"),
        (
            "ALLOWED_CHATS",
            "-100;7",
            "should be a valid integer, unable to parse string as an integer",
        ),
        (
            "MIN_CONFIDENCE",
            "high",
            "should be a valid number, unable to parse string as a number",
        ),
        ("MIN_CONFIDENCE", "1.01", "should be less than or equal to 1"),
        ("MIN_CONFIDENCE", "-0.1", "should be greater than or equal to 0"),
        ("MIN_CONFIDENCE", "nan", "should be less than or equal to 1"),
        ("LANGUAGE", "tlh", f"should be one of {', '.join(Languages().names)}"),
        ("WEBHOOK_URL", "ftp://example.org", "URL scheme should be 'http' or 'https'"),
        ("LISTEN", "8080", "should be host:port, such as 127.0.0.1:8080"),
        ("LISTEN", ":8080", "should be host:port, such as 127.0.0.1:8080"),
        ("LISTEN", "localhost:http", "should be host:port, such as 127.0.0.1:8080"),
        ("LISTEN", "localhost:0", "should be host:port, such as 127.0.0.1:8080"),
        ("LISTEN", "localhost:65536", "should be host:port, such as 127.0.0.1:8080"),
        ("LISTEN", "localhost:8²", "should be host:port, such as 127.0.0.1:8080"),
        ("FEED_INTERVAL", "59", "should be greater than or equal to 60"),
        ("KEEP_DAYS", "0", "should be greater than or equal to 1"),
        ("BACKLOG_DAYS", "0", "should be greater than or equal to 1"),
        (
            "FEED_INTERVAL",
            "1h",
            "should be a valid integer, unable to parse string as an integer",
        ),
        ("ALLOW_PRIVATE_HOSTS", "maybe", "should be a valid boolean, unable to interpret input"),
        ("ROLES", "answer,write", "should be 'answer', 'read' or 'alert'"),
        ("ROLES", ",", "should name answer, read or alert"),
        ("LOG_LEVEL", "loud", "should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ],
)
def test_invalid_value_is_reported_in_one_line_naming_the_variable(
    folder, monkeypatch, name, value, reason
):
    monkeypatch.setenv(f"PULLQUOTE_{name}", value)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert str(caught.value) == f"PULLQUOTE_{name} is wrong: {reason}."


@pytest.mark.parametrize(
    ("value", "admins"),
    [("", set()), ("7", {7}), ("7,8", {7, 8}), (" 7 , 8,, 7 ", {7, 8})],
)
def test_admins_are_comma_separated_numbers(folder, monkeypatch, value, admins):
    monkeypatch.setenv("PULLQUOTE_ADMINS", value)
    assert read_settings().admins == admins


def test_roles_are_comma_separated(folder, monkeypatch):
    assert read_settings().roles == {Role.ANSWER, Role.READ, Role.ALERT}
    monkeypatch.setenv("PULLQUOTE_ROLES", "read, alert")
    assert read_settings().roles == {Role.READ, Role.ALERT}


@pytest.mark.parametrize("value", ["en", "EN", "en-GB", "en_US"])
def test_language_is_the_nearest_that_the_bot_speaks(folder, monkeypatch, value):
    monkeypatch.setenv("PULLQUOTE_LANGUAGE", value)
    assert read_settings().language == "en"


def test_file_is_read_and_the_environment_wins(folder, monkeypatch):
    (folder / ".env").write_text(
        "# of this machine\nPULLQUOTE_DATA_DIR=/srv/quotes\nPULLQUOTE_LOG_LEVEL=debug\n"
        "PULLQUOTE_MODEL=\nPULLQUOTE_FEED_INTERVAL=90\nOTHER=1\nPULLQUOTE_UNKNOWN=1\n"
    )
    monkeypatch.setenv("PULLQUOTE_FEED_INTERVAL", "120")
    settings = read_settings()
    assert settings.database == Path("/srv/quotes/pullquote.db")
    assert (settings.log_level, settings.model, settings.feed_interval) == ("DEBUG", None, 120)


def test_environment_is_read_only_when_settings_are_loaded(folder, monkeypatch):
    (folder / ".env").write_text("PULLQUOTE_FEED_INTERVAL=90\n")
    monkeypatch.setenv("PULLQUOTE_TOKEN", "123:secret")
    settings = Settings()
    assert (settings.token, settings.feed_interval, settings.news) == (None, 600, None)
    assert Settings(backlog_days=8).news == timedelta(days=8)


def test_unknown_name_is_rejected():
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Settings(tokn="123:secret")


def test_file_that_is_not_utf_8_is_reported(folder):
    (folder / ".env").write_bytes(b"PULLQUOTE_DATA_DIR=donn\xe9es\n")
    with pytest.raises(SettingsError) as caught:
        read_settings()
    assert str(caught.value) == "The file .env, which sets PULLQUOTE_…, is not UTF-8."


def test_secrets_are_not_shown(folder, monkeypatch):
    monkeypatch.setenv("PULLQUOTE_TOKEN", "123:secret")
    monkeypatch.setenv("PULLQUOTE_WEBHOOK_SECRET", "hush-hush")
    shown = repr(read_settings())
    assert "secret'" not in shown
    assert "123:" not in shown
    assert "hush" not in shown


def test_example_names_every_setting_and_no_other():
    names = re.findall(r"^(PULLQUOTE_\w+)=", EXAMPLE.read_text(), re.MULTILINE)
    assert sorted(names) == sorted(f"PULLQUOTE_{name}".upper() for name in Settings.model_fields)


def test_values_of_the_example_are_the_defaults(folder):
    (folder / ".env").write_text(EXAMPLE.read_text())
    assert read_settings() == Settings()


def test_every_setting_of_the_example_is_explained():
    lines = EXAMPLE.read_text().splitlines()
    unexplained = [
        b for a, b in itertools.pairwise(lines) if b[:9] == "PULLQUOTE" and a[:2] != "# "
    ]
    assert unexplained == []
