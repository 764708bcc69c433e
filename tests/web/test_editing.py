"""Several people change things at once, each in a browser of their own."""

import contextlib
import json
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from app.clients.add import add_clients
from app.clients.edit import ClientChanges, edit_client, save_notes
from app.database import query
from app.reading.batch import check_profiles
from tests.browser import sign_in, until_live
from tests.cast import Cast, Person, client
from tests.product import Product
from tests.web.test_open_pages import until


@contextlib.asynccontextmanager
async def at(browser: Browser, product: Product, person: Person, path: str, width: int = 1440) -> AsyncIterator[Page]:
    """Somebody with an open page, live; its scripts may not fail."""
    context = await browser.new_context(viewport={"width": width, "height": 900})
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await sign_in(page, product.address, person)
    await page.goto(f"{product.address}{path}")
    await until_live(page)
    yield page
    await context.close()
    assert errors == []


async def handles(page: Page) -> list[str]:
    shown = "#client-rows > li:not([data-unmatched]):not([data-waiting]) .client-row__handle"
    return [text.removeprefix("@") for text in await page.locator(shown).all_inner_texts()]


async def until_handles(page: Page, *wanted: str) -> None:
    async def are_shown() -> bool:
        return await handles(page) == list(wanted)

    await until(are_shown)


# --- one client -----------------------------------------------------------------------------------------------


async def test_alice_changes_the_status_and_bobs_page_shows_it(product: Product, cast: Cast, browser: Browser) -> None:
    path = f"/client/{cast.bakery.id}"
    async with at(browser, product, cast.alice, path) as alice, at(browser, product, cast.bob, path) as bob:
        await alice.click(".lead-menu__button")
        await alice.click(".lead-menu .menu__item:has-text('Negotiating')")
        await bob.wait_for_selector(".client-header .lead[data-lead=NEGOTIATING]")
        await alice.wait_for_selector(".client-header .lead[data-lead=NEGOTIATING]")
        assert await alice.locator(".lead-menu[open]").count() == 0
        await bob.goto(f"{product.address}/?status=NEGOTIATING")
        await until_handles(bob, "bakery")


async def test_the_dialog_sends_only_what_was_changed(product: Product, cast: Cast, browser: Browser) -> None:
    async with at(browser, product, cast.alice, f"/client/{cast.bakery.id}") as alice:
        await alice.click("[data-opens=edit-client]")
        await alice.fill("#edit-client [name=inactive_after_days]", "7")
        await edit_client(cast.bakery, ClientChanges(label="Rye", assigned_to=cast.bob.id), product.now())
        await alice.wait_for_selector(".client-header .label:has-text('Rye')")
        assert await alice.input_value("#edit-client [name=inactive_after_days]") == "7"
        assert await alice.input_value("#edit-client [name=label]") == ""
        await alice.click("#edit-client button[type=submit]")
        await alice.wait_for_selector(".client-header__facts:has-text('silent after 7 days')")
        await alice.wait_for_selector("#edit-client", state="hidden")
        assert await alice.locator(".client-header .label").inner_text() == "Rye"
        assert "Bob" in await alice.inner_text(".client-header__facts")


async def test_a_refusal_is_said_in_the_dialog_which_stays(product: Product, cast: Cast, browser: Browser) -> None:
    async with at(browser, product, cast.bob, f"/client/{cast.bakery.id}") as bob:
        await bob.click("[data-opens=edit-client]")
        assert await bob.locator("#edit-client [name=inactive_after_days]").count() == 0
        await bob.fill("#edit-client [name=label]", "x" * 201)
        await bob.keyboard.press("Enter")
        await bob.wait_for_selector("#edit-client [role=alert]:has-text('at most 200 characters')")
        await bob.fill("#edit-client [name=label]", "👩‍🍳 Rye")
        await bob.keyboard.press("Enter")
        await bob.wait_for_selector(".client-header .label:has-text('👩‍🍳 Rye')")


async def test_notes_of_two_people_are_never_lost(product: Product, cast: Cast, browser: Browser) -> None:
    path = f"/client/{cast.bakery.id}"
    async with at(browser, product, cast.alice, path) as alice, at(browser, product, cast.bob, path) as bob:
        for person, text in ((alice, "Wants rye."), (bob, "Call on Monday.")):
            await person.click("[data-edit-notes]")
            await person.fill(".notes__input", text)
        await alice.click(".notes [type=submit]")
        await alice.wait_for_selector(".notes__shown:has-text('Wants rye.')")
        await bob.wait_for_selector("[data-changed-meanwhile]")
        assert await bob.input_value(".notes__input") == "Call on Monday."
        await bob.click(".notes [type=submit]")
        await bob.wait_for_selector("[data-theirs]:has-text('Wants rye.')")
        assert await bob.input_value(".notes__input") == "Call on Monday."
        assert await alice.inner_text(".notes__shown") == "Wants rye."
        await bob.click("[data-take-both]")
        await bob.click(".notes [type=submit]")
        await alice.wait_for_selector(".notes__shown:has-text('Call on Monday.')")
        assert await alice.inner_text(".notes__text") == "Wants rye.\n\nCall on Monday."


async def test_mine_is_put_in_place_of_theirs_only_when_asked(product: Product, cast: Cast, browser: Browser) -> None:
    async with at(browser, product, cast.bob, f"/client/{cast.bakery.id}") as bob:
        await bob.click("[data-edit-notes]")
        await bob.fill(".notes__input", "<b>mine</b>")
        await save_notes(cast.bakery, "theirs", 0)
        await bob.click(".notes [type=submit]")
        await bob.wait_for_selector("[data-save-mine]")
        await bob.click(".notes [type=submit]")
        await bob.wait_for_selector(".notes__shown:has-text('<b>mine</b>')")


async def test_writing_survives_pushes_and_a_reload(product: Product, cast: Cast, browser: Browser) -> None:
    async with at(browser, product, cast.bob, f"/client/{cast.bakery.id}") as bob:
        await bob.click("[data-edit-notes]")
        await bob.keyboard.type("Half a ")
        await product.archive_story(cast.bakery)
        await edit_client(cast.bakery, ClientChanges(label="Rye"), product.now())
        await bob.wait_for_selector(".client-header .label:has-text('Rye')")
        await bob.keyboard.type("thought")
        assert await bob.input_value(".notes__input") == "Half a thought"
        await bob.reload()
        await until_live(bob)
        assert await bob.input_value(".notes__input") == "Half a thought"
        await bob.click("[data-cancel-notes]")
        await bob.reload()
        assert not await bob.locator(".notes__input").is_visible()


async def test_alice_removes_a_client_and_takes_it_back(product: Product, cast: Cast, browser: Browser) -> None:
    path = f"/client/{cast.bakery.id}"
    async with at(browser, product, cast.alice, path) as alice, at(browser, product, cast.bob, path) as bob:
        assert await bob.locator("[data-remove]").count() == 0
        await alice.click(".client-actions summary")
        await alice.click("[data-remove]")
        await alice.wait_for_selector("#toast:has-text('Removed @bakery.')")
        await bob.wait_for_selector(".error-page:has-text('Not found')")
        await until_live(alice)
        await until_handles(alice)
        await alice.click("[data-toast-action]")
        await until_handles(alice, "bakery")
        assert not await alice.locator("#toast .toast__box").is_visible()


# --- all clients ----------------------------------------------------------------------------------------------


async def some_clients(product: Product, cast: Cast) -> None:
    """bakery: posting, contacted, Bob's; carla: silent, most followers; anna: just added."""
    carla = await client(cast.alice.team_id, "carla")
    await client(cast.alice.team_id, "anna")
    await query("UPDATE profiles SET followers_count = 900 WHERE username = 'carla'")
    await query("UPDATE profiles SET followers_count = 90 WHERE username = 'bakery'")
    await query("UPDATE clients SET status_signal = 'GREEN', stories_inactive_days = 4 WHERE id = {}", carla.id)
    await product.archive_story(cast.bakery)
    changes = ClientChanges(lead_status="CONTACTED", label="Brot & Café", assigned_to=cast.bob.id)
    await edit_client(cast.bakery, changes, product.now())


async def test_filters_and_order_stand_in_the_address(product: Product, cast: Cast, browser: Browser) -> None:
    await some_clients(product, cast)
    async with at(browser, product, cast.alice, "/") as alice:
        await until_handles(alice, "anna", "bakery", "carla")
        await alice.select_option("[name=sort]", "followers")
        await until_handles(alice, "carla", "bakery", "anna")
        await alice.select_option("[name=assignee]", str(cast.bob.id))
        await until_handles(alice, "bakery")
        assert alice.url.endswith(f"/?assignee={cast.bob.id}&sort=followers")
        assert await alice.inner_text("#found [data-found]") == "1 of 3 clients"
        await alice.reload()
        await until_handles(alice, "bakery")
        await alice.go_back()
        await until_handles(alice, "carla", "bakery", "anna")
        await alice.fill("[name=label]", "cafe")
        await until_handles(alice, "bakery")
        await alice.wait_for_url("**/?label=cafe&sort=followers")
        await alice.click(f"#client-link-{cast.bakery.id}")
        await alice.wait_for_url("**/client/*")
        await until_live(alice)
        await alice.click(".back__link")
        await until_handles(alice, "bakery")
        await alice.fill("#client-search", "zzz")
        await alice.wait_for_selector("#search-empty")
        await alice.click("#search-clear")
        await until_handles(alice, "carla", "bakery", "anna")


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("?sort=signal", ["carla", "bakery", "anna"]),
        ("?sort=story", ["bakery", "anna", "carla"]),
        ("?sort=today", ["bakery", "anna", "carla"]),
        ("?signal=GREEN", ["carla"]),
        ("?status=CONTACTED", ["bakery"]),
        ("?assignee=nobody", ["anna", "carla"]),
        ("?q=CAFE", ["bakery"]),
        ("?sort=nonsense&signal=PURPLE&x=1", ["anna", "bakery", "carla"]),
    ],
)
async def test_an_address_can_be_shared(
    product: Product, cast: Cast, browser: Browser, address: str, wanted: list[str]
) -> None:
    await some_clients(product, cast)
    async with at(browser, product, cast.bob, f"/{address}") as bob:
        await until_handles(bob, *wanted)


async def test_a_pushed_row_lands_where_the_order_puts_it(product: Product, cast: Cast, browser: Browser) -> None:
    await some_clients(product, cast)
    async with at(browser, product, cast.alice, "/?sort=today&status=NEW_LEAD") as alice:
        await until_handles(alice, "anna", "carla")
        carla = await client(cast.alice.team_id, "carla")
        await product.archive_story(carla)
        await until_handles(alice, "carla", "anna")
        await client(cast.alice.team_id, "abel")
        await until_handles(alice, "carla", "abel", "anna")
        await edit_client(carla, ClientChanges(lead_status="LOST"), product.now())
        await until_handles(alice, "abel", "anna")


async def test_nothing_jumps_under_the_pointer(product: Product, cast: Cast, browser: Browser) -> None:
    await some_clients(product, cast)
    async with at(browser, product, cast.alice, "/?sort=today") as alice:
        await until_handles(alice, "bakery", "anna", "carla")
        await alice.focus(f"#client-link-{cast.bakery.id}")
        carla = await client(cast.alice.team_id, "carla")
        await product.archive_story(carla)
        await product.archive_story(carla)
        await client(cast.alice.team_id, "abel")
        await alice.wait_for_selector("#changes:has-text('2 changes, show')")
        assert await handles(alice) == ["bakery", "anna", "carla"]
        assert await alice.evaluate("document.activeElement.id") == f"client-link-{cast.bakery.id}"
        await alice.click("#changes")
        await until_handles(alice, "carla", "bakery", "abel", "anna")
        assert not await alice.locator("#changes").is_visible()


async def test_a_pasted_list_is_tried_and_added_and_its_checks_are_watched(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with at(browser, product, cast.alice, "/") as alice, at(browser, product, cast.bob, "/") as bob:
        assert await bob.locator("[data-opens=add-clients]").count() == 0
        await alice.click("[data-opens=add-clients]")
        await alice.fill("#add-form [name=handles]", "@anna, @carla\nbakery\nhttps://www.instagram.com/p/Cxyz/")
        await alice.click("#add-form [type=submit]")
        await alice.wait_for_selector(".plan__title:has-text('2 accounts to add')")
        verdicts = await alice.locator(".plan__line").evaluate_all("lines => lines.map(line => line.dataset.verdict)")
        assert verdicts == ["new", "new", "tracked", "refused"]
        assert len(await query("SELECT id FROM clients")) == 2
        await alice.focus(".plan [type=submit]")
        await alice.mouse.move(400, 230)  # Where the list is, under the dialog.
        await alice.keyboard.press("Enter")
        await until_handles(alice, "anna", "bakery", "carla")
        await until_handles(bob, "anna", "bakery", "carla")
        await alice.wait_for_selector("#add-progress:has-text('0 of 2 checked')")
        profiles = await query("SELECT id FROM profiles WHERE username IN ('anna', 'carla') ORDER BY username")
        for count, profile in enumerate(profiles, start=1):
            product.source.shows(("anna", "carla")[count - 1])
            await check_profiles("stories", [profile["id"]], product.tools)
            await alice.wait_for_selector(f"#add-progress:has-text('{count} of 2 checked')")
        assert not await bob.locator("#add-progress").is_visible()


async def test_a_list_that_is_refused_says_why_and_is_kept(product: Product, cast: Cast, browser: Browser) -> None:
    async with at(browser, product, cast.alice, "/") as alice:
        await alice.click("[data-opens=add-clients]")
        await alice.fill("#add-form [name=handles]", "\n".join(f"a{n}" for n in range(501)))
        await alice.click("#add-form [type=submit]")
        await alice.wait_for_selector("#add-form [role=alert]:has-text('At most 500')")
        sheet = "handle\nanna\n".encode("utf-16")
        await alice.set_input_files(
            "#add-form [type=file]", {"name": "list.csv", "mimeType": "text/csv", "buffer": sheet}
        )
        await alice.click("#add-form [type=submit]")
        await alice.wait_for_selector(".plan__line:has-text('@anna')")


async def test_without_clients_a_manager_is_shown_the_way(product: Product, cast: Cast, browser: Browser) -> None:
    await query("UPDATE clients SET archived_at = now()")
    async with at(browser, product, cast.alice, "/") as alice, at(browser, product, cast.bob, "/") as bob:
        await alice.click(".client-list__empty [data-opens=add-clients]")
        assert await alice.locator("#add-clients").is_visible()
        assert "A manager of your team adds them" in await bob.inner_text(".client-list__empty")


async def test_five_hundred_clients_stay_quick(product: Product, cast: Cast, browser: Browser) -> None:
    await add_clients(cast.alice.team_id, [f"account.{n}" for n in range(499)], product.now())
    async with at(browser, product, cast.alice, "/") as alice:
        spent = await alice.evaluate(
            """() => {
                const field = document.querySelector("[name=sort]");
                const begun = performance.now();
                for (const sort of ["signal", "story", "followers", ""]) {
                    field.value = sort;
                    field.dispatchEvent(new Event("change"));
                    document.body.offsetHeight;
                }
                return (performance.now() - begun) / 4;
            }"""
        )
        assert spent < 250, json.dumps(spent)
        await alice.fill("#client-search", "account.499")
        await until_handles(alice)
        await alice.fill("#client-search", "account.498")
        await until_handles(alice, "account.498")


async def test_everything_fits_a_phone(product: Product, cast: Cast, browser: Browser) -> None:
    await save_notes(cast.bakery, "a-very-long-word" * 40, 0)
    async with at(browser, product, cast.alice, f"/client/{cast.bakery.id}", width=360) as alice:
        for opened in ("[data-edit-notes]", ".lead-menu__button", "[data-opens=edit-client]"):
            await alice.click(opened)
            assert await alice.evaluate("document.documentElement.scrollWidth") <= 360
        await alice.goto(f"{product.address}/")
        await alice.click("#filters-toggle")
        await alice.select_option("[name=sort]", "story")
        await alice.click("[data-opens=add-clients]")
        await alice.fill("#add-form [name=handles]", "https://www.instagram.com/p/" + "C" * 200)
        await alice.click("#add-form [type=submit]")
        await alice.wait_for_selector(".plan")
        assert await alice.evaluate("document.documentElement.scrollWidth") <= 360
        assert await alice.evaluate("(d => d.scrollWidth <= d.clientWidth)(document.querySelector('#add-clients'))")
