"""Each viewer reads his own language, on the page and in what is pushed to it."""

import httpx
import pytest
from playwright.async_api import Browser, Page

from app.database import query
from app.web.languages import visitors_language
from tests.browser import sign_in, until_live
from tests.cast import Cast, Person
from tests.product import Product
from tests.product import sign_in as sign_in_by_form


async def speaks(person: Person, language: str) -> None:
    await query("UPDATE users SET language = {} WHERE id = {}", language, person.id)


async def test_the_arabic_page_is_mirrored_and_moves_in_arabic(product: Product, cast: Cast, page: Page) -> None:
    await speaks(cast.alice, "ar")
    await sign_in(page, product.address, cast.alice)
    await page.goto(f"{product.address}/client/{cast.bakery.id}")
    await until_live(page)
    assert await page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    await page.evaluate("window.sameLoad = true")
    await product.archive_story(cast.bakery)
    await page.wait_for_selector("#stories-count-1:has-text('قصة واحدة')")
    await page.wait_for_selector(f"#client-header-{cast.bakery.id} .check:has-text('فُحص الآن')")
    assert await page.evaluate("window.sameLoad") is True


async def test_two_viewers_of_a_team_get_the_same_push_in_two_languages(
    product: Product, cast: Cast, page: Page, browser: Browser
) -> None:
    await speaks(cast.bob, "ar")
    context = await browser.new_context()
    other = await context.new_page()
    for person, tab in ((cast.alice, page), (cast.bob, other)):
        await sign_in(tab, product.address, person)
        await tab.goto(f"{product.address}/client/{cast.bakery.id}")
        await until_live(tab)
    await product.archive_story(cast.bakery)
    await page.wait_for_selector("#stories-count-1:has-text('1 story')")
    await other.wait_for_selector("#stories-count-1:has-text('قصة واحدة')")
    await context.close()


async def test_a_language_is_chosen_in_the_menu_and_kept(product: Product, cast: Cast, page: Page) -> None:
    await sign_in(page, product.address, cast.alice)
    await page.goto(f"{product.address}/client/{cast.bakery.id}")
    await page.click(".menu__button")
    await page.click("text=العربية")
    await page.wait_for_selector("html[lang=ar] body[data-live=live]")
    assert page.url == f"{product.address}/client/{cast.bakery.id}"
    assert (await query("SELECT language FROM users WHERE id = {}", cast.alice.id))[0]["language"] == "ar"
    await page.goto(product.address)
    await page.wait_for_selector("html[lang=ar] body[data-live=live]")
    await page.click(".menu__button")
    await page.click("text=تسجيل الخروج")
    await page.wait_for_selector("html[lang=ar] .login")


async def test_the_other_tabs_follow(product: Product, cast: Cast, page: Page) -> None:
    await sign_in(page, product.address, cast.alice)
    other = await page.context.new_page()
    await other.goto(f"{product.address}/client/{cast.bakery.id}")
    await until_live(other)
    await page.click(".menu__button")
    await page.click("text=العربية")
    for tab in (page, other):
        await tab.wait_for_selector("html[lang=ar] body[data-live=live]")
    await product.archive_story(cast.bakery)
    await other.wait_for_selector("#stories-count-1:has-text('قصة واحدة')")


async def test_a_page_of_another_language_is_told_to_load_anew(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        cursor = product.hub.cursor
        for language, kind in (("en", "seen"), ("ar", "reload")):
            assert await first_event(alice, f"/live?page=dashboard&since={cursor}&language={language}") == kind


async def first_event(person: httpx.AsyncClient, path: str) -> str:
    async with person.stream("GET", path) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("event:"):
                return line.removeprefix("event:").strip()
    raise AssertionError("nothing came")


async def test_visitors_are_met_in_their_browsers_language(product: Product, cast: Cast) -> None:
    async with product.visitor() as visitor:
        headers = {"Accept-Language": "ar-SA,ar;q=0.9,en;q=0.5"}
        assert 'lang="ar" dir="rtl"' in (await visitor.get("/login", headers=headers)).text
        missing = await visitor.get("/nowhere", headers=headers)
        assert (missing.status_code, "غير موجود" in missing.text) == (404, True)
        assert 'lang="en" dir="ltr"' in (await visitor.get("/login")).text


async def test_a_visitors_choice_goes_before_his_browsers(product: Product, cast: Cast) -> None:
    async with product.visitor() as visitor:
        await visitor.get("/login")
        choice = {"language": "ar", "_csrf_token": visitor.cookies["alrt_csrf"]}
        referer = {"Referer": f"{product.address}/login"}
        answer = await visitor.post("/language", data=choice, headers=referer)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        refused = await sign_in_by_form(visitor, cast.alice.email, "not it")
        assert "كلمة المرور غير صحيحة" in refused.text


@pytest.mark.parametrize(
    ("referer", "leads_to"),
    [
        ("https://evil.example//evil.example/x", "/evil.example/x"),
        ("https://evil.example/\\\\evil.example", "/evil.example"),
        ("", "/"),
        ("http://here/client/1?year=2025", "/client/1?year=2025"),
    ],
)
async def test_choosing_leads_nobody_to_another_site(product: Product, cast: Cast, referer: str, leads_to: str) -> None:
    async with product.signed_in(cast.alice) as alice:
        choice = {"language": "ar", "_csrf_token": alice.cookies["alrt_csrf"]}
        answer = await alice.post("/language", data=choice, headers={"Referer": referer})
        assert answer.headers["location"] == leads_to


async def test_an_unknown_language_and_a_foreign_form_are_refused(product: Product, cast: Cast) -> None:
    async with product.signed_in(cast.alice) as alice:
        choice = {"language": "tlh", "_csrf_token": alice.cookies["alrt_csrf"]}
        assert (await alice.post("/language", data=choice)).status_code == 400
        assert (await alice.post("/language", data={"language": "ar"})).status_code == 403
    assert (await query("SELECT language FROM users WHERE id = {}", cast.alice.id))[0]["language"] == "en"


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "fr, ar;q=0.5, en;q=0.4", "ar"),
        (None, "en;q=0.1, ar-EG;q=0.2", "ar"),
        (None, "ar;q=0", "en"),
        (None, "ar;q=x, ;;;,*", "en"),
        ("ar", "en", "ar"),
        ("fr", "ar", "ar"),
    ],
)
def test_whatever_browsers_send(chosen: str | None, accepted: str, language: str) -> None:
    assert visitors_language(chosen, accepted) == language
