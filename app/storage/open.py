from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.settings import WrongSetting
from app.storage.base import Storage
from app.storage.local import LocalStorage


def open_storage(storage_url: str) -> Storage:
    """Raises `WrongSetting`."""
    parts = urlsplit(storage_url)
    # Another kind of address may hold a password, so it is not repeated.
    if parts.scheme != "file":
        raise WrongSetting("STORAGE_URL: only addresses that begin with file:// are known.")
    folder = Path(unquote(parts.path))
    if parts.netloc not in ("", "localhost") or not folder.is_absolute():
        raise WrongSetting("STORAGE_URL: write the whole path of a folder, as in file:///var/lib/alrt/media")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongSetting(f"STORAGE_URL: '{folder}' can't be used: {error.strerror or error}.") from error
    return LocalStorage(folder)
