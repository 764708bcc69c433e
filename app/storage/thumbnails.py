"""Pictures of strangers → small JPEGs of our own."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
BACKGROUND = (0x0F, 0x17, 0x2A)
MOST_PIXELS = 50_000_000

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUALITIES = (82, 74, 66, 58, 50, 42)

# Pillow releases the GIL while it decodes and scales. Two, since a large picture takes 200 MB meanwhile.
_pool = ThreadPoolExecutor(2, thread_name_prefix="thumbnails")


class NotAPicture(Exception):
    """The data can't be made a thumbnail of; the message says why in a few words."""


async def thumbnail(data: bytes) -> bytes:
    """`make_thumbnail`, off the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_pool, make_thumbnail, data)


def make_thumbnail(data: bytes, *, box: tuple[int, int] = (540, 960), limit: int = 100_000) -> bytes:
    """A progressive JPEG without metadata that fits into the box and the limit. Raises `NotAPicture`."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise NotAPicture(f"{image.width} × {image.height} pixels are too many")
            small = _flat(_scaled(image, box))
        return _encoded(small, limit)
    except NotAPicture:
        raise
    except Exception as error:
        # Damaged files make decoders fail in every way there is.
        raise NotAPicture(f"can't be decoded ({type(error).__name__})") from error


def _scaled(image: Image.Image, box: tuple[int, int]) -> Image.Image:
    """Scales before turning, which is then cheap."""
    turn = _TURNS.get(_orientation(image))
    is_lying = turn is not None and _orientation(image) >= 5
    # JPEG only: decodes at a half, a quarter or an eighth of the size, whichever is still enough.
    image.draft("RGB", box)
    full = _in_color(image)
    full.thumbnail((box[1], box[0]) if is_lying else box, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return full.transpose(turn) if turn is not None else full


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        # A picture with damaged metadata is still a picture.
        return 1


def _in_color(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # Sixteen bits of grey, which a plain conversion would clip to white.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _flat(image: Image.Image) -> Image.Image:
    """A new picture, so that comments, profiles and positions stay behind."""
    flat = Image.new("RGB", image.size, BACKGROUND)
    flat.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    return flat


def _encoded(image: Image.Image, limit: int) -> bytes:
    for candidate in _smaller_and_smaller(image):
        for quality in _QUALITIES:
            file = BytesIO()
            candidate.save(file, "JPEG", quality=quality, progressive=True, optimize=True)
            if file.tell() <= limit:
                return file.getvalue()
    raise NotAPicture(f"can't be made smaller than {limit} bytes")


def _smaller_and_smaller(image: Image.Image) -> Iterator[Image.Image]:
    yield image
    while max(image.size) > 16:
        image = image.resize((max(1, image.width * 4 // 5), max(1, image.height * 4 // 5)), Image.Resampling.LANCZOS)
        yield image
