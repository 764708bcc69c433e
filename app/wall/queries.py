"""Walls, what they show, and the screens that were heard. Everything starts from the team, or from the wall's token."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from app.analytics.views import DayCounts
from app.database import query
from app.wall.views import Choices, FeedStory, Incident, Screen, Shows, TickerAlert, WallHead, WallSeen
from app.web.walls import WallViewer

LISTED_FOR = timedelta(days=1)
"""How long a screen that is no longer heard stays in the list."""
MOST_SCREENS = 20
"""Kept per wall: whoever holds a token can't fill the table."""

# Which clients a wall shows, and none once it was revoked: w is the wall, c the client.
_SHOWN = """
    w.revoked_at IS NULL AND w.team_id = c.team_id AND c.archived_at IS NULL
    AND (NOT (w.shows ? 'clients' OR w.shows ? 'labels')
         OR coalesce(w.shows->'clients' @> to_jsonb(c.id), false)
         OR coalesce(w.shows->'labels' ? c.custom_label, false))
"""


async def wall_by_token(token_hash: str) -> WallViewer | None:
    rows = await query(
        "SELECT id, team_id, language FROM walls WHERE token_hash = {} AND revoked_at IS NULL", token_hash
    )
    return msgspec.convert(rows[0], WallViewer) if rows else None


async def unrevoked(pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of the (team, wall) pairs still hold."""
    rows = await query(
        "SELECT w.team_id, w.id FROM walls w JOIN unnest({}::bigint[], {}::bigint[]) AS asked (team_id, wall_id)"
        " ON asked.team_id = w.team_id AND asked.wall_id = w.id WHERE w.revoked_at IS NULL",
        [team_id for team_id, _ in pairs],
        [wall_id for _, wall_id in pairs],
    )
    return {(row["team_id"], row["id"]) for row in rows}


# --- what a wall shows ----------------------------------------------------------------------------------------


async def shown_clients(
    team_id: int, wall_ids: Collection[int], among: Collection[int] | None = None
) -> dict[int, list[int]]:
    """The clients of each wall, by id; only those *among* the given ones."""
    rows = await query(
        f"SELECT w.id AS wall_id, c.id AS client_id FROM walls w JOIN clients c ON {_SHOWN}"
        " WHERE w.team_id = {} AND w.id = ANY({}::bigint[]) AND ({}::bigint[] IS NULL OR c.id = ANY({}::bigint[]))"
        " ORDER BY c.id",
        team_id,
        list(wall_ids),
        None if among is None else list(among),
        None if among is None else list(among),
    )
    shown: dict[int, list[int]] = {wall_id: [] for wall_id in wall_ids}
    for row in rows:
        shown[row["wall_id"]].append(row["client_id"])
    return shown


async def is_shown(wall: WallViewer, client_id: int) -> bool:
    return bool((await shown_clients(wall.team_id, [wall.id], [client_id]))[wall.id])


async def shows_of(team_id: int, wall_ids: Collection[int]) -> dict[int, Shows]:
    rows = await query(
        "SELECT id, shows FROM walls WHERE team_id = {} AND id = ANY({}::bigint[])", team_id, list(wall_ids)
    )
    return {row["id"]: msgspec.json.decode(row["shows"], type=Shows) for row in rows}


async def wall_heads(team_id: int, wall_ids: Collection[int]) -> dict[int, WallHead]:
    rows = await query(
        f"""
        SELECT w.id AS wall_id, w.name, w.language, t.name AS team_name,
               coalesce(w.time_zone, t.time_zone) AS time_zone,
               count(*) FILTER (WHERE c.status_signal = 'GREEN') AS green,
               count(*) FILTER (WHERE c.status_signal = 'YELLOW') AS yellow,
               count(*) FILTER (WHERE c.status_signal = 'RED') AS red,
               count(*) FILTER (WHERE c.status_signal = 'GREY') AS grey
        FROM walls w JOIN teams t ON t.id = w.team_id LEFT JOIN clients c ON {_SHOWN}
        WHERE w.team_id = {{}} AND w.id = ANY({{}}::bigint[]) AND w.revoked_at IS NULL GROUP BY w.id, t.id
        """,
        team_id,
        list(wall_ids),
    )
    return {row["wall_id"]: msgspec.convert(row, WallHead) for row in rows}


async def days_since(team_id: int, client_ids: Sequence[int], first: date) -> dict[int, dict[date, DayCounts]]:
    """What is known of each client's days from the first one on."""
    rows = await query(
        "SELECT a.client_id, a.activity_date AS day, a.stories_count AS stories, a.posts_count AS posts,"
        " a.observed_minutes FROM activity_calendar a JOIN clients c ON c.id = a.client_id"
        " WHERE c.team_id = {} AND c.id = ANY({}::bigint[]) AND a.activity_date >= {}",
        team_id,
        list(client_ids),
        first,
    )
    days: dict[int, dict[date, DayCounts]] = defaultdict(dict)
    for row in rows:
        of_client = days[row.pop("client_id")]
        of_client[row["day"]] = DayCounts(**row)
    return days


async def tracked_since(team_id: int, client_ids: Sequence[int]) -> dict[int, datetime]:
    rows = await query(
        "SELECT id, tracking_started_at FROM clients WHERE team_id = {} AND id = ANY({}::bigint[])",
        team_id,
        list(client_ids),
    )
    return {row["id"]: row["tracking_started_at"] for row in rows}


async def zone_of(team_id: int) -> str:
    rows = await query("SELECT time_zone FROM teams WHERE id = {}", team_id)
    return str(rows[0]["time_zone"]) if rows else "UTC"


async def alerted(team_id: int, client_ids: Sequence[int]) -> set[int]:
    """Those whose silence has an unresolved alert."""
    rows = await query(
        "SELECT DISTINCT a.client_id FROM inactivity_alerts a JOIN clients c ON c.id = a.client_id"
        " WHERE c.team_id = {} AND c.id = ANY({}::bigint[]) AND a.resolved_at IS NULL",
        team_id,
        list(client_ids),
    )
    return {row["client_id"] for row in rows}


async def feed(team_id: int, wall_id: int, limit: int) -> list[FeedStory]:
    """The newest stories with a picture, of the clients that the wall shows."""
    rows = await query(
        f"""
        SELECT c.id AS client_id, s.id AS story_id, p.username, p.full_name, p.avatar_storage_path AS avatar_key,
               s.story_type, s.posted_at
        FROM walls w JOIN clients c ON {_SHOWN} JOIN profiles p ON p.id = c.profile_id
        CROSS JOIN LATERAL (
            SELECT s.id, s.story_type, s.posted_at FROM stories s
            WHERE s.profile_id = p.id AND s.expires_at > c.tracking_started_at AND s.thumbnail_storage_path IS NOT NULL
                  AND NOT EXISTS (SELECT FROM hidden_stories h WHERE h.client_id = c.id AND h.story_id = s.id)
            ORDER BY s.posted_at DESC, s.id DESC LIMIT {{}}
        ) s
        WHERE w.team_id = {{}} AND w.id = {{}} ORDER BY s.posted_at DESC, s.id DESC LIMIT {{}}
        """,
        limit,
        team_id,
        wall_id,
        limit,
    )
    return [msgspec.convert(row, FeedStory) for row in rows]


async def ticker(team_id: int, wall_id: int) -> list[TickerAlert]:
    """The longest silence first."""
    rows = await query(
        f"""
        SELECT c.id AS client_id, p.username, c.custom_label AS label, max(a.days_inactive) AS days,
               min(a.created_at) AS raised_at
        FROM walls w JOIN clients c ON {_SHOWN} JOIN profiles p ON p.id = c.profile_id
        JOIN inactivity_alerts a ON a.client_id = c.id AND a.resolved_at IS NULL
        WHERE w.team_id = {{}} AND w.id = {{}} GROUP BY c.id, p.id ORDER BY days DESC, p.username, c.id
        """,
        team_id,
        wall_id,
    )
    return [msgspec.convert(row, TickerAlert) for row in rows]


async def open_incidents(team_id: int) -> list[Incident]:
    """Of the sources that the team's accounts are read from."""
    rows = await query(
        "SELECT i.source, i.began_at FROM source_incidents i WHERE i.ended_at IS NULL AND EXISTS (SELECT FROM clients c"
        " JOIN checks k ON k.profile_id = c.profile_id AND k.source = i.source"
        " WHERE c.team_id = {} AND c.archived_at IS NULL) ORDER BY i.began_at, i.id",
        team_id,
    )
    return [msgspec.convert(row, Incident) for row in rows]


# --- what settings list ---------------------------------------------------------------------------------------


async def walls_of(team_id: int, now: datetime) -> list[WallSeen]:
    return await _walls("w.team_id = {}", team_id, now)


async def all_walls(now: datetime) -> list[WallSeen]:
    """Of every team, for whoever runs Alrt."""
    return await _walls("{}::bigint IS NULL", None, now)


async def wall_seen(team_id: int, wall_id: int, now: datetime) -> WallSeen | None:
    return next((wall for wall in await walls_of(team_id, now) if wall.id == wall_id), None)


async def _walls(which: str, value: int | None, now: datetime) -> list[WallSeen]:
    rows = await query(
        f"SELECT w.id, w.name, w.language, w.time_zone, w.shows, w.last_seen_at, w.went_silent_at, w.created_at,"
        f" w.version, t.name AS team_name FROM walls w JOIN teams t ON t.id = w.team_id"
        f" WHERE {which} AND w.revoked_at IS NULL ORDER BY t.name, lower(w.name), w.id",
        value,
    )
    screens = await _screens([row["id"] for row in rows], now)
    return [
        WallSeen(shows=msgspec.json.decode(row.pop("shows"), type=Shows), screens=tuple(screens[row["id"]]), **row)
        for row in rows
    ]


async def _screens(wall_ids: Sequence[int], now: datetime) -> dict[int, list[Screen]]:
    rows = await query(
        "SELECT wall_id, screen, version, width, height, lag_ms, nodes, heap_bytes, loaded_at, last_seen_at"
        " FROM wall_screens WHERE wall_id = ANY({}::bigint[]) AND last_seen_at > {} ORDER BY last_seen_at DESC, id",
        list(wall_ids),
        now - LISTED_FOR,
    )
    screens: dict[int, list[Screen]] = defaultdict(list)
    for row in rows:
        screens[row.pop("wall_id")].append(Screen(**row))
    return screens


async def choices(team_id: int) -> Choices:
    rows = await query(
        "SELECT c.id, p.username, c.custom_label FROM clients c JOIN profiles p ON p.id = c.profile_id"
        " WHERE c.team_id = {} AND c.archived_at IS NULL ORDER BY p.username, c.id",
        team_id,
    )
    return Choices(
        clients=tuple((row["id"], row["username"]) for row in rows),
        labels=tuple(sorted({row["custom_label"] for row in rows if row["custom_label"]})),
        team_zone=await zone_of(team_id),
    )


# --- writes ---------------------------------------------------------------------------------------------------


async def code_of(token_hash: str, now: datetime) -> dict[str, Any] | None:
    rows = await query(
        "SELECT code, expires_at FROM wall_codes WHERE token_hash = {} AND expires_at > {}", token_hash, now
    )
    return rows[0] if rows else None


async def insert_code(code: str, token_hash: str, expires_at: datetime, now: datetime) -> bool:
    """False where another screen shows the same code. What has expired goes."""
    await query("DELETE FROM wall_codes WHERE expires_at <= {}", now)
    rows = await query(
        "INSERT INTO wall_codes (code, token_hash, expires_at, created_at) VALUES ({}, {}, {}, {})"
        " ON CONFLICT DO NOTHING RETURNING id",
        code,
        token_hash,
        expires_at,
        now,
    )
    return bool(rows)


async def take_code(code: str, now: datetime) -> str | None:
    """The hash of the token that the screen holds. A code is taken once."""
    rows = await query("DELETE FROM wall_codes WHERE code = {} AND expires_at > {} RETURNING token_hash", code, now)
    return str(rows[0]["token_hash"]) if rows else None


async def insert_wall(
    team_id: int, name: str, token_hash: str, language: str, time_zone: str | None, shows: Shows, now: datetime
) -> int:
    rows = await query(
        "INSERT INTO walls (team_id, name, token_hash, language, time_zone, shows, created_at)"
        " VALUES ({}, {}, {}, {}, {}, {}, {}) RETURNING id",
        team_id,
        name,
        token_hash,
        language,
        time_zone,
        msgspec.json.encode(shows).decode(),
        now,
    )
    return int(rows[0]["id"])


async def update_wall(
    team_id: int, wall_id: int, name: str, language: str, time_zone: str | None, shows: Shows
) -> bool:
    """False where the team has no such wall."""
    rows = await query(
        "UPDATE walls SET name = {}, language = {}, time_zone = {}, shows = {}"
        " WHERE team_id = {} AND id = {} AND revoked_at IS NULL RETURNING id",
        name,
        language,
        time_zone,
        msgspec.json.encode(shows).decode(),
        team_id,
        wall_id,
    )
    return bool(rows)


async def end_wall(team_id: int, wall_id: int, now: datetime) -> bool:
    """False where there is no such wall, or it was revoked before."""
    rows = await query(
        "UPDATE walls SET revoked_at = {} WHERE team_id = {} AND id = {} AND revoked_at IS NULL RETURNING id",
        now,
        team_id,
        wall_id,
    )
    return bool(rows)


async def note_wall(wall_id: int, version: str, now: datetime) -> bool:
    """Whether it had been missed."""
    rows = await query(
        "UPDATE walls SET last_seen_at = {}, version = {}, went_silent_at = NULL"
        " FROM (SELECT id, went_silent_at FROM walls WHERE id = {} FOR UPDATE) AS before"
        " WHERE walls.id = before.id RETURNING before.went_silent_at",
        now,
        version,
        wall_id,
    )
    return bool(rows) and rows[0]["went_silent_at"] is not None


async def note_screen(wall_id: int, screen: Screen) -> bool:
    """Whether the wall was not heard from this screen before."""
    rows = await query(
        "INSERT INTO wall_screens AS s"
        " (wall_id, screen, version, width, height, lag_ms, nodes, heap_bytes, loaded_at, last_seen_at)"
        " VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {})"
        " ON CONFLICT (wall_id, screen) DO UPDATE SET version = excluded.version, width = excluded.width,"
        " height = excluded.height, lag_ms = coalesce(excluded.lag_ms, s.lag_ms), nodes = excluded.nodes,"
        " heap_bytes = excluded.heap_bytes, loaded_at = excluded.loaded_at, last_seen_at = excluded.last_seen_at"
        " RETURNING xmax = 0 AS is_new",
        wall_id,
        screen.screen,
        screen.version,
        screen.width,
        screen.height,
        screen.lag_ms,
        screen.nodes,
        screen.heap_bytes,
        screen.loaded_at,
        screen.last_seen_at,
    )
    is_new = bool(rows[0]["is_new"])
    if is_new:
        await query(
            "DELETE FROM wall_screens WHERE wall_id = {} AND id NOT IN (SELECT id FROM wall_screens WHERE wall_id = {}"
            " ORDER BY last_seen_at DESC, id DESC LIMIT {})",
            wall_id,
            wall_id,
            MOST_SCREENS,
        )
    return is_new


async def note_listening(now: datetime, longest_gap: timedelta) -> None:
    """It begins anew after a longer gap, and where a clock was set."""
    await query(
        "INSERT INTO listening AS l (id, since, until) VALUES (1, {}, {}) ON CONFLICT (id) DO UPDATE"
        " SET since = CASE WHEN l.until BETWEEN {} AND {} THEN l.since ELSE excluded.since END, until = excluded.until",
        now,
        now,
        now - longest_gap,
        now + longest_gap,
    )


async def miss_walls(missed_after: timedelta, now: datetime) -> list[tuple[int, int]]:
    """Team and id of the walls that were listened for in vain for so long, each once until it is heard again."""
    rows = await query(
        "UPDATE walls w SET went_silent_at = {} FROM listening l"
        " WHERE w.revoked_at IS NULL AND w.went_silent_at IS NULL"
        " AND greatest(coalesce(w.last_seen_at, w.created_at), l.since) < l.until - {}::interval"
        " RETURNING w.team_id, w.id",
        now,
        missed_after,
    )
    return [(row["team_id"], row["id"]) for row in rows]
