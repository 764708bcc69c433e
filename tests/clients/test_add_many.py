"""A whole list at once: read as it was pasted or exported, tried dry, and added whole or not at all."""

import httpx
import pytest

from app.clients.add import add_clients, plan_adding
from app.clients.edit import remove_client
from app.clients.lists import MOST, entries_of_file, entries_of_text
from app.database import query
from app.profiles.handles import NotAHandle
from app.refused import Refused
from tests.cast import NOW, Cast, Person, client
from tests.product import Product
from tests.worker import names, take_events

SHEET = "name,Username\nAnna,@anna\nBert,bert\n"


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("anna\n\n  bert  \r\ncarla", ["anna", "bert", "carla"]),
        ("anna, bert; carla،noor", ["anna", "bert", "carla", "noor"]),
        ("@anna @bert instagram.com/carla", ["@anna", "@bert", "instagram.com/carla"]),
        ("anna bert", ["anna bert"]),
        ("\ufeff\u200e@anna\u202c\n\u2066bert\u2069", ["@anna", "bert"]),
        (" \n ,; ", []),
    ],
)
def test_a_list_is_read_however_it_was_pasted(text: str, entries: list[str]) -> None:
    assert entries_of_text(text) == entries


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_sheet_is_read_in_each_encoding_that_programs_write(encoding: str) -> None:
    assert entries_of_file(SHEET.encode(encoding)) == ["@anna", "bert"]


@pytest.mark.parametrize(
    ("sheet", "entries"),
    [
        ("anna,x\nbert,y\n", ["anna", "bert"]),
        ("Name;URL\nAnna;https://instagram.com/anna\n;\nBert\n", ["https://instagram.com/anna"]),
        ("no\thandle\n1\tanna\n", ["anna"]),
        ('"two words",x\n', ["two words"]),
        ("", []),
        ("handle\n", []),
    ],
)
def test_the_column_is_the_one_that_is_named_like_a_handle_else_the_first(sheet: str, entries: list[str]) -> None:
    assert entries_of_file(sheet.encode()) == entries


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\x00\x00", b"caf\xe9", b"\xff\xfea", b"x" * 1_000_001])
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        entries_of_file(data)
    assert refused.value.field == "file"


def test_five_hundred_are_enough_at_once() -> None:
    assert len(entries_of_text("\n".join(f"a{n}" for n in range(MOST)))) == MOST
    with pytest.raises(Refused, match="501"):
        entries_of_text("\n".join(f"a{n}" for n in range(MOST + 1)))


async def test_a_dry_run_says_of_each_line_what_would_happen_and_stores_nothing(cast: Cast) -> None:
    await remove_client(await client(cast.alice.team_id, "rye.bread"), NOW)
    await query("UPDATE profiles SET state = 'private', is_private = true WHERE username = 'florist'")
    profiles = await query("SELECT id FROM profiles")
    await take_events()
    entries = [
        "@New.One",
        "bakery",
        "instagram.com/new.one",
        "rye.bread",
        "florist",
        "https://www.instagram.com/p/Cxyz/",
        "two words",
        "https://example.org/anna",
        "a..b",
    ]
    plan = await plan_adding(cast.alice.team_id, entries, batch=2)
    assert [(line.handle, line.verdict, line.reason, line.state) for line in plan.lines] == [
        ("new.one", "new", None, None),
        ("bakery", "tracked", None, None),
        ("new.one", "repeated", None, None),
        ("rye.bread", "back", None, None),
        ("florist", "new", None, "private"),
        (None, "refused", "not_an_account", None),
        (None, "refused", "spaces", None),
        (None, "refused", "another_site", None),
        (None, "refused", "not_a_handle", None),
    ]
    assert plan.to_add == ["new.one", "rye.bread", "florist"]
    assert plan.requests == 2
    assert await query("SELECT id FROM profiles") == profiles
    assert await take_events() == []


async def test_all_that_are_new_are_added_in_one_go(cast: Cast) -> None:
    await take_events()
    added = await add_clients(cast.alice.team_id, ["@anna", "bakery", "bert", "ANNA"], NOW)
    assert len(added) == 2
    assert names(await take_events()) == ["ClientAdded"] * 2
    assert await add_clients(cast.alice.team_id, ["anna", "bert"], NOW) == []


async def test_one_bad_line_keeps_all_others_out(cast: Cast) -> None:
    await take_events()
    with pytest.raises(NotAHandle):
        await add_clients(cast.alice.team_id, ["anna", "two words", "bert"], NOW)
    assert len(await query("SELECT id FROM profiles")) == 2
    assert await take_events() == []


# --- over HTTP ------------------------------------------------------------------------------------------------


async def post(product: Product, person: Person, path: str, **form: object) -> httpx.Response:
    async with product.signed_in(person) as visitor:
        token = {"x-csrftoken": visitor.cookies["alrt_csrf"]}
        return await visitor.post(path, headers=token, **form)  # type: ignore[arg-type]


async def test_a_file_is_tried_dry(product: Product, cast: Cast) -> None:
    sheet = {"file": ("clients.csv", SHEET.encode("utf-16"), "text/csv")}
    answer = await post(product, cast.alice, "/clients/dry-run", files=sheet, data={"handles": ""})
    assert answer.status_code == 200
    assert "2 accounts to add" in answer.text
    assert "1 request of up to 50 names" in answer.text
    assert len(await query("SELECT id FROM clients")) == 2


@pytest.mark.parametrize("path", ["/clients/dry-run", "/clients"])
@pytest.mark.parametrize(
    ("handles", "why"), [("", "no account in it"), ("\n".join(f"a{n}" for n in range(501)), "At most 500")]
)
async def test_nothing_and_too_much_are_refused(
    product: Product, cast: Cast, path: str, handles: str, why: str
) -> None:
    answer = await post(product, cast.alice, path, data={"handles": handles})
    assert answer.status_code == 422
    assert why in answer.text


async def test_a_list_with_a_bad_line_adds_nothing_and_says_which(product: Product, cast: Cast) -> None:
    answer = await post(product, cast.alice, "/clients", data={"handles": "anna\nhttps://instagram.com/p/Cxyz\nbert"})
    assert answer.status_code == 422
    assert "instagram.com/p/Cxyz" in answer.text
    assert "Nothing was added" in answer.text
    assert len(await query("SELECT id FROM clients")) == 2


async def test_five_hundred_are_added_before_anybody_gets_impatient(product: Product, cast: Cast) -> None:
    handles = "\n".join(f"account.{n}" for n in range(MOST))
    answer = await post(product, cast.alice, "/clients", data={"handles": handles})
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() < 10
    rows = await query("SELECT team_id, count(*) AS clients FROM clients GROUP BY team_id ORDER BY team_id")
    assert [row["clients"] for row in rows] == [MOST + 1, 1]


async def test_what_charlie_adds_is_charlies(product: Product, cast: Cast) -> None:
    await post(product, cast.charlie, "/clients", data={"handles": "bakery"})
    rows = await query("SELECT team_id FROM clients ORDER BY id")
    assert [row["team_id"] for row in rows] == [cast.alice.team_id, cast.charlie.team_id, cast.charlie.team_id]
