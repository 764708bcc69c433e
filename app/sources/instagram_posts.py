"""Rows of a profile run and a post run → one result per handle that was asked for."""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from app.sources.base import FoundPost, FoundProfile, Outcome, PostsRead, Target
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
    words,
)
from app.sources.verdicts import MOVED, Harvest, Verdict, error_verdict, is_error

MOST_POSTS = 20


class _Sheet(msgspec.Struct):
    """What the two runs said about one handle."""

    profile: Row | None = None
    posts: list[Row] = []
    profile_verdict: Verdict | None = None
    posts_verdict: Verdict | None = None


def posts_of(targets: Sequence[Target], profiles: Harvest, posts: Harvest) -> list[PostsRead]:
    sheets = {fold(target.username): _Sheet() for target in targets}
    profile_trouble, post_trouble = profiles.trouble, posts.trouble
    for row in profiles.rows:
        profile_trouble = _file_profile(row, sheets) or profile_trouble
    for row in posts.rows:
        post_trouble = _file_post(row, sheets) or post_trouble
    for sheet in sheets.values():
        sheet.profile_verdict = (
            sheet.profile_verdict or profile_trouble or Verdict(Outcome.FAILED, "the run had no answer")
        )
        sheet.posts_verdict = sheet.posts_verdict or post_trouble
    return [_read(target, sheets[fold(target.username)]) for target in targets]


def _file_profile(row: Row, sheets: dict[str, _Sheet]) -> Verdict | None:
    sheet = sheets.get(fold(text(row, "username"))) or sheets.get(fold(_asked(row)))
    if is_error(row):
        verdict = error_verdict(row)
        if sheet is None:
            return verdict if not _names_somebody(row) else None
        sheet.profile_verdict = verdict
    elif sheet is not None and _is_profile(row):
        sheet.profile = row
    return None


def _is_profile(row: Row) -> bool:
    """A row of nothing but a name and an address is given for accounts that could not be resolved."""
    return identity(row, "id") is not None or number(row, "followersCount", "postsCount") is not None


def _file_post(row: Row, sheets: dict[str, _Sheet]) -> Verdict | None:
    if is_error(row):
        sheet = sheets.get(fold(text(row, "username"))) or sheets.get(fold(_asked(row)))
        verdict = error_verdict(row)
        if sheet is None:
            return verdict if not _names_somebody(row) else None
        sheet.posts_verdict = verdict
        return None
    for handle in {fold(text(row, "ownerUsername")), *_coauthors(row)}:
        if handle in sheets:
            sheets[handle].posts.append(row)
    return None


def _names_somebody(row: Row) -> bool:
    return bool(text(row, "username") or _asked(row))


def _asked(row: Row) -> str | None:
    return handle_in(text(row, "inputUrl")) or handle_in(text(row, "url"))


def _coauthors(row: Row) -> set[str]:
    """Those who accepted. Who is merely tagged has not."""
    return {fold(text(author, "username")) for author in children(row, "coauthorProducers")} - {""}


def _read(target: Target, sheet: _Sheet) -> PostsRead:
    profile = _profile(sheet.profile) if sheet.profile is not None else None
    if profile is None:
        return _posts_alone(target, sheet)
    if target.external_id and profile.external_id not in (None, target.external_id):
        return _result(target, MOVED)
    if profile.is_private or _said_private(sheet, target):
        return _result(target, Verdict(Outcome.PRIVATE), profile)
    owner_id = target.external_id or profile.external_id
    shared = profile.is_private is False
    if posts := _posts(sheet.posts, target, owner_id, shared):
        return _result(target, Verdict(Outcome.OK), profile, posts)
    if posts := _posts(_latest(sheet.profile, target), target, owner_id, shared):
        # Older and fewer than the post run's, and better than none.
        return _result(target, Verdict(Outcome.OK, _error(sheet.posts_verdict)), profile, posts)
    if sheet.posts_verdict is None or profile.posts_count == 0:
        return _result(target, Verdict(Outcome.EMPTY), profile)
    return _result(target, Verdict(_passing(sheet.posts_verdict), sheet.posts_verdict.error), profile)


def _posts_alone(target: Target, sheet: _Sheet) -> PostsRead:
    """Without the profile nobody knows whether the account is private, so only its own posts count."""
    verdict = sheet.profile_verdict or Verdict(Outcome.FAILED)
    if verdict.outcome is Outcome.PRIVATE or _said_private(sheet, target):
        return _result(target, Verdict(Outcome.PRIVATE, verdict.error))
    if posts := _posts(sheet.posts, target, target.external_id, shared=False):
        return _result(target, Verdict(Outcome.OK, _error(verdict)), posts=posts)
    own = [row for row in sheet.posts if fold(text(row, "ownerUsername")) == fold(target.username)]
    if own and target.external_id and all(_is_foreign(row, target.external_id) for row in own):
        return _result(target, MOVED)
    other = sheet.posts_verdict
    if verdict.outcome is Outcome.FAILED and other is not None and other.outcome is not Outcome.FAILED:
        return _result(target, other)
    return _result(target, verdict)


def _result(
    target: Target, verdict: Verdict, profile: FoundProfile | None = None, posts: tuple[FoundPost, ...] = ()
) -> PostsRead:
    return PostsRead(
        username=target.username, outcome=verdict.outcome, profile=profile, posts=posts, error=verdict.error
    )


def _error(verdict: Verdict | None) -> str | None:
    return verdict.error if verdict else None


def _passing(verdict: Verdict) -> Outcome:
    """The profile was seen, so an account that 'does not exist' is a fault of the post run."""
    return Outcome.FAILED if verdict.outcome is Outcome.NOT_FOUND else verdict.outcome


def _said_private(sheet: _Sheet, target: Target) -> bool:
    """`metaData` is the profile of the handle that was asked for, added to each post."""
    said = (child(row, "metaData") for row in sheet.posts)
    return any(
        flag(profile, "private") is True and fold(text(profile, "username")) == fold(target.username)
        for profile in said
    )


def _profile(row: Row) -> FoundProfile | None:
    username = text(row, "username") or _asked(row)
    if username is None:
        return None
    return FoundProfile(
        external_id=identity(row, "id"),
        username=username,
        full_name=text(row, "fullName"),
        biography=text(row, "biography"),
        avatar_url=address(row, "profilePicUrlHD", "profilePicUrl"),
        followers_count=number(row, "followersCount"),
        following_count=number(row, "followsCount"),
        posts_count=number(row, "postsCount"),
        is_private=flag(row, "private"),
        is_verified=flag(row, "verified"),
    )


def _latest(profile: Row | None, target: Target) -> Iterator[Row]:
    for row in children(profile or {}, "latestPosts"):
        yield row if text(row, "ownerUsername") else {**row, "ownerUsername": target.username}


def _posts(rows: Iterable[Row], target: Target, owner_id: str | None, shared: bool) -> tuple[FoundPost, ...]:
    """The newest that the account owns, and if `shared` those it co-wrote.

    A private account's page holds public posts of others, so those count only where it is known to be public.
    """
    found: dict[str, FoundPost] = {}
    for row in rows:
        post = _post(row) if _is_of(row, fold(target.username), owner_id, shared) else None
        if post is not None:
            found.setdefault(post.post_id, post)
    return tuple(sorted(found.values(), key=lambda post: post.posted_at, reverse=True)[:MOST_POSTS])


def _is_of(row: Row, handle: str, owner_id: str | None, shared: bool) -> bool:
    if fold(text(row, "ownerUsername")) == handle:
        return not (owner_id and _is_foreign(row, owner_id))
    return shared and handle in _coauthors(row)


def _is_foreign(row: Row, owner_id: str) -> bool:
    return identity(row, "ownerId") not in (None, owner_id)


def _post(row: Row) -> FoundPost | None:
    shortcode = text(row, "shortCode", "shortcode") or _shortcode_in(text(row, "url"))
    post_id = _post_id(row) or media_id(shortcode)
    posted_at = moment(row, "timestamp", "taken_at_timestamp")
    if post_id is None or posted_at is None:
        return None
    return FoundPost(
        post_id=post_id,
        shortcode=shortcode,
        url=address(row, "url") or (f"https://www.instagram.com/p/{shortcode}/" if shortcode else None),
        media_type=_media_type(row),
        posted_at=posted_at,
        thumbnail_url=address(row, "displayUrl") or next(words(row, "images"), None),
        likes_count=number(row, "likesCount"),
        comments_count=number(row, "commentsCount"),
        caption=text(row, "caption"),
        hashtags=_hashtags(row),
        is_pinned=flag(row, "isPinned") is True,
    )


def _post_id(row: Row) -> str | None:
    media, _, _ = (text(row, "id") or "").partition("_")
    return media if media.isascii() and media.isdigit() else None


def _shortcode_in(url: str | None) -> str | None:
    found = re.search(r"/(?:p|reel|reels|tv)/([A-Za-z0-9_-]+)", url or "")
    return found[1] if found else None


def _media_type(row: Row) -> str:
    kind = (text(row, "type") or "").lower()
    if kind.endswith("sidecar") or (not kind and any(children(row, "childPosts"))):
        return "carousel"
    if kind.endswith("video") or text(row, "productType") in ("clips", "igtv") or row.get("videoUrl"):
        return "video"
    return "image"


def _hashtags(row: Row) -> tuple[str, ...]:
    tags = (word.strip().lstrip("#").lower() for word in words(row, "hashtags"))
    return tuple(dict.fromkeys(tag for tag in tags if tag))
