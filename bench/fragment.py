"""What is published and counted: a fragment of a given size that carries its number."""

MARK = "~"
"""Stands in front of the number, and nowhere else in what a server sends."""
DIGITS = 9


def fragment(number: int, size: int) -> str:
    begin = f"<p id=row>{MARK}{number:0{DIGITS}} "
    return begin + "x" * (size - len(begin) - len("</p>")) + "</p>"
