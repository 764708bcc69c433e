import asyncio
import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from app.embedded.supervisor import health_check, read_procfile
from app.settings import ROOT, Settings, read_settings
from tests.embedded.processes import all_gone, until

HEALTHY = """
import http.server, os
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == '/health' else 404)
        self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), Health).serve_forever()
"""
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
FAMILY = "import subprocess; child = subprocess.Popen(['sleep', '60']); print('child', child.pid); child.wait()"


class Product:
    """A running stand-in of `alrt run`."""

    def __init__(self, process: asyncio.subprocess.Process, settings: Settings) -> None:
        self.process = process
        self.settings = settings
        self.lines: list[str] = []

    @property
    def pids(self) -> dict[str, int]:
        pids: dict[str, int] = json.loads((self.settings.data_dir / "processes.json").read_text())
        return pids

    async def until(self, text: str) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while line := (await self.process.stdout.readline()).decode():
                self.lines.append(line)
                if text in line:
                    return line
        raise AssertionError(f"'{text}' is not in {self.lines}")

    async def until_ready(self) -> None:
        line = await self.until("is ready")
        assert line == f"Alrt is ready at http://127.0.0.1:{self.settings.port}\n"

    async def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        async with asyncio.timeout(60):
            _, code = await asyncio.gather(self._rest(), self.process.wait())
        return code

    async def _rest(self) -> None:
        assert self.process.stdout is not None
        self.lines += (await self.process.stdout.read()).decode().splitlines(keepends=True)

    def said(self, text: str) -> bool:
        return text in "".join(self.lines)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return read_settings({"DATA_DIR": str(tmp_path_factory.mktemp("product")), "PORT": str(free_port())})


async def test_it_says_when_it_is_ready_and_stops_at_ctrl_c(settings: Settings) -> None:
    async with product(settings) as alrt:
        await alrt.until_ready()
        pids = alrt.pids
        assert list(pids) == ["postgres", "redis", "web"]
        assert await alrt.stop(signal.SIGINT) == 0
        assert not alrt.said("Traceback")
    assert all_gone(pids.values())
    assert cluster_state(settings) == "shut down"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_other_ways_to_end_it_end_everything(settings: Settings, number: int) -> None:
    async with product(settings) as alrt:
        await alrt.until_ready()
        pids = alrt.pids
        assert await alrt.stop(number) == 0
    assert all_gone(pids.values())


async def test_a_program_that_hangs_is_gone_within_five_seconds(settings: Settings) -> None:
    async with product(settings, hang=DEAF) as alrt:
        await alrt.until_ready()
        pids = alrt.pids
        for pid in (pids["web"], pids["redis"], pids["postgres"]):
            os.kill(pid, signal.SIGSTOP)
        begin = time.monotonic()
        alrt.process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.5)
        assert await alrt.stop(signal.SIGINT) == 0
        assert time.monotonic() - begin < 5
        assert not alrt.said("Traceback")
    assert all_gone(pids.values())


async def test_what_a_program_started_is_gone_too(settings: Settings) -> None:
    async with product(settings, family=FAMILY) as alrt:
        child = int((await alrt.until("child")).split()[-1])
        await alrt.until_ready()
        await alrt.stop()
    assert all_gone([child])


async def test_lines_carry_the_name_of_their_program(settings: Settings) -> None:
    async with product(settings, talker="print('hello'); import time; time.sleep(60)") as alrt:
        assert await alrt.until("hello") == "talker | hello\n"


async def test_programs_get_the_addresses_and_no_other_postgresql(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", "elsewhere")
    names = ("DATABASE_URL", "REDIS_URL", "PORT", "DATA_DIR", "PGHOST")
    show = f"import os, time; print('got', [os.environ.get(n, '')[:9] for n in {names}]); time.sleep(60)"
    async with product(settings, show=show) as alrt:
        line = await alrt.until("got")
    values = ["postgresq", "redis://:", str(settings.port), str(settings.data_dir)[:9], ""]
    assert line == f"show   | got {values}\n"


async def test_a_port_in_use_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = read_settings({"DATA_DIR": str(tmp_path), "PORT": str(taken.getsockname()[1])})
        async with product(settings) as alrt:
            assert await alrt.ended() == 1
    assert len(alrt.lines) == 1
    assert alrt.said("can't be used: address already in use")
    assert not (tmp_path / "postgres").exists()


async def test_a_second_run_on_the_same_data_stops_with_one_line(settings: Settings) -> None:
    async with product(settings) as first:
        await first.until_ready()
        other_port = read_settings({"DATA_DIR": str(settings.data_dir), "PORT": str(free_port())})
        async with product(other_port) as second:
            assert await second.ended() == 1
        assert second.lines == [f"Alrt already runs on {settings.data_dir} (process {first.process.pid}).\n"]
        assert await health_check(settings)()


@pytest.mark.parametrize("name", ["web", "postgres", "redis"])
async def test_what_crashes_is_started_again(settings: Settings, name: str) -> None:
    async with product(settings) as alrt:
        await alrt.until_ready()
        before = alrt.pids
        os.kill(before[name], signal.SIGKILL)
        await alrt.until(f"{name} ended by SIGKILL, and starts again in 0.3 s.")
        after = await changed_pids(alrt, before)
        assert [key for key in after if after[key] != before[key]] == [name]
        connection = await asyncpg.connect(noted_database(settings))
        await connection.close()
        assert await alrt.stop() == 0


async def test_a_program_that_crashes_on_and_on_stops_everything(settings: Settings) -> None:
    async with product(settings, broken="raise SystemExit(3)") as alrt:
        assert await alrt.ended() == 1
    delays = re.findall(r"broken ended with code 3, and starts again in (\S+) s", "".join(alrt.lines))
    assert delays == ["0.3", "0.6", "1.2", "2.4"]
    assert alrt.said("broken ended 5 times within 60 s, last with code 3.")
    assert cluster_state(settings) == "shut down"


async def test_an_unknown_program_stops_everything_with_the_reason(settings: Settings) -> None:
    async with product(settings, lines=["odd: no-such-program"]) as alrt:
        assert await alrt.ended() == 1
    assert alrt.said("The Procfile's 'no-such-program' is not installed.")
    assert cluster_state(settings) == "shut down"


async def test_a_broken_preparation_stops_everything_with_the_reason(settings: Settings) -> None:
    async with product(settings, preparation="broken") as alrt:
        assert await alrt.ended() == 1
    assert alrt.said("the migration failed")
    assert cluster_state(settings) == "shut down"


async def test_ctrl_c_also_ends_the_preparation(settings: Settings) -> None:
    async with product(settings, preparation="slow") as alrt:
        await alrt.until("preparing")
        assert await alrt.stop(signal.SIGINT) == 0
    assert cluster_state(settings) == "shut down"


async def test_output_that_nobody_reads_does_not_keep_it_from_stopping(settings: Settings) -> None:
    async with product(settings, flood="while True: print('x' * 1000)") as alrt:
        await until(health_check(settings), 20)
        pids = alrt.pids
        alrt.process.terminate()
        await until(lambda: all_gone(pids.values()), 5)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
async def test_killing_the_supervisor_leaves_nothing_behind(settings: Settings) -> None:
    async with product(settings) as alrt:
        await alrt.until_ready()
        pids = alrt.pids
        alrt.process.kill()
        await alrt.ended()
        await until(lambda: all_gone(pids.values()), 5)


async def test_a_program_left_behind_is_ended_at_the_next_start(settings: Settings) -> None:
    mark = {"ALRT_SUPERVISED": str(settings.data_dir)}
    left = await asyncio.create_subprocess_exec("sleep", "60", env={**os.environ, **mark})
    async with product(settings) as alrt:
        await alrt.until_ready()
        assert await asyncio.wait_for(left.wait(), 1) == -signal.SIGTERM
        await alrt.stop()


def test_the_procfile_names_the_processes_of_production() -> None:
    assert read_procfile(ROOT / "Procfile") == {
        "web": "alrt web",
        "worker": "alrt worker",
        "relay": "alrt relay",
    }


@asynccontextmanager
async def product(
    settings: Settings, preparation: str = "none", lines: Sequence[str] = (), **programs: str
) -> AsyncIterator[Product]:
    """Runs a healthy `web` beside the given Python programs and Procfile lines."""
    scripts = {"web": HEALTHY, **programs}
    for name, text in scripts.items():
        (settings.data_dir / f"{name}.py").write_text(text)
    procfile = settings.data_dir / "Procfile"
    started = [f"{name}: python '{settings.data_dir / name}.py'" for name in scripts]
    procfile.write_text("\n".join([*started, *lines]))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.embedded.stand_in", str(procfile), preparation),
        env={**os.environ, "DATA_DIR": str(settings.data_dir), "PORT": str(settings.port)},
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    alrt = Product(process, settings)
    try:
        yield alrt
    finally:
        if process.returncode is None:
            await alrt.stop()


async def changed_pids(alrt: Product, before: dict[str, int]) -> dict[str, int]:
    await until(lambda: alrt.pids != before, 10)
    return alrt.pids


def noted_database(settings: Settings) -> str:
    url: str = json.loads((settings.data_dir / "servers.json").read_text())["database_url"]
    return url


def cluster_state(settings: Settings) -> str:
    log = (settings.data_dir / "logs" / "postgres.log").read_text().splitlines()
    return "shut down" if log[-1].endswith("database system is shut down") else log[-1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
