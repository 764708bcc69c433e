"""Fetching pictures from addresses that strangers wrote."""

import asyncio
from collections.abc import Collection

import httpx

from app.sources.base import PictureUnavailable

INSTAGRAM_HOSTS = (".cdninstagram.com", ".fbcdn.net")
LIMIT = 20 * 1024 * 1024

_MOST_REDIRECTS = 3
# Worth another try although the answer blames the request.
_PASSING = {408, 425, 429}


async def fetch_picture(
    client: httpx.AsyncClient,
    url: str,
    allowed_hosts: Collection[str],
    limit: int = LIMIT,
    *,
    timeout: float = 30,
) -> bytes:
    """Raises `PictureUnavailable`.

    `allowed_hosts` holds suffixes such as `.fbcdn.net`, reached over https only, and whole origins such as
    `http://localhost:8900`.
    """
    try:
        async with asyncio.timeout(timeout):
            return await _follow(client, url, allowed_hosts, limit)
    except TimeoutError as error:
        raise PictureUnavailable(f"took more than {timeout:g} seconds", permanent=False) from error
    except httpx.InvalidURL as error:
        raise PictureUnavailable("not an address", permanent=True) from error
    except httpx.HTTPError as error:
        raise PictureUnavailable(f"no answer ({type(error).__name__})", permanent=False) from error


def origin_of(url: str) -> str:
    return _origin(httpx.URL(url))


async def _follow(client: httpx.AsyncClient, url: str, allowed_hosts: Collection[str], limit: int) -> bytes:
    here = httpx.URL(url)
    for _ in range(_MOST_REDIRECTS + 1):
        _check(here, allowed_hosts)
        answer = await _take(client, here, limit)
        if isinstance(answer, bytes):
            return answer
        here = answer
    raise PictureUnavailable("too many redirects", permanent=True)


def _check(url: httpx.URL, allowed_hosts: Collection[str]) -> None:
    """Nothing outside the list is asked, so nothing inside our network is, unless the operator named it."""
    if url.userinfo or not (_origin(url) in allowed_hosts or _is_below(url, allowed_hosts)):
        raise PictureUnavailable("the host is not allowed", permanent=True)


def _is_below(url: httpx.URL, allowed_hosts: Collection[str]) -> bool:
    suffixes = tuple(host for host in allowed_hosts if host.startswith("."))
    return url.scheme == "https" and url.port is None and bool(suffixes) and url.host.endswith(suffixes)


def _origin(url: httpx.URL) -> str:
    """httpx leaves out the port where it is the scheme's own."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


async def _take(client: httpx.AsyncClient, url: httpx.URL, limit: int) -> bytes | httpx.URL:
    """The picture, or where it has gone."""
    # Compressed answers could grow beyond every limit, and pictures gain nothing by it.
    headers = {"Accept": "image/*", "Accept-Encoding": "identity"}
    async with client.stream("GET", url, headers=headers, follow_redirects=False) as response:
        if response.has_redirect_location:
            return url.join(response.headers["Location"])
        _check_status(response.status_code)
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise PictureUnavailable("the answer is compressed", permanent=True)
        return await _body(response, limit)


def _check_status(status: int) -> None:
    if status != 200:
        raise PictureUnavailable(f"HTTP {status}", permanent=400 <= status < 500 and status not in _PASSING)


async def _body(response: httpx.Response, limit: int) -> bytes:
    announced = response.headers.get("Content-Length", "0")
    data = bytearray()
    if announced.isdigit() and int(announced[:18]) > limit:
        raise PictureUnavailable(f"larger than {limit} bytes", permanent=True)
    async for part in response.aiter_raw(64 * 1024):
        data += part
        if len(data) > limit:
            raise PictureUnavailable(f"larger than {limit} bytes", permanent=True)
    if not data:
        raise PictureUnavailable("an empty answer", permanent=False)
    return bytes(data)
