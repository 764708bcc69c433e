import pytest

from app.profiles.handles import NotAHandle, parse_handle


@pytest.mark.parametrize(
    "text",
    [
        "anna.bakes",
        "@anna.bakes",
        "  Anna.Bakes \n",
        "@ANNA.BAKES",
        "https://www.instagram.com/anna.bakes",
        "https://www.instagram.com/anna.bakes/",
        "https://instagram.com/Anna.Bakes/?hl=en&igsh=abc",
        "http://m.instagram.com/anna.bakes#top",
        "www.instagram.com/anna.bakes/reels/",
        "instagram.com/anna.bakes",
        "instagram.com/@anna.bakes",
        "HTTPS://WWW.INSTAGRAM.COM/anna.bakes",
    ],
)
def test_anna_is_found_however_she_is_written_down(text: str) -> None:
    assert parse_handle(text) == "anna.bakes"


@pytest.mark.parametrize("handle", ["a", "_", "9gag", "a" * 30, "a.b.c", "__init__"])
def test_an_unusual_handle_is_a_handle(handle: str) -> None:
    assert parse_handle(handle) == handle


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "@",
        "@@anna",
        "anna bakes",
        "anna-bakes",
        "anna!",
        "ànna",
        "анна",
        "١٢٣",
        "a" * 31,
        ".anna",
        "anna.",
        "an..na",
        "anna\0",
        "anna@example.org",
        "' OR 1=1 --",
        "<b>anna</b>",
        "/",
        "/anna",
        "https://www.instagram.com/",
        "https://www.instagram.com/p/Cxyz/",
        "https://www.instagram.com/reel/Cxyz/",
        "https://www.instagram.com/stories/anna/1/",
        "https://www.instagram.com/explore/tags/bread/",
        "https://example.org/anna",
        "https://instagram.com.example.org/anna",
        "https://notinstagram.com/anna",
        "https://[anna",
        "https://www.instagram.com/anna bakes/",
    ],
)
def test_nonsense_is_no_handle(text: str) -> None:
    with pytest.raises(NotAHandle) as refusal:
        parse_handle(text)
    assert "Instagram" in str(refusal.value) or "account" in str(refusal.value)
    assert len(str(refusal.value)) < 120
