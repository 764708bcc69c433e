"""Rows of a story run → one result per handle that was asked for."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import msgspec

from app.sources.base import FoundStory, Outcome, StoriesRead, Target
from app.sources.rows import (
    Row,
    address,
    child,
    children,
    flag,
    fold,
    handle_in,
    identity,
    media_id,
    moment,
    number,
    text,
)
from app.sources.verdicts import MOVED, Harvest, Verdict, error_verdict, is_error, status_verdict

LIFE = timedelta(hours=24)

# Fields of vendors that flatten Instagram's object; only their rows may lack a product_type.
_FLAT = {"taken_at_date", "media_url", "thumbnail_url", "is_video", "image_versions", "mediaType", "takenAt"}


class _Sheet(msgspec.Struct):
    """What the run said about one handle."""

    rows: list[Row] = []
    verdict: Verdict | None = None


def stories_of(targets: Sequence[Target], harvest: Harvest) -> list[StoriesRead]:
    sheets = {fold(target.username): _Sheet() for target in targets}
    owners = {target.external_id: fold(target.username) for target in targets if target.external_id}
    trouble = harvest.trouble
    for row in _spread(harvest.rows):
        trouble = _file(row, sheets, owners) or trouble
    # The actor gives no row for an idle account, so only a run without any trouble can prove one.
    missing = trouble or Verdict(Outcome.EMPTY)
    return [_read(target, sheets[fold(target.username)], missing) for target in targets]


def _spread(rows: list[Row]) -> Iterator[Row]:
    """Some vendors give one row per account with the stories inside."""
    for row in rows:
        if isinstance(row.get("stories"), list):
            inside = [{**entry, "username": row.get("username")} for entry in children(row, "stories")]
            yield from inside or [{key: value for key, value in row.items() if key not in ("stories", "id")}]
        else:
            yield row


def _file(row: Row, sheets: dict[str, _Sheet], owners: dict[str, str]) -> Verdict | None:
    """Puts the row on its sheet; what it means for handles without rows comes back."""
    sheet = sheets.get(_owner(row, owners))
    if is_error(row):
        verdict = error_verdict(row)
        if sheet is not None:
            sheet.verdict = verdict
        return Verdict(Outcome.FAILED, f"missing from a run with errors ({verdict.error})"[:500])
    if "id" not in row and (status := status_verdict(row)) is not None:
        if sheet is not None:
            sheet.verdict = status
    elif sheet is not None and _is_story(row):
        sheet.rows.append(row)
    elif sheet is not None and not _media(row):
        sheet.verdict = sheet.verdict or Verdict(Outcome.FAILED, "the run had no answer")
    elif _is_story(row) and not _handle(row):
        return Verdict(Outcome.FAILED, "missing from a run with rows that name no owner")
    return None


def _owner(row: Row, owners: dict[str, str]) -> str:
    handle = _handle(row)
    return fold(handle) if handle else owners.get(_owner_id(row) or "", "")


def _handle(row: Row) -> str | None:
    return (
        text(child(row, "user"), "username")
        or text(child(row, "owner"), "username")
        or text(row, "username", "ownerUsername")
        or handle_in(text(row, "url", "inputUrl"))
    )


def _owner_id(row: Row) -> str | None:
    _, _, owner = (text(row, "id") or "").partition("_")
    return identity({"owner": owner}, "owner") or identity(child(row, "user", "owner"), "id", "pk")


def _is_story(row: Row) -> bool:
    """Reels, posts and videos leak into story runs."""
    if row.get("product_type") is not None:
        return bool(row["product_type"] == "story")
    return "image_versions2" not in row and not _FLAT.isdisjoint(row)


def _media(row: Row) -> bool:
    return not {"id", "pk", "code", "media_type", "image_versions2"}.isdisjoint(row)


def _read(target: Target, sheet: _Sheet, missing: Verdict) -> StoriesRead:
    mine = [row for row in sheet.rows if _belongs(row, target)]
    if sheet.rows and not mine:
        return _without(target, MOVED)
    stories = {story.story_id: story for row in mine if (story := _story(row)) is not None}
    unread = f"{broken} rows could not be read" if (broken := sum(_story(row) is None for row in mine)) else None
    if not stories:
        unreadable = Verdict(Outcome.FAILED, unread) if unread else None
        return _without(target, unreadable or sheet.verdict or missing)
    return StoriesRead(
        username=target.username,
        outcome=Outcome.OK,
        external_id=_common_owner(mine),
        stories=tuple(stories.values()),
        error=(sheet.verdict and sheet.verdict.error) or unread,
    )


def _belongs(row: Row, target: Target) -> bool:
    return target.external_id is None or _owner_id(row) in (None, target.external_id)


def _without(target: Target, verdict: Verdict) -> StoriesRead:
    return StoriesRead(username=target.username, outcome=verdict.outcome, error=verdict.error)


def _common_owner(rows: list[Row]) -> str | None:
    owners = {owner for row in rows if (owner := _owner_id(row))}
    return owners.pop() if len(owners) == 1 else None


def _story(row: Row) -> FoundStory | None:
    """None where the id or the time is missing: nothing could be kept of it."""
    story_id = _story_id(row)
    posted_at = moment(row, "taken_at", "taken_at_date", "takenAt", "taken_at_timestamp")
    if story_id is None or posted_at is None or posted_at.year > 9000:
        return None
    given = moment(row, "expiring_at", "expiringAt", "expiring_at_timestamp")
    expires_at = given if given is not None and given > posted_at else None
    return FoundStory(
        story_id=story_id,
        story_type="video" if _is_video(row) else "image",
        posted_at=posted_at,
        expires_at=expires_at or posted_at + LIFE,
        expiry_estimated=expires_at is None,
        thumbnail_url=_thumbnail(row),
    )


def _story_id(row: Row) -> str | None:
    """Never `pk`, which arrives rounded; a number in `id` has come the same way."""
    media, _, _ = (text(row, "id") or "").partition("_")
    return media if media.isascii() and media.isdigit() else media_id(text(row, "code"))


def _is_video(row: Row) -> bool:
    kind = text(row, "media_type", "mediaType") or number(row, "media_type")
    if kind is not None:
        return str(kind).lower() in ("2", "video")
    return bool(flag(row, "is_video") or row.get("video_versions") or row.get("video_url") or row.get("videoUrl"))


def _thumbnail(row: Row) -> str | None:
    versions = (
        *children(child(row, "image_versions2"), "candidates"),
        *children(child(row, "image_versions"), "items"),
    )
    widest = next((url for version in versions if (url := address(version, "url"))), None)
    flat = address(row, "thumbnail_url", "thumbnailUrl", "imageUrl", "display_url")
    return widest or flat or (None if _is_video(row) else address(row, "media_url", "mediaUrl"))
