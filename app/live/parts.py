"""The one cache of rendered parts, keyed by part and language.

A cached part counts only if it was not dropped since its read began: else a read from before a change could be
kept after the change was taken.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Container, Iterable
from typing import NamedTuple

from markupsafe import Markup

KEPT = 50_000
"""Rendered parts in memory; at about 1.5 KB each."""


class Part(NamedTuple):
    """A partial with a stable id, of one team."""

    name: str
    team_id: int
    client_id: int = 0
    item_id: int = 0


def bell_part(team_id: int, user_id: int) -> Part:
    """A member's own: its item's number is the member's."""
    return Part("bell", team_id, 0, user_id)


def wall_part(name: str, team_id: int, wall_id: int, client_id: int = 0) -> Part:
    """A wall's own: its item's number is the wall's."""
    return Part(name, team_id, client_id, wall_id)


Rendered = dict[Part, Markup | None]
"""None: the part's template failed."""

Render = Callable[[Iterable[Part], str], Awaitable[Rendered]]
"""Reads what parts show now, and renders them in a language. Raises what the database raises."""


class _Read:
    """One read under way: `parts` are those that may still be kept."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = set(parts)


class Parts:
    def __init__(self, render: Render, never_kept: Container[str] = ()) -> None:
        """`never_kept`: names of parts that are read anew whenever they are asked for."""
        self._render = render
        self._never_kept = never_kept
        self._kept: OrderedDict[tuple[Part, str], Markup] = OrderedDict()
        self._languages: defaultdict[Part, set[str]] = defaultdict(set)
        self._named: defaultdict[tuple[int, str], set[Part]] = defaultdict(set)
        self._reads: set[_Read] = set()

    async def rendered(self, parts: Iterable[Part], language: str) -> Rendered:
        """The parts as they are now: what is not kept is read from the database in one go per kind."""
        found: Rendered = {part: self._kept.get((part, language)) for part in parts}
        missing = [part for part, html in found.items() if html is None]
        if missing:
            read = _Read(missing)
            self._reads.add(read)
            try:
                fresh = await self._render(missing, language)
            finally:
                self._reads.discard(read)
            found |= fresh
            for part in read.parts:
                if (html := fresh.get(part)) is not None and part.name not in self._never_kept:
                    self._keep(part, language, html)
        return found

    def drop(self, parts: Iterable[Part]) -> None:
        for part in parts:
            for language in self._languages.pop(part, ()):
                self._kept.pop((part, language), None)
            self._forget_name(part)
            for read in self._reads:
                read.parts.discard(part)

    def drop_team(self, team_id: int, name: str | None = None) -> None:
        """All parts of the team, or those of one name, quick enough for a thousand events in a row."""
        names = [name] if name else [known for team, known in self._named if team == team_id]
        kept = [part for known in names for part in self._named.get((team_id, known), ())]
        under_way = [part for read in self._reads for part in read.parts if part.team_id == team_id]
        self.drop([*kept, *(part for part in under_way if name in (None, part.name))])

    def clear(self) -> None:
        self._kept.clear()
        self._languages.clear()
        self._named.clear()
        for read in self._reads:
            read.parts.clear()

    def _keep(self, part: Part, language: str, html: Markup) -> None:
        self._kept[part, language] = html
        self._languages[part].add(language)
        self._named[part.team_id, part.name].add(part)
        while len(self._kept) > KEPT:
            (oldest, its_language), _ = self._kept.popitem(last=False)
            languages = self._languages[oldest]
            languages.discard(its_language)
            if not languages:
                del self._languages[oldest]
                self._forget_name(oldest)

    def _forget_name(self, part: Part) -> None:
        named = self._named.get((part.team_id, part.name))
        if named is not None:
            named.discard(part)
            if not named:
                del self._named[part.team_id, part.name]
