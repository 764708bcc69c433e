"""The one cache of rendered parts, keyed by part and language.

A cached part counts only if it was not dropped since its read began: else a read from before a change could be
kept after the change was taken.
"""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Container, Iterable, Sequence
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
    """One read under way: `parts` are those that no event has touched since it began."""

    def __init__(self, parts: Iterable[Part], language: str) -> None:
        self.parts = set(parts)
        self.language = language
        self.rendered: Rendered = {}
        self.ended = asyncio.Event()


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
        """The parts as they are now: what is not kept is read from the database in one go per kind.

        Who asks for what is being read just now waits for that, as long as it would be kept: else each change of a
        page that many load would have all of them render it.
        """
        found: Rendered = {part: self._kept.get((part, language)) for part in parts}
        missing = [part for part, html in found.items() if html is None]
        others = {part: read for part in missing if (read := self._under_way(part, language))}
        if own := [part for part in missing if part not in others]:
            found |= await self._read(own, language)
        for part, read in others.items():
            await read.ended.wait()
            # Where that read failed, or whoever began it has left, this one is read after all.
            found |= {part: read.rendered[part]} if part in read.rendered else await self._read([part], language)
        return found

    def _under_way(self, part: Part, language: str) -> _Read | None:
        if part.name in self._never_kept:
            return None
        return next((read for read in self._reads if read.language == language and part in read.parts), None)

    async def _read(self, parts: Sequence[Part], language: str) -> Rendered:
        read = _Read(parts, language)
        self._reads.add(read)
        try:
            read.rendered = await self._render(parts, language)
        finally:
            self._reads.discard(read)
            read.ended.set()
        for part in read.parts:
            if (html := read.rendered.get(part)) is not None and part.name not in self._never_kept:
                self._keep(part, language, html)
        return read.rendered

    def drop(self, parts: Iterable[Part]) -> None:
        for part in parts:
            if languages := self._languages.pop(part, None):
                for language in languages:
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
