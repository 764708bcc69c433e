"""Rows and runs that are not data: what they say about an account, or about all that were asked for."""

import msgspec

from app.sources.base import Outcome
from app.sources.rows import Row, flag, number, text

_LONGEST = 500

_WORDS = {
    "no_active_stories": Outcome.EMPTY,
    "no_stories": Outcome.EMPTY,
    "ok": Outcome.EMPTY,
    "private": Outcome.PRIVATE,
    "private_account": Outcome.PRIVATE,
    "not_found": Outcome.NOT_FOUND,
    "user_not_found": Outcome.NOT_FOUND,
    "restricted": Outcome.RESTRICTED,
    "restricted_profile": Outcome.RESTRICTED,
    "rate_limited": Outcome.RATE_LIMITED,
}


class Verdict(msgspec.Struct, frozen=True):
    outcome: Outcome
    error: str | None = None


# The account that was asked for has left the handle: nobody can say where it is now.
MOVED = Verdict(Outcome.NOT_FOUND, "handle now belongs to another account")


class Harvest(msgspec.Struct, frozen=True):
    """What one run gave. With `trouble` the rows may be a part: a handle without any shares the trouble."""

    rows: list[Row]
    trouble: Verdict | None = None


def is_error(row: Row) -> bool:
    return bool(row.get("error")) or flag(row, "isRestrictedProfile") is True


def error_verdict(row: Row) -> Verdict:
    if flag(row, "isRestrictedProfile"):
        return Verdict(Outcome.RESTRICTED, short(text(row, "restrictionReason") or "Restricted profile"))
    error = text(row, "error") or "the row holds an error"
    if error == "no_items":
        return Verdict(Outcome.FAILED, "empty, private or blocked")
    outcome = _WORDS.get(_word(error), Outcome.FAILED)
    details = text(row, "errorDescription", "message")
    return Verdict(outcome, short(f"{error}: {details}" if details else error))


def status_verdict(row: Row) -> Verdict | None:
    """What the status rows of other vendors say."""
    if flag(row, "noResults"):
        return Verdict(Outcome.EMPTY)
    status = text(row, "status")
    if status is None:
        return None
    if flag(row, "isPrivate"):
        return Verdict(Outcome.PRIVATE)
    outcome = _WORDS.get(_word(status))
    if outcome is Outcome.EMPTY and number(row, "storyCount", "stories_count"):
        return Verdict(Outcome.FAILED, "stories announced, none delivered")
    return Verdict(outcome) if outcome else Verdict(Outcome.FAILED, short(f"unknown status '{status}'"))


def short(message: str) -> str:
    return message[:_LONGEST]


def _word(phrase: str) -> str:
    return phrase.strip().lower().replace(" ", "_").replace("-", "_")
