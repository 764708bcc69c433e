"""Apify's API v2, as far as it is needed to run an actor and to take what it gave."""

import asyncio
import json
import logging
import random
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from app.clock import Clock
from app.settings import ApifySettings
from app.sources.base import Outcome, Run
from app.sources.rows import Row, child, text
from app.sources.verdicts import Harvest, Verdict, short

log = logging.getLogger(__name__)

PAGE = 1000
_MOST_PAGES = 20
_OVER = {"SUCCEEDED", "FAILED", "ABORTED", "TIMED-OUT"}
# Whoever is told to wait longer comes back another time.
_LONGEST_WAIT = 60.0


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long is waited for what, in seconds."""

    run: float = 480
    """For a run with all that belongs to it: less than the lease, so that nobody else begins meanwhile."""
    poll: int = 60
    """How long the server may hold a poll; 60 is its most."""
    pause: float = 1
    """Between polls."""
    request: float = 30
    """For an answer, beyond the time that the server may hold it."""
    tries: int = 5
    backoff: float = 0.5
    settle: float = 3
    """A dataset may lag behind its run for seconds, and a missing row would look like an idle account."""


class ApifyError(Exception):
    def __init__(
        self,
        reason: str,
        *,
        outcome: Outcome = Outcome.FAILED,
        passing: bool = False,
        gone: bool = False,
        wait: float | None = None,
    ) -> None:
        super().__init__(short(reason))
        self.outcome = outcome
        self.passing = passing
        """Whether the same request may succeed in a moment."""
        self.gone = gone
        self.wait = wait
        """What the server asks for, in seconds."""


class _State(msgspec.Struct, frozen=True):
    run_id: str
    status: str
    message: str | None
    dataset: str | None

    @property
    def trouble(self) -> Verdict | None:
        if self.status == "SUCCEEDED":
            return None
        details = f": {self.message}" if self.message else ""
        return Verdict(Outcome.FAILED, short(f"the run ended {self.status}{details}"))


class ApifyApi:
    def __init__(self, settings: ApifySettings, clock: Clock, client: httpx.AsyncClient, patience: Patience) -> None:
        root = settings.api_url.rstrip("/")
        self._base = root if root.endswith("/v2") else f"{root}/v2"
        self._token = settings.token
        self._clock = clock
        self._client = client
        self._patience = patience

    async def harvest(self, role: str, actor: str, question: Row, run: Run) -> Harvest:
        """Runs the actor to its end and takes its rows. Raises nothing but cancellation."""
        rows: list[Row] = []
        try:
            async with asyncio.timeout(self._patience.run):
                state = await self._finish(
                    await self._known(role, run) or await self._start(role, actor, question, run)
                )
                await self._collect(state, rows)
        except ApifyError as fault:
            return Harvest(rows, Verdict(fault.outcome, str(fault)))
        except TimeoutError:
            return Harvest(rows, Verdict(Outcome.FAILED, f"not finished within {self._patience.run:g} seconds"))
        except Exception as error:
            log.exception("Reading %s failed", actor)
            return Harvest(rows, Verdict(Outcome.FAILED, f"unexpected {type(error).__name__}"))
        return Harvest(rows, state.trouble)

    async def _known(self, role: str, run: Run) -> _State | None:
        """The run that somebody before us has paid for, if it is still kept."""
        run_id = run.ids.get(role)
        if run_id is None:
            return None
        try:
            return await self._state(run_id, wait=0)
        except ApifyError as fault:
            if fault.gone:
                return None
            raise

    async def _start(self, role: str, actor: str, question: Row, run: Run) -> _State:
        name = quote(actor.replace("/", "~"), safe="~")
        state = _state_of(await self._ask("POST", f"/actors/{name}/runs", body=question))
        try:
            await run.start(role, state.run_id)
        except Exception:
            # The run is paid for either way: what it gives is worth more than the note.
            log.exception("The run %s could not be noted", state.run_id)
        return state

    async def _finish(self, state: _State) -> _State:
        while state.status not in _OVER:
            state = await self._state(state.run_id, wait=self._patience.poll)
            if state.status not in _OVER:
                await asyncio.sleep(self._patience.pause)
        return state

    async def _state(self, run_id: str, *, wait: int) -> _State:
        path = f"/actor-runs/{quote(run_id, safe='')}"
        return _state_of(await self._ask("GET", path, params={"waitForFinish": wait}, hold=wait))

    async def _collect(self, state: _State, rows: list[Row]) -> None:
        """Without `clean`, which makes pages shorter than they are: the last one could not be told."""
        path = f"/datasets/{quote(state.dataset, safe='')}/items" if state.dataset else ""
        path = path or f"/actor-runs/{quote(state.run_id, safe='')}/dataset/items"
        offset, is_second_look = 0, False
        for _ in range(_MOST_PAGES):
            page = await self._ask("GET", path, params={"format": "json", "offset": offset, "limit": PAGE})
            if not isinstance(page, list):
                raise ApifyError("the items are not a list")
            rows += (row for row in page if isinstance(row, dict))
            offset += len(page)
            if len(page) < PAGE:
                if is_second_look:
                    return
                is_second_look = True
                await asyncio.sleep(self._patience.settle)
        raise ApifyError(f"more than {offset} items")

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Row | None = None,
        hold: int = 0,
    ) -> object:
        for attempt in range(1, self._patience.tries + 1):
            try:
                return await self._ask_once(method, path, params, body, hold)
            except ApifyError as fault:
                delay = self._delay(fault, attempt)
                if delay is None:
                    raise
                await asyncio.sleep(delay)
        raise ApifyError("no tries left")

    def _delay(self, fault: ApifyError, attempt: int) -> float | None:
        """None where another try is no use."""
        if not fault.passing or attempt == self._patience.tries:
            return None
        if fault.wait is not None:
            return fault.wait if fault.wait <= _LONGEST_WAIT else None
        return self._patience.backoff * 2.0 ** (attempt - 1) * random.uniform(1, 2)

    async def _ask_once(
        self, method: str, path: str, params: Mapping[str, Any] | None, body: Row | None, hold: int
    ) -> object:
        # A start whose answer got lost may have begun a run all the same: asking again would pay twice.
        repeatable = method == "GET"
        try:
            response = await self._client.request(
                method,
                self._base + path,
                params=params,
                json=body,
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=httpx.Timeout(self._patience.request, read=self._patience.request + hold),
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise ApifyError("no connection", passing=True) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # The error's own text may quote a header.
            raise ApifyError(f"no answer ({type(error).__name__})", passing=repeatable) from None
        if not response.is_success:
            raise self._fault(response)
        try:
            return self._decoded(response)
        except (ValueError, RecursionError) as error:
            raise ApifyError("the answer is not JSON", passing=repeatable) from error

    def _fault(self, response: httpx.Response) -> ApifyError:
        kind, message = self._error_in(response)
        status = response.status_code
        limited = status == 429 or kind == "rate-limit-exceeded"
        return ApifyError(
            " ".join(part for part in (str(status), kind, message) if part),
            outcome=Outcome.RATE_LIMITED if limited else Outcome.FAILED,
            passing=limited or status >= 500,
            gone=status == 404,
            wait=self._wait(response.headers.get("Retry-After", "")),
        )

    def _wait(self, header: str) -> float | None:
        if header.isascii() and header.isdigit():
            return float(header[:9])
        try:
            seconds = (parsedate_to_datetime(header) - self._clock()).total_seconds()
            return seconds if seconds > 0 else 0.0
        except (ValueError, TypeError, OverflowError):
            return None

    def _error_in(self, response: httpx.Response) -> tuple[str | None, str | None]:
        """Proxies answer with HTML, of which only the status is of use."""
        try:
            body = self._decoded(response)
        except (ValueError, RecursionError):
            return None, None
        error = child(body, "error") if isinstance(body, dict) else {}
        return text(error, "type"), text(error, "message")

    def _decoded(self, response: httpx.Response) -> object:
        """Without our token, in case that anything echoes it: texts of errors are shown and kept."""
        body = response.content.decode("utf-8", "replace")
        return json.loads(body.replace(self._token, "…") if self._token else body)


def _state_of(body: object) -> _State:
    data = child(body, "data") if isinstance(body, dict) else {}
    run_id, status = text(data, "id"), text(data, "status")
    # White space would break the note of the run.
    if run_id is None or status is None or run_id.split() != [run_id]:
        raise ApifyError("the answer is not a run")
    return _State(run_id, status.upper().replace("_", "-"), text(data, "statusMessage"), text(data, "defaultDatasetId"))
