"""Litestar's request and response as handlers here name them."""

from typing import Any

import litestar
from litestar.datastructures import State

from app.web.auth import Viewer
from app.web.sessions import Session

# `user` is None for somebody who is not signed in; guarded handlers never see that.
Request = litestar.Request[Viewer, Session | None, State]
Response = litestar.Response[Any]


def address_of(request: Request) -> str:
    """From where the request came, for limits."""
    return request.client.host if request.client else "unknown"
