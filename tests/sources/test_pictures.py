from collections.abc import AsyncIterator

import httpx
import pytest

from app.sources.apify import ApifySource
from app.sources.base import PictureUnavailable
from app.sources.pictures import INSTAGRAM_HOSTS, fetch_picture, origin_of
from tests.fakes.apify import FakeApify, drawn


@pytest.fixture
async def apify() -> AsyncIterator[FakeApify]:
    async with FakeApify() as fake:
        yield fake


async def fetch(apify: FakeApify, url: str, *, limit: int = 1_000_000, timeout: float = 5) -> bytes:
    async with httpx.AsyncClient(verify=False) as client:
        return await fetch_picture(client, url, (*INSTAGRAM_HOSTS, origin_of(apify.url)), limit, timeout=timeout)


async def refusal(apify: FakeApify, url: str, *, limit: int = 1_000_000, timeout: float = 5) -> PictureUnavailable:
    with pytest.raises(PictureUnavailable) as caught:
        await fetch(apify, url, limit=limit, timeout=timeout)
    return caught.value


async def test_a_picture_comes_as_it_is(apify: FakeApify) -> None:
    assert await fetch(apify, apify.picture("one")) == drawn()


async def test_the_source_fetches_pictures_of_the_api_that_it_was_given(apify: FakeApify) -> None:
    source = ApifySource(apify.settings(api_url=f"{apify.url}/v2"))
    assert await source.picture(apify.picture("one")) == drawn()
    await source.close()


async def test_the_token_is_not_shown_to_who_serves_pictures() -> None:
    seen: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b"picture"))

    async with httpx.AsyncClient(transport=httpx.MockTransport(serve)) as client:
        source = ApifySource(FakeApify().settings(), client=client)
        assert await source.picture("https://scontent-a.cdninstagram.com/v/1.jpg?oh=1&oe=2") == b"picture"
    assert "Authorization" not in seen[0].headers


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_an_expired_address_is_gone_for_good(apify: FakeApify, status: int) -> None:
    apify.pictures["old"] = status
    assert (await refusal(apify, apify.picture("old"))).permanent


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_busy_server_may_be_asked_again(apify: FakeApify, status: int) -> None:
    apify.pictures["busy"] = status
    assert not (await refusal(apify, apify.picture("busy"))).permanent


async def test_a_server_that_hangs_or_is_away_may_be_asked_again(apify: FakeApify) -> None:
    apify.pictures["slow"] = "hang"
    assert not (await refusal(apify, apify.picture("slow"), timeout=0.2)).permanent
    away = FakeApify(port=9)
    assert not (await refusal(away, away.picture("any"))).permanent


@pytest.mark.parametrize("kind", ["huge", "endless"])
async def test_a_file_beyond_the_limit_is_not_swallowed(apify: FakeApify, kind: str) -> None:
    apify.pictures["film"] = kind
    assert (await refusal(apify, apify.picture("film"))).permanent


@pytest.mark.parametrize(
    "url",
    [
        "http://scontent-a.cdninstagram.com/1.jpg",
        "https://scontent-a.cdninstagram.com:8443/1.jpg",
        "https://cdninstagram.com.example.org/1.jpg",
        "https://evilcdninstagram.com/1.jpg",
        "https://scontent.fbcdn.net@127.0.0.1/1.jpg",
        "https://127.0.0.1/1.jpg",
        "https://[::1]/1.jpg",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost/1.jpg",
        "file:///etc/passwd",
        "ftp://a.fbcdn.net/1.jpg",
        "//a.fbcdn.net/1.jpg",
        "picture.jpg",
        "",
        "https://",
        "http://[",
        "https://a.fbcdn.net\\@127.0.0.1/1.jpg",
        "https://127.0.0.1#.fbcdn.net/1.jpg",
        "https://exa\u2024mple.org/\u0000",
    ],
)
async def test_no_other_host_is_asked(apify: FakeApify, url: str) -> None:
    assert (await refusal(apify, url)).permanent
    assert apify.requests == []


async def test_another_port_of_the_same_machine_is_another_host(apify: FakeApify) -> None:
    async with FakeApify() as other:
        assert (await refusal(apify, other.picture("one"))).permanent
        assert other.requests == []


async def test_a_redirect_is_followed(apify: FakeApify) -> None:
    apify.pictures["first"] = "/pictures/second.jpg"
    apify.pictures["second"] = apify.picture("third")
    assert await fetch(apify, apify.picture("first")) == drawn()


async def test_a_redirect_to_elsewhere_is_not_followed(apify: FakeApify) -> None:
    async with FakeApify() as other:
        apify.pictures["trap"] = other.picture("one")
        assert (await refusal(apify, apify.picture("trap"))).permanent
        assert other.requests == []


async def test_a_circle_of_redirects_ends(apify: FakeApify) -> None:
    apify.pictures["round"] = apify.picture("round")
    assert (await refusal(apify, apify.picture("round"))).permanent
    assert len(apify.requests) == 4
