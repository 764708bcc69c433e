"""Each wrong setting stops the start with one line that says which, and why."""

import stat
from pathlib import Path

import pytest

from app.settings import Settings, WrongSetting, read_settings
from app.storage.open import open_storage


def read(folder: Path, **environment: str) -> Settings:
    return read_settings({"DATA_DIR": str(folder), **environment})


def refusal(folder: Path, **environment: str) -> str:
    with pytest.raises(WrongSetting) as wrong:
        open_storage(read(folder, **environment).storage_url)
    message = str(wrong.value)
    assert message
    assert "\n" not in message
    return message


def test_nothing_has_to_be_set(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert (settings.source, settings.port, settings.host) == ("demo", 8000, "127.0.0.1")
    assert (settings.database_url, settings.redis_url) == (None, None)
    assert settings.has_demo_login
    assert settings.storage_url == (tmp_path / "media").as_uri()


def test_an_empty_setting_counts_as_none(tmp_path: Path) -> None:
    settings = read(tmp_path, PORT="", SOURCE=" ", DATABASE_URL="", APIFY_TOKEN="")
    assert (settings.port, settings.source, settings.database_url) == (8000, "demo", None)


def test_a_token_is_enough_to_read_the_real_network(tmp_path: Path) -> None:
    settings = read(tmp_path, APIFY_TOKEN="secret")
    assert settings.source == "apify"
    assert settings.apify.api_url == "https://api.apify.com"
    assert not settings.has_demo_login
    assert read(tmp_path, APIFY_TOKEN="secret", SOURCE="demo").source == "demo"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("SOURCE", "instagram", "'demo' or 'apify'"),
        ("PORT", "http", "1 to 65535"),
        ("PORT", "0", "1 to 65535"),
        ("PORT", "-1", "1 to 65535"),
        ("PORT", "65536", "1 to 65535"),
        ("PORT", "80.5", "1 to 65535"),
        ("PORT", "٨٠", "1 to 65535"),
        ("PORT", "9" * 5000, "1 to 65535"),
        ("APIFY_BATCH", "101", "1 to 100"),
        ("APIFY_BATCH", "many", "1 to 100"),
        ("SECURE_COOKIES", "maybe", "'yes' or 'no'"),
        ("ALRT_EMBEDDED", "2", "'yes' or 'no'"),
        ("SECRET_KEY", "short", "32 characters"),
        ("METRICS_TOKEN", "short", "16 plain characters"),
        ("DATABASE_URL", "mysql://localhost/alrt", "postgres"),
        ("DATABASE_URL", "localhost", "postgres"),
        ("DATABASE_URL", "postgresql:", "postgres"),
        ("DATABASE_URL", "postgresql://localhost:port/alrt", "postgres"),
        ("DATABASE_URL", "postgresql://[localhost/alrt", "postgres"),
        ("REDIS_URL", "http://localhost", "redis"),
        ("REDIS_URL", "redis://localhost:99999", "redis"),
        ("STORAGE_URL", "s3://bucket", "file://"),
        ("STORAGE_URL", "file://elsewhere/media", "whole path"),
        ("APIFY_API_URL", "api.apify.com", "http"),
        ("APIFY_API_URL", "ftp://api.apify.com", "http"),
    ],
)
def test_a_wrong_setting_is_named_with_the_reason(tmp_path: Path, name: str, value: str, why: str) -> None:
    message = refusal(tmp_path, **{name: value})
    assert message.startswith(name)
    assert why in message


def test_the_real_network_needs_a_token(tmp_path: Path) -> None:
    assert refusal(tmp_path, SOURCE="apify") == "APIFY_TOKEN is missing: SOURCE=apify needs it."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "hunter2"),
        ("DATABASE_URL", "mysql://alrt:hunter2@localhost/alrt"),
        ("DATABASE_URL", "postgresql://alrt:hunter2@localhost:x/alrt"),
        ("REDIS_URL", "https://:hunter2@localhost"),
        ("STORAGE_URL", "s3://key:hunter2@bucket"),
        ("APIFY_API_URL", "ftp://hunter2@localhost"),
    ],
)
def test_what_may_hold_a_secret_is_not_repeated(tmp_path: Path, name: str, value: str) -> None:
    assert "hunter2" not in refusal(tmp_path, **{name: value})


def test_settings_that_are_printed_show_no_secrets(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        APIFY_TOKEN="hunter2",
        SECRET_KEY="hunter2" * 8,
        DATABASE_URL="postgresql://alrt:hunter2@localhost/alrt",
        REDIS_URL="redis://:hunter2@localhost",
    )
    assert "hunter2" not in repr(settings) + repr(settings.apify)


@pytest.mark.parametrize("name", ["DATA_DIR", "STORAGE_URL"])
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("in the way")
    inside = tmp_path / "file" / "folder"
    message = refusal(tmp_path, **{name: str(inside) if name == "DATA_DIR" else inside.as_uri()})
    assert message.startswith(name)
    assert "can't be used" in message


def test_the_home_of_nobody_is_no_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path, DATA_DIR="~no.such.user/alrt").startswith("DATA_DIR")


def test_a_secret_is_made_once_and_kept_to_oneself(tmp_path: Path) -> None:
    first = read(tmp_path / "new").secret_key
    assert len(first) >= 32
    assert read(tmp_path / "new").secret_key == first
    assert read(tmp_path / "another").secret_key != first
    assert stat.S_IMODE((tmp_path / "new" / "secret.key").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["secret.key"]


def test_given_servers_end_the_demo_login(tmp_path: Path) -> None:
    """Whoever brings a database of his own may hold real data in it."""
    given = {"DATABASE_URL": "postgresql://localhost/alrt", "REDIS_URL": "redis://localhost"}
    assert not read(tmp_path, DATABASE_URL=given["DATABASE_URL"]).has_demo_login
    assert not read(tmp_path, REDIS_URL=given["REDIS_URL"]).has_demo_login
    assert not read(tmp_path, **given).has_demo_login
    # The stack's own processes are given its addresses.
    assert read(tmp_path, **given, ALRT_EMBEDDED="yes").has_demo_login
