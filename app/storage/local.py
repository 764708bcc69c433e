import asyncio
import os
import re
import secrets
from pathlib import Path

# Parts begin with a letter or digit: neither '..' nor our own drafts can be named.
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*", re.ASCII)


class LocalStorage:
    """Keeps pictures as files below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: str, data: bytes) -> None:
        await asyncio.to_thread(_write, self._path(key), data)

    async def get(self, key: str) -> bytes | None:
        return await asyncio.to_thread(_read, self._path(key))

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(_remove, self._path(key))

    def _path(self, key: str) -> Path:
        if len(key) > 500 or not _KEY.fullmatch(key):
            raise ValueError(f"'{key[:100]}' can't be a key")
        return self._folder / key


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.parent / f".{secrets.token_hex(8)}.draft"
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            # Else a power cut may leave the name without the content.
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _remove(path: Path) -> None:
    try:
        if path.is_file():
            path.unlink(missing_ok=True)
    except NotADirectoryError:
        pass
