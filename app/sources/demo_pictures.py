"""Pictures of the demo, drawn on the spot: the same id always gives the same bytes."""

import io
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from random import Random

import msgspec
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Colour = str
Point = tuple[float, float]
Sprite = tuple[Image.Image, Image.Image]
"""Colours, and how much of them covers what is below."""

SIZES = {"story": (360, 640), "post": (480, 480), "avatar": (256, 256)}
# The ground is soft, so a few pixels are enough for it; that makes it quick.
GROUND_SCALE = 10
SHARPER = 2
CREAM = "#fdf6e9"
INK = "#16213a"


class Look(msgspec.Struct, frozen=True):
    motif: Callable[["Pen", Random, "Palette"], None]
    palettes: tuple["Palette", ...]
    words: tuple[str, ...] = ()
    sway: float = 1
    """How far the motif may tilt; 0 for what stands."""


class Palette(msgspec.Struct, frozen=True):
    deep: Colour
    middle: Colour
    light: Colour
    accent: Colour
    second: Colour


def draw(kind: str, what: str, key: str) -> bytes:
    """A JPEG of a `story`, `post` or `avatar`, as an account of this kind would post it."""
    look = LOOKS[kind]
    # An avatar keeps to the account's first colours, so that it is known at a glance.
    rng = Random(f"{what}/{key}")
    palette = look.palettes[0] if what == "avatar" else rng.choice(look.palettes)
    picture = _ground(SIZES[what], palette, rng)
    if what == "avatar":
        _hero(picture, look, palette, rng, scale=0.66, tilt=0)
    else:
        layout = rng.choice((_hero, _hero, _close_up, _trio, _pattern, _arch))
        layout(picture, look, palette, rng)
        if what == "story" and layout is not _pattern:
            _word(picture, look, rng)
        _mark(picture)
    return _jpeg(picture)


# Ground


def _ground(size: tuple[int, int], palette: Palette, rng: Random) -> Image.Image:
    """A gradient with soft lights in it."""
    small = (size[0] // GROUND_SCALE, size[1] // GROUND_SCALE)
    corners = Image.new("RGB", (2, 3))
    tones = [palette.middle, palette.light, palette.deep, palette.middle, palette.deep, palette.deep]
    if rng.random() < 0.5:
        tones = [tones[1], tones[0], tones[3], tones[2], tones[5], tones[4]]
    for number, tone in enumerate(tones):
        corners.putpixel((number % 2, number // 2), _rgb(tone))
    ground = corners.resize(small, Image.Resampling.BICUBIC)
    lights = ImageDraw.Draw(ground)
    for tone in (palette.light, palette.accent, palette.deep):
        x, y, r = rng.uniform(0, small[0]), rng.uniform(0, small[1]), rng.uniform(0.12, 0.3) * small[0]
        lights.ellipse((x - r, y - r, x + r, y + r), fill=tone)
    soft = ground.filter(ImageFilter.GaussianBlur(small[0] / 7))
    # Bicubic alone is slow at full size, bilinear alone leaves a mesh.
    half_way = soft.resize((size[0] // 4, size[1] // 4), Image.Resampling.BICUBIC)
    return half_way.resize(size, Image.Resampling.BILINEAR)


# Layouts


def _hero(
    picture: Image.Image,
    look: Look,
    palette: Palette,
    rng: Random,
    *,
    scale: float = 0.82,
    tilt: float = 0.35,
) -> None:
    width, height = picture.size
    sprite = _sprite(look, palette, rng, round(width * scale), rng.uniform(-tilt, tilt))
    _put(picture, sprite, width / 2, height * (0.5 if width == height else 0.46))


def _close_up(picture: Image.Image, look: Look, palette: Palette, rng: Random) -> None:
    width, height = picture.size
    sprite = _sprite(look, palette, rng, round(width * 1.12), rng.uniform(-0.5, 0.5))
    _put(picture, sprite, width * rng.choice((0.24, 0.76)), height * rng.uniform(0.36, 0.62))


def _trio(picture: Image.Image, look: Look, palette: Palette, rng: Random) -> None:
    width, height = picture.size
    lean = rng.choice((-1, 1))
    for step, size in ((-1, 0.46), (1, 0.42), (0, 0.58)):
        sprite = _sprite(look, palette, rng, round(width * size), rng.uniform(-0.5, 0.5))
        _put(picture, sprite, width * (0.5 + 0.25 * step * lean), height * (0.47 + 0.23 * step))


def _pattern(picture: Image.Image, look: Look, palette: Palette, rng: Random) -> None:
    width, height = picture.size
    sprites = [_sprite(look, palette, rng, round(width * 0.27), rng.uniform(-0.4, 0.4)) for _ in range(2)]
    step = width * 0.345
    for row in range(math.ceil(height / step) + 1):
        for column in range(4):
            x = (column - 0.5 * (row % 2)) * step
            _put(picture, sprites[(row + column) % 2], x, row * step * 0.9, shadow=False)


def _arch(picture: Image.Image, look: Look, palette: Palette, rng: Random) -> None:
    """The motif before an arch, as in a shop window."""
    width, height = picture.size
    pen = Pen(round(width * 0.8), 0, palette.middle)
    pen.box(-0.86, -1, 0.86, 1, palette.middle, 0.86)
    pen.box(-0.86, 0.1, 0.86, 1, palette.middle, 0.05)
    _put(picture, pen.finish(), width / 2, height * 0.5)
    sprite = _sprite(look, palette, rng, round(width * 0.6), rng.uniform(-0.12, 0.12))
    _put(picture, sprite, width / 2, height * 0.52)


def _sprite(look: Look, palette: Palette, rng: Random, size: int, tilt: float) -> Sprite:
    pen = Pen(size, tilt * look.sway, palette.middle)
    look.motif(pen, rng, palette)
    return pen.finish()


def _put(picture: Image.Image, sprite: Sprite, x: float, y: float, *, shadow: bool = True) -> None:
    colours, cover = sprite
    left, top = round(x - cover.width / 2), round(y - cover.height / 2)
    if shadow:
        _shade(picture, cover, left, top + cover.height // 22)
    picture.paste(colours, (left, top), cover)


def _shade(picture: Image.Image, cover: Image.Image, left: int, top: int) -> None:
    alpha = cover.reduce(8).point(lambda value: value * 0.42)
    room = alpha.width // 8
    wide = Image.new("L", (alpha.width + 2 * room, alpha.height + 2 * room))
    wide.paste(alpha, (room, room))
    soft = wide.filter(ImageFilter.GaussianBlur(room / 2.4))
    soft = soft.resize((soft.width * 8, soft.height * 8), Image.Resampling.BILINEAR)
    picture.paste(INK, (left - room * 8, top - room * 8), soft)


# Letters


def _word(picture: Image.Image, look: Look, rng: Random) -> None:
    if not look.words or rng.random() < 0.45:
        return
    label = _label(rng.choice(look.words), picture.width // 12)
    left, top = (picture.width - label.width) // 2, round(picture.height * 0.79)
    pill = ImageDraw.Draw(picture, "RGBA")
    edge = label.height // 2
    box = (left - 2 * edge, top - edge, left + label.width + 2 * edge, top + label.height + edge)
    pill.rounded_rectangle(box, radius=label.height, fill=(15, 23, 42, 120))
    picture.paste("#ffffff", (left, top), label)


def _mark(picture: Image.Image) -> None:
    label = _label("DEMO", picture.width // 22).point(lambda value: value * 0.72)
    picture.paste("#ffffff", (picture.width - label.width - label.height, picture.height - 2 * label.height), label)


@lru_cache(maxsize=64)
def _label(text: str, size: int) -> Image.Image:
    font = ImageFont.load_default(size=size)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
    label = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(label).text((-left, -top), text, fill=255, font=font)
    return label


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=84)
    return out.getvalue()


def _rgb(colour: Colour) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


class Pen:
    """Draws turned, smooth-edged shapes on a clear square from -1 to 1."""

    def __init__(self, size: int, tilt: float, paper: Colour) -> None:
        """The paper is never seen, but tints the rims a little: best is the ground's own colour."""
        self._half = size * SHARPER / 2
        self._sin, self._cos = math.sin(tilt), math.cos(tilt)
        # Two pictures instead of one with alpha: Pillow reduces those without converting them.
        self._colours = Image.new("RGB", (size * SHARPER, size * SHARPER), paper)
        self._cover = Image.new("L", self._colours.size, 0)
        self._paint = ImageDraw.Draw(self._colours)
        self._stencil = ImageDraw.Draw(self._cover)

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        placed = [self._place(x, y) for x, y in points]
        self._paint.polygon(placed, fill=colour)
        self._stencil.polygon(placed, fill=255)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        left, top = self._place(x, y)
        r = radius * self._half * 0.98
        box = (left - r, top - r, left + r, top + r)
        self._paint.ellipse(box, fill=colour)
        self._stencil.ellipse(box, fill=255)

    def oval(self, x: float, y: float, wide: float, high: float, colour: Colour, turn: float = 0) -> None:
        sin, cos = math.sin(turn), math.cos(turn)
        ring = [(wide * math.cos(a / 24 * math.pi), high * math.sin(a / 24 * math.pi)) for a in range(48)]
        self.shape([(x + u * cos - v * sin, y + u * sin + v * cos) for u, v in ring], colour)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour, radius: float = 0.08) -> None:
        r = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
        corners = ((x1 - r, y1 - r, 0), (x0 + r, y1 - r, 1), (x0 + r, y0 + r, 2), (x1 - r, y0 + r, 3))
        self.shape(
            [
                (
                    x + r * math.cos((quarter + step / 8) * math.pi / 2),
                    y + r * math.sin((quarter + step / 8) * math.pi / 2),
                )
                for x, y, quarter in corners
                for step in range(9)
            ],
            colour,
        )

    def line(self, points: Sequence[Point], thick: float, colour: Colour) -> None:
        placed = [self._place(x, y) for x, y in points]
        width = max(1, round(thick * self._half))
        self._paint.line(placed, fill=colour, width=width, joint="curve")
        self._stencil.line(placed, fill=255, width=width, joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, thick / 2, colour)

    def finish(self) -> Sprite:
        return self._colours.reduce(SHARPER), self._cover.reduce(SHARPER)

    def _place(self, x: float, y: float) -> Point:
        x, y = x * 0.98, y * 0.98
        return (
            self._half * (1 + x * self._cos - y * self._sin),
            self._half * (1 + x * self._sin + y * self._cos),
        )


# Motifs


def _plate(pen: Pen, rng: Random, palette: Palette) -> None:
    pen.disc(0, 0, 0.96, CREAM)
    pen.disc(0, 0, 0.7, "#eadfca")
    pen.disc(0, 0, 0.66, "#f8efdf")
    pen.oval(rng.uniform(-0.1, 0.1), rng.uniform(-0.1, 0.1), 0.5, 0.4, palette.accent, rng.uniform(0, 3))
    for _ in range(rng.randint(5, 9)):
        x, y = _around(rng, 0.38)
        pen.disc(x, y, rng.uniform(0.08, 0.17), rng.choice((palette.second, "#f2b035", "#d9412b", CREAM)))
    for _ in range(rng.randint(3, 6)):
        x, y = _around(rng, 0.42)
        pen.oval(x, y, 0.14, 0.055, rng.choice(("#4c8b4a", "#77b255")), rng.uniform(0, 3))


def _cup(pen: Pen, rng: Random, palette: Palette) -> None:
    pen.disc(0, 0, 0.94, palette.second)
    pen.disc(0, 0, 0.76, CREAM)
    pen.box(0.5, -0.1, 0.92, 0.1, CREAM, 0.1)
    pen.disc(0, 0, 0.62, "#e9dcc8")
    pen.disc(0, 0, 0.54, "#6b3f24")
    pen.disc(0, 0, 0.48, "#8a5530")
    for step in range(rng.randint(3, 5)):
        y, wide = -0.26 + step * 0.14, 0.3 - 0.05 * step
        pen.oval(-wide / 2, y, wide * 0.62, 0.055, "#f3dfc1", -0.45)
        pen.oval(wide / 2, y, wide * 0.62, 0.055, "#f3dfc1", 0.45)
    pen.oval(0, 0.02, 0.03, 0.36, "#f3dfc1")


def _dumbbell(pen: Pen, rng: Random, palette: Palette) -> None:
    pen.box(-0.62, -0.08, 0.62, 0.08, "#d7dde6", 0.05)
    tall = rng.uniform(0.46, 0.6)
    for side in (-1, 1):
        near, far, end = 0.34 * side, 0.56 * side, 0.78 * side
        pen.box(min(near, far), -tall, max(near, far), tall, palette.accent, 0.09)
        pen.box(min(far, end), -tall * 0.72, max(far, end), tall * 0.72, palette.second, 0.08)
        pen.box(min(end, 0.92 * side), -0.12, max(end, 0.92 * side), 0.12, "#d7dde6", 0.05)
    for x in (-0.2, -0.1, 0, 0.1, 0.2):
        pen.box(x - 0.02, -0.08, x + 0.02, 0.08, "#aab4c2", 0.01)


def _flower(pen: Pen, rng: Random, palette: Palette) -> None:
    count = rng.randint(6, 9)
    for length, colour, shift in ((0.66, palette.accent, 0.0), (0.46, palette.second, 0.5)):
        for number in range(count):
            turn = (number + shift) * 2 * math.pi / count
            x, y = math.cos(turn) * length * 0.68, math.sin(turn) * length * 0.68
            pen.oval(x, y, length * 0.72, length * 0.36, colour, turn)
            pen.oval(x * 1.1, y * 1.1, length * 0.4, length * 0.05, palette.light, turn)
    pen.disc(0, 0, 0.2, "#f6c445")
    for number in range(8):
        turn = number * math.pi / 4
        pen.disc(math.cos(turn) * 0.13, math.sin(turn) * 0.13, 0.035, "#b9722b")


def _dress(pen: Pen, rng: Random, palette: Palette) -> None:
    hem = rng.uniform(0.5, 0.78)
    pen.line([(0, -0.74), (0, -0.84), (0.07, -0.9), (0.1, -0.97)], 0.04, CREAM)
    pen.line([(-0.44, -0.58), (0, -0.74), (0.44, -0.58)], 0.05, CREAM)
    left = [(-0.36, -0.6), (-0.2, -0.64), (-0.12, -0.46)]
    right = [(-x, y) for x, y in reversed(left)]
    waist = rng.uniform(-0.06, 0.04)
    skirt = [(0.2, waist), (hem, 0.86), (hem * 0.5, 0.93), (0, 0.95), (-hem * 0.5, 0.93), (-hem, 0.86)]
    pen.shape([*left, (0, -0.34), *right, (0.3, -0.3), *skirt, (-0.2, waist), (-0.3, -0.3)], palette.accent)
    for share in (-0.55, -0.15, 0.3, 0.65):
        pen.line([(0.14 * share, waist + 0.14), (hem * share, 0.84)], 0.022, palette.second)
    pen.box(-0.22, waist - 0.05, 0.22, waist + 0.06, palette.second, 0.03)


def _tooth(pen: Pen, rng: Random, palette: Palette) -> None:
    white, shade = "#fbfdff", "#dcebf3"
    for side in (-1, 1):
        pen.oval(0.3 * side, 0.34, 0.2, 0.56, white, -0.16 * side)
        pen.disc(0.28 * side, -0.34, 0.42, white)
    pen.box(-0.62, -0.4, 0.62, 0.36, white, 0.3)
    pen.oval(0.44, -0.08, 0.1, 0.4, shade, -0.12)
    pen.oval(-0.34, -0.44, 0.16, 0.08, shade, -0.5)
    x, y = rng.uniform(0.5, 0.7), rng.uniform(-0.75, -0.6)
    _sparkle(pen, x, y, 0.26, palette.accent)
    _sparkle(pen, -0.76, rng.uniform(0.2, 0.5), 0.16, palette.second)


def _hotel(pen: Pen, rng: Random, palette: Palette) -> None:
    pen.disc(rng.choice((-0.55, 0.55)), -0.62, 0.26, "#fde9b8")
    for x0, x1, top, colour in (
        (-0.86, -0.2, -0.1, palette.second),
        (0.2, 0.86, -0.28, palette.second),
        (-0.4, 0.4, -0.62, palette.accent),
    ):
        pen.box(x0, top, x1, 0.84, colour, 0.06)
        _windows(pen, rng, x0, x1, top)
    pen.box(-0.13, 0.54, 0.13, 0.84, "#fde9b8", 0.13)
    for row in range(3):
        y = 0.82 + row * 0.07
        pen.box(-0.94 + row * 0.1, y, 0.94 - row * 0.1, y + 0.045, palette.light, 0.03)


def _windows(pen: Pen, rng: Random, x0: float, x1: float, top: float) -> None:
    columns = round((x1 - x0) / 0.2)
    step = (x1 - x0) / columns
    for row in range(int((0.5 - top) / 0.2)):
        for column in range(columns):
            x, y = x0 + (column + 0.5) * step, top + 0.12 + row * 0.2
            pen.box(x - 0.045, y, x + 0.045, y + 0.11, "#ffd97a" if rng.random() < 0.6 else INK, 0.03)


def _star(pen: Pen, rng: Random, palette: Palette) -> None:
    turn = rng.choice((0.0, math.pi / 8))
    tones = (palette.accent, palette.second, palette.light, palette.accent)
    for radius, colour in zip((0.96, 0.8, 0.58, 0.4), tones, strict=True):
        for quarter in (0.0, math.pi / 4):
            pen.shape(_polygon(4, radius, turn + quarter), colour)
    for number in range(8):
        angle = turn + number * math.pi / 4
        pen.disc(math.cos(angle) * 0.66, math.sin(angle) * 0.66, 0.05, CREAM)
    pen.disc(0, 0, 0.2, CREAM)
    pen.disc(0, 0, 0.11, palette.second)


def _vase(pen: Pen, rng: Random, palette: Palette) -> None:
    for lean in (-0.34, -0.06, 0.3):
        lean += rng.uniform(-0.08, 0.08)
        tip = rng.uniform(-0.92, -0.72)
        pen.line([(0, -0.1), (lean * 0.5, -0.45), (lean, tip)], 0.03, "#7c9a6d")
        for step in range(4):
            y = tip + step * 0.1
            side = 0.08 if step % 2 else -0.08
            pen.oval(lean * (1 - step * 0.12) + side, y + 0.04, 0.09, 0.042, "#9dbb8b", 0.5 * side / 0.08)
    neck, belly, foot = rng.uniform(0.14, 0.22), rng.uniform(0.42, 0.6), rng.uniform(0.2, 0.3)
    outline = [(_vase_width(t / 30, neck, belly, foot), -0.24 + 1.18 * t / 30) for t in range(31)]
    pen.shape(outline + [(-x, y) for x, y in reversed(outline)], palette.accent)
    for begin, end in ((9, 11), (13, 19), (21, 23)):
        band = outline[begin : end + 1]
        pen.shape(band + [(-x, y) for x, y in reversed(band)], palette.second)
    pen.oval(0, -0.24, neck, 0.05, INK)


def _vase_width(t: float, neck: float, belly: float, foot: float) -> float:
    swell = math.pow(math.sin(math.pi * t**0.9), 1.4)
    return neck * (1 - t) + foot * t + (belly - (neck + foot) / 2) * swell


def _peaks(pen: Pen, rng: Random, palette: Palette) -> None:
    pen.disc(rng.uniform(-0.4, 0.4), -0.5, 0.34, palette.accent)
    for x, top, wide, colour in (
        (-0.42, -0.2 + rng.uniform(-0.1, 0.1), 0.62, palette.second),
        (0.44, -0.1 + rng.uniform(-0.1, 0.1), 0.6, palette.second),
        (rng.uniform(-0.08, 0.08), -0.55, 0.78, palette.deep),
    ):
        base = 0.62
        left, right = max(-0.98, x - wide), min(0.98, x + wide)
        pen.shape([(left, base), (x, top), (right, base)], colour)
        part = 0.32
        a, b, y = x + (left - x) * part, x + (right - x) * part, top + (base - top) * part
        zigzag = [(x + (b - x) * 0.45, y - 0.06), (x, y + 0.05), (x + (a - x) * 0.45, y - 0.06)]
        pen.shape([(a, y), (x, top), (b, y), *zigzag], CREAM)
    for row, colour in enumerate((palette.light, palette.second)):
        pen.box(-0.84 + row * 0.2, 0.68 + row * 0.12, 0.84 - row * 0.2, 0.74 + row * 0.12, colour, 0.03)


def _book(pen: Pen, rng: Random, palette: Palette) -> None:
    tones = (palette.accent, palette.second, CREAM, palette.light)
    y = 0.82
    for number in range(5):
        high, wide, shift = rng.uniform(0.2, 0.32), rng.uniform(0.55, 0.8), rng.uniform(-0.12, 0.12)
        colour = tones[number % len(tones)]
        pen.box(shift - wide, y - high, shift + wide, y, colour, 0.05)
        pen.box(shift - wide + 0.12, y - high, shift - wide + 0.17, y, palette.deep, 0.01)
        pen.box(shift - 0.2, y - high / 2 - 0.03, shift + wide - 0.2, y - high / 2 + 0.03, palette.deep, 0.03)
        y -= high + 0.02


def _around(rng: Random, reach: float) -> Point:
    turn, distance = rng.uniform(0, 2 * math.pi), reach * math.sqrt(rng.random())
    return math.cos(turn) * distance, math.sin(turn) * distance


def _polygon(corners: int, radius: float, turn: float) -> list[Point]:
    angles = (turn + number * 2 * math.pi / corners for number in range(corners))
    return [(math.cos(angle) * radius, math.sin(angle) * radius) for angle in angles]


def _sparkle(pen: Pen, x: float, y: float, size: float, colour: Colour) -> None:
    points = []
    for number in range(8):
        reach = size if number % 2 == 0 else size * 0.26
        points.append((x + math.cos(number * math.pi / 4) * reach, y + math.sin(number * math.pi / 4) * reach))
    pen.shape(points, colour)


LOOKS = {
    "plate": Look(
        _plate,
        (
            Palette("#5b1f16", "#b4471f", "#f0a04b", "#e07a2f", "#a9322a"),
            Palette("#2b3a2e", "#5d7a4a", "#d8b45a", "#d98a3d", "#b5402f"),
            Palette("#3a1430", "#8c2f4b", "#e58a6b", "#d9a441", "#7d1f3a"),
        ),
        ("Tonight", "Chef's choice", "Two seats left", "New menu"),
    ),
    "cup": Look(
        _cup,
        (
            Palette("#2f1d16", "#7a5136", "#dcb98e", "#c9803f", "#3e6b66"),
            Palette("#1f3b3a", "#4a7f78", "#d9d3b0", "#c9803f", "#d98c5f"),
            Palette("#3b2a4a", "#8a6a8f", "#ecc9a8", "#c9803f", "#f0b68a"),
        ),
        ("Good morning", "Fresh beans", "Open till late"),
    ),
    "dumbbell": Look(
        _dumbbell,
        (
            Palette("#0b1d3a", "#1f4fa3", "#49b6e8", "#f25c3b", "#1b2537"),
            Palette("#1a1230", "#5427a8", "#b05ae6", "#c8f04a", "#1d1733"),
            Palette("#101a1c", "#17615a", "#4fd1a5", "#ffd447", "#12292b"),
        ),
        ("5 x 5", "6 a.m. club", "Leg day", "New record"),
    ),
    "flower": Look(
        _flower,
        (
            Palette("#2c4a3b", "#6f9e7b", "#f4cfd3", "#ef7f9c", "#fbb6c4"),
            Palette("#3f2a56", "#8d6bb8", "#f3d6ee", "#f6f0ff", "#c79be6"),
            Palette("#7a2e3b", "#d9727a", "#ffe0c2", "#ffd9a0", "#ff9c6b"),
        ),
        ("Peony week", "Picked today", "For you"),
    ),
    "dress": Look(
        _dress,
        (
            Palette("#2a2130", "#7d6478", "#e6cfc4", "#c2475b", "#8f2b45"),
            Palette("#1d2b3f", "#5a7690", "#d8dfe0", "#e9c46a", "#c79a3c"),
            Palette("#39322a", "#9b8a73", "#efe4d2", "#3d5a50", "#27413a"),
        ),
        ("Look 07", "Backstage", "Linen & dusk", "The fitting"),
    ),
    "tooth": Look(
        _tooth,
        (
            Palette("#0f4c5c", "#2a9d9f", "#bfeee6", "#ffe08a", "#ffffff"),
            Palette("#234b7a", "#5a9bd4", "#d6ecfa", "#ffd1dc", "#ffffff"),
        ),
        ("Smile!", "Two minutes"),
    ),
    "hotel": Look(
        _hotel,
        (
            Palette("#14213d", "#3d5a98", "#f4a988", "#e9dfd0", "#c9b7a5"),
            Palette("#0f3a4b", "#2f8ea0", "#fbd9a0", "#f3f0e7", "#e4a17e"),
            Palette("#2b1a45", "#7a3f86", "#ff9f87", "#f2dfe4", "#b98fb4"),
        ),
        ("Room 12", "Checked in", "Sea view", "Good night"),
        sway=0.1,
    ),
    "star": Look(
        _star,
        (
            Palette("#12404a", "#1f7a78", "#e8c77a", "#d79b3a", "#0f5257"),
            Palette("#4a1237", "#9c2f63", "#f3c58b", "#e8b04f", "#6d1a4b"),
            Palette("#1c2a5e", "#4456b0", "#e9d3a1", "#dfae4b", "#26367d"),
        ),
    ),
    "vase": Look(
        _vase,
        (
            Palette("#3d3a36", "#8c8378", "#e9dfd0", "#c8694a", "#e7d3b8"),
            Palette("#24404a", "#6d97a0", "#e5e4d6", "#f1eadb", "#3f6f86"),
            Palette("#4a3028", "#b07a5a", "#f2d9bd", "#45635a", "#d8c9a3"),
        ),
        sway=0.1,
    ),
    "peaks": Look(
        _peaks,
        (
            Palette("#1d3557", "#457b9d", "#f1c9a5", "#ffb562", "#6d8fb0"),
            Palette("#20352c", "#4d7c5f", "#e6d8a8", "#f5a25d", "#7fa37f"),
        ),
        ("Above the clouds", "Day 3", "Trail notes"),
        sway=0,
    ),
    "book": Look(_book, (Palette("#2b2118", "#7b5b3a", "#e7c48e", "#9c3d2e", "#2f5d62"),), sway=0.2),
}
