"""A list of accounts as somebody pasted or exported it → its entries, one account each as it was written."""

import csv
import io
import re

from app.refused import N_, Refused

MOST = 500
"""Accounts in one list: reading more at once would hold up the checks of everybody else."""

LONGEST = 1_000_000
"""Bytes of a file; five hundred addresses have less than a tenth of that."""

_HEADS = ("handle", "username", "url", "instagram", "account", "user name", "profile url", "profile")
# What is copied from chats and sheets carries marks that nobody sees.
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c\u00ad]")


def entries_of_text(text: str) -> list[str]:
    """Lines, commas and semicolons separate; spaces only where each piece says by itself that it is an account.

    So `@anna @bert` are two, while `anna bert` is one entry: a name that was typed where a handle belongs. Raises
    `Refused`.
    """
    pieces = (piece.strip() for line in _UNSEEN.sub("", text).splitlines() for piece in re.split("[,;\t،؛]", line))
    return _few([entry for piece in pieces if piece for entry in _apart(piece)])


def _apart(piece: str) -> list[str]:
    words = piece.split()
    return words if all(word.startswith("@") or "/" in word for word in words) else [piece]


def entries_of_file(data: bytes) -> list[str]:
    """The column named like a handle, else the first one. Raises `Refused`."""
    text = _UNSEEN.sub("", text_of(data))
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=_delimiter(text), strict=False) if any(row)]
    if not rows:
        return []
    heads = [cell.strip().lower() for cell in rows[0]]
    column = next((heads.index(head) for head in _HEADS if head in heads), None)
    if column is not None:
        rows = rows[1:]
    cells = (row[column or 0].strip() for row in rows if len(row) > (column or 0))
    return _few([cell for cell in cells if cell])


def text_of(data: bytes) -> str:
    """UTF-8 with or without its mark, or UTF-16. Raises `Refused`."""
    if len(data) > LONGEST:
        raise Refused(N_("The file is larger than 1 MB: a list of accounts is not."), field="file")
    try:
        text = data.decode(_encoding(data))
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Refused(N_("The file is no text: save the list as CSV in UTF-8 or UTF-16."), field="file")
    return text


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    # Without a mark, every second byte of a handle in UTF-16 is zero, and none in UTF-8.
    if data[1:2] == b"\0":
        return "utf-16-le"
    return "utf-16-be" if data[:1] == b"\0" else "utf-8-sig"


def _delimiter(text: str) -> str:
    first = text.lstrip().partition("\n")[0]
    return max(",;\t", key=first.count)


def _few(entries: list[str]) -> list[str]:
    if len(entries) > MOST:
        raise Refused(
            N_("At most %(most)s accounts at once; these are %(count)s. Add them in several lists."),
            field="handles",
            most=MOST,
            count=len(entries),
        )
    return entries
