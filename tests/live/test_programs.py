"""Programs that follow the team's events, by long poll and by stream."""

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from app.database import query, transaction
from app.live import api, followers
from app.live import hub as hub_module
from app.live.channel import LIVE
from app.live.events import AlertHandled, AnyEvent, ClientEdited, TeamEdited
from app.live.publish import publish
from app.live.views import Change
from app.settings import ROOT
from app.teams.members import end_membership
from app.teams.tokens import revoke_token
from tests.cast import Cast, client
from tests.listener import Listener
from tests.product import Product
from tests.programs import error_of, program, token_of

EVENTS = "/api/events"


async def events(program: httpx.AsyncClient, since: str = "", wait: int = 5, **more: Any) -> dict[str, Any]:
    answer = await program.get(EVENTS, params={"since": since, "wait": wait, **more}, timeout=40)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def names(told: dict[str, Any]) -> list[str]:
    return [event["event"] for event in told["events"]]


@contextlib.asynccontextmanager
async def following(program: httpx.AsyncClient, since: str = "", **headers: str) -> AsyncIterator[Listener]:
    headers = {"accept": "text/event-stream", **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with program.stream("GET", EVENTS, params={"since": since}, headers=headers, timeout=30) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Listener(response)


async def edit(cast: Cast, *client_ids: int) -> None:
    async with transaction():
        await publish(*(ClientEdited(team_id=cast.alice.team_id, client_id=client_id) for client_id in client_ids))


async def test_a_program_that_begins_is_told_where_it_stands(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice, can_write=False) as reader:
        told = await events(reader)
        assert told == {"events": [], "cursor": str(product.hub.cursor), "reload": False}


async def test_a_poll_that_waits_is_answered_with_the_next_event(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice, can_write=False) as reader:
        cursor = (await events(reader))["cursor"]
        asking = asyncio.create_task(events(reader, cursor))
        await asyncio.sleep(0.2)
        assert not asking.done()
        await product.archive_story(cast.bakery)
        told = await asking
        story = next(event for event in told["events"] if event["event"] == "StoryArchived")
        assert story == {
            "cursor": story["cursor"],
            "event": "StoryArchived",
            "client_id": cast.bakery.id,
            "story_id": story["story_id"],
        }


async def test_what_happened_between_two_polls_is_told_at_once_and_in_order(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice) as reader:
        cursor = (await events(reader))["cursor"]
        for number in range(3):
            await edit(cast, 100 + number)
        while True:
            told = await events(reader, cursor, wait=0)
            if len(told["events"]) == 3:
                break
        assert [event["client_id"] for event in told["events"]] == [100, 101, 102]
        # Each event's own cursor goes on after it.
        rest = await events(reader, told["events"][0]["cursor"], wait=0)
        assert rest["events"] == told["events"][1:]
        assert (await events(reader, told["cursor"], wait=0))["events"] == []


async def test_transactions_that_commit_in_reverse_order_are_both_told(product: Product, cast: Cast) -> None:
    insert = "INSERT INTO outbox (team_id, event, payload) VALUES ($1, 'ClientEdited', $2)"

    def payload(client_id: int) -> str:
        return f'{{"type": "ClientEdited", "team_id": {cast.alice.team_id}, "client_id": {client_id}}}'

    slow = await asyncpg.connect(product.urls.database_url)
    quick = await asyncpg.connect(product.urls.database_url)
    async with program(product, cast.alice) as reader:
        cursor = (await events(reader))["cursor"]
        async with slow.transaction():
            await slow.execute(insert, cast.alice.team_id, payload(1))
            await quick.execute(insert, cast.alice.team_id, payload(2))
            first = await events(reader, cursor)
            assert [event["client_id"] for event in first["events"]] == [2]
        second = await events(reader, first["cursor"])
        assert [event["client_id"] for event in second["events"]] == [1]
    await slow.close()
    await quick.close()


async def test_more_than_one_answer_holds_comes_in_several(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MOST", 4)
    async with program(product, cast.alice) as reader:
        cursor = (await events(reader))["cursor"]
        await edit(cast, *range(1, 11))
        got: list[int] = []
        while len(got) < 10:
            told = await events(reader, cursor)
            assert len(told["events"]) <= 4
            got += [event["client_id"] for event in told["events"]]
            cursor = told["cursor"]
        assert got == list(range(1, 11))
        async with following(reader, since="", last_event_id=cursor) as stream:
            await stream.seen()
            await edit(cast, *range(20, 30))
            streamed = [msgspec.json.decode((await stream.until("message")).data)["client_id"] for _ in range(10)]
            assert streamed == list(range(20, 30))


async def test_strangers_are_told_nothing(product: Product, cast: Cast) -> None:
    async with program(product, cast.charlie) as stranger:
        cursor = (await events(stranger))["cursor"]
        asking = asyncio.create_task(events(stranger, cursor))
        await product.archive_story(cast.bakery)
        await product.archive_story(cast.florist)
        told = await asking
        assert told["events"]
        assert {event.get("client_id", cast.florist.id) for event in told["events"]} == {cast.florist.id}
        async with following(stranger, since=cursor) as stream:
            frame = await stream.next()
            assert f'"client_id":{cast.florist.id}' in frame.data


async def test_one_members_own_events_are_told_to_nobody_else(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice) as alice, program(product, cast.bob) as bob:
        cursor = (await events(alice))["cursor"]
        async with transaction():
            await publish(AlertHandled(team_id=cast.bob.team_id, user_id=cast.bob.id))
        assert names(await events(bob, cursor)) == ["AlertHandled"]
        assert names(await events(alice, cursor, wait=0)) == []


async def test_one_client_alone_may_be_followed_with_what_concerns_the_whole_team(product: Product, cast: Cast) -> None:
    other = await client(cast.alice.team_id, "barber")
    async with program(product, cast.alice) as reader:
        cursor = (await events(reader))["cursor"]
        await edit(cast, other.id, cast.bakery.id)
        async with transaction():
            await publish(TeamEdited(team_id=cast.alice.team_id))
        while len((told := await events(reader, cursor, client_id=cast.bakery.id))["events"]) < 2:
            pass
        assert names(told) == ["ClientEdited", "TeamEdited"]
        assert told["events"][0]["client_id"] == cast.bakery.id


async def test_another_teams_client_is_404(product: Product, cast: Cast) -> None:
    async with program(product, cast.charlie) as stranger:
        error_of(await stranger.get(EVENTS, params={"client_id": cast.bakery.id}), 404)


@pytest.mark.parametrize("since", ["0" * 40 + ":0-0", "0" * 40 + ":9999999999999-0"])
async def test_a_cursor_of_another_run_means_reading_anew(product: Product, cast: Cast, since: str) -> None:
    async with program(product, cast.alice) as reader:
        told = await events(reader, since)
        assert told == {"events": [], "cursor": str(product.hub.cursor), "reload": True}
        async with following(reader, since) as stream:
            assert (await stream.next()).event == "reload"
            assert stream.cursor == told["cursor"]
            await edit(cast, 5)
            assert '"client_id":5' in (await stream.until("message")).data


async def test_a_cursor_that_was_trimmed_away_means_reading_anew(product: Product, cast: Cast) -> None:
    cursor = product.hub.cursor
    assert cursor is not None
    async with program(product, cast.alice) as reader:
        assert (await events(reader, f"{cursor.run_id}:1-0"))["reload"]


async def test_when_redis_is_emptied_whoever_waits_is_told_to_read_anew(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice) as reader:
        cursor = (await events(reader))["cursor"]
        async with following(reader, cursor) as stream:
            await stream.seen()
            asking = asyncio.create_task(events(reader, cursor, wait=20))
            await asyncio.sleep(0.2)
            await product.redis.delete(LIVE)
            await product.archive_story(cast.bakery)
            assert (await asking)["reload"]
            assert (await stream.until("reload", within=10)).data == stream.cursor


@pytest.mark.parametrize("query", ["since=nonsense", "since=1-0", "wait=31", "wait=-1", "client_id=0", "client_id=x"])
async def test_bad_input_is_named(product: Product, cast: Cast, query: str) -> None:
    async with program(product, cast.alice) as reader:
        assert query.split("=")[0] in str(error_of(await reader.get(f"{EVENTS}?{query}"), 400)["fields"])


async def test_a_stream_goes_on_from_its_last_event(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice) as reader:
        async with following(reader) as stream:
            began = await stream.seen()
            await edit(cast, 7)
            first = await stream.until("message")
            assert first.id == msgspec.json.decode(first.data)["cursor"]
        await edit(cast, 8)
        # As a browser's EventSource comes back: with the old address.
        async with following(reader, since=began, last_event_id=str(first.id)) as stream:
            assert '"client_id":8' in (await stream.next()).data


async def test_a_session_may_follow_too_and_nobody_else(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.bob) as bob, following(bob) as stream:
        await stream.seen()
    async with product.visitor() as visitor:
        error_of(await visitor.get(EVENTS), 401)


async def test_a_token_that_is_revoked_loses_its_stream_and_its_poll_at_once(product: Product, cast: Cast) -> None:
    token_id, token = await token_of(cast.alice, can_write=False)
    async with product.visitor() as reader, program(product, cast.alice) as other:
        reader.headers["authorization"] = f"Bearer {token}"
        cursor = (await events(reader))["cursor"]
        async with following(reader) as stream, following(other) as kept:
            await stream.seen()
            await kept.seen()
            asking = asyncio.create_task(reader.get(EVENTS, params={"since": cursor, "wait": 20}, timeout=30))
            await asyncio.sleep(0.2)
            await revoke_token("Acme", token_id, product.now())
            assert (await stream.until("ended")).data == "access"
            with pytest.raises(StopAsyncIteration):
                await stream.next()
            error_of(await asking, 401)
            await edit(cast, 3)
            assert '"client_id":3' in (await kept.until("message")).data


async def test_a_removed_members_programs_are_cut_off(product: Product, cast: Cast) -> None:
    async with program(product, cast.bob) as reader, following(reader) as stream:
        await stream.seen()
        await end_membership(cast.bob.team_id, cast.bob.id)
        assert (await stream.until("ended")).data == "access"


async def test_a_token_that_was_revoked_without_an_event_is_noticed_by_the_net(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await product.stop_web()
    monkeypatch.setattr(hub_module, "CHECK_EVERY", 0.2)
    await product.start_web()
    async with program(product, cast.bob) as reader, following(reader) as stream:
        await stream.seen()
        await asyncio.sleep(0.5)
        await query("UPDATE api_tokens SET revoked_at = now()")
        assert (await stream.until("ended")).data == "access"


async def test_of_one_token_only_so_many_may_wait(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "MOST_OF_ONE", 2)
    async with program(product, cast.alice) as reader, program(product, cast.alice) as other:
        async with following(reader) as one, following(reader) as two:
            await one.seen()
            await two.seen()
            refused = await reader.get(EVENTS)
            assert "at a time" in str(error_of(refused, 429)["message"])
            assert int(refused.headers["retry-after"]) > 0
            await events(other)
        # Who is gone no longer counts.
        async with asyncio.timeout(5):
            while (await reader.get(EVENTS)).status_code == 429:  # noqa: ASYNC110, there is no event to wait for
                await asyncio.sleep(0.05)


async def test_silence_is_proved_or_said_to_be_unproved(
    product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "HEARTBEAT_EVERY", 0.2)
    async with program(product, cast.alice) as reader, following(reader) as stream:
        cursor = await stream.seen()
        await stream.seen()
        monkeypatch.setattr(hub_module, "SILENT_AFTER", 0.0)
        error_of(await reader.get(EVENTS, params={"since": cursor, "wait": 0}), 503)
        with pytest.raises(TimeoutError):
            while True:
                await stream.seen(within=2)


async def test_a_restart_of_the_web_process_loses_nothing(product: Product, cast: Cast) -> None:
    async with program(product, cast.alice) as reader:
        async with following(reader) as stream:
            cursor = await stream.seen()
            await product.stop_web()
            with pytest.raises(StopAsyncIteration):
                await stream.next()
        await edit(cast, 9)
        await product.start_web()
    async with program(product, cast.alice) as reader:
        assert [event["client_id"] for event in (await events(reader, cursor))["events"]] == [9]


def test_a_program_is_told_every_fact_of_every_event() -> None:
    facts = {field.name for kind in AnyEvent.__args__ for field in msgspec.structs.fields(kind)}
    assert facts - {"team_id", "session", "but"} == {field.name for field in msgspec.structs.fields(Change)} - {
        "cursor",
        "event",
    }


async def test_the_example_of_the_documentation_runs(product: Product, cast: Cast) -> None:
    found = re.search(r"```python\n(.*?)```", (ROOT / "docs/api.md").read_text(), re.DOTALL)
    assert found
    environment = {**os.environ, "ALRT": product.address, "TOKEN": (await token_of(cast.alice, can_write=False))[1]}
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-c", found[1], env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert running.stdout
    try:
        async with asyncio.timeout(15):
            assert await running.stdout.readline() == b"1 clients\n"
            await product.archive_story(cast.bakery)
            while f"StoryArchived {cast.bakery.id}" not in (line := (await running.stdout.readline()).decode()):
                assert line, "the example ended"
    finally:
        running.kill()
        await running.wait()
