"""Current state → what every page says of its team, and the parts of the settings that others may change."""

from collections.abc import Sequence

from markupsafe import Markup

from app.clock import Clock
from app.live.parts import Part, Rendered
from app.teams.queries import member_rows, pending_invitations, team_facts
from app.web.templates import partial


async def team_name_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    facts = await team_facts(team_id)
    return dict.fromkeys(parts, partial("teams/_team_name.html", language, team_name=facts.name))


async def team_facts_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    return dict.fromkeys(parts, await team_facts_partial(team_id, language))


async def members_fragments(team_id: int, parts: Sequence[Part], language: str, _: Clock) -> Rendered:
    return dict.fromkeys(parts, await members_partial(team_id, language))


async def team_facts_partial(team_id: int, language: str) -> Markup | None:
    return partial("teams/_team_facts.html", language, facts=await team_facts(team_id))


async def members_partial(team_id: int, language: str) -> Markup | None:
    members, invitations = await member_rows(team_id), await pending_invitations(team_id)
    return partial("teams/_members.html", language, members=members, invitations=invitations)
