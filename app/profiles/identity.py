"""Who an account is: the network's id, once known. A handle may change hands; history stays with the id."""

from app.alerts.queries import has_alerts
from app.clients.queries import move_clients
from app.database import query
from app.live.events import AlertResolved, ClientRemoved
from app.live.publish import publish
from app.profiles.queries import ProfileRef, profiles_by_id


class AnotherAccount(Exception):
    """The handle now belongs to somebody else than the profile that bore it."""


async def resolve(profile: ProfileRef, external_id: str | None) -> ProfileRef:
    """The profile that the id belongs to, in the caller's transaction.

    An unresolved profile takes the id. Where another profile has it already (the account was renamed), that one
    takes over the handle and the clients. Raises `AnotherAccount` where the profile has another id.
    """
    # Another check may have resolved it since it was read.
    profile = next(iter(await profiles_by_id([profile.id])), profile)
    if external_id is None or external_id == profile.external_id:
        return profile
    if profile.external_id is not None:
        raise AnotherAccount
    known = await query(
        "SELECT id FROM profiles WHERE platform = 'instagram' AND external_id = {} FOR UPDATE", external_id
    )
    if not known:
        await query("UPDATE profiles SET external_id = {} WHERE id = {}", external_id, profile.id)
        return (await profiles_by_id([profile.id]))[0]
    known_id = known[0]["id"]
    for team_id, client_id in await move_clients(profile.id, known_id):
        if await has_alerts(client_id):
            # They go with the client: no bell may show them any more.
            await publish(AlertResolved(team_id=team_id, client_id=client_id))
        await publish(ClientRemoved(team_id=team_id, client_id=client_id))
    # What the nameless one had gathered is the same account's.
    for table, key in (("stories", "instagram_story_id"), ("posts", "instagram_post_id")):
        await query(
            f"UPDATE {table} SET profile_id = {{}} WHERE profile_id = {{}} AND {key} NOT IN"
            f" (SELECT {key} FROM {table} WHERE profile_id = {{}})",
            known_id,
            profile.id,
            known_id,
        )
    await query("UPDATE checks SET profile_id = {} WHERE profile_id = {}", known_id, profile.id)
    await query(
        "UPDATE profiles SET username = {}, state = 'ok', updated_at = now() WHERE id = {}",
        profile.username,
        known_id,
    )
    await query("DELETE FROM profiles WHERE id = {}", profile.id)
    return (await profiles_by_id([known_id]))[0]
