"""The cast of the demo: made-up accounts, each with a rhythm and a voice of its own."""

import msgspec


class Caption(msgspec.Struct, frozen=True):
    text: str
    hashtags: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.text} {' '.join(f'#{tag}' for tag in self.hashtags)}"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    handle: str
    external_id: str
    """Begins with `demo-`, so that it never meets an id of the real network."""
    full_name: str
    biography: str
    kind: str
    """Which motif its pictures show."""
    followers: int
    growth: float
    """The part of its followers that it gains in a year."""
    following: int
    engagement: float
    """The usual likes of a post as a part of the followers."""
    stories_a_day: float
    posts_a_week: float
    peaks: tuple[int, ...]
    """The local hours around which it posts."""
    utc_offset: int
    weekdays: tuple[float, float, float, float, float, float, float]
    """How busy Monday to Sunday are; 1 is usual."""
    is_lively: bool = True
    """Takes part in what appears every few seconds; else it keeps to its own rhythm."""
    captions: tuple[Caption, ...] = ()
    is_verified: bool = False
    is_private: bool = False
    is_silent: bool = False
    """Whatever the moment, it has shown nothing in the days before it."""
    hides_likes: bool = False
    has_pinned: bool = False

    def __hash__(self) -> int:
        return hash(self.handle)

    @property
    def is_live(self) -> bool:
        return self.is_lively and not (self.is_private or self.is_silent)


EVERY_DAY = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
WORKING_DAYS = (1.1, 1.2, 1.1, 1.0, 0.9, 0.1, 0.0)
WEEKENDS = (0.3, 0.7, 0.9, 1.1, 1.5, 1.7, 1.1)
CLOSED_ON_MONDAY = (0.0, 0.9, 1.0, 1.1, 1.4, 1.4, 0.9)
GULF_WEEK = (1.0, 1.0, 1.0, 1.3, 1.5, 1.3, 0.9)

CAST: tuple[Account, ...] = (
    Account(
        handle="saffron.kitchen",
        external_id="demo-01",
        full_name="Saffron Kitchen",
        biography="A made-up restaurant. Slow food, quick stories.",
        kind="plate",
        followers=18_400,
        growth=0.22,
        following=612,
        engagement=0.031,
        stories_a_day=5.5,
        posts_a_week=3.5,
        peaks=(11, 13, 18, 20),
        utc_offset=1,
        weekdays=CLOSED_ON_MONDAY,
        captions=(
            Caption("Tonight: sea bass, saffron, a little smoke.", ("dinner", "saffron", "demo")),
            Caption("The first tomatoes of the year are in.", ("seasonal", "kitchen", "demo")),
            Caption("A table by the window is free at eight.", ("restaurant", "tonight", "demo")),
            Caption("Bread, butter, patience.", ("bakery", "slowfood", "demo")),
        ),
    ),
    Account(
        handle="moth.and.bean",
        external_id="demo-02",
        full_name="Moth & Bean",
        biography="An invented café that is always open in the demo.",
        kind="cup",
        followers=7_250,
        growth=0.35,
        following=940,
        engagement=0.044,
        stories_a_day=3.6,
        posts_a_week=2.5,
        peaks=(7, 9, 15),
        utc_offset=1,
        weekdays=EVERY_DAY,
        captions=(
            Caption("New beans from a hill we can't spell.", ("coffee", "filter", "demo")),
            Caption("Oat, whole, or none: all are right.", ("latte", "barista", "demo")),
            Caption("Rain outside, cardamom buns inside.", ("cafe", "fika", "demo")),
        ),
    ),
    Account(
        handle="ironlark.gym",
        external_id="demo-03",
        full_name="Ironlark Gym",
        biography="Imaginary weights, real discipline.",
        kind="dumbbell",
        followers=31_900,
        growth=0.41,
        following=388,
        engagement=0.019,
        stories_a_day=8.2,
        posts_a_week=4.2,
        peaks=(6, 12, 17, 19),
        utc_offset=0,
        weekdays=(1.4, 1.2, 1.2, 1.1, 0.9, 0.7, 0.4),
        captions=(
            Caption("Monday squats. No speeches.", ("gym", "legday", "demo")),
            Caption("Member of the month: whoever came at six.", ("training", "morning", "demo")),
            Caption("Form first, then weight.", ("strength", "coach", "demo")),
        ),
    ),
    Account(
        handle="petalfox.flowers",
        external_id="demo-04",
        full_name="Petalfox",
        biography="A florist who exists only here.",
        kind="flower",
        followers=12_700,
        growth=0.18,
        following=1_105,
        engagement=0.038,
        stories_a_day=2.8,
        posts_a_week=3.0,
        peaks=(8, 10, 16),
        utc_offset=1,
        weekdays=(0.8, 0.9, 1.0, 1.3, 1.6, 1.2, 0.2),
        captions=(
            Caption("Peonies, at last.", ("florist", "peony", "demo")),
            Caption("A bouquet for someone who waters nothing.", ("dried", "flowers", "demo")),
            Caption("Wedding season begins with forty buckets.", ("wedding", "bouquet", "demo")),
        ),
    ),
    Account(
        handle="vell.atelier",
        external_id="demo-05",
        full_name="Vell Atelier",
        biography="Fashion from a studio nobody has found. Likes are hidden.",
        kind="dress",
        followers=86_300,
        growth=0.12,
        following=204,
        engagement=0.014,
        stories_a_day=6.4,
        posts_a_week=4.6,
        peaks=(10, 14, 19, 21),
        utc_offset=2,
        weekdays=WEEKENDS,
        captions=(
            Caption("Look seven, linen and dusk.", ("fashion", "linen", "demo")),
            Caption("The last fitting before the show.", ("atelier", "fitting", "demo")),
            Caption("Cut once.", ("tailoring", "studio", "demo")),
        ),
        is_verified=True,
        hides_likes=True,
    ),
    Account(
        handle="tidemolar.dental",
        external_id="demo-06",
        full_name="Tidemolar Dental",
        biography="A practice without patients. Posts now and then.",
        kind="tooth",
        followers=1_480,
        growth=0.08,
        following=97,
        engagement=0.022,
        stories_a_day=0.7,
        posts_a_week=0.9,
        peaks=(9, 12),
        utc_offset=1,
        weekdays=WORKING_DAYS,
        is_lively=False,
        captions=(
            Caption("Two minutes, twice a day.", ("dentist", "smile", "demo")),
            Caption("Say hello to our new chair.", ("dental", "clinic", "demo")),
        ),
    ),
    Account(
        handle="harbourlight.hotel",
        external_id="demo-07",
        full_name="Harbourlight Hotel",
        biography="Forty rooms in a harbour on no map.",
        kind="hotel",
        followers=44_100,
        growth=0.15,
        following=517,
        engagement=0.024,
        stories_a_day=4.4,
        posts_a_week=3.2,
        peaks=(8, 12, 18, 22),
        utc_offset=3,
        weekdays=WEEKENDS,
        captions=(
            Caption("Room 12 has the moon until Thursday.", ("hotel", "harbour", "demo")),
            Caption("Breakfast is served where the boats were.", ("travel", "breakfast", "demo")),
            Caption("Late checkout, later sunset.", ("weekend", "seaside", "demo")),
        ),
        is_verified=True,
        has_pinned=True,
    ),
    Account(
        handle="noor.sweets",
        external_id="demo-08",
        full_name="حلويات نور",
        biography="متجر حلويات خيالي للعرض التجريبي",
        kind="star",
        followers=58_600,
        growth=0.48,
        following=133,
        engagement=0.036,
        stories_a_day=7.0,
        posts_a_week=4.0,
        peaks=(10, 16, 20, 22),
        utc_offset=4,
        weekdays=GULF_WEEK,
        captions=(
            Caption("كنافة ساخنة كل مساء", ("كنافة", "حلويات", "demo")),
            Caption("صناديق العيد جاهزة للطلب", ("عيد", "هدايا", "demo")),
            Caption("قهوة وتمر، وأهلا بكم", ("قهوة", "تمر", "demo")),
        ),
    ),
    Account(
        handle="nordkiln.studio",
        external_id="demo-09",
        full_name="Nordkiln",
        biography="Ceramics from a kiln in thin air. Never a story.",
        kind="vase",
        followers=9_830,
        growth=0.27,
        following=251,
        engagement=0.052,
        stories_a_day=0.0,
        posts_a_week=2.2,
        peaks=(11, 17),
        utc_offset=2,
        weekdays=EVERY_DAY,
        captions=(
            Caption("Glaze test 31 of 40.", ("ceramics", "glaze", "demo")),
            Caption("The kiln is cooling. So are we.", ("kiln", "studio", "demo")),
            Caption("Three vases, one mistake, four favourites.", ("handmade", "pottery", "demo")),
        ),
    ),
    Account(
        handle="wayfell.outdoor",
        external_id="demo-10",
        full_name="Wayfell Outdoor",
        biography="Tents for mountains that were made up. Has gone quiet.",
        kind="peaks",
        followers=23_500,
        growth=0.05,
        following=430,
        engagement=0.021,
        stories_a_day=2.6,
        posts_a_week=2.4,
        peaks=(7, 13, 18),
        utc_offset=-7,
        weekdays=(0.7, 0.8, 0.9, 1.0, 1.3, 1.5, 1.2),
        captions=(
            Caption("Above the clouds by nine.", ("hiking", "summit", "demo")),
            Caption("Pack light, then lighter.", ("ultralight", "trail", "demo")),
        ),
        is_silent=True,
    ),
    Account(
        handle="lanternleaf.books",
        external_id="demo-11",
        full_name="Lanternleaf Books",
        biography="A reading room behind a closed door.",
        kind="book",
        followers=640,
        growth=0.1,
        following=318,
        engagement=0.06,
        stories_a_day=1.2,
        posts_a_week=1.0,
        peaks=(16, 20),
        utc_offset=0,
        weekdays=EVERY_DAY,
        captions=(Caption("Chapter one.", ("books", "demo")),),
        is_private=True,
    ),
)

BY_HANDLE = {account.handle: account for account in CAST}
