"""What people type about a client, made harmless and nothing else: emoji and every script stay as they are."""

import re

from app.refused import N_, Refused

LONGEST_LABEL = 200
LONGEST_NOTES = 20_000

# Embeddings, overrides and isolates turn the text around them; the plain marks and joiners, which Arabic and emoji
# need, do not. Lone surrogates can't be stored at all.
_TURNING = "\u202a-\u202e\u2066-\u2069"
_NOT_IN_NOTES = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_TURNING}\ud800-\udfff]")
_NOT_IN_A_LINE = re.compile(f"[{_TURNING}\ud800-\udfff]")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u061c\u00ad\\s]*")


def clean_label(text: str) -> str | None:
    """One line; None where nothing is left of it. Raises `Refused`."""
    text = one_line(text)
    if len(text) > LONGEST_LABEL:
        raise Refused(
            N_("A label has at most %(most)s characters; this one has %(count)s."),
            field="label",
            most=LONGEST_LABEL,
            count=len(text),
        )
    return text or None


def one_line(text: str) -> str:
    """Empty where nothing of it can be seen."""
    text = _BLANK.sub(" ", _NOT_IN_A_LINE.sub("", text)).strip()
    return "" if _INVISIBLE.fullmatch(text) else text


def clean_notes(text: str) -> str:
    """Raises `Refused`."""
    text = _NOT_IN_NOTES.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).rstrip()
    if len(text) > LONGEST_NOTES:
        raise Refused(
            N_("Notes have at most %(most)s characters; these have %(count)s."),
            field="notes",
            most=LONGEST_NOTES,
            count=len(text),
        )
    return text
