"""`alrt run` as a newcomer meets it: real processes, a real browser, nothing touched after the first click."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import msgspec
import pytest
from playwright.async_api import Error, Locator, Page

from tests.browser import sign_in_with, until_live

ALRT = Path(sys.executable).with_name("alrt")
STORIES = "li.story"

pytestmark = pytest.mark.xdist_group("product")
"""One product for all of them."""


class Running(msgspec.Struct):
    process: asyncio.subprocess.Process
    address: str
    data_dir: Path

    def pids(self) -> dict[str, int]:
        pids: dict[str, int] = json.loads((self.data_dir / "processes.json").read_text())
        return pids

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        pid = self.pids()[name]
        os.kill(pid, number)
        return pid

    async def connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(json.loads((self.data_dir / "servers.json").read_text())["database_url"])


async def start(data_dir: Path) -> Running:
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    process = await asyncio.create_subprocess_exec(
        ALRT,
        "run",
        env=environment | {"DATA_DIR": str(data_dir), "PORT": str(port), "SOURCE": "demo", "DEMO_EVERY": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    assert process.stdout is not None
    said = b""
    async with asyncio.timeout(60):
        while line := await process.stdout.readline():
            said += line
            if line.decode().strip() == f"Alrt is ready at {address}":
                break
        else:
            pytest.fail(f"alrt run ended: {said.decode()}")
    running = Running(process, address, data_dir)
    drain = asyncio.create_task(process.stdout.read())
    drain.add_done_callback(lambda task: task.cancelled() or task.exception())
    return running


async def stop(running: Running, number: int = signal.SIGINT) -> None:
    pids = running.pids()
    running.process.send_signal(number)
    await asyncio.wait_for(running.process.wait(), 5)
    assert [name for name, pid in pids.items() if is_alive(pid)] == []


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    running = await start(tmp_path_factory.mktemp("product"))
    yield running
    await stop(running)


@pytest.fixture
async def client_page(running: Running, page: Page) -> Page:
    """A client page of the demo, open and live."""
    await sign_in_with(page, running.address, "demo@example.com", "demo")
    await page.click("#client-rows li:has-text('@saffron.kitchen') a")
    await page.wait_for_selector(STORIES)
    await until_live(page)
    return page


async def newest(page: Page) -> str | None:
    return await page.locator(STORIES).first.get_attribute("id")


async def until_new_story(page: Page, before: str | None, timeout: float = 75) -> str:
    """Watches, and touches nothing; the page may load itself anew meanwhile."""
    async with asyncio.timeout(timeout):
        while True:
            with contextlib.suppress(Error):
                now = await newest(page)
                if now is not None and now != before:
                    return now
            await asyncio.sleep(0.2)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await holds():  # noqa: ASYNC110, the page has no event to wait for
            await asyncio.sleep(0.1)


async def differs(element: Locator, before: str) -> bool:
    return await element.inner_text() != before


async def test_a_new_story_and_a_changed_row_appear_by_themselves(running: Running, client_page: Page) -> None:
    dashboard = await client_page.context.new_page()
    await dashboard.goto(running.address)
    await until_live(dashboard)
    assert await dashboard.locator("#client-rows li").count() >= 10
    row = dashboard.locator("#client-rows li:has-text('@saffron.kitchen') .client-row__today")
    before, story = await row.inner_text(), await newest(client_page)
    story = await until_new_story(client_page, story)
    picture = client_page.locator(f"#{story} img")
    await picture.scroll_into_view_if_needed()
    await until(lambda: picture.evaluate("image => image.complete && image.naturalWidth > 0"))
    await until(lambda: differs(row, before))


@pytest.mark.parametrize("name", ["worker", "relay", "web", "redis", "postgres"])
async def test_whatever_is_killed_new_stories_go_on_appearing(running: Running, client_page: Page, name: str) -> None:
    before = await newest(client_page)
    killed = running.kill(name)
    after = await until_new_story(client_page, before)
    # One that was archived after the kill, not only one that was on its way.
    await until_new_story(client_page, after)
    assert running.pids()[name] != killed
    await until_live(client_page)


async def test_a_story_that_was_committed_before_worker_and_relay_were_killed_is_shown(
    running: Running, client_page: Page
) -> None:
    client_id = client_page.url.rsplit("/", 1)[1]
    connection = await running.connect()
    relay = running.kill("relay", signal.SIGSTOP)
    try:
        story_id = None
        async with asyncio.timeout(75):
            while story_id is None:
                await asyncio.sleep(0.1)
                story_id = await connection.fetchval(
                    "SELECT payload->>'story_id' FROM outbox WHERE event = 'StoryArchived'"
                    " AND payload->>'client_id' = $1 ORDER BY id DESC LIMIT 1",
                    client_id,
                )
        running.kill("worker")
    finally:
        os.kill(relay, signal.SIGKILL)
    await client_page.wait_for_selector(f"#story-{client_id}-{story_id}", timeout=30_000)
    await connection.close()


async def test_after_all_faults_the_page_equals_the_same_page_loaded_anew(running: Running, client_page: Page) -> None:
    await until_new_story(client_page, await newest(client_page))
    # From here on nothing new is read, so that both show the same.
    os.kill(running.pids()["worker"], signal.SIGSTOP)
    try:
        await asyncio.sleep(2)
        fresh = await client_page.context.new_page()
        await fresh.goto(client_page.url)
        assert await shown(fresh) == await shown(client_page)
    finally:
        os.kill(running.pids()["worker"], signal.SIGCONT)


async def shown(page: Page) -> list[object]:
    ids = await page.eval_on_selector_all(STORIES, "stories => stories.slice(0, 20).map(story => story.id)")
    values = await page.eval_on_selector_all(".card__value", "values => values.map(value => value.textContent.trim())")
    return [*ids, *values, await page.locator(".archive__count").inner_text()]


async def test_data_stays_over_a_stop_and_nothing_is_left_running(tmp_path: Path, page: Page) -> None:
    running = await start(tmp_path)
    await sign_in_with(page, running.address, "demo@example.com", "demo")
    await stop(running, signal.SIGTERM)
    running = await start(tmp_path)
    connection = await running.connect()
    assert await connection.fetchval("SELECT count(*) FROM users") == 1
    await connection.close()
    await stop(running)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
