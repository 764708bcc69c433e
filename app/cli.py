"""The command line: `alrt run`, its processes, and what an operator does by hand."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import click
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.clients.add import add_client
from app.clock import system_clock
from app.database import database, migrate
from app.demo.seed import seed_demo
from app.embedded.servers import Urls, servers_for_command
from app.embedded.supervisor import supervise
from app.live.relay import run_relay
from app.profiles.handles import NotAHandle, parse_handle
from app.profiles.queries import profile_named
from app.reading.batch import Tools, check_profiles
from app.refused import Refused
from app.settings import Settings, WrongSetting, read_settings
from app.sources.demo import DemoSource
from app.sources.limits import Spacing
from app.sources.open import open_source
from app.storage.open import open_storage
from app.teams.people import create_user
from app.teams.queries import teams_named
from app.teams.roles import ROLES
from app.teams.tokens import create_token, revoke_token


@click.group()
@click.version_option(package_name="alrt")
def commands() -> None:
    """Alrt watches Instagram accounts, archives their stories, and shows every change by itself."""


def main() -> None:
    """Ends with one line, and code 1, where something can't be done."""
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.INFO)
    for noisy in ("httpx", "arq.worker", "piccolo"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        commands()
    except (WrongSetting, Refused, NotAHandle, CommandFailed) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


class CommandFailed(Exception):
    """The message says what can't be done, and why."""


# --- the product ----------------------------------------------------------------------------------------------


@commands.command()
def run() -> None:
    """Everything: servers, migrations, web, worker and relay, until Ctrl-C."""
    settings = read_settings()

    async def prepare(urls: Urls) -> None:
        await migrate(urls.database_url)
        if settings.has_demo_login:
            async with database(urls.database_url, pool=2):
                storage = open_storage(settings.storage_url)
                await seed_demo(DemoSource(system_clock), storage, system_clock())

    sys.exit(asyncio.run(supervise(settings, prepare)))


@commands.command()
def web() -> None:
    """The pages and their streams."""
    from app.main import create_app
    from app.web.server import collect_rarely, listen, server

    settings = read_settings()

    async def serve(urls: Urls) -> None:
        application = create_app(settings, urls.database_url, urls.redis_url)
        try:
            listening = listen(settings.host, settings.port)
        except OSError as error:
            raise WrongSetting(
                f"HOST {settings.host}, PORT {settings.port} can't be used: {error.strerror}."
            ) from error
        collect_rarely()
        await server(application).serve(sockets=[listening])

    _run_loop(_with_servers(settings, serve))


@commands.command()
def worker() -> None:
    """Reads the accounts, by the timetable in tasks/worker.py."""
    from tasks.run import run_worker

    settings = read_settings()
    _run_loop(
        _with_servers(settings, lambda urls: _until_told(run_worker(settings, urls.database_url, urls.redis_url)))
    )


@commands.command()
def relay() -> None:
    """Carries committed events from the outbox to the open pages."""
    settings = read_settings()
    _run_loop(_with_servers(settings, lambda urls: _until_told(run_relay(urls.database_url, urls.redis_url))))


@commands.command(name="migrate")
def migrate_command() -> None:
    """Brings the tables up to date."""
    settings = read_settings()
    _run_loop(_with_servers(settings, lambda urls: migrate(urls.database_url)))


# --- by hand --------------------------------------------------------------------------------------------------


@commands.group()
def user() -> None:
    """People who sign in."""


@user.command(name="create")
@click.argument("email")
@click.option("--name", default="", help="Full name; the address if left out.")
@click.option("--team", required=True, help="Name of the team; made where there is none.")
@click.option("--role", type=click.Choice(ROLES), default="owner", show_default=True)
@click.option("--zone", default="UTC", show_default=True, help="Time zone of a new team.")
@click.option("--operator", is_flag=True, help="Runs Alrt itself, and sees how it does.")
@click.password_option(envvar="ALRT_PASSWORD", help="Asked for if left out.")
def create(email: str, name: str, team: str, role: str, zone: str, operator: bool, password: str) -> None:
    """Creates a user, and the team if it is new."""

    async def do(_: Urls) -> None:
        await create_user(email, name or email, password, team, role, zone, operator=operator)
        click.echo(f"{email} can sign in, as {role} of {team}.")

    _run_command(do)


@commands.group()
def client() -> None:
    """Accounts that a team watches."""


@client.command(name="add")
@click.argument("handles", nargs=-1, required=True)
@click.option("--team", required=True, help="Name of the team.")
def add(handles: tuple[str, ...], team: str) -> None:
    """Begins to watch accounts, given by username or by address."""

    async def do(_: Urls) -> None:
        teams = await teams_named(team)
        if not teams:
            raise CommandFailed(f"There is no team named '{team}'.")
        # All are looked at before the first is stored.
        for handle in [parse_handle(handle) for handle in handles]:
            is_new = (await add_client(teams[0], handle, system_clock()))[1]
            click.echo(f"{handle}: {'is watched now' if is_new else 'was watched already'}")

    _run_command(do)


@commands.group()
def token() -> None:
    """Keys with which programs ask the API."""


@token.command(name="create")
@click.option("--team", required=True, help="Name of the team.")
@click.option("--user", "email", required=True, help="E-mail address of the member that the program acts for.")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--write", is_flag=True, help="May change things, not only read.")
def create_token_command(team: str, email: str, name: str, write: bool) -> None:
    """Makes a token and prints it, this once."""

    async def do(_: Urls) -> None:
        token_id, made = await create_token(team, email, name, can_write=write)
        click.echo(f"Token {token_id} of {email}, to {'read and write' if write else 'read'}:", err=True)
        click.echo(made)

    _run_command(do)


@token.command(name="revoke")
@click.argument("token_id", metavar="ID", type=int)
@click.option("--team", required=True, help="Name of the team that it belongs to.")
def revoke_token_command(token_id: int, team: str) -> None:
    """Makes a token useless, at once."""

    async def do(_: Urls) -> None:
        await revoke_token(team, token_id, system_clock())
        click.echo(f"Token {token_id} is revoked.")

    _run_command(do)


@commands.command()
@click.argument("username")
def check(username: str) -> None:
    """Reads one account now: its profile, posts and stories."""
    handle = parse_handle(username)
    settings = read_settings()

    async def do(urls: Urls) -> None:
        async with _tools(settings, urls.redis_url) as tools:
            failed = []
            for kind in ("posts", "stories"):
                profile = await profile_named(handle)
                result = (await check_profiles(kind, [profile.id], tools))[handle]
                line = f"{kind}: {result.outcome}, found {result.found}, stored {result.stored}"
                click.echo(f"{line} ({result.error})" if result.error else line)
                failed += [kind] if result.outcome in ("failed", "rate_limited") else []
            if failed:
                raise CommandFailed(f"{handle} could not be read.")

    _run_command(do)


# --- how commands run -----------------------------------------------------------------------------------------


def _run_command(do: Any) -> None:
    """Runs a command by hand, on the servers of the running product or on own ones."""
    settings = read_settings()

    async def with_tables(urls: Urls) -> None:
        await migrate(urls.database_url)
        async with database(urls.database_url, pool=4):
            await do(urls)

    _run_loop(_with_servers(settings, with_tables))


async def _with_servers(settings: Settings, do: Any) -> None:
    async with servers_for_command(settings) as urls:
        await do(urls)


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    """Runs until the work ends or somebody sends SIGTERM or SIGINT."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _run_loop(work: Coroutine[Any, Any, None]) -> None:
    import uvloop

    uvloop.run(work)


@contextlib.asynccontextmanager
async def _tools(settings: Settings, redis_url: str) -> AsyncIterator[Tools]:
    source = open_source(settings, system_clock)
    redis = Redis.from_url(redis_url)
    try:
        await redis.ping()
        yield Tools(source, open_storage(settings.storage_url), Spacing(redis), system_clock)
    except RedisError as error:
        raise WrongSetting(f"REDIS_URL leads to no Redis: {error}") from error
    finally:
        await source.close()
        await redis.aclose()


if __name__ == "__main__":
    main()
