"""Who gets the operators' page and its stream."""

import asyncio
from datetime import datetime, timedelta

import httpx
import pytest

from app.database import query
from app.ops import routes
from tests.cast import Cast, Person
from tests.listener import open_stream
from tests.product import Product


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "EVERY", 0.05)


async def make_operator(person: Person) -> None:
    await query("UPDATE users SET role = 'admin' WHERE id = {}", person.id)


@pytest.mark.parametrize("path", ["/ops", "/ops/stream"])
async def test_it_is_for_operators_alone(product: Product, cast: Cast, path: str) -> None:
    """An owner of a team is none."""
    async with product.signed_in(cast.alice) as alice:
        assert (await alice.get(path)).status_code == 403
    async with product.visitor() as visitor:
        assert (await visitor.get(path)).headers["location"] == "/login"


async def test_an_operator_sees_the_accounts_of_all_teams_and_nothing_else_of_theirs(
    product: Product, cast: Cast
) -> None:
    await make_operator(cast.bob)
    await query("UPDATE clients SET custom_label = 'secret label', notes = 'secret notes'")
    async with product.signed_in(cast.bob) as bob:
        text = (await bob.get("/ops")).text
        assert "@bakery" in text
        assert "@florist" in text
        assert "secret" not in text
        assert "Globex" not in text
        assert 'href="/ops"' in (await bob.get("/")).text
    async with product.signed_in(cast.alice) as alice:
        assert 'href="/ops"' not in (await alice.get("/")).text


async def test_the_stream_sends_what_changed_and_only_that(product: Product, cast: Cast) -> None:
    await make_operator(cast.alice)
    async with product.signed_in(cast.alice) as alice, open_stream(alice, "/ops/stream") as stream:
        whole = await stream.fragments()
        assert all(f'id="ops-{name}"' in whole for name in ("radar", "sources", "worker"))
        assert (await stream.next()).event == "seen"
        assert (await stream.next()).event == "seen"
        await query("INSERT INTO source_incidents (source, checks, failed) VALUES ('apify', 9, 9)")
        changed = await stream.fragments()
        assert "fails since" in changed
        assert 'id="ops-worker"' not in changed


async def test_the_stream_ends_with_the_session(product: Product, cast: Cast) -> None:
    await make_operator(cast.alice)
    async with product.signed_in(cast.alice) as alice, open_stream(alice, "/ops/stream") as stream:
        await stream.until("seen")
        await _sign_out(alice)
        assert (await stream.until("ended")).data == "access"


async def test_whoever_is_no_longer_an_operator_loses_the_stream(product: Product, cast: Cast) -> None:
    await make_operator(cast.alice)
    async with product.signed_in(cast.alice) as alice, open_stream(alice, "/ops/stream") as stream:
        await stream.until("seen")
        await query("UPDATE users SET role = 'user'")
        await stream.until("ended")
        with pytest.raises(StopAsyncIteration):
            await stream.next()


async def test_while_the_figures_cannot_be_read_nothing_is_said_to_be_new(product: Product, cast: Cast) -> None:
    await make_operator(cast.alice)
    async with product.signed_in(cast.alice) as alice, open_stream(alice, "/ops/stream") as stream:
        await stream.until("seen")
        await query("ALTER TABLE checks RENAME TO checks_away")
        away = product.now() + timedelta(seconds=0.2)
        await asyncio.sleep(0.6)
        back = product.now()
        await query("ALTER TABLE checks_away RENAME TO checks")
        looked = [datetime.fromisoformat((await stream.until("seen")).data)]
        while looked[-1] < back:
            looked.append(datetime.fromisoformat((await stream.until("seen")).data))
        assert not any(away < moment < back for moment in looked)


async def _sign_out(person: httpx.AsyncClient) -> None:
    await person.post("/logout", data={"_csrf_token": person.cookies["alrt_csrf"]})
