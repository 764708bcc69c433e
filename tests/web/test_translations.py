"""Every text is there in every language: templates and code are read anew and compared with the catalogues."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from app.settings import ROOT
from app.web.languages import LANGUAGES, Language, gettext_in

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
OTHERS = [language for language in LANGUAGES if language.code != "en"]


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> list[Message]:
    """What the product says now, found as `make messages` finds it."""
    file = tmp_path_factory.mktemp("messages") / "alrt.pot"
    mapping = ROOT / "pyproject.toml"
    folders = [str(ROOT / "app"), str(ROOT / "templates")]
    CommandLineInterface().run(
        [  # type: ignore[no-untyped-call]
            "pybabel",
            "--quiet",
            "extract",
            "-F",
            str(mapping),
            "-o",
            str(file),
            *folders,
        ]
    )
    return messages(read(file))


def read(file: Path, code: str | None = None) -> Catalog:
    with file.open("rb") as opened:
        return read_po(opened, code)


def messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def test_the_texts_are_found(texts: list[Message]) -> None:
    found = {forms(message.id)[0] for message in texts}
    assert len(found) > 100
    assert {"Sign in", "just now", "There is no such page, or it belongs to another team."} <= found


@pytest.mark.parametrize("language", OTHERS, ids=lambda language: language.code)
class TestCatalogue:
    def test_nothing_is_untranslated(self, texts: list[Message], language: Language) -> None:
        catalog = read(language.file, language.code)
        missing = [message.id for message in texts if not is_translated(catalog, message)]
        assert missing == [], "`make messages` brings them into the catalogue"

    def test_nothing_is_left_over(self, texts: list[Message], language: Language) -> None:
        catalog = read(language.file, language.code)
        known = {forms(message.id) for message in texts}
        assert [message.id for message in messages(catalog) if forms(message.id) not in known] == []
        assert list(catalog.obsolete) == []

    def test_placeholders_agree(self, language: Language) -> None:
        odd = [
            message.id for message in messages(read(language.file, language.code)) if not placeholders_agree(message)
        ]
        assert odd == []


def is_translated(catalog: Catalog, message: Message) -> bool:
    found = catalog.get(forms(message.id)[0], message.context)
    if found is None or found.fuzzy or forms(found.id) != forms(message.id):
        return False
    wanted = catalog.num_plurals if message.pluralizable else 1
    return len(forms(found.string)) == wanted and all(forms(found.string))


def placeholders_agree(message: Message) -> bool:
    """The forms for 0, 1 and 2 may say the number in words."""
    wanted = set(PLACEHOLDER.findall(forms(message.id)[-1]))
    for number, form in enumerate(forms(message.string)):
        found = set(PLACEHOLDER.findall(form))
        in_words = message.pluralizable and number < 3
        if found != wanted and not (in_words and found == wanted - {"%(count)s"}):
            return False
    return True


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "لا قصص"), (1, "قصة واحدة"), (2, "قصتان"), (3, "3 قصص"), (11, "11 قصة"), (100, "100 قصة"), (103, "103 قصص")],
)
def test_arabic_counts_in_six_forms(count: int, text: str) -> None:
    form = gettext_in("ar").ngettext("%(count)s story", "%(count)s stories", count)
    assert form % {"count": count} == text
