"""What the templates of teams receive."""

from datetime import datetime

import msgspec


class TeamFacts(msgspec.Struct, frozen=True, kw_only=True):
    team_id: int
    name: str
    time_zone: str
    inactive_after_days: int


class MemberRow(msgspec.Struct, frozen=True, kw_only=True):
    user_id: int
    full_name: str
    email: str
    role: str
    joined_at: datetime


class PendingInvitation(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    email: str
    role: str
    invited_by: str | None
    """None: somebody whose account is gone."""
    expires_at: datetime


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """One as its link shows it."""

    id: int
    team_id: int
    team_name: str
    email: str
    role: str
    invited_by: str | None
    expires_at: datetime
    used_at: datetime | None


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A program's token, without the token."""

    id: int
    user_id: int
    owner: str
    name: str
    can_write: bool
    created_at: datetime
    last_used_at: datetime | None
