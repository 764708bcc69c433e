"""Reads and writes of clients. Every one starts from the team, or from the profile when a check fans out."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from app.analytics.coverage import Span
from app.analytics.days import day_of
from app.analytics.rates import PostCounts
from app.analytics.rhythm import AccountRhythm
from app.clients.views import ClientRow, LastCheck, Notes, Summary
from app.database import query
from app.profiles.queries import hold_profile


class ClientRef(msgspec.Struct, frozen=True, kw_only=True):
    """A client of a team, as far as rules need it."""

    id: int
    team_id: int
    profile_id: int
    username: str
    time_zone: str
    tracking_started_at: datetime
    inactive_after_days: int
    """The client's own threshold, or the team's."""
    team_inactive_after_days: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a client was judged last."""

    state: str
    """The profile's."""
    signal: str
    silent_days: int | None
    silent_minutes: int | None
    silent_since: datetime | None
    """The newest story known then, or the beginning of tracking; None: it was never judged."""
    suspected_at: datetime | None
    """When it was found silent; a check from after that confirms it."""
    alerted_days: int | None
    """What the unresolved alerts say; None: there is none."""


class KnownHandle(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of an account, and whether the team has it."""

    username: str
    state: str
    is_private: bool
    client_id: int | None
    was_removed: bool


_REF = """
SELECT c.id, c.team_id, c.profile_id, p.username, t.time_zone, c.tracking_started_at,
       coalesce(c.inactive_after_days, t.inactive_after_days) AS inactive_after_days,
       t.inactive_after_days AS team_inactive_after_days
FROM clients c JOIN teams t ON t.id = c.team_id JOIN profiles p ON p.id = c.profile_id
WHERE c.archived_at IS NULL AND
"""


async def client_of(team_id: int, client_id: int) -> ClientRef | None:
    """The only way from an id to a client: another team's is not found."""
    rows = await query(f"{_REF} c.team_id = {{}} AND c.id = {{}}", team_id, client_id)
    return msgspec.convert(rows[0], ClientRef) if rows else None


async def clients_of_profile(profile_id: int) -> list[ClientRef]:
    """Every team's client for one profile: what was read once is fanned out to all."""
    rows = await query(f"{_REF} c.profile_id = {{}} ORDER BY c.id", profile_id)
    return [msgspec.convert(row, ClientRef) for row in rows]


async def hold_client(team_id: int, client_id: int) -> int | None:
    """Holds the profile of a client, tracked or not (see `hold_profile`): first the profile, then its clients, as
    checks do. The profile's id; None where the team has no such client."""
    while (profile_id := await _profile_of(team_id, client_id)) is not None:
        await hold_profile(profile_id)
        # A check may have moved the client to another profile meanwhile.
        if await _profile_of(team_id, client_id) == profile_id:
            return profile_id
    return None


async def _profile_of(team_id: int, client_id: int) -> int | None:
    rows = await query("SELECT profile_id FROM clients WHERE team_id = {} AND id = {}", team_id, client_id)
    return int(rows[0]["profile_id"]) if rows else None


async def standing_of(client: ClientRef) -> Standing:
    rows = await query(
        """
        SELECT p.state, c.status_signal AS signal, c.stories_inactive_days AS silent_days, c.silent_minutes,
               c.silent_since, c.silence_suspected_at AS suspected_at,
               (SELECT max(a.days_inactive) FROM inactivity_alerts a
                WHERE a.client_id = c.id AND a.resolved_at IS NULL) AS alerted_days
        FROM clients c JOIN profiles p ON p.id = c.profile_id WHERE c.id = {}
        """,
        client.id,
    )
    return msgspec.convert(rows[0], Standing)


async def clients_to_judge(team_id: int) -> list[int]:
    """Those that the team's threshold puts on another side than they stand on."""
    rows = await query(
        "SELECT c.id FROM clients c JOIN teams t ON t.id = c.team_id WHERE c.team_id = {} AND c.archived_at IS NULL"
        " AND c.status_signal <> 'GREY' AND (c.silent_minutes IS NULL OR (c.status_signal = 'GREEN')"
        " <> (c.silent_minutes >= 1440 * coalesce(c.inactive_after_days, t.inactive_after_days))) ORDER BY c.id",
        team_id,
    )
    return [row["id"] for row in rows]


async def held_profiles(after: int, limit: int) -> list[int]:
    """Ids of the profiles that some team tracks, from the one after `after` on."""
    rows = await query(
        "SELECT DISTINCT profile_id AS id FROM clients WHERE archived_at IS NULL AND profile_id > {}"
        " ORDER BY profile_id LIMIT {}",
        after,
        limit,
    )
    return [row["id"] for row in rows]


async def client_ids(team_id: int) -> list[int]:
    rows = await query(
        "SELECT c.id FROM clients c JOIN profiles p ON p.id = c.profile_id"
        " WHERE c.team_id = {} AND c.archived_at IS NULL ORDER BY p.username, c.id",
        team_id,
    )
    return [row["id"] for row in rows]


async def client_rows(team_id: int, ids: Sequence[int], now: datetime) -> list[ClientRow]:
    zone = await _zone(team_id)
    today = day_of(now, zone)
    rows = await query(
        """
        SELECT c.id AS client_id, p.username, p.full_name, c.custom_label AS label, c.lead_status,
               c.status_signal AS signal, c.stories_inactive_days AS silent_days, c.silent_minutes,
               c.usual_gap_minutes, c.unusual_after_minutes, c.rhythm_weeks,
               EXISTS (SELECT FROM inactivity_alerts i WHERE i.client_id = c.id AND i.resolved_at IS NULL) AS has_alert,
               m.user_id AS assignee_id, u.full_name AS assignee,
               p.avatar_storage_path AS avatar_key, coalesce(p.is_private, false) AS is_private, p.state,
               (SELECT max(s.posted_at) FROM stories s
                WHERE s.profile_id = p.id AND s.expires_at > c.tracking_started_at) AS last_story_at,
               coalesce(a.stories_count, 0) AS today_stories, coalesce(a.posts_count, 0) AS today_posts,
               p.followers_count, p.next_story_check_at, k.outcome, k.finished_at, k.source
        FROM clients c
        JOIN profiles p ON p.id = c.profile_id
        LEFT JOIN team_members m ON m.team_id = c.team_id AND m.user_id = c.assigned_to
        LEFT JOIN users u ON u.id = m.user_id
        LEFT JOIN activity_calendar a ON a.client_id = c.id AND a.activity_date = {}
        LEFT JOIN LATERAL (
            SELECT outcome, finished_at, source FROM checks
            WHERE profile_id = p.id AND kind = 'stories' AND finished_at IS NOT NULL
            ORDER BY started_at DESC LIMIT 1
        ) k ON true
        WHERE c.team_id = {} AND c.archived_at IS NULL AND c.id = ANY({}::bigint[])
        ORDER BY p.username, c.id
        """,
        today,
        team_id,
        list(ids),
    )
    return [_row(row, today) for row in rows]


def _row(row: dict[str, Any], today: date) -> ClientRow:
    check = LastCheck(
        outcome=row.pop("outcome"),
        finished_at=row.pop("finished_at"),
        source=row.pop("source"),
        next_at=row.pop("next_story_check_at"),
    )
    return ClientRow(**row, today=today, check=check)


async def summary_of(team_id: int) -> Summary:
    rows = await query(
        "SELECT status_signal, count(*) AS clients FROM clients"
        " WHERE team_id = {} AND archived_at IS NULL GROUP BY status_signal",
        team_id,
    )
    counts = {row["status_signal"]: row["clients"] for row in rows}
    return Summary(
        team_id,
        sum(counts.values()),
        counts.get("GREEN", 0),
        counts.get("YELLOW", 0),
        counts.get("RED", 0),
        counts.get("GREY", 0),
    )


async def client_head(team_id: int, client_id: int) -> dict[str, Any] | None:
    """What the head of the client's page shows beside the row."""
    rows = await query(
        """
        SELECT p.biography, coalesce(p.is_verified, false) AS is_verified, c.tracking_started_at,
               t.time_zone AS team_zone, c.inactive_after_days, t.inactive_after_days AS team_inactive_after_days,
               c.total_stories_archived, p.followers_count, p.id AS profile_id,
               (SELECT max(finished_at) FROM checks WHERE profile_id = p.id AND kind = 'posts'
                AND outcome IN ('ok', 'empty', 'private')) AS profile_read_at
        FROM clients c JOIN profiles p ON p.id = c.profile_id JOIN teams t ON t.id = c.team_id
        WHERE c.team_id = {} AND c.id = {} AND c.archived_at IS NULL
        """,
        team_id,
        client_id,
    )
    return rows[0] if rows else None


async def notes_of(team_id: int, client_id: int) -> Notes | None:
    rows = await query(
        "SELECT id AS client_id, coalesce(notes, '') AS text, notes_version AS version FROM clients"
        " WHERE team_id = {} AND id = {} AND archived_at IS NULL",
        team_id,
        client_id,
    )
    return msgspec.convert(rows[0], Notes) if rows else None


async def known_handles(team_id: int, usernames: Sequence[str], platform: str = "instagram") -> dict[str, KnownHandle]:
    """What is stored of the profiles that bear these handles now (see `profile_named`)."""
    rows = await query(
        """
        SELECT DISTINCT ON (p.username) p.username, p.state, coalesce(p.is_private, false) AS is_private,
               c.id AS client_id, c.archived_at IS NOT NULL AS was_removed
        FROM profiles p LEFT JOIN clients c ON c.profile_id = p.id AND c.team_id = {}
        WHERE p.platform = {} AND p.username = ANY({}::varchar[])
              AND NOT (p.external_id IS NOT NULL AND p.state = 'not_found')
        ORDER BY p.username, p.external_id IS NULL, p.id
        """,
        team_id,
        platform,
        list(usernames),
    )
    return {row["username"]: msgspec.convert(row, KnownHandle) for row in rows}


async def client_facts(team_id: int, client_id: int | None = None) -> list[dict[str, Any]]:
    """What programs get to know of one client, or of all."""
    return await query(
        """
        SELECT c.id, p.username, p.avatar_storage_path IS NOT NULL AS has_picture, c.custom_label, c.lead_status,
               c.tracking_started_at, p.followers_count, c.total_stories_archived, c.total_posts_tracked,
               c.status_signal, c.stories_inactive_days, c.assigned_to, c.inactive_after_days, c.notes,
               c.notes_version
        FROM clients c JOIN profiles p ON p.id = c.profile_id
        WHERE c.team_id = {} AND c.archived_at IS NULL AND ({}::bigint IS NULL OR c.id = {})
        ORDER BY p.username, c.id
        """,
        team_id,
        client_id,
        client_id,
    )


async def newest_posts(profile_id: int, limit: int) -> list[PostCounts]:
    rows = await query(
        "SELECT likes_count AS likes, comments_count AS comments, posted_at, is_pinned FROM posts"
        " WHERE profile_id = {} ORDER BY posted_at DESC, id DESC LIMIT {}",
        profile_id,
        limit,
    )
    return [msgspec.convert(row, PostCounts) for row in rows]


async def rhythm_facts(
    client: ClientRef, since: datetime, now: datetime, *, always: bool
) -> tuple[list[datetime], list[Span]] | None:
    """When the stories that the client may see were posted, oldest first, and what was observed (`proved_span`).

    None where the rhythm was learned in this hour, unless *always*.
    """
    good = "k.profile_id = c.profile_id AND k.kind = 'stories' AND k.outcome IN ('ok', 'empty')"
    rows = await query(
        f"""
        SELECT (SELECT array_agg(s.posted_at ORDER BY s.posted_at) FROM stories s WHERE s.profile_id = c.profile_id
                AND s.posted_at > {{}} AND s.expires_at > c.tracking_started_at) AS posted,
               (SELECT range_agg(tstzrange(least(k.finished_at - interval '24 hours', k.started_at), k.started_at))
                FROM checks k WHERE {good} AND k.started_at > {{}}) AS seen
        FROM clients c WHERE c.team_id = {{}} AND c.id = {{}} AND ({{}}::boolean OR c.rhythm_weeks IS NULL OR NOT EXISTS
            (SELECT FROM checks k WHERE {good} AND k.finished_at >= date_trunc('hour', {{}}::timestamptz)
             AND k.finished_at < {{}}))
        """,
        since,
        since,
        client.team_id,
        client.id,
        always,
        now,
        now,
    )
    if not rows:
        return None
    return rows[0]["posted"] or [], [(span.lower, span.upper) for span in rows[0]["seen"] or [] if not span.isempty]


async def avatar_key(team_id: int, client_id: int) -> str | None:
    rows = await query(
        "SELECT p.avatar_storage_path AS key FROM clients c JOIN profiles p ON p.id = c.profile_id"
        " WHERE c.team_id = {} AND c.id = {} AND c.archived_at IS NULL",
        team_id,
        client_id,
    )
    return rows[0]["key"] if rows else None


async def _zone(team_id: int) -> str:
    rows = await query("SELECT time_zone FROM teams WHERE id = {}", team_id)
    return str(rows[0]["time_zone"]) if rows else "UTC"


def held(profile_id: str) -> str:
    """SQL that is true where some team's client holds the profile of that id; only such profiles are read."""
    return f"EXISTS (SELECT FROM clients c WHERE c.profile_id = {profile_id} AND c.archived_at IS NULL)"


# --- writes ---------------------------------------------------------------------------------------------------


async def track(team_id: int, profile_id: int, now: datetime) -> tuple[int, bool]:
    """The client's id, and whether it is tracked anew (added, or back from the archive)."""
    rows = await query(
        "INSERT INTO clients (team_id, profile_id, tracking_started_at) VALUES ({}, {}, {})"
        " ON CONFLICT (team_id, profile_id) DO UPDATE SET archived_at = NULL"
        " WHERE clients.archived_at IS NOT NULL RETURNING id",
        team_id,
        profile_id,
        now,
    )
    if rows:
        return rows[0]["id"], True
    rows = await query("SELECT id FROM clients WHERE team_id = {} AND profile_id = {}", team_id, profile_id)
    return rows[0]["id"], False


async def describe(team_id: int, client_id: int, label: str | None, lead_status: str) -> None:
    await query(
        "UPDATE clients SET custom_label = {}, lead_status = {} WHERE team_id = {} AND id = {}",
        label,
        lead_status,
        team_id,
        client_id,
    )


async def update_client(client: ClientRef, columns: Mapping[str, str | int | None]) -> bool:
    """Whether anything is different now. The names of the columns go into the SQL as they are."""
    if not columns:
        return False
    rows = await query(
        f"UPDATE clients SET {', '.join(f'{name} = {{}}' for name in columns)}"
        f" WHERE team_id = {{}} AND id = {{}} AND archived_at IS NULL"
        f" AND ({' OR '.join(f'{name} IS DISTINCT FROM {{}}' for name in columns)}) RETURNING id",
        *columns.values(),
        client.team_id,
        client.id,
        *columns.values(),
    )
    return bool(rows)


async def replace_notes(client: ClientRef, text: str, version: int) -> int | None:
    """The new version; None where the notes are no longer the ones of *version*, or the client was removed."""
    rows = await query(
        "UPDATE clients SET notes = {}, notes_version = notes_version + 1"
        " WHERE team_id = {} AND id = {} AND archived_at IS NULL AND notes_version = {} RETURNING notes_version",
        text or None,
        client.team_id,
        client.id,
        version,
    )
    return int(rows[0]["notes_version"]) if rows else None


async def unassign(team_id: int, user_id: int) -> None:
    """Nobody looks after the clients that somebody who leaves looked after."""
    await query("UPDATE clients SET assigned_to = NULL WHERE team_id = {} AND assigned_to = {}", team_id, user_id)


async def hold_profiles(team_id: int) -> None:
    """Until the transaction ends: a check under way is waited for, and the next one reads what was decided."""
    await query(
        "SELECT p.id FROM profiles p WHERE p.id IN (SELECT c.profile_id FROM clients c WHERE c.team_id = {})"
        # The newest first, as in a check that finds a new profile to be an old one.
        " ORDER BY p.id DESC FOR NO KEY UPDATE",
        team_id,
    )


async def recount_last_days(team_id: int) -> None:
    """Of the newest stories, by the team's zone."""
    await query(
        """
        UPDATE clients c SET last_story_date = (SELECT (max(s.posted_at) AT TIME ZONE t.time_zone)::date FROM stories s
            WHERE s.profile_id = c.profile_id AND s.expires_at > c.tracking_started_at)
        FROM teams t WHERE t.id = c.team_id AND c.team_id = {}
        """,
        team_id,
    )


async def archive(client: ClientRef, now: datetime) -> bool:
    """Whether it was tracked until now."""
    rows = await query(
        "UPDATE clients SET archived_at = {}, silence_suspected_at = NULL"
        " WHERE team_id = {} AND id = {} AND archived_at IS NULL RETURNING id",
        now,
        client.team_id,
        client.id,
    )
    return bool(rows)


async def unarchive(team_id: int, client_id: int) -> int | None:
    """The profile's id; None where there was no such client in the archive."""
    rows = await query(
        "UPDATE clients SET archived_at = NULL WHERE team_id = {} AND id = {} AND archived_at IS NOT NULL"
        " RETURNING profile_id",
        team_id,
        client_id,
    )
    return int(rows[0]["profile_id"]) if rows else None


async def read_soon(profile_id: int, now: datetime) -> None:
    await query(
        "UPDATE profiles SET next_story_check_at = least(next_story_check_at, {}),"
        " next_post_check_at = least(next_post_check_at, {}) WHERE id = {}",
        now,
        now,
        profile_id,
    )


async def recount_totals(client: ClientRef) -> None:
    """Totals and newest story from what is stored, never incremented."""
    await query(
        """
        UPDATE clients SET
            total_stories_archived = (SELECT count(*) FROM stories
                WHERE profile_id = clients.profile_id AND expires_at > tracking_started_at),
            total_posts_tracked = (SELECT count(*) FROM posts
                WHERE profile_id = clients.profile_id AND posted_at >= tracking_started_at),
            last_story_date = (SELECT (max(posted_at) AT TIME ZONE {})::date FROM stories
                WHERE profile_id = clients.profile_id AND expires_at > tracking_started_at)
        WHERE id = {}
        """,
        client.time_zone,
        client.id,
    )


async def set_silence(
    client: ClientRef, signal: str, silent: timedelta | None, since: datetime, suspected_at: datetime | None = None
) -> None:
    """`silent`: None where nobody has looked yet."""
    await query(
        "UPDATE clients SET status_signal = {}, stories_inactive_days = {}, silent_minutes = {}, silent_since = {},"
        " silence_suspected_at = {} WHERE id = {}",
        signal,
        None if silent is None else silent // timedelta(days=1),
        None if silent is None else silent // timedelta(minutes=1),
        since,
        suspected_at,
        client.id,
    )


async def set_rhythm(client: ClientRef, rhythm: AccountRhythm) -> None:
    minutes = [gap and gap // timedelta(minutes=1) for gap in (rhythm.usual_gap, rhythm.unusual_after)]
    await query(
        "UPDATE clients SET usual_gap_minutes = {}, unusual_after_minutes = {}, rhythm_weeks = {} WHERE id = {}",
        *minutes,
        rhythm.weeks,
        client.id,
    )


async def move_clients(from_profile: int, to_profile: int) -> list[tuple[int, int]]:
    """The clients follow the account to its known profile; a team that tracks both keeps the one that it had.

    Answers the team and id of each client that is left behind, and goes with its profile.
    """
    await query(
        "UPDATE clients SET archived_at = NULL WHERE profile_id = {} AND archived_at IS NOT NULL AND team_id IN"
        " (SELECT team_id FROM clients WHERE profile_id = {} AND archived_at IS NULL)",
        to_profile,
        from_profile,
    )
    await query(
        "UPDATE clients SET profile_id = {} WHERE profile_id = {} AND team_id NOT IN"
        " (SELECT team_id FROM clients WHERE profile_id = {})",
        to_profile,
        from_profile,
        to_profile,
    )
    left = await query("SELECT team_id, id FROM clients WHERE profile_id = {} AND archived_at IS NULL", from_profile)
    return [(row["team_id"], row["id"]) for row in left]
