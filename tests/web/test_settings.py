"""The settings in several browsers at once."""

from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page

from app.analytics.days import day_of
from app.clients.edit import ClientChanges, edit_client
from app.database import query
from app.reading.batch import check_profiles
from app.teams.queries import insert_member, team_facts
from app.teams.team import TeamChanges, edit_team
from tests.browser import sign_in, until_live
from tests.cast import PASSWORD, Cast
from tests.product import Product
from tests.web.test_editing import at


async def say_yes(page: Page) -> None:
    await page.click("#confirm[open] [data-yes]")


async def of_same_load(page: Page) -> None:
    await page.evaluate("window.sameLoad = true")


# --- people ---------------------------------------------------------------------------------------------------


async def test_alice_invites_dora_who_joins_and_appears_in_the_open_list(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with at(browser, product, cast.alice, "/settings") as alice:
        await of_same_load(alice)
        await alice.fill("#invite-form [name=email]", "dora@example.org")
        await alice.select_option("#invite-form [name=role]", "manager")
        assert "adds and removes clients" in await alice.inner_text("#role-meaning")
        await alice.click("#invite-form [type=submit]")
        await alice.wait_for_selector("#team-members .member--invited:has-text('dora@example.org')")
        link = await alice.input_value("#invited input")
        assert link.startswith(f"{product.address}/invitation/")
        context = await browser.new_context()
        dora = await context.new_page()
        await dora.goto(link)
        await dora.fill("[name=full_name]", "Dora")
        await dora.fill("[name=password]", PASSWORD)
        await dora.click("main .button--primary")
        await until_live(dora)
        assert await dora.locator("#client-rows .client-row").count() == 1
        await alice.wait_for_selector(".member:has-text('Dora') .role-menu__button:has-text('Manager')")
        assert await alice.locator(".member--invited").count() == 0
        assert await alice.evaluate("window.sameLoad") is True
        await dora.goto(link)
        await dora.wait_for_selector("h1:has-text('used already')")
        await context.close()


async def test_a_second_link_is_another_one_and_a_refusal_is_said_in_place(
    product: Product, cast: Cast, browser: Browser
) -> None:
    async with at(browser, product, cast.alice, "/settings") as alice:
        links = set()
        for email in ("dora@example.org", "eve@example.org"):
            await alice.fill("#invite-form [name=email]", email)
            await alice.click("#invite-form [type=submit]")
            await alice.wait_for_selector(f"#invited:has-text('{email}')")
            links.add(await alice.input_value("#invited input"))
        assert len(links) == 2
        await alice.fill("#invite-form [name=email]", cast.bob.email)
        await alice.click("#invite-form [type=submit]")
        await alice.wait_for_selector("#invite-form [role=alert]:has-text('belongs to the team already')")
        assert await alice.get_attribute("#invite-form [name=email]", "aria-invalid") == "true"
        await alice.click(".member--invited:has-text('eve') .member__remove button")
        await say_yes(alice)
        await alice.wait_for_selector(".member--invited:has-text('eve')", state="detached")


async def test_bobs_page_goes_to_the_login_when_he_is_removed(product: Product, cast: Cast, browser: Browser) -> None:
    await edit_client(cast.bakery, ClientChanges(assigned_to=cast.bob.id), product.now())
    async with (
        at(browser, product, cast.alice, "/settings") as alice,
        at(browser, product, cast.bob, f"/client/{cast.bakery.id}") as bob,
    ):
        other = await alice.context.new_page()
        await other.goto(product.address)
        await other.wait_for_selector(".client-row__assignee:has-text('Bob')")
        assert not await alice.locator(f"#member-{cast.alice.id} .member__remove").is_visible()
        await alice.click(f"#member-{cast.bob.id} .member__remove button")
        await alice.click("#confirm [data-close]")
        assert await alice.locator(f"#member-{cast.bob.id}").is_visible()
        await alice.click(f"#member-{cast.bob.id} .member__remove button")
        await say_yes(alice)
        await alice.wait_for_selector(f"#member-{cast.bob.id}", state="detached")
        await bob.wait_for_url("**/login")
        await other.wait_for_selector(".client-row__assignee", state="detached")


async def test_bobs_settings_follow_his_role(product: Product, cast: Cast, browser: Browser) -> None:
    async with (
        at(browser, product, cast.alice, "/settings") as alice,
        at(browser, product, cast.bob, "/settings") as bob,
    ):
        assert await bob.locator("#team-form, #invite-form").count() == 0
        assert await bob.locator(".role-menu__button:visible, .member__remove:visible").count() == 0
        assert await bob.locator(f"#member-{cast.bob.id} .member__you").is_visible()
        await alice.click(f"#role-menu-{cast.bob.id} summary")
        await alice.click(f"#role-menu-{cast.bob.id}  [hx-vals*=admin]")
        await bob.wait_for_selector("#team-form")
        await until_live(bob)
        assert not await bob.locator(f"#member-{cast.alice.id} .role-menu").is_visible()
        assert await bob.locator(f"#role-menu-{cast.bob.id}").is_visible()
        assert await bob.locator("#invite-form [value=owner]").count() == 0


async def test_the_last_owner_is_told_why_he_stays_one(product: Product, cast: Cast, browser: Browser) -> None:
    async with at(browser, product, cast.alice, "/settings") as alice:
        await alice.click(f"#role-menu-{cast.alice.id} summary")
        await alice.click(f"#role-menu-{cast.alice.id}  [hx-vals*=manager]")
        await alice.wait_for_selector("#members-refused:has-text('A team needs an owner')")
        await alice.click(".leave button")
        await say_yes(alice)
        await alice.wait_for_selector("#leave-refused:has-text('A team needs an owner')")


async def test_a_new_name_reaches_the_clients_that_bob_looks_after(
    product: Product, cast: Cast, browser: Browser
) -> None:
    await edit_client(cast.bakery, ClientChanges(assigned_to=cast.bob.id), product.now())
    async with (
        at(browser, product, cast.alice, f"/client/{cast.bakery.id}") as alice,
        at(browser, product, cast.bob, "/settings") as bob,
    ):
        await bob.fill("#you-form [name=full_name]", "Robert <i>")
        await bob.click("#you-form [type=submit]")
        await bob.wait_for_selector("#you-form [data-saved]:has-text('Saved')")
        assert "Robert <i>" in await bob.inner_text(".menu__name")
        await alice.wait_for_selector(".client-header__facts:has-text('Robert <i>')")


async def test_two_teams_are_switched_in_the_menu_and_the_other_tab_follows(
    product: Product, cast: Cast, browser: Browser
) -> None:
    await insert_member(cast.charlie.team_id, cast.bob.id, "member")
    async with at(browser, product, cast.bob, "/") as bob:
        other = await bob.context.new_page()
        await other.goto(f"{product.address}/settings")
        await until_live(other)
        await bob.click(".menu__button")
        await bob.click(".menu__teams button")
        await bob.wait_for_selector("#team-name:has-text('Globex')")
        await bob.wait_for_selector("#client-rows:has-text('@florist')")
        await other.wait_for_selector("#team-name:has-text('Globex')")


# --- the team -------------------------------------------------------------------------------------------------


async def test_another_zone_moves_today_on_an_open_page(product: Product, cast: Cast, browser: Browser) -> None:
    now = product.now()
    zone = next(z for z in ("Pacific/Kiritimati", "Pacific/Pago_Pago") if day_of(now, z) != day_of(now, "UTC"))
    today = f"#day-{cast.bakery.id}-{day_of(now, zone)}[aria-current=date]"
    async with (
        at(browser, product, cast.alice, "/settings") as alice,
        at(browser, product, cast.bob, f"/client/{cast.bakery.id}") as bob,
    ):
        await of_same_load(bob)
        assert await bob.locator(today).count() == 0
        await alice.fill("#team-form [name=time_zone]", zone.replace("_", " "))
        assert await alice.locator("[data-zone-news]").is_visible()
        assert "there now" in await alice.inner_text("#team-zone-hint")
        await alice.click("#team-form [type=submit]")
        await alice.wait_for_selector("#team-form [data-saved]:has-text('Saved')")
        assert not await alice.locator("[data-zone-news]").is_visible()
        await bob.wait_for_selector(today)
        assert await bob.locator(".day-cell[aria-current=date]").count() == 1
        assert await bob.evaluate("window.sameLoad") is True


async def test_a_year_that_is_shown_is_drawn_anew_in_the_new_zone(
    product: Product, cast: Cast, browser: Browser
) -> None:
    await product.archive_story(cast.bakery)
    path = f"/client/{cast.bakery.id}?year={product.now().year}"
    async with at(browser, product, cast.bob, path) as bob:
        today = day_of(product.now(), "Asia/Tokyo")
        async with bob.expect_event("load"):
            await edit_team(cast.alice.team_id, TeamChanges(time_zone="Asia/Tokyo"), product.now())
        await until_live(bob)
        assert bob.url.endswith(path)
        assert await bob.locator(f"#day-{cast.bakery.id}-{today}[aria-current=date]").count() == 1


async def test_another_threshold_turns_a_row_by_itself(product: Product, cast: Cast, browser: Browser) -> None:
    now = product.now()
    for hours in (50, 30, 10):
        await query(
            "INSERT INTO checks (profile_id, kind, source, started_at, finished_at, outcome)"
            " VALUES ({}, 'stories', 'test', {}, {}, 'empty')",
            cast.bakery.profile_id,
            now - timedelta(hours=hours),
            now - timedelta(hours=hours),
        )
    product.source.shows("bakery")
    await query("UPDATE teams SET inactive_after_days = 9")
    await check_profiles("stories", [cast.bakery.profile_id], product.tools)
    async with (
        at(browser, product, cast.alice, "/settings") as alice,
        at(browser, product, cast.bob, "/") as bob,
    ):
        await alice.fill("#team-form [name=inactive_after_days]", "2")
        await alice.click("#team-form [type=submit]")
        await bob.wait_for_selector(f"#client-row-{cast.bakery.id}[data-signal=GREEN]")
        await alice.fill("#team-form [name=inactive_after_days]", "60")
        await alice.click("#team-form [type=submit]")
        await bob.wait_for_selector(f"#client-row-{cast.bakery.id}[data-signal=YELLOW]")


async def test_what_is_typed_survives_what_others_save(product: Product, cast: Cast, browser: Browser) -> None:
    async with at(browser, product, cast.alice, "/settings") as alice:
        await alice.fill("#team-form [name=name]", "Acme & S")
        await edit_team(cast.alice.team_id, TeamChanges(name="Theirs", inactive_after_days=9), product.now())
        await alice.wait_for_selector("#team-form [data-changed-meanwhile]")
        assert await alice.input_value("#team-form [name=inactive_after_days]") == "9"
        await alice.wait_for_selector("#team-name:has-text('Theirs')")
        await alice.type("#team-form [name=name]", "ons")
        assert await alice.input_value("#team-form [name=name]") == "Acme & Sons"
        await alice.click("#team-form [type=submit]")
        await alice.wait_for_selector("#team-name:has-text('Acme & Sons')")
        facts = await team_facts(cast.alice.team_id)
        assert (facts.name, facts.inactive_after_days) == ("Acme & Sons", 9)
        await alice.fill("#team-form [name=name]", "Mine")
        await edit_team(cast.alice.team_id, TeamChanges(name="Theirs again"), product.now())
        await alice.click("[data-take-theirs]")
        assert await alice.input_value("#team-form [name=name]") == "Theirs again"
        assert not await alice.locator("[data-changed-meanwhile]").is_visible()


async def test_members_see_the_facts_move(product: Product, cast: Cast, browser: Browser) -> None:
    async with at(browser, product, cast.bob, "/settings") as bob:
        await edit_team(cast.alice.team_id, TeamChanges(name="Acme 2", time_zone="Asia/Tokyo"), product.now())
        await bob.wait_for_selector("#team-facts dd:has-text('Asia/Tokyo')")
        await bob.wait_for_selector("#team-name:has-text('Acme 2')")


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("inactive_after_days", "10000", "from 1 to 60"),
        ("inactive_after_days", "three", "from 1 to 60"),
        ("time_zone", "Mars/Olympus", "is not a time zone"),
    ],
)
async def test_what_cannot_be_is_refused_where_it_was_typed(
    product: Product, cast: Cast, browser: Browser, field: str, typed: str, words: str
) -> None:
    async with at(browser, product, cast.alice, "/settings") as alice:
        await alice.fill(f"#team-form [name={field}]", typed)
        await alice.keyboard.press("Enter")
        await alice.wait_for_selector(f"#team-form [role=alert]:has-text('{words}')")
        assert await alice.get_attribute(f"#team-form [name={field}]", "aria-invalid") == "true"
        assert await alice.input_value(f"#team-form [name={field}]") == typed


# --- oneself --------------------------------------------------------------------------------------------------


async def test_a_token_is_shown_once(product: Product, cast: Cast, browser: Browser) -> None:
    async with at(browser, product, cast.bob, "/settings") as bob:
        await bob.fill("#token-form [name=name]", "report")
        await bob.click("#token-form [type=submit]")
        await bob.wait_for_selector("#token-made")
        token = await bob.input_value("#token-made input")
        assert token.startswith("alrt_")
        await bob.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await bob.click("#token-made [data-copy]")
        await bob.wait_for_selector("#token-made [data-copy]:has-text('Copied')")
        assert await bob.evaluate("navigator.clipboard.readText()") == token
        await bob.reload()
        await until_live(bob)
        assert token not in await bob.content()
        await bob.click("#token-list .member__remove button")
        await say_yes(bob)
        await bob.wait_for_selector("#token-list:has-text('No program has a token yet')")


async def test_another_password_signs_bob_out_everywhere_else(product: Product, cast: Cast, browser: Browser) -> None:
    async with at(browser, product, cast.bob, "/settings") as desk, at(browser, product, cast.bob, "/") as phone:
        await desk.fill("#password-form [name=current]", "not it")
        await desk.fill("#password-form [name=new]", "staple battery horse")
        await desk.click("#password-form [type=submit]")
        await desk.wait_for_selector("#password-form [role=alert]:has-text('not your current password')")
        await desk.fill("#password-form [name=current]", PASSWORD)
        await desk.click("#password-form [type=submit]")
        await desk.wait_for_selector("#password-form [data-saved]:has-text('is changed')")
        await phone.wait_for_url("**/login")
        await product.archive_story(cast.bakery)
        await desk.goto(product.address)
        await desk.wait_for_selector("#client-rows .client-row__today:has-text('+1')")


async def test_language_and_zone_are_written_all_over_the_page(product: Product, cast: Cast, browser: Browser) -> None:
    async with at(browser, product, cast.bob, "/settings") as bob:
        await bob.select_option("#you-form [name=language]", "ar")
        await bob.fill("#you-form [name=time_zone]", "Asia/Riyadh")
        await bob.click("#you-form [type=submit]")
        await bob.wait_for_selector("html[lang=ar] body[data-zone='Asia/Riyadh'][data-live=live]")


async def test_bob_leaves_by_his_own_act(product: Product, cast: Cast, browser: Browser) -> None:
    async with at(browser, product, cast.bob, "/settings") as bob:
        await bob.click(".leave button")
        await say_yes(bob)
        await bob.wait_for_url("**/login")


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_everything_fits_a_phone(product: Product, cast: Cast, browser: Browser, language: str) -> None:
    await query("UPDATE users SET language = {} WHERE id = {}", language, cast.alice.id)
    await query("UPDATE users SET full_name = {} WHERE id = {}", "Bartholomew-Featherstonehaugh " * 6, cast.bob.id)
    await edit_team(cast.alice.team_id, TeamChanges(name="W" * 200), product.now())
    async with at(browser, product, cast.alice, "/settings", width=360) as alice:
        await alice.fill("#invite-form [name=email]", f"{'d' * 200}@example.org")
        await alice.click("#invite-form [type=submit]")
        await alice.wait_for_selector("#invited input")
        await alice.click(f"#role-menu-{cast.bob.id} summary")
        assert await alice.evaluate("document.documentElement.scrollWidth") <= 360
        link = await alice.input_value("#invited input")
        await alice.goto(link)
        assert await alice.evaluate("document.documentElement.scrollWidth") <= 360


async def test_an_operator_finds_the_way_to_the_operations(product: Product, cast: Cast, page: Page) -> None:
    await sign_in(page, product.address, cast.alice)
    assert await page.locator("[data-menu] a[href='/ops']").count() == 0
    await query("UPDATE users SET role = 'admin' WHERE id = {}", cast.alice.id)
    await page.reload()
    await until_live(page)
    assert await page.locator("[data-menu] a[href='/ops']").count() == 1
