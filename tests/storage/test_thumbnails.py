import asyncio
import contextlib
import random
import threading
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.storage.thumbnails import BACKGROUND, NotAPicture, make_thumbnail, thumbnail
from tests.fakes.apify import bomb, drawn


def file_of(image: Image.Image, form: str, **how: Any) -> bytes:
    file = BytesIO()
    image.save(file, form, **how)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def close_to(color: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - other) <= 12 for one, other in zip(color, wanted, strict=True))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_pictures_of_all_kinds_become_small_progressive_jpegs(form: str) -> None:
    made = opened(make_thumbnail(drawn(1080, 1920, form=form)))
    assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (540, 960))
    assert made.info.get("progressive")


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((1920, 1080), (540, 304)), ((2000, 2000), (540, 540)), ((100, 50), (100, 50)), ((1, 9000), (1, 960))],
)
def test_pictures_keep_their_shape_and_are_never_blown_up(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert opened(make_thumbnail(file_of(Image.new("RGB", size), "PNG"))).size == wanted


def test_the_limit_is_kept_even_by_noise() -> None:
    noise = Image.frombytes("RGB", (1080, 1920), random.Random(1).randbytes(1080 * 1920 * 3))
    data = file_of(noise, "PNG")
    assert len(make_thumbnail(data)) <= 100_000
    assert len(make_thumbnail(data, limit=3000)) <= 3000
    with pytest.raises(NotAPicture, match="smaller"):
        make_thumbnail(data, limit=10)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_stands_upright(orientation: int) -> None:
    # Red is at the top left of what the photographer saw; stored is what the camera held.
    seen = Image.new("RGB", (1200, 2400), "white")
    seen.paste("red", (0, 0, 600, 800))
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    held = seen.transpose(Image.Transpose(back[orientation])) if orientation > 1 else seen
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = opened(make_thumbnail(file_of(held, "JPEG", exif=exif, quality=95)))
    assert made.size == (480, 960)
    assert close_to(made.getpixel((60, 100)), (254, 0, 0))
    assert close_to(made.getpixel((420, 900)), (255, 255, 255))


def test_metadata_stays_behind() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    data = file_of(Image.new("RGB", (50, 50)), "JPEG", exif=exif, comment=b"secret place", icc_profile=b"x" * 200)
    made = make_thumbnail(data)
    assert b"home" not in made
    assert b"secret" not in made
    assert "icc_profile" not in opened(made).info


def test_what_is_transparent_shows_the_page_behind() -> None:
    clear = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    palette = Image.new("P", (40, 40), 0)
    palette.putpalette([255, 0, 0] * 256)
    for data in (
        file_of(clear, "PNG"),
        file_of(clear, "WEBP"),
        file_of(palette, "PNG", transparency=0),
        file_of(palette, "GIF", transparency=0),
        file_of(Image.new("LA", (40, 40), (255, 0)), "PNG"),
    ):
        assert close_to(opened(make_thumbnail(data)).getpixel((20, 20)), BACKGROUND)


def test_rare_colors_are_understood() -> None:
    grey = Image.new("I;16", (40, 40), 0x8000)
    assert close_to(opened(make_thumbnail(file_of(grey, "PNG"))).getpixel((20, 20)), (128, 128, 128))
    for mode, form in (("CMYK", "JPEG"), ("L", "JPEG"), ("1", "PNG"), ("P", "PNG")):
        assert opened(make_thumbnail(file_of(Image.new(mode, (40, 40)), form))).mode == "RGB"


def test_an_animation_shows_its_first_frame() -> None:
    frames = [Image.new("RGB", (40, 40), color) for color in ("red", "blue")]
    data = file_of(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert close_to(opened(make_thumbnail(data)).getpixel((20, 20)), (254, 0, 0))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"<html><body>Sign in</body></html>",
        b"\xff\xd8\xff\xe0",
        drawn()[:900],
        drawn(form="PNG")[:900],
        b"GIF89a" + b"\0" * 7,
        file_of(Image.new("RGB", (20, 20)), "BMP"),
        file_of(Image.new("RGB", (20, 20)), "TIFF"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        make_thumbnail(data)


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    with pytest.raises(NotAPicture, match="too many"):
        make_thumbnail(bomb())


@settings(max_examples=200)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]), st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_damage_is_survived(form: str, place: int, damage: bytes) -> None:
    data = bytearray(drawn(60, 60, form=form))
    place %= len(data)
    data[place : place + len(damage)] = damage
    with contextlib.suppress(NotAPicture):
        assert make_thumbnail(bytes(data))


async def test_the_loop_goes_on_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []

    def watched(data: bytes) -> bytes:
        threads.append(threading.current_thread().name)
        return make_thumbnail(data)

    monkeypatch.setattr("app.storage.thumbnails.make_thumbnail", watched)
    made = await asyncio.gather(*(thumbnail(drawn()) for _ in range(8)))
    assert all(opened(one).format == "JPEG" for one in made)
    assert len(set(threads)) <= 2
    assert all(name.startswith("thumbnails") for name in threads)


async def test_a_refusal_reaches_who_asked() -> None:
    with pytest.raises(NotAPicture):
        await thumbnail(b"not a picture")
