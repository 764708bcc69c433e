import asyncio
from pathlib import Path

import pytest

from app.settings import WrongSetting
from app.storage.local import LocalStorage
from app.storage.open import open_storage


async def test_what_was_put_is_got(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "media")
    await storage.put("stories/17/3829551766916980620.jpg", b"picture")
    assert await storage.get("stories/17/3829551766916980620.jpg") == b"picture"


async def test_a_second_put_replaces_the_first_and_leaves_nothing_behind(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    await storage.put("avatars/1.jpg", b"old")
    await storage.put("avatars/1.jpg", b"new")
    assert await storage.get("avatars/1.jpg") == b"new"
    assert [file.name for file in (tmp_path / "avatars").iterdir()] == ["1.jpg"]


async def test_many_at_once_leave_one_whole_picture(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    pictures = [bytes([number]) * 200_000 for number in range(20)]
    await asyncio.gather(*(storage.put("a/b.jpg", picture) for picture in pictures))
    assert await storage.get("a/b.jpg") in pictures
    assert len(list((tmp_path / "a").iterdir())) == 1


async def test_a_put_that_fails_leaves_the_old_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = LocalStorage(tmp_path)
    await storage.put("a/b.jpg", b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        await storage.put("a/b.jpg", b"new")
    monkeypatch.undo()
    assert await storage.get("a/b.jpg") == b"old"
    assert len(list((tmp_path / "a").iterdir())) == 1


async def test_what_was_deleted_is_gone_and_may_be_deleted_again(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    await storage.put("a/b.jpg", b"picture")
    await storage.delete("a/b.jpg")
    await storage.delete("a/b.jpg")
    assert await storage.get("a/b.jpg") is None


async def test_unknown_keys_and_folders_hold_nothing(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    await storage.put("a/b.jpg", b"picture")
    for key in ("nothing.jpg", "a", "a/b.jpg/c.jpg"):
        assert await storage.get(key) is None
        await storage.delete(key)
    assert await storage.get("a/b.jpg") == b"picture"


@pytest.mark.parametrize(
    "key",
    [
        "",
        ".",
        "..",
        "../a",
        "a/../../b",
        "/etc/passwd",
        "a//b",
        "a/",
        "a\\b",
        "a\0b",
        "C:/a",
        ".hidden",
        "a\n",
        "ä",
        "x" * 501,
    ],
)
async def test_keys_lead_nowhere_else(tmp_path: Path, key: str) -> None:
    storage = LocalStorage(tmp_path / "media")
    with pytest.raises(ValueError, match="can't be a key"):
        await storage.put(key, b"picture")
    with pytest.raises(ValueError, match="can't be a key"):
        await storage.get(key)
    with pytest.raises(ValueError, match="can't be a key"):
        await storage.delete(key)


async def test_the_setting_opens_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "all our media"
    await open_storage(folder.as_uri()).put("a.jpg", b"picture")
    assert (folder / "a.jpg").read_bytes() == b"picture"


@pytest.mark.parametrize(
    "url", ["s3://user:secret@bucket/media", "file://elsewhere/media", "file:media", "file:", "media"]
)
def test_a_setting_that_names_no_folder_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(WrongSetting) as caught:
        open_storage(url)
    assert "STORAGE_URL" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WrongSetting, match="can't be used"):
        open_storage((tmp_path / "file" / "media").as_uri())
