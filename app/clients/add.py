from datetime import datetime

from app.clients.queries import read_soon, track
from app.database import transaction
from app.live.events import ClientAdded
from app.live.publish import publish
from app.profiles.handles import parse_handle
from app.profiles.queries import profile_named


async def add_client(team_id: int, handle: str, now: datetime) -> tuple[int, bool]:
    """Begins to track an account: its client's id, and False where it was tracked already.

    The account is read at once. Raises `NotAHandle`.
    """
    username = parse_handle(handle)
    async with transaction():
        profile = await profile_named(username)
        client_id, is_new = await track(team_id, profile.id, now)
        if is_new:
            await read_soon(profile.id, now)
            await publish(ClientAdded(team_id=team_id, client_id=client_id))
    return client_id, is_new
