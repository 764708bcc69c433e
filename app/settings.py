"""Environment → one frozen struct. Nothing else in the product reads the environment."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

ROOT = Path(__file__).resolve().parent.parent


class WrongSetting(Exception):
    """Says in one line which setting is wrong, and why."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    data_dir: Path
    host: str
    port: int
    database_url: str | None
    """None: the embedded PostgreSQL."""
    redis_url: str | None
    """None: the embedded Redis."""
    storage_url: str
    secret_key: str
    source: str
    secure_cookies: bool
    is_embedded: bool
    """True while both servers are our own, which is where the demo login may exist."""
    metrics_token: str | None = msgspec.field(default=None)
    """With which a program may read /metrics; None: operators alone."""
    demo_every: int
    """Seconds between two things that appear somewhere in the demo."""
    apify: "ApifySettings"

    def __repr__(self) -> str:
        """Without secrets, wherever it may be printed."""
        return f"Settings(source={self.source}, data_dir={self.data_dir})"

    @property
    def is_demo(self) -> bool:
        return self.source == "demo"

    @property
    def has_demo_login(self) -> bool:
        return self.is_demo and self.is_embedded


class ApifySettings(msgspec.Struct, frozen=True, kw_only=True):
    api_url: str
    """Without the version: `/v2` is appended."""
    token: str | None = msgspec.field(default=None)
    story_actor: str
    profile_actor: str
    post_actor: str
    batch: int
    """Handles per run."""

    def __repr__(self) -> str:
        return f"ApifySettings(api_url={self.api_url})"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises `WrongSetting` for a value that can't be used."""
    text = {name: value.strip() for name, value in environment.items() if value.strip()}
    token = text.get("APIFY_TOKEN")
    source = text.get("SOURCE") or ("apify" if token else "demo")
    if source not in ("demo", "apify"):
        raise WrongSetting(f"SOURCE is '{source}': use 'demo' or 'apify'.")
    if source == "apify" and not token:
        raise WrongSetting("APIFY_TOKEN is missing: SOURCE=apify needs it.")
    data_dir = _folder(text, "DATA_DIR") or ROOT / ".data"
    database_url = _url(text, "DATABASE_URL", {"postgresql", "postgres"})
    redis_url = _url(text, "REDIS_URL", {"redis", "rediss", "unix"})
    return Settings(
        data_dir=data_dir,
        host=text.get("HOST", "127.0.0.1"),
        port=_number(text, "PORT", default=8000, least=1, most=65535),
        database_url=database_url,
        redis_url=redis_url,
        storage_url=_url(text, "STORAGE_URL", {"file"}) or (data_dir / "media").as_uri(),
        secret_key=_secret(text, data_dir),
        source=source,
        secure_cookies=_yes(text, "SECURE_COOKIES"),
        # `alrt run` gives its processes the addresses of its own servers, and says so.
        is_embedded=_yes(text, "ALRT_EMBEDDED") or (database_url is None and redis_url is None),
        metrics_token=_token(text, "METRICS_TOKEN"),
        demo_every=_number(text, "DEMO_EVERY", default=5, least=1, most=3600),
        apify=ApifySettings(
            api_url=_url(text, "APIFY_API_URL", {"http", "https"}) or "https://api.apify.com",
            token=token,
            story_actor=text.get("APIFY_STORY_ACTOR", "datavoyantlab~advanced-instagram-stories-scraper"),
            profile_actor=text.get("APIFY_PROFILE_ACTOR", "apify~instagram-profile-scraper"),
            post_actor=text.get("APIFY_POST_ACTOR", "apify~instagram-post-scraper"),
            batch=_number(text, "APIFY_BATCH", default=50, least=1, most=100),
        ),
    )


def _number(text: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    value = text.get(name)
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or len(value) > 9 or not least <= int(value) <= most:
        raise WrongSetting(f"{name} is '{value}': use a whole number from {least} to {most}.")
    return int(value)


def _folder(text: Mapping[str, str], name: str) -> Path | None:
    value = text.get(name)
    try:
        return Path(value).expanduser().resolve() if value else None
    except (RuntimeError, OSError) as error:
        raise WrongSetting(f"{name} '{value}' can't be used: {error}") from error


def _url(text: Mapping[str, str], name: str, schemes: set[str]) -> str | None:
    value = text.get(name)
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        complete = parts.scheme in schemes and bool(parts.netloc or parts.path)
        _ = parts.port
    except ValueError:
        complete = False
    if not complete:
        # The value may hold a password, so it is not repeated.
        raise WrongSetting(f"{name} is not an address that begins with {' or '.join(sorted(schemes))}://")
    return value


def _token(text: Mapping[str, str], name: str) -> str | None:
    value = text.get(name)
    if value is not None and (len(value) < 16 or not value.isascii() or not value.isprintable()):
        raise WrongSetting(f"{name} is too short or odd: use 16 plain characters or more.")
    return value


def _yes(text: Mapping[str, str], name: str) -> bool:
    value = text.get(name, "no").lower()
    if value not in ("yes", "no", "true", "false", "1", "0"):
        raise WrongSetting(f"{name} is '{value}': use 'yes' or 'no'.")
    return value in ("yes", "true", "1")


def _secret(text: Mapping[str, str], data_dir: Path) -> str:
    """`SECRET_KEY`, else one made at the first start and kept in the data folder."""
    given = text.get("SECRET_KEY")
    if given is not None:
        if len(given) < 32:
            raise WrongSetting("SECRET_KEY is too short: use 32 characters or more.")
        return given
    file = data_dir / "secret.key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            draft = data_dir / f"secret.{os.getpid()}.draft"
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(48))
            # A hard link fails where the file has come to exist meanwhile: two starters keep the same key.
            try:
                os.link(draft, file)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return file.read_text()
    except OSError as error:
        raise WrongSetting(f"DATA_DIR '{data_dir}' can't be used: {error.strerror or error}.") from error
