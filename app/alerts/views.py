"""What the templates of alerts receive."""

from datetime import datetime

import msgspec


class BellAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the bell: one member's alert."""

    id: int
    client_id: int
    username: str
    full_name: str | None
    label: str | None
    avatar_key: str | None
    is_tracked: bool
    """Whether there is a page to go to."""
    days: int
    """Whole observed days of silence; of a resolved alert those that there were."""
    state: str
    """`unread`, `read`, `snoozed` or `resolved`."""
    resolution: str | None
    raised_at: datetime
    snoozed_until: datetime | None
    """While it is snoozed; None: until the next story."""
    resolved_at: datetime | None


class SourceTrouble(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that lasts, and what it means to one team."""

    began_at: datetime
    clients: int
    """Not seen since it began."""
    lost_from: datetime | None
    """When the first of them could lose a story; None where none can."""


class SourceNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What a member is told of an incident."""

    id: int
    is_read: bool
    began_at: datetime
    ended_at: datetime | None


class SilentWall(msgspec.Struct, frozen=True, kw_only=True):
    """What a manager is told of a wall that went silent, until it is heard again."""

    wall_id: int
    name: str
    is_read: bool
    last_seen_at: datetime
    """When it was paired, where it was never heard."""


class Bell(msgspec.Struct, frozen=True, kw_only=True):
    """What one member's bell holds."""

    user_id: int
    team_id: int
    unread: tuple[BellAlert, ...]
    """Newest first, and not more than fit the list."""
    unread_alerts: int
    earlier: tuple[BellAlert, ...]
    """Read, snoozed, or over not long ago."""
    dismissed: int
    """Clients that are silent, and whose alert this member dismissed."""
    notices: tuple[SourceNotice, ...]
    trouble: SourceTrouble | None
    """For those who have a notice of it."""
    walls: tuple[SilentWall, ...]
    """The last to fall silent first; none for those who may not manage walls."""

    @property
    def count(self) -> int:
        """What the badge says."""
        incidents = sum(not notice.is_read and notice.ended_at is None for notice in self.notices)
        return self.unread_alerts + incidents + sum(not wall.is_read for wall in self.walls)

    @property
    def more(self) -> int:
        """Unread ones that the list leaves out."""
        return self.unread_alerts - len(self.unread)


class ClientAlert(msgspec.Struct, frozen=True, kw_only=True):
    """What a client's page says of its silence."""

    client_id: int
    days: int | None
    """Whole observed days without a story; None: nobody is alerted."""
    since: datetime | None
    """When it was raised."""
    unobserved_minutes: int
    """Of the time since the newest story, as far as checks have looked back by now."""
