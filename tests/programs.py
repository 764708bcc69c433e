"""Programs that ask the API with a token."""

import contextlib
from collections.abc import AsyncIterator

import httpx

from app.teams.tokens import create_token
from tests.cast import Person
from tests.product import Product

TEAMS = ("Acme", "Globex")


@contextlib.asynccontextmanager
async def program(product: Product, person: Person, *, can_write: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    """A program that acts for the person."""
    token = (await token_of(person, can_write=can_write))[1]
    async with product.visitor() as visitor:
        visitor.headers["authorization"] = f"Bearer {token}"
        yield visitor


async def token_of(person: Person, *, can_write: bool = True) -> tuple[int, str]:
    """Its id, and the token."""
    return await create_token(TEAMS[person.team_id - 1], person.email, "a program", can_write=can_write)


def error_of(answer: httpx.Response, status: int) -> dict[str, object]:
    """What the one shape of errors holds."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error"}
    error: dict[str, object] = answer.json()["error"]
    assert {"code", "message"} <= set(error) <= {"code", "message", "fields"}
    return error
