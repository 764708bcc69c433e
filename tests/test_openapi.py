"""The running API against its own description: odd requests by the hundred, and every answer as it was promised."""

import asyncio
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.alerts.test_api import alert
from tests.cast import Cast, client
from tests.product import Product
from tests.programs import token_of

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 20
"""For each operation, once with requests that fit the description and once with ones that don't."""

BODIES: dict[str, Any] = {
    "POST /api/clients": {"handle": "anna"},
    "PUT /api/alerts/{alert_id}/snooze": {"until": None},
    "PATCH /api/client/{client_id}": {"lead_status": "LOST"},
}
"""That no description leads to by chance."""

TABLE = {
    ("GET", "/api/client/{client_id}"),
    ("GET", "/api/client/{client_id}/heatmap"),
    ("GET", "/api/client/{client_id}/activity/{day}"),
    ("GET", "/api/client/{client_id}/analytics"),
    ("GET", "/api/client/{client_id}/stories"),
    ("GET", "/api/alerts"),
    ("PUT", "/api/alerts/{alert_id}/read"),
    ("PUT", "/api/alerts/{alert_id}/dismiss"),
    ("PUT", "/api/alerts/{alert_id}/snooze"),
    ("PUT", "/api/alerts/read-all"),
    ("GET", "/api/events"),
    ("GET", "/api/clients"),
    ("POST", "/api/clients"),
    ("PATCH", "/api/client/{client_id}"),
    ("DELETE", "/api/client/{client_id}"),
}


async def test_the_description_holds_the_api_and_nothing_else(product: Product) -> None:
    async with product.visitor() as visitor:
        answer = await visitor.get("/api/openapi.json")
        assert answer.status_code == 200
        described = answer.json()
    assert {(method.upper(), path) for path, item in described["paths"].items() for method in item} == TABLE
    assert set(described["components"]["securitySchemes"]) == {"token", "session"}
    for item in described["paths"].values():
        for operation in item.values():
            assert operation["summary"]
            assert operation["security"] == [{"token": []}, {"session": []}]
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    schema = response["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Failure"}
                    assert response["content"]["application/json"]["examples"]


async def test_no_request_breaks_it_and_no_answer_differs_from_its_description(product: Product, cast: Cast) -> None:
    product.application.state.pace = _NoLimit()
    await product.archive_story(cast.bakery)
    # What is stopped to be tracked answers 404 from then on, so that it is another one than the rest is asked for.
    goner = await client(cast.alice.team_id, "goner")
    ids = {"client_id": cast.bakery.id, "alert_id": await alert(cast.bakery, cast.alice)}
    token = (await token_of(cast.alice))[1]
    statuses = await asyncio.to_thread(_ask_everything, product.address, token, ids, goner.id)
    for operation, seen in statuses.items():
        assert seen & {200, 201, 204}, f"{operation} never answered what it is for: {seen}"
        assert not seen & {401, 405, 415, 429}, f"{operation} was not really asked: {seen}"


class _NoLimit:
    async def wait(self, caller: str) -> int:
        return 0


def _ask_everything(address: str, token: str, ids: dict[str, int], goner: int) -> dict[str, set[int]]:
    """The statuses of the answers, by operation."""
    schema = schemathesis.openapi.from_url(f"{address}/api/openapi.json")
    headers = {"Authorization": f"Bearer {token}"}
    statuses: dict[str, set[int]] = {}
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        known = {**ids, "client_id": goner} if operation.method.upper() == "DELETE" else ids
        seen = statuses[operation.label] = set()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _ask(operation, mode, known, headers, seen, spared=ids["client_id"])
    return statuses


def _ask(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    known: dict[str, int],
    headers: dict[str, str],
    seen: set[int],
    *,
    spared: int,
) -> None:
    """`spared`: the client that no example may remove by chance."""

    @settings(
        max_examples=EXAMPLES,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), is_known=st.booleans())
    def ask(case: schemathesis.Case[Any], is_known: bool) -> None:
        is_first = mode is GenerationMode.POSITIVE and not seen
        if is_known or is_first:
            for name in known.keys() & case.path_parameters.keys():
                case.path_parameters[name] = known[name]
        if operation.method.upper() == "DELETE" and case.path_parameters.get("client_id") == spared:
            case.path_parameters["client_id"] = known["client_id"]
        if is_first and operation.label in BODIES:
            case.body = BODIES[operation.label]
        answer = case.call_and_validate(headers=headers, checks=CHECKS)
        seen.add(answer.status_code)

    try:
        ask()
    except Unsatisfiable:
        # Nothing can be wrong with a request that takes nothing.
        assert mode is GenerationMode.NEGATIVE
