"""What the templates of clients receive."""

from datetime import date, datetime
from decimal import Decimal

import msgspec


class LastCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The newest finished attempt to read the stories, and whether one is under way."""

    outcome: str | None
    """None: never checked."""
    finished_at: datetime | None
    source: str | None
    next_at: datetime | None


class ClientRow(msgspec.Struct, frozen=True, kw_only=True):
    """One client on the dashboard."""

    client_id: int
    username: str
    full_name: str | None
    label: str | None
    lead_status: str
    assignee_id: int | None
    """The member who looks after it."""
    assignee: str | None
    signal: str
    """`GREEN`, `YELLOW`, `RED` or `GREY`."""
    silent_days: int | None
    """Whole observed days since the newest story; None where unknown."""
    silent_minutes: int | None
    """Observed since the newest story, at the last good check."""
    usual_gap_minutes: int | None
    """Between two occasions on which the account posts; None while too little was seen."""
    unusual_after_minutes: int | None
    rhythm_weeks: int | None
    """How many weeks of the last 12 were observed."""
    has_alert: bool
    """Whether its silence was told to the members, and lasts."""
    avatar_key: str | None
    """Changes with the picture; None: no picture."""
    is_private: bool
    state: str
    """`new`, `ok`, `private`, `not_found` or `restricted`."""
    last_story_at: datetime | None
    today: date
    today_stories: int
    today_posts: int
    followers_count: int | None
    check: LastCheck

    @property
    def is_unusual(self) -> bool:
        """Silent for longer than is this account's habit; nothing is said of one that can't be read."""
        silent, limit = self.silent_minutes, self.unusual_after_minutes
        return self.signal != "GREY" and silent is not None and limit is not None and silent > limit


class Summary(msgspec.Struct, frozen=True):
    """The team's clients, counted by signal."""

    team_id: int
    clients: int
    green: int
    yellow: int
    red: int
    grey: int


class Notes(msgspec.Struct, frozen=True, kw_only=True):
    """What the team wrote about a client."""

    client_id: int
    text: str
    version: int
    """How often they were saved: whoever saves says on which version he worked."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of the client page, with what it rests on."""

    name: str
    """`followers`, `posts_per_day`, `avg_likes`, `avg_comments`, `engagement_rate` or `stories_archived`."""
    value: int | Decimal | None
    """None: unknown, and `reason` says why."""
    reason: str | None = None
    """`not_checked`, `no_posts`, `likes_hidden`, `no_followers`."""
    posts: int | None = None
    """How many posts the figure rests on."""
    days: int | None = None
    """The window in days."""
    since: datetime | None = None
    as_of: datetime | None = None


class ClientPage(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a client's page: the row's facts and what only the page shows."""

    row: ClientRow
    biography: str | None
    is_verified: bool
    tracking_started_at: datetime
    team_zone: str
    inactive_after_days: int | None
    """None: the team's."""
    team_inactive_after_days: int
    rhythm_needs: int
    """Observed weeks before anything is said of the account's rhythm."""
    cards: tuple[Card, ...]
