"""A manager takes a story out of what his team sees. It changes no count and no silence."""

from app.clients.queries import ClientRef
from app.database import transaction
from app.live.events import StoryHidden, StoryShown
from app.live.publish import publish
from app.stories.queries import insert_hidden, remove_hidden


async def hide_story(client: ClientRef, story_id: int, user_id: int) -> bool:
    """False where the client has no such story. Hiding it again changes nothing."""
    async with transaction():
        was_hidden = await insert_hidden(client, story_id, user_id)
        if was_hidden:
            await publish(StoryHidden(team_id=client.team_id, client_id=client.id, story_id=story_id))
    return was_hidden is not None


async def show_story(client: ClientRef, story_id: int) -> bool:
    """Undoes the hiding; False where it was not hidden."""
    async with transaction():
        was_shown = await remove_hidden(client, story_id)
        if was_shown:
            await publish(StoryShown(team_id=client.team_id, client_id=client.id, story_id=story_id))
    return was_shown
