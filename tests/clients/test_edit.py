"""What people decide about a client, as rules."""

from datetime import timedelta

import pytest

from app.clients.edit import ClientChanges, NotesConflict, edit_client, remove_client, restore_client, save_notes
from app.clients.queries import client_of, notes_of
from app.database import query
from app.live.events import ClientAdded, ClientEdited, ClientRemoved
from app.refused import Refused
from tests.cast import NOW, Cast
from tests.product import Product
from tests.worker import Worker, client_row, names, take_events


async def test_status_label_and_assignee_change_together_and_pages_are_told_once(cast: Cast) -> None:
    await take_events()
    await edit_client(
        cast.bakery, ClientChanges(lead_status="CONTACTED", label="  Rye \n bread ", assigned_to=cast.bob.id), NOW
    )
    row = await client_row(cast.bakery)
    assert (row["lead_status"], row["custom_label"], row["assigned_to"]) == ("CONTACTED", "Rye bread", cast.bob.id)
    assert await take_events() == [ClientEdited(team_id=cast.alice.team_id, client_id=cast.bakery.id)]


async def test_what_is_absent_stays_and_what_is_the_same_is_no_news(cast: Cast) -> None:
    await edit_client(cast.bakery, ClientChanges(label="Rye", assigned_to=cast.bob.id), NOW)
    await take_events()
    await edit_client(cast.bakery, ClientChanges(), NOW)
    await edit_client(cast.bakery, ClientChanges(label="Rye"), NOW)
    assert await take_events() == []
    await edit_client(cast.bakery, ClientChanges(assigned_to=None), NOW)
    row = await client_row(cast.bakery)
    assert (row["custom_label"], row["assigned_to"]) == ("Rye", None)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("👩‍🍳 Café", "👩‍🍳 Café"),
        ("حلويات نور", "حلويات نور"),
        ("x" * 200, "x" * 200),
        ("abc\u202edef\u2066", "abcdef"),
        ("a\x00b\tc", "a b c"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("   ", None),
        ("\u200b\u200d", None),
        ("", None),
    ],
)
async def test_a_label_is_one_clean_line(cast: Cast, typed: str, stored: str | None) -> None:
    await edit_client(cast.bakery, ClientChanges(label=typed), NOW)
    assert (await client_row(cast.bakery))["custom_label"] == stored


@pytest.mark.parametrize(
    "changes",
    [
        ClientChanges(label="x" * 201),
        ClientChanges(label="x" * 10_000),
        ClientChanges(lead_status="FRIEND"),
        ClientChanges(lead_status=""),
        ClientChanges(assigned_to=999),
        ClientChanges(assigned_to=-1),
        ClientChanges(inactive_after_days=0),
        ClientChanges(inactive_after_days=61),
        ClientChanges(inactive_after_days=-1),
    ],
)
async def test_what_no_rule_allows_is_refused_whole(cast: Cast, changes: ClientChanges) -> None:
    before = await client_row(cast.bakery)
    await take_events()
    with pytest.raises(Refused) as refused:
        await edit_client(cast.bakery, changes, NOW)
    assert refused.value.field in ("label", "lead_status", "assigned_to", "inactive_after_days")
    assert await client_row(cast.bakery) == before
    assert await take_events() == []


async def test_one_bad_field_keeps_the_good_ones_out(cast: Cast) -> None:
    with pytest.raises(Refused):
        await edit_client(cast.bakery, ClientChanges(label="Rye", lead_status="FRIEND"), NOW)
    assert (await client_row(cast.bakery))["custom_label"] is None


async def test_a_stranger_cannot_be_the_one_who_looks_after_a_client(cast: Cast) -> None:
    with pytest.raises(Refused, match="member of the team"):
        await edit_client(cast.bakery, ClientChanges(assigned_to=cast.charlie.id), NOW)


async def test_another_threshold_is_another_signal_at_once(cast: Cast, tmp_path: object) -> None:
    worker = Worker(tmp_path)  # type: ignore[arg-type]
    for _ in range(3):
        worker.scripted.shows("bakery")
        await worker.stories(cast.bakery)
        worker.later(hours=20)
    assert (await client_row(cast.bakery))["status_signal"] == "YELLOW"
    await edit_client(cast.bakery, ClientChanges(inactive_after_days=2), worker.now)
    row = await client_row(cast.bakery)
    assert (row["status_signal"], row["inactive_after_days"]) == ("GREEN", 2)
    await edit_client(cast.bakery, ClientChanges(inactive_after_days=None), worker.now)
    assert (await client_row(cast.bakery))["status_signal"] == "YELLOW"


async def test_notes_are_kept_as_written_but_for_what_would_turn_or_break_the_text(cast: Cast) -> None:
    text = "<script>alert(1)</script>\r\nline two\n\n👩‍🍳 نص\u202e\x00\x1b"
    assert await save_notes(cast.bakery, text, 0) == 1
    notes = await notes_of(cast.alice.team_id, cast.bakery.id)
    assert notes is not None
    assert (notes.text, notes.version) == ("<script>alert(1)</script>\nline two\n\n👩‍🍳 نص", 1)


async def test_notes_are_never_overwritten_unseen(cast: Cast) -> None:
    assert await save_notes(cast.bakery, "Alice was here", 0) == 1
    await take_events()
    conflict = await save_notes(cast.bakery, "Bob was here", 0)
    assert conflict == NotesConflict(theirs="Alice was here", mine="Bob was here", version=1)
    assert await take_events() == []
    assert await save_notes(cast.bakery, "Alice was here, then Bob", 1) == 2
    assert names(await take_events()) == ["ClientEdited"]


async def test_two_who_wrote_the_same_don_t_disagree(cast: Cast) -> None:
    await save_notes(cast.bakery, "call on Monday", 0)
    assert await save_notes(cast.bakery, "call on Monday\r\n", 0) == 1


async def test_notes_have_an_end(cast: Cast) -> None:
    assert await save_notes(cast.bakery, "x" * 20_000, 0) == 1
    with pytest.raises(Refused, match="20000"):
        await save_notes(cast.bakery, "x" * 20_001, 1)


async def test_a_removed_client_comes_back_as_it_was(cast: Cast) -> None:
    await edit_client(cast.bakery, ClientChanges(label="Rye"), NOW)
    await query("UPDATE profiles SET next_story_check_at = {}", NOW + timedelta(hours=15))
    await take_events()
    await remove_client(cast.bakery, NOW)
    await remove_client(cast.bakery, NOW)
    assert await client_of(cast.alice.team_id, cast.bakery.id) is None
    assert await take_events() == [ClientRemoved(team_id=cast.alice.team_id, client_id=cast.bakery.id)]
    with pytest.raises(Refused, match="removed"):
        await save_notes(cast.bakery, "too late", 0)
    assert await restore_client(cast.alice.team_id, cast.bakery.id, NOW) == cast.bakery
    assert await take_events() == [ClientAdded(team_id=cast.alice.team_id, client_id=cast.bakery.id)]
    assert (await client_row(cast.bakery))["custom_label"] == "Rye"
    due = await query("SELECT next_story_check_at AS due FROM profiles WHERE id = {}", cast.bakery.profile_id)
    assert due[0]["due"] == NOW


async def test_a_stranger_restores_nothing(cast: Cast) -> None:
    await remove_client(cast.bakery, NOW)
    assert await restore_client(cast.charlie.team_id, cast.bakery.id, NOW) is None
    assert await client_of(cast.alice.team_id, cast.bakery.id) is None


# --- over HTTP ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["edit", "notes", "remove", "restore"])
async def test_for_a_stranger_another_teams_client_is_not_there(product: Product, cast: Cast, path: str) -> None:
    async with product.signed_in(cast.charlie) as charlie:
        token = {"x-csrftoken": charlie.cookies["alrt_csrf"]}
        form = {"lead_status": "LOST", "notes": "mine", "version": "0"}
        answer = await charlie.post(f"/client/{cast.bakery.id}/{path}", data=form, headers=token)
    assert answer.status_code == 404
    row = await client_row(cast.bakery)
    assert (row["lead_status"], row["notes"], row["archived_at"]) == ("NEW_LEAD", None, None)


@pytest.mark.parametrize(
    ("path", "form"),
    [("client/{}/edit", {"inactive_after_days": "5"}), ("client/{}/remove", {}), ("clients", {"handles": "rye"})],
)
async def test_a_member_is_no_manager(product: Product, cast: Cast, path: str, form: dict[str, str]) -> None:
    async with product.signed_in(cast.bob) as bob:
        token = {"x-csrftoken": bob.cookies["alrt_csrf"]}
        answer = await bob.post(f"/{path.format(cast.bakery.id)}", data=form, headers=token)
    assert answer.status_code == 403
    row = await client_row(cast.bakery)
    assert (row["inactive_after_days"], row["archived_at"]) == (None, None)


async def test_a_form_that_is_refused_says_why(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        token = {"x-csrftoken": alice.cookies["alrt_csrf"]}
        for form, why in (
            ({"label": "x" * 10_000}, "at most 200 characters"),
            ({"inactive_after_days": "1.5"}, "whole number of days"),
            ({"inactive_after_days": "9" * 30}, "whole number of days"),
            ({"assigned_to": "bob"}, "member of the team"),
        ):
            answer = await alice.post(f"/client/{cast.bakery.id}/edit", data=form, headers=token)
            assert answer.status_code == 422
            assert why in answer.text
        assert (await alice.post(f"/client/{cast.bakery.id}/notes", data={}, headers=token)).status_code == 422


async def test_notes_are_shown_as_text(product: Product, cast: Cast) -> None:
    await save_notes(cast.bakery, "<script>alert(1)</script>", 0)
    async with product.signed_in(cast.bob) as bob:
        text = (await bob.get(f"/client/{cast.bakery.id}")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert(1)" not in text
