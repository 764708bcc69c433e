"""Who may look as a wall: whoever holds the token of one that was not revoked."""

from collections.abc import Collection

from app.live.open_stream import StreamViewer
from app.live.pages import Page
from app.wall.queries import unrevoked, wall_by_token
from app.web.tokens import hash_of
from app.web.walls import WallViewer


async def find_wall(token: str) -> WallViewer | None:
    return await wall_by_token(hash_of(token))


async def still_paired(viewers: Collection[StreamViewer]) -> set[StreamViewer]:
    """Which of the walls may still look, in one batch."""
    walls = {viewer: _pair(viewer) for viewer in viewers}
    if not walls:
        return set()
    held = await unrevoked(set(walls.values()))
    return {viewer for viewer, pair in walls.items() if pair in held}


def _pair(viewer: StreamViewer) -> tuple[int, int]:
    page = Page.parse(viewer.session)
    return viewer.team_id, page.of if page else 0
