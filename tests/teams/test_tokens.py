"""Tokens of programs, as an operator makes and revokes them."""

from pathlib import Path

import pytest

from app.database import query
from app.embedded.servers import Urls
from app.teams.queries import find_by_token
from app.web.tokens import hash_of
from tests.cast import NOW, Cast
from tests.test_cli import Shell


@pytest.fixture
def shell(urls: Urls, cast: Cast, tmp_path: Path) -> Shell:
    return Shell(urls, tmp_path)


async def test_a_token_is_printed_once_works_and_is_revoked(shell: Shell, cast: Cast) -> None:
    words = ("token", "create", "--team", "Acme", "--user", "Bob@example.org", "--name", "weekly report")
    printed = await shell.alrt(*words)
    assert printed.code == 0, printed.err
    [token] = printed.out.splitlines()
    viewer = await find_by_token(hash_of(token), NOW)
    assert viewer is not None
    assert viewer.token is not None
    assert (viewer.user_id, viewer.team_id, viewer.token.can_write) == (cast.bob.id, cast.bob.team_id, False)
    [row] = await query("SELECT * FROM api_tokens")
    assert row["name"] == "weekly report"

    assert (await shell.alrt("token", "revoke", str(row["id"]), "--team", "Acme")).code == 0
    assert await find_by_token(hash_of(token), NOW) is None
    assert "revoked before" in await shell.refused("token", "revoke", str(row["id"]), "--team", "Acme")


async def test_a_token_may_write_when_it_is_asked_for(shell: Shell, cast: Cast) -> None:
    words = ("token", "create", "--team", "Globex", "--user", "charlie@example.org", "--name", "x", "--write")
    viewer = await find_by_token(hash_of((await shell.alrt(*words)).out.strip()), NOW)
    assert viewer is not None
    assert viewer.token is not None
    assert viewer.token.can_write


@pytest.mark.parametrize(
    ("team", "email", "name", "words"),
    [
        ("Initech", "bob@example.org", "x", "There is no team named 'Initech'."),
        ("Acme", "charlie@example.org", "x", "'charlie@example.org' is not a member of Acme."),
        ("Acme", "bob@example.org", " ", "Names are 1 to 200 characters long."),
    ],
)
async def test_no_token_for_strangers(shell: Shell, team: str, email: str, name: str, words: str) -> None:
    assert await shell.refused("token", "create", "--team", team, "--user", email, "--name", name) == words
    assert await query("SELECT id FROM api_tokens") == []


@pytest.mark.parametrize("token_id", ["0", "99", "9223372036854775808"])
async def test_a_token_that_does_not_exist_is_not_revoked(shell: Shell, token_id: str) -> None:
    line = await shell.refused("token", "revoke", token_id, "--team", "Acme")
    assert line == f"Acme has no token {token_id}, or it was revoked before."


async def test_another_teams_token_is_out_of_reach(shell: Shell, cast: Cast) -> None:
    words = ("token", "create", "--team", "Acme", "--user", "bob@example.org", "--name", "x")
    token = (await shell.alrt(*words)).out.strip()
    [row] = await query("SELECT id FROM api_tokens")
    assert "Globex has no token" in await shell.refused("token", "revoke", str(row["id"]), "--team", "Globex")
    assert await find_by_token(hash_of(token), NOW) is not None
