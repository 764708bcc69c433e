"""A stand-in for Apify: a real server that speaks its API v2, and gives what a test has written down.

`python -m tests.fakes.apify --port 8900` serves a few made-up accounts to try the product with.
"""

import argparse
import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, Self

import msgspec
import uvicorn
from PIL import Image, ImageDraw
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from app.settings import ApifySettings

Row = dict[str, Any]

TOKEN = "apify_api_ofTheFake"
STORY_ACTOR = "datavoyantlab~advanced-instagram-stories-scraper"
PROFILE_ACTOR = "apify~instagram-profile-scraper"
POST_ACTOR = "apify~instagram-post-scraper"

_KINDS = {
    401: ("user-or-token-not-found", "User was not found or the token is not valid"),
    402: ("not-enough-usage-to-run-paid-actor", "The remaining usage is too small"),
    403: ("actor-is-not-rented", "The actor has to be rented first"),
    404: ("record-not-found", "There is no such record"),
    408: ("run-timeout-exceeded", "The run took too long"),
    429: ("rate-limit-exceeded", "Too many requests"),
    500: ("internal-error", "Something went wrong"),
}


def story(
    username: str,
    media: int | str,
    *,
    owner: int | str = 501,
    taken_at: int = 1_790_000_000,
    url: str = "https://scontent-a.cdninstagram.com/story.jpg",
    video: bool = False,
    **changes: Any,
) -> Row:
    """A row of the raw shape. A change to `...` takes the field away."""
    row: Row = {
        "id": f"{media}_{owner}",
        "pk": int(float(f"{int(media):.10e}")) if str(media).isdigit() else 1,
        "product_type": "story",
        "media_type": 2 if video else 1,
        "user": {"username": username, "full_name": username.title(), "is_verified": False},
        "taken_at": taken_at,
        "expiring_at": taken_at + 86_400,
        "image_versions2": {"candidates": [{"url": url, "width": 1080, "height": 1920}, {"url": f"{url}?small"}]},
        "caption": None,
    }
    if video:
        row |= {
            "video_duration": 9.5,
            "video_versions": [{"url": "https://scontent-a.cdninstagram.com/v.mp4"}],
        }
    return _changed(row, changes)


def flat_story(username: str, media: int | str, *, taken_at: int = 1_790_000_000, **changes: Any) -> Row:
    row: Row = {
        "id": str(media),
        "media_type": 1,
        "is_video": False,
        "taken_at_date": datetime.fromtimestamp(taken_at, UTC).isoformat(),
        "expiring_at": taken_at + 86_400,
        "thumbnail_url": "https://scontent-a.cdninstagram.com/flat.jpg",
        "owner": {"username": username},
    }
    return _changed(row, changes)


def profile(username: str, *, owner: int | str = 501, **changes: Any) -> Row:
    row: Row = {
        "inputUrl": f"https://www.instagram.com/{username}",
        "id": str(owner),
        "username": username,
        "url": f"https://www.instagram.com/{username}",
        "fullName": username.title(),
        "biography": f"All about {username}",
        "followersCount": 1200,
        "followsCount": 80,
        "postsCount": 3,
        "private": False,
        "verified": True,
        "profilePicUrl": "https://scontent-a.cdninstagram.com/avatar.jpg",
        "profilePicUrlHD": "https://scontent-a.cdninstagram.com/avatar-hd.jpg",
        "relatedProfiles": [],
        "latestPosts": [],
    }
    return _changed(row, changes)


def post(
    username: str,
    media: int | str,
    *,
    owner: int | str = 501,
    posted_at: str = "2026-09-20T10:00:00.000Z",
    **changes: Any,
) -> Row:
    row: Row = {
        "inputUrl": f"https://www.instagram.com/{username}/",
        "id": str(media),
        "type": "Image",
        "shortCode": f"C{media}",
        "caption": "A day by the sea #Sea #SUN",
        "hashtags": ["Sea", "SUN"],
        "url": f"https://www.instagram.com/p/C{media}/",
        "commentsCount": 4,
        "displayUrl": "https://scontent-a.cdninstagram.com/post.jpg",
        "images": [],
        "likesCount": 37,
        "timestamp": posted_at,
        "childPosts": [],
        "ownerUsername": username,
        "ownerId": str(owner),
    }
    return _changed(row, changes)


def not_found(username: str) -> Row:
    return {
        "url": f"https://www.instagram.com/{username}/",
        "username": username,
        "error": "not_found",
        "errorDescription": "Nothing is there",
    }


def no_items() -> Row:
    return {"error": "no_items", "errorDescription": "Nothing public for this input"}


def restricted(username: str) -> Row:
    return {
        "username": username,
        "private": False,
        "error": "Restricted profile",
        "isRestrictedProfile": True,
        "restrictionReason": "Only for people of a certain age",
    }


def _changed(row: Row, changes: Row) -> Row:
    return {key: value for key, value in {**row, **changes}.items() if value is not ...}


def drawn(width: int = 540, height: int = 960, *, form: str = "JPEG") -> bytes:
    """A small picture of rings."""
    image = Image.new("RGB", (width, height), (30, 64, 120))
    pen = ImageDraw.Draw(image)
    for step in range(0, min(width, height) // 2, 12):
        pen.ellipse((step, step, width - step, height - step), outline=(250, 200 - step % 150, 90), width=3)
    file = BytesIO()
    image.save(file, form)
    return file.getvalue()


class FakeRun(msgspec.Struct):
    id: str
    actor: str
    input: Row
    status: str
    rows: list[Row]
    polls_left: int


class _Fault(msgspec.Struct):
    how: int | str
    times: int | None
    headers: dict[str, str]


class FakeApify:
    """Handles are written in small letters."""

    def __init__(self, *, port: int = 0, token: str | None = TOKEN) -> None:
        self.stories: dict[str, list[Row]] = {}
        self.profiles: dict[str, Row] = {}
        self.posts: dict[str, list[Row]] = {}
        self.errors: dict[str, Row] = {}
        """What any actor gives for a handle instead."""
        self.more: list[Row] = []
        """Rows that every run gives in addition."""
        self.runs: list[FakeRun] = []
        self.requests: list[str] = []
        self.status: dict[str, str] = {}
        """How a role's runs end (`stories`, `profile`, `posts`), if not well."""
        self.polls = 0
        """How many polls find a run still running; −1: all."""
        self.pictures: dict[str, int | str | bytes] = {}
        """By name: a status, `huge`, `endless`, `text`, `bomb`, `cut`, `hang`, another address, or bytes."""
        self._faults: dict[str, _Fault] = {}
        self._token = token
        self._port = port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def settings(self, **changes: Any) -> ApifySettings:
        given = {
            "api_url": self.url,
            "token": self._token or TOKEN,
            "story_actor": STORY_ACTOR,
            "profile_actor": PROFILE_ACTOR,
            "post_actor": POST_ACTOR,
            "batch": 50,
        }
        return ApifySettings(**{**given, **changes})

    def picture(self, name: str) -> str:
        return f"{self.url}/pictures/{name}.jpg"

    def fail(
        self,
        where: str,
        how: int | str,
        *,
        times: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`where`: `start`, `poll`, `items` or `me`. `how`: a status, `html`, `broken` or `hang`."""
        self._faults[where] = _Fault(how, times, dict(headers or {}))

    async def __aenter__(self) -> Self:
        # Named as TCP, else asyncio leaves Nagle's algorithm on and every answer takes 40 ms.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self._port))
        self._port = listening.getsockname()[1]
        config = uvicorn.Config(_app(self), log_config=None, lifespan="off", access_log=False)
        self._server = _QuietServer(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]))
        while not self._server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.005)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.leaving.set()
        await self._task

    async def start(self, request: Request) -> Response:
        if (refused := await self._refused(request, "start")) is not None:
            return refused
        actor, question = request.path_params["actor"], await request.json()
        role = _role(actor)
        run = FakeRun(
            id=f"run{len(self.runs) + 1}",
            actor=actor,
            input=question,
            status=self.status.get(role, "SUCCEEDED"),
            rows=self._rows(role, question),
            polls_left=self.polls,
        )
        self.runs.append(run)
        return JSONResponse({"data": _run_body(run, "READY")}, 201)

    async def poll(self, request: Request) -> Response:
        if (refused := await self._refused(request, "poll")) is not None:
            return refused
        run = self._run(request.path_params["id"])
        if run is None:
            return _error(404)
        is_over = run.polls_left == 0
        run.polls_left -= run.polls_left > 0
        return JSONResponse({"data": _run_body(run, run.status if is_over else "RUNNING")})

    async def items(self, request: Request) -> Response:
        if (refused := await self._refused(request, "items")) is not None:
            return refused
        run = self._run(request.path_params["id"].removeprefix("dataset-of-"))
        if run is None:
            return _error(404)
        offset, limit = (int(request.query_params.get(name, "0")) for name in ("offset", "limit"))
        page = run.rows[offset : offset + limit]
        counts = {"Total": len(run.rows), "Offset": offset, "Limit": limit, "Count": len(page)}
        return JSONResponse(page, headers={f"X-Apify-Pagination-{key}": str(value) for key, value in counts.items()})

    async def me(self, request: Request) -> Response:
        if (refused := await self._refused(request, "me")) is not None:
            return refused
        return JSONResponse({"data": {"id": "user1", "username": "made_up", "plan": {"id": "STARTER"}}})

    async def limits(self, request: Request) -> Response:
        if (refused := await self._refused(request, "me")) is not None:
            return refused
        spent = {"limits": {"maxMonthlyUsageUsd": 49}, "current": {"monthlyUsageUsd": 3.5}}
        return JSONResponse({"data": spent})

    async def show(self, request: Request) -> Response:
        self.requests.append(request.url.path)
        how = self.pictures.get(request.path_params["name"], b"")
        if how == "hang":
            await asyncio.Event().wait()
        return _picture(how)

    def forget(self, run_id: str) -> None:
        self.runs = [run for run in self.runs if run.id != run_id]

    def _run(self, run_id: str) -> FakeRun | None:
        return next((run for run in self.runs if run.id == run_id), None)

    def _rows(self, role: str, question: Row) -> list[Row]:
        handles = question.get("usernames") or question.get("username") or []
        return [row for handle in handles for row in self._rows_of(role, handle.lower())] + self.more

    def _rows_of(self, role: str, handle: str) -> list[Row]:
        if handle in self.errors:
            return [self.errors[handle]]
        if role == "stories":
            return self.stories.get(handle, [])
        if handle not in self.profiles and handle not in self.posts:
            return [not_found(handle)]
        if role == "profile":
            return [self.profiles[handle]] if handle in self.profiles else []
        return self.posts.get(handle, [])

    async def _refused(self, request: Request, where: str) -> Response | None:
        self.requests.append(f"{request.method} {request.url.path}")
        given = request.headers.get("Authorization", "")
        if given != f"Bearer {self._token}" and (self._token or not given):
            return _error(401)
        fault = self._faults.get(where)
        if fault is None or fault.times == 0:
            return None
        if fault.times is not None:
            fault.times -= 1
        if fault.how == "hang":
            await asyncio.Event().wait()
        return _faulty(fault)


class _QuietServer(uvicorn.Server):
    """Stops at once, where uvicorn looks ten times a second whether it should."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leaving = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves Ctrl-C to whoever runs the tests."""
        yield

    async def main_loop(self) -> None:
        await self.leaving.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for task in self.server_state.tasks:
            task.cancel()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=1)


def _app(fake: FakeApify) -> Starlette:
    return Starlette(
        routes=[
            Route("/v2/actors/{actor}/runs", fake.start, methods=["POST"]),
            Route("/v2/actor-runs/{id}", fake.poll),
            Route("/v2/actor-runs/{id}/dataset/items", fake.items),
            Route("/v2/datasets/{id}/items", fake.items),
            Route("/v2/users/me", fake.me),
            Route("/v2/users/me/limits", fake.limits),
            Route("/pictures/{name}.jpg", fake.show),
        ]
    )


def _role(actor: str) -> str:
    return "stories" if "stor" in actor else "profile" if "profile" in actor else "posts"


def _run_body(run: FakeRun, status: str) -> Row:
    body: Row = {
        "id": run.id,
        "actId": run.actor,
        "status": status,
        "defaultDatasetId": f"dataset-of-{run.id}",
    }
    if status not in ("READY", "RUNNING"):
        body |= {"finishedAt": "2026-09-21T08:00:00.000Z", "statusMessage": f"It is {status.lower()}"}
    return body


def _error(status: int, headers: Mapping[str, str] | None = None) -> Response:
    kind, message = _KINDS.get(status, ("unknown-error", "Unknown"))
    return JSONResponse({"error": {"type": kind, "message": message}}, status, headers)


def _faulty(fault: _Fault) -> Response:
    if isinstance(fault.how, int):
        return _error(fault.how, fault.headers)
    body = "<html><body>Bad gateway</body></html>" if fault.how == "html" else '{"data": {"id": "run'
    return Response(body, media_type="text/html" if fault.how == "html" else "application/json")


def _picture(how: int | str | bytes) -> Response:
    if isinstance(how, int):
        return Response(status_code=how)
    if isinstance(how, bytes):
        return Response(how or drawn(), media_type="image/jpeg")
    if how in ("huge", "endless"):
        size = {"Content-Length": str(50 * 1024 * 1024)} if how == "huge" else None
        return StreamingResponse(_megabytes(50), media_type="image/jpeg", headers=size)
    if how in ("text", "bomb", "cut"):
        return Response({"text": b"not a picture", "bomb": bomb(), "cut": drawn()[:900]}[how])
    return RedirectResponse(how, 302)


async def _megabytes(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"\xff" * 1024 * 1024


def bomb() -> bytes:
    """A small file of 64 million pixels."""
    file = BytesIO()
    Image.new("1", (8000, 8000)).save(file, "PNG")
    return file.getvalue()


def _make_up(fake: FakeApify) -> None:
    now = datetime.now(UTC)
    for number, handle in enumerate(("anna.bakes", "bold_bikes", "cafe.clara"), start=1):
        owner = 500 + number
        taken = [now - timedelta(hours=hours) for hours in (1, 5, 11)][:number]
        fake.stories[handle] = [
            story(
                handle,
                3_900_000_000_000_000_000 + number * 1000 + index,
                owner=owner,
                taken_at=int(moment.timestamp()),
                url=fake.picture(f"{handle}-story-{index}"),
                video=index == 1,
            )
            for index, moment in enumerate(taken)
        ]
        avatar = fake.picture(f"{handle}-avatar")
        fake.profiles[handle] = profile(handle, owner=owner, profilePicUrl=avatar, profilePicUrlHD=avatar)
        fake.posts[handle] = [
            post(
                handle,
                3_800_000_000_000_000_000 + number * 1000 + index,
                owner=owner,
                posted_at=(now - timedelta(days=index)).isoformat(),
                displayUrl=fake.picture(f"{handle}-post-{index}"),
            )
            for index in range(3)
        ]
    fake.profiles["diana.private"] = profile("diana.private", owner=504, private=True)


async def _serve(port: int) -> None:
    async with FakeApify(port=port, token=None) as fake:
        _make_up(fake)
        print(f"Apify's stand-in: {fake.url}, with {', '.join(fake.profiles)}", flush=True)  # noqa: T201
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="Serves made-up accounts the way Apify does.")
    parser.add_argument("--port", type=int, default=8900)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
