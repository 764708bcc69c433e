"""`alrt run`: the servers, then the processes of the Procfile, watched until somebody stops it."""

import asyncio
import json
import os
import queue
import shlex
import shutil
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

from app.embedded import children
from app.embedded.children import PATIENCE, Service
from app.embedded.leftovers import MARK
from app.embedded.servers import Servers, Urls
from app.settings import ROOT, Settings, WrongSetting

Prepare = Callable[[Urls], Awaitable[None]]
IsReady = Callable[[], Awaitable[bool]]

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

FIRST_DELAY, LONGEST_DELAY = 0.3, 5.0
CRASHES, WITHIN = 5, 60.0

# Together less than the 5 seconds in which everything is promised to be gone.
PROGRAMS_GRACE = 2.8
ALL_GRACE = 4.2


async def supervise(
    settings: Settings,
    prepare: Prepare,
    *,
    procfile: Path = ROOT / "Procfile",
    is_ready: IsReady | None = None,
) -> int:
    """Runs the product; the answer is its exit code. `prepare` runs between the servers and the programs."""
    supervisor = Supervisor(settings, prepare, procfile, is_ready or health_check(settings))
    return await supervisor.run()


class Supervisor:
    def __init__(self, settings: Settings, prepare: Prepare, procfile: Path, is_ready: IsReady) -> None:
        self._settings = settings
        self._prepare = prepare
        self._procfile = procfile
        self._is_ready = is_ready
        self._servers = Servers(settings, shared=True)
        self._programs: list[Program] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._pids: dict[str, int] = {}
        self._over = asyncio.Event()
        self._signal: int | None = None
        self._reason: str | None = None
        self._output = Output()

    async def run(self) -> int:
        self._listen()
        starting = asyncio.create_task(self._start())
        starting.add_done_callback(self._note_failure)
        try:
            await self._over.wait()
        finally:
            await self._stop(starting)
            self._unlisten()
            self._output.close()
        if (error := _error(starting)) and not isinstance(error, WrongSetting):
            raise error
        return 1 if self._reason else 0

    async def _start(self) -> None:
        _check_port(self._settings)
        commands = read_procfile(self._procfile)
        urls = await self._servers.start()
        for service in self._servers.services:
            self._keep(service)
        await self._prepare(urls)
        environment = _environment(self._settings, urls)
        for name, command in commands.items():
            program = Program(name, command, environment, self._output)
            self._programs.append(program)
            await program.start()
            self._keep(program)
        await self._until_ready()
        self._output.say(f"Alrt is ready at {address(self._settings)}")

    async def _until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not await self._is_ready():
            if time.monotonic() > deadline:
                raise WrongSetting(f"Nothing answered at {address(self._settings)} within {PATIENCE:.0f} s.")
            await asyncio.sleep(0.05)

    def _note_failure(self, starting: asyncio.Task[None]) -> None:
        if error := _error(starting):
            self._fail(str(error) if isinstance(error, WrongSetting) else f"Alrt could not start: {error!r}")

    def _fail(self, reason: str) -> None:
        if self._reason is None and self._signal is None:
            self._reason = reason
            self._output.complain(reason)
        self._over.set()

    def _keep(self, service: Service) -> None:
        self._note_pid(service)
        self._keepers.append(asyncio.create_task(self._start_again(service)))

    async def _start_again(self, service: Service) -> None:
        crashes: deque[float] = deque()
        while service.process is not None:
            code = await service.process.wait()
            children.kill_group(service.process)
            crashes.append(time.monotonic())
            while crashes[0] < crashes[-1] - WITHIN:
                crashes.popleft()
            if len(crashes) >= CRASHES:
                self._fail(f"{service.name} ended {CRASHES} times within {WITHIN:.0f} s, last {_how(code)}.")
                return
            delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** (len(crashes) - 1))
            self._output.say(f"{service.name} ended {_how(code)}, and starts again in {delay:.1f} s.")
            await asyncio.sleep(delay)
            try:
                await service.start()
                self._note_pid(service)
            except (WrongSetting, OSError) as error:
                self._output.complain(f"{service.name}: {error}")

    def _note_pid(self, service: Service) -> None:
        if service.process is not None:
            self._pids[service.name] = service.process.pid
        draft = self._settings.data_dir / "processes.json.draft"
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(self._pids))
        draft.replace(self._settings.data_dir / "processes.json")

    async def _stop(self, starting: "asyncio.Task[None]") -> None:
        begin = time.monotonic()
        tasks = [starting, *self._keepers]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=0.5)
        await asyncio.gather(*(program.stop(PROGRAMS_GRACE) for program in self._programs))
        await self._servers.stop(ALL_GRACE - (time.monotonic() - begin))
        if self._pids:
            (self._settings.data_dir / "processes.json").unlink(missing_ok=True)

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            # nohup has asked for it.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                loop.add_signal_handler(number, self._obey, number)

    def _obey(self, number: int) -> None:
        self._signal = self._signal or number
        self._over.set()

    def _unlisten(self) -> None:
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.remove_signal_handler(number)
            if self._signal:
                # The process ends now; an impatient second Ctrl-C would only add a traceback.
                signal.signal(number, signal.SIG_IGN)


class Program(Service):
    """A line of the Procfile."""

    def __init__(self, name: str, command: str, environment: Mapping[str, str], output: "Output") -> None:
        self.name = name
        self._command = shlex.split(command)
        self._environment = environment
        self._output = output
        self._forwarding: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        executable = shutil.which(self._command[0], path=self._environment["PATH"])
        if executable is None:
            raise WrongSetting(f"The Procfile's '{self._command[0]}' is not installed.")
        # Our own pipe: asyncio's would let `wait()` hang as long as a grandchild holds it open.
        reading, writing = os.pipe()
        try:
            self.process = await children.spawn(
                [executable, *self._command[1:]],
                environment=self._environment,
                output=writing,
                death_signal=signal.SIGKILL,
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        forwarding = asyncio.create_task(self._forward(reading))
        self._forwarding.add(forwarding)
        forwarding.add_done_callback(self._forwarding.discard)

    async def stop(self, grace: float) -> None:
        await super().stop(grace)
        if self._forwarding:
            # Its last words; a grandchild that holds the pipe open is not waited for.
            _, silent = await asyncio.wait(self._forwarding, timeout=0.1)
            for forwarding in silent:
                forwarding.cancel()

    async def _forward(self, reading: int) -> None:
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb")
        )
        try:
            rest = b""
            while chunk := await reader.read(65_536):
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > 65_536:
                    lines, rest = [*lines, rest], b""
                self._write(lines)
            self._write([rest] if rest else [])
        finally:
            transport.close()

    def _write(self, lines: list[bytes]) -> None:
        for line in lines:
            self._output.write(f"{self.name:<6} | ".encode() + line + b"\n")


class Output:
    """Written by a thread: a terminal that was stopped, or a full pipe, must not keep us from stopping."""

    def __init__(self) -> None:
        self._lines: queue.Queue[tuple[int, bytes] | None] = queue.Queue(maxsize=10_000)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def say(self, line: str) -> None:
        self.write(f"{line}\n".encode())

    def complain(self, line: str) -> None:
        self.write(f"{line}\n".encode(), to=2)

    def write(self, line: bytes, to: int = 1) -> None:
        with suppress(queue.Full):
            self._lines.put_nowait((to, line))

    def close(self) -> None:
        with suppress(queue.Full):
            self._lines.put_nowait(None)
            self._thread.join(0.3)

    def _work(self) -> None:
        while (item := self._lines.get()) is not None:
            to, line = item
            # Whoever read it is gone; the product goes on.
            with suppress(OSError):
                while line:
                    line = line[os.write(to, line) :]


def read_procfile(file: Path) -> dict[str, str]:
    lines = [line.partition(":") for line in file.read_text().splitlines() if line.strip()]
    return {name.strip(): command.strip() for name, _, command in lines if not name.startswith("#")}


def health_check(settings: Settings) -> IsReady:
    async def answers() -> bool:
        try:
            return await asyncio.wait_for(_status(*_reachable(settings)), 2) == b"200"
        except (OSError, TimeoutError, EOFError):
            return False

    return answers


def address(settings: Settings) -> str:
    host, port = _reachable(settings)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _status(host: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET /health HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        return (await reader.readline()).split(b" ")[1:2][0]
    except IndexError:
        return b""
    finally:
        writer.close()


def _reachable(settings: Settings) -> tuple[str, int]:
    return ("127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host), settings.port  # noqa: S104


def _check_port(settings: Settings) -> None:
    try:
        family, kind, _, _, where = socket.getaddrinfo(
            settings.host or None, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(where)
            listener.listen()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WrongSetting(
            f"PORT {settings.port} on {settings.host} can't be used: {reason}. "
            "Alrt may already be running; else set another PORT."
        ) from error


def _environment(settings: Settings, urls: Urls) -> dict[str, str]:
    inherited = dict(os.environ)
    if settings.database_url is None:
        inherited = {name: value for name, value in inherited.items() if not name.startswith("PG")}
    scripts = Path(sys.executable).parent
    return inherited | {
        "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": urls.database_url,
        "REDIS_URL": urls.redis_url,
        "DATA_DIR": str(settings.data_dir),
        "HOST": settings.host,
        "PORT": str(settings.port),
        "SOURCE": settings.source,
        "STORAGE_URL": settings.storage_url,
        "SECRET_KEY": settings.secret_key,
        "ALRT_EMBEDDED": "yes" if settings.is_embedded else "no",
        MARK: str(settings.data_dir),
    }


def _error(task: "asyncio.Task[None]") -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None


def _how(code: int) -> str:
    return f"with code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
