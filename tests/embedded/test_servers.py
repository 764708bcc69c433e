import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis as Client
from redis.exceptions import AuthenticationError

from app.embedded.children import ServerMissing
from app.embedded.servers import (
    AlreadyRunning,
    Servers,
    Urls,
    embedded_servers,
    running_servers,
    servers_for_command,
)
from app.settings import Settings, read_settings
from tests.embedded.processes import all_gone, ps, until

HOLDS_SERVERS = """
import asyncio, sys
from app.embedded.servers import embedded_servers
from app.settings import read_settings

async def hold():
    async with embedded_servers(read_settings(), shared=sys.argv[1] == "shared"):
        print("ready", flush=True)
        await asyncio.sleep(60)

asyncio.run(hold())
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One data folder for the module: only its first start takes longer."""
    return settings_in(tmp_path_factory.mktemp("servers"))


def settings_in(data_dir: Path, **more: str) -> Settings:
    return read_settings({"DATA_DIR": str(data_dir), **more})


async def test_what_was_stored_is_there_at_the_next_start(settings: Settings) -> None:
    async with embedded_servers(settings) as urls:
        await ask(urls, "CREATE TABLE kept AS SELECT 'moon' AS word")
        await redis_of(urls).set("word", "moon")

    async with embedded_servers(settings) as urls:
        assert await ask(urls, "SELECT word FROM kept") == "moon"
        assert await redis_of(urls).get("word") == b"moon"


async def test_the_database_sorts_by_code_point_with_checksums(settings: Settings) -> None:
    async with embedded_servers(settings) as urls:
        assert await ask(urls, "SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
        assert await ask(urls, "SHOW data_checksums") == "on"
        assert await ask(urls, "SHOW server_encoding") == "UTF8"


async def test_nobody_gets_in_without_the_password(settings: Settings) -> None:
    async with embedded_servers(settings) as urls:
        port = port_of(urls.database_url)
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(host="127.0.0.1", port=port, user="alrt", password="guess", database="alrt")
        with pytest.raises(AuthenticationError):
            await Client(host="127.0.0.1", port=port_of(urls.redis_url)).ping()


async def test_secrets_are_in_no_command_line_and_in_no_open_file(settings: Settings) -> None:
    async with embedded_servers(settings) as urls:
        secrets = [url.partition("@")[0].rpartition(":")[2] for url in (urls.database_url, urls.redis_url)]
        lines = ps("axww", "-o", "args")
        assert not [secret for secret in secrets if secret in lines]
    open_files = [file.name for file in settings.data_dir.iterdir() if file.is_file() and file.stat().st_mode & 0o077]
    assert open_files == []


async def test_the_ports_stay_until_somebody_else_has_them(settings: Settings) -> None:
    async with embedded_servers(settings) as first:
        pass
    async with embedded_servers(settings) as second:
        assert second == first
    with socket.create_server(("127.0.0.1", port_of(first.database_url))):
        async with embedded_servers(settings) as third:
            assert port_of(third.database_url) != port_of(first.database_url)
            assert third.redis_url == first.redis_url


async def test_a_second_start_on_the_same_folder_is_refused(settings: Settings) -> None:
    async with embedded_servers(settings):
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
            await Servers(settings).start()


async def test_a_command_joins_the_running_product(settings: Settings) -> None:
    async with embedded_servers(settings, shared=True) as running:
        assert running_servers(settings) == running
        async with servers_for_command(settings) as urls:
            assert urls == running
        assert await ask(running, "SELECT 1") == 1
    assert running_servers(settings) is None


async def test_a_command_brings_its_own_servers_where_nothing_runs(settings: Settings) -> None:
    async with servers_for_command(settings) as urls:
        assert await ask(urls, "SELECT 1") == 1
        assert running_servers(settings) is None
    with pytest.raises(ConnectionRefusedError):
        await ask(urls, "SELECT 1")


async def test_a_command_waits_for_another_command(settings: Settings) -> None:
    async with servers_for_command(settings):
        second = asyncio.create_task(first_answer(settings))
        await asyncio.sleep(0.3)
        assert not second.done()
    assert await second == 1


async def test_given_addresses_start_nothing(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, DATABASE_URL="postgresql://there/db", REDIS_URL="redis://there")
    async with servers_for_command(settings) as urls:
        assert urls == Urls("postgresql://there/db", "redis://there")
    assert not (tmp_path / "postgres").exists()
    assert not (tmp_path / "redis").exists()


async def test_one_given_address_leaves_the_other_server_to_us(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, DATABASE_URL="postgresql://there/db")
    async with embedded_servers(settings) as urls:
        assert urls.database_url == "postgresql://there/db"
        assert await redis_of(urls).ping()
    assert not (tmp_path / "postgres").exists()


async def test_variables_for_another_postgresql_change_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGHOST": "elsewhere",
        "PGPORT": "1",
        "PGDATA": "/nowhere",
        "PGSSLMODE": "require",
    }.items():
        monkeypatch.setenv(name, value)
    async with embedded_servers(settings) as urls:
        assert await ask(urls, "SELECT 1") == 1


async def test_a_set_up_that_was_cut_off_does_not_block_the_next(tmp_path: Path) -> None:
    (tmp_path / "postgres.draft" / "data").mkdir(parents=True)
    (tmp_path / "postgres.draft" / "data" / "PG_VERSION").write_text("18")
    async with embedded_servers(settings_in(tmp_path)) as urls:
        assert await ask(urls, "SELECT 1") == 1
    assert not (tmp_path / "postgres.draft").exists()


async def test_data_of_another_version_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(ServerMissing, match="made by PostgreSQL 17, and Alrt brings 18"):
        async with embedded_servers(settings_in(tmp_path)):
            pass


async def test_a_server_that_can_not_start_gives_its_own_reason(settings: Settings) -> None:
    configuration = settings.data_dir / "postgres" / "postgresql.auto.conf"
    before = configuration.read_text()
    configuration.write_text("shared_buffers = 'plenty'\nwork_mem = 'plenty'\n")
    try:
        with pytest.raises(ServerMissing, match=r"PostgreSQL did not start: .*FATAL"):
            async with embedded_servers(settings):
                pass
    finally:
        configuration.write_text(before)


@pytest.mark.parametrize("change", [Path.unlink, lambda file: file.write_text("another")])
async def test_a_lost_password_is_said_at_once(settings: Settings, change: Callable[[Path], object]) -> None:
    file = settings.data_dir / "postgres.password"
    before = file.read_text()
    change(file)
    try:
        with pytest.raises(ServerMissing, match="key to"):
            async with embedded_servers(settings):
                pass
    finally:
        file.write_text(before)
        file.chmod(0o600)


async def test_a_killed_postgresql_comes_back_with_its_data(settings: Settings) -> None:
    servers = Servers(settings)
    await ask(await servers.start(), "CREATE TABLE survivor AS SELECT 1 AS n")
    for service in servers.services:
        assert service.process is not None
        os.kill(service.process.pid, signal.SIGKILL)
    await servers.stop()
    # As after a restart of the machine, when another process has got its number.
    note = settings.data_dir / "postgres" / "postmaster.pid"
    note.write_text(note.read_text().replace(note.read_text().partition("\n")[0], str(os.getppid()), 1))

    async with embedded_servers(settings) as urls:
        assert await ask(urls, "SELECT n FROM survivor") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
async def test_killing_the_holder_ends_the_servers(settings: Settings) -> None:
    holder = await hold_servers(settings)
    running = running_servers(settings)
    assert running is not None
    holder.kill()
    await holder.wait()
    await until(lambda: is_closed(running.database_url), 5)
    await until(lambda: is_closed(running.redis_url), 5)


async def test_servers_left_behind_are_ended_at_the_next_start(settings: Settings) -> None:
    holder = await hold_servers(settings)
    postmaster = int((settings.data_dir / "postgres" / "postmaster.pid").read_text().partition("\n")[0])
    # Stopped, it doesn't notice that it should end.
    os.kill(postmaster, signal.SIGSTOP)
    holder.kill()
    await holder.wait()

    async with embedded_servers(settings) as urls:
        assert await ask(urls, "SELECT 1") == 1
    assert all_gone([postmaster])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that PostgreSQL's user can't enter")
async def test_roots_closed_folder_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    async with embedded_servers(settings_in(tmp_path / "closed" / "data")) as urls:
        assert await ask(urls, "SELECT 1") == 1


async def first_answer(settings: Settings) -> object:
    async with servers_for_command(settings) as urls:
        return await ask(urls, "SELECT 1")


async def hold_servers(settings: Settings) -> asyncio.subprocess.Process:
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLDS_SERVERS, "shared"),
        env={**os.environ, "DATA_DIR": str(settings.data_dir)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"ready\n"
    return holder


async def ask(urls: Urls, query: str) -> object:
    connection = await asyncpg.connect(urls.database_url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def redis_of(urls: Urls) -> Client:
    client: Client = Client.from_url(urls.redis_url)
    return client


def port_of(url: str) -> int:
    return int(url.rpartition("@")[2].partition(":")[2].partition("/")[0])


async def is_closed(url: str) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port_of(url))
    except OSError:
        return True
    writer.close()
    return False
