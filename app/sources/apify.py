"""Instagram through Apify's actors: one run reads a whole batch of handles."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import httpx

from app.clock import Clock, system_clock
from app.settings import ApifySettings
from app.sources.apify_api import ApifyApi, Patience
from app.sources.base import Outcome, PostsRead, Rhythm, Run, StoriesRead, Target
from app.sources.instagram_posts import MOST_POSTS, posts_of
from app.sources.instagram_stories import stories_of
from app.sources.pictures import INSTAGRAM_HOSTS, fetch_picture, origin_of

log = logging.getLogger(__name__)

Read = TypeVar("Read", StoriesRead, PostsRead)


class ApifySource:
    name = "apify"

    def __init__(
        self,
        settings: ApifySettings,
        clock: Clock = system_clock,
        *,
        client: httpx.AsyncClient | None = None,
        patience: Patience | None = None,
    ) -> None:
        """A client that is handed in stays its owner's to close."""
        self.rhythm = Rhythm(
            # Stories live 24 hours: each is met once, with four hours left for a failed check to be repeated.
            stories_every=timedelta(hours=20),
            posts_every=timedelta(hours=24),
            retry_first=timedelta(minutes=5),
            retry_most=timedelta(hours=1),
            lease=timedelta(minutes=10),
            spacing=timedelta(seconds=3),
            batch=settings.batch,
        )
        self._settings = settings
        self._client = client or httpx.AsyncClient(timeout=15)
        self._closes_client = client is None
        self._api = ApifyApi(settings, clock, self._client, patience or Patience())
        self._picture_hosts = (*INSTAGRAM_HOSTS, origin_of(settings.api_url))

    async def read_stories(self, targets: Sequence[Target], run: Run) -> AsyncIterator[StoriesRead]:
        if not targets:
            return
        harvest = await self._api.harvest("stories", self._settings.story_actor, {"usernames": _handles(targets)}, run)
        for result in _mapped(targets, lambda: stories_of(targets, harvest), StoriesRead):
            yield result

    async def read_posts(self, targets: Sequence[Target], run: Run) -> AsyncIterator[PostsRead]:
        if not targets:
            return
        handles = _handles(targets)
        question = {
            "username": handles,
            "resultsLimit": MOST_POSTS,
            # The default is the dearer one.
            "dataDetailLevel": "basicData",
            "skipPinnedPosts": False,
        }
        profiles, posts = await asyncio.gather(
            self._api.harvest("profile", self._settings.profile_actor, {"usernames": handles}, run),
            self._api.harvest("posts", self._settings.post_actor, question, run),
        )
        for result in _mapped(targets, lambda: posts_of(targets, profiles, posts), PostsRead):
            yield result

    async def picture(self, url: str) -> bytes:
        return await fetch_picture(self._client, url, self._picture_hosts)

    async def close(self) -> None:
        if self._closes_client:
            await self._client.aclose()


def _handles(targets: Sequence[Target]) -> list[str]:
    return list({target.username.casefold(): target.username for target in targets}.values())


def _mapped(targets: Sequence[Target], read: Callable[[], list[Read]], kind: type[Read]) -> list[Read]:
    """A row that nobody thought of must not stop the worker."""
    try:
        return read()
    except Exception:
        log.exception("Rows could not be understood")
        return [
            kind(username=target.username, outcome=Outcome.FAILED, error="rows could not be understood")
            for target in targets
        ]
