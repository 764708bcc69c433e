"""The one cache of rendered parts, keyed by part and language.

A cached part counts only if it was not dropped since its read began: else a read from before a change could be
kept after the change was taken.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Iterable
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


Rendered = dict[Part, Markup | None]
"""None: the part's template failed."""

Render = Callable[[Iterable[Part], str], Awaitable[Rendered]]
"""Reads what parts show now, and renders them in a language. Raises what the database raises."""


class _Read:
    """One read under way: `parts` are those that may still be kept."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = set(parts)


class Parts:
    def __init__(self, render: Render) -> None:
        self._render = render
        self._kept: OrderedDict[tuple[Part, str], Markup] = OrderedDict()
        self._languages: defaultdict[Part, set[str]] = defaultdict(set)
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
                if (html := fresh.get(part)) is not None:
                    self._keep(part, language, html)
        return found

    def drop(self, parts: Iterable[Part]) -> None:
        for part in parts:
            for language in self._languages.pop(part, ()):
                self._kept.pop((part, language), None)
            for read in self._reads:
                read.parts.discard(part)

    def drop_team(self, team_id: int) -> None:
        under_way = {part for read in self._reads for part in read.parts}
        self.drop([part for part in {*self._languages, *under_way} if part.team_id == team_id])

    def clear(self) -> None:
        self._kept.clear()
        self._languages.clear()
        for read in self._reads:
            read.parts.clear()

    def _keep(self, part: Part, language: str, html: Markup) -> None:
        self._kept[part, language] = html
        self._languages[part].add(language)
        while len(self._kept) > KEPT:
            (oldest, its_language), _ = self._kept.popitem(last=False)
            self._languages[oldest].discard(its_language)
