"""A page's DOM, as far as pushes and comparisons need it: parsed, changed by fragments, and brought to a form in which
two pages that show the same are equal.

`upsert` follows `static/live/apply.js`; nodes are replaced here rather than merged, because nobody has the focus.
"""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Union

Child = Union["Element", str]

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
# What the server writes anew for each visit.
OF_THE_VISIT = frozenset({"hx-headers", "data-stream"})
# What scripts write: `apply.js` names most of them.
OF_SCRIPTS = frozenset(
    {"data-unmatched", "data-waiting", "data-broken", "open", "tabindex", "data-live", "data-cursor"}
)
CLASSES_OF_SCRIPTS = frozenset({"changed", "entered"})


class Element:
    __slots__ = ("attributes", "children", "parent", "tag")

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Child] = []
        self.parent: Element | None = None

    @property
    def id(self) -> str | None:
        return self.attributes.get("id")

    @property
    def elements(self) -> list["Element"]:
        return [child for child in self.children if isinstance(child, Element)]

    def walk(self) -> Iterator["Element"]:
        yield self
        for child in self.elements:
            yield from child.walk()

    def insert(self, index: int, child: "Element") -> None:
        child.parent = self
        self.children.insert(index, child)

    def remove(self) -> None:
        if self.parent is not None:
            self.parent.children.remove(self)
            self.parent = None

    def replace_with(self, other: "Element") -> None:
        assert self.parent is not None
        self.parent.insert(self.parent.children.index(self), other)
        self.remove()

    def text(self) -> str:
        return " ".join(child.text() if isinstance(child, Element) else child for child in self.children)


class Tree:
    def __init__(self, root: Element) -> None:
        self.root = root
        self._by_id = {element.id: element for element in root.walk() if element.id}

    def find(self, element_id: str | None) -> Element | None:
        return self._by_id.get(element_id) if element_id else None

    def apply(self, html: str) -> list[str]:
        """Fragments as they are pushed; the ids that they had."""
        fragments = parse(html).root.elements
        for fresh in fragments:
            self._upsert(fresh)
        return [fresh.id or "" for fresh in fragments]

    def _upsert(self, fresh: Element) -> None:
        old = self.find(fresh.id)
        if "data-gone" in fresh.attributes:
            if old is not None:
                self._take_out(old)
        elif old is None:
            into = self.find(fresh.attributes.get("data-into"))
            if into is not None and self._place(fresh, into):
                self._note(fresh)
        else:
            self._forget(old)
            old.replace_with(fresh)
            self._note(fresh)
            if old.attributes.get("data-sort") != fresh.attributes.get("data-sort"):
                self._move(fresh)

    def _move(self, element: Element) -> None:
        element.remove()
        into = self.find(element.attributes.get("data-into"))
        if into is None or not self._place(element, into):
            self._forget(element)

    def _place(self, element: Element, into: Element) -> bool:
        """Where its sort key belongs; False where that lies beyond what is loaded."""
        key = element.attributes["data-sort"]
        is_descending = into.attributes.get("data-order") == "desc"
        others = [child for child in into.elements if "data-sort" in child.attributes]
        for other in others:
            its_key = other.attributes["data-sort"]
            if key > its_key if is_descending else key < its_key:
                into.insert(into.children.index(other), element)
                return True
        if self.has_more(into):
            return False
        into.insert(into.children.index(others[-1]) + 1 if others else 0, element)
        return True

    def has_more(self, into: Element) -> bool:
        more = self.find(into.attributes.get("data-more"))
        return more is not None and "data-older" in more.attributes

    def _take_out(self, element: Element) -> None:
        self._forget(element)
        element.remove()

    def _note(self, element: Element) -> None:
        self._by_id |= {each.id: each for each in element.walk() if each.id}

    def _forget(self, element: Element) -> None:
        for each in element.walk():
            if each.id:
                self._by_id.pop(each.id, None)


# Templates write plain HTML: every element is closed, every value is quoted. The standard library's parser, which
# takes anything, takes five times as long, and a round parses a megabyte.
TOKEN = re.compile(
    r"""<!--.*?--> | <!doctype[^>]*> | </(?P<end>[a-z][a-z0-9-]*)\s*>
      | <(?P<tag>[a-z][a-z0-9-]*)(?P<attributes>(?:\s+[^\s=>"'/]+(?:=(?:"[^"]*"|'[^']*'))?)*)\s*(?P<closed>/?)>
      | (?P<text>[^<]+)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
ATTRIBUTE = re.compile(r"""([^\s=>"'/]+)(?:=(?:"([^"]*)"|'([^']*)'))?""")
RAW = re.compile(r"</(?:script|style)\s*>", re.IGNORECASE)


def parse(html: str) -> Tree:
    root = here = Element("", {})
    position = 0
    while position < len(html):
        token = TOKEN.match(html, position)
        assert token, f"no HTML: {html[position : position + 80]!r}"
        position = token.end()
        if token["text"]:
            if not token["text"].isspace():
                here.children.append(unescape(token["text"]))
        elif token["tag"]:
            element = Element(token["tag"].lower(), _attributes(token["attributes"]))
            element.parent = here
            here.children.append(element)
            if element.tag in ("script", "style"):
                end = RAW.search(html, position)
                position = end.end() if end else len(html)
            elif element.tag not in VOID and not token["closed"]:
                here = element
        elif token["end"]:
            here = _parent_of(here, token["end"].lower())
    return Tree(root)


def _attributes(text: str) -> dict[str, str]:
    if not text:
        return {}
    found = {name: double or single for name, double, single in ATTRIBUTE.findall(text)}
    return {name: unescape(value) for name, value in found.items()} if "&" in text else found


def _parent_of(here: Element, tag: str) -> Element:
    closing: Element | None = here
    while closing is not None and closing.tag != tag:
        closing = closing.parent
    return closing.parent if closing is not None and closing.parent is not None else here


# --- comparison -----------------------------------------------------------------------------------------------


class Shown:
    """What a tree shows: the text of each element that has an id, with its inner ones named by theirs."""

    def __init__(self, tree: Tree) -> None:
        self.texts: dict[str, str] = {}
        self.around: dict[str, str] = {}
        """The next element with an id around each."""
        self.lists: dict[str, list[str]] = {}
        """Lists of which only the newest are loaded."""
        self.more: dict[str, str] = {}
        self.has_more: set[str] = set()
        self._tree = tree
        self.texts[""] = self._own("", tree.root)

    def _own(self, name: str, element: Element) -> str:
        if "data-more" in element.attributes:
            return self._list(name, element)
        return f"{_tag(element)}{''.join(self._child(name, child) for child in _children(element))}"

    def _child(self, name: str, child: Child) -> str:
        if isinstance(child, str):
            return f"{' '.join(child.split())} "
        if not child.id:
            return f"{self._own(name, child)}</{child.tag}>"
        self.around[child.id] = name
        self.texts[child.id] = self._own(child.id, child)
        return f"[{child.id}]"

    def _list(self, name: str, element: Element) -> str:
        """Its members are compared one by one, because a page that was open for long has more of them loaded."""
        for child in element.elements:
            self._child(name, child)
        self.lists[name] = [child.id or "" for child in element.elements if "data-sort" in child.attributes]
        self.more[name] = element.attributes["data-more"]
        if self._tree.has_more(element):
            self.has_more.add(name)
        return _tag(element)

    def is_within(self, name: str, ids: Iterable[str]) -> bool:
        while name:
            if name in ids:
                return True
            name = self.around[name]
        return False


def differences(shown: Shown, fresh: Shown, *, only: set[str] | None = None) -> list[str]:
    """What an open page shows otherwise than a fresh one does; `only`: within the elements of these ids."""
    found: list[str] = []
    beyond: set[str] = set()
    for name in shown.lists.keys() & fresh.lists.keys():
        mine, theirs = shown.lists[name], fresh.lists[name]
        both = min(len(mine), len(theirs))
        if mine[:both] != theirs[:both] or (len(mine) < len(theirs) and name not in shown.has_more):
            found.append(f"#{name} lists {mine[:both]}, and a fresh load {theirs}")
        beyond |= {*mine[both:], *theirs[both:], shown.more[name], fresh.more[name]}
    for name in sorted(shown.texts.keys() | fresh.texts.keys()):
        mine_text, fresh_text = shown.texts.get(name), fresh.texts.get(name)
        if mine_text == fresh_text:
            continue
        side = fresh if name in fresh.around else shown
        if not side.is_within(name, beyond) and (only is None or side.is_within(name, only)):
            found.append(f"#{name} {difference(mine_text, fresh_text)}")
    return found


def _children(element: Element) -> list[Child]:
    # The browser writes them.
    return [] if element.tag == "time" else element.children


def _tag(element: Element) -> str:
    attributes = {
        name: value
        for name, value in sorted(element.attributes.items())
        if name not in OF_THE_VISIT and name not in OF_SCRIPTS and name != "class"
    }
    if element.attributes.get("name") == "_csrf_token":
        attributes.pop("value", None)
    if element.tag == "time":
        attributes.pop("title", None)
    classes = [each for each in element.attributes.get("class", "").split() if each not in CLASSES_OF_SCRIPTS]
    if classes:
        attributes["class"] = " ".join(classes)
    return f"<{element.tag}{''.join(f' {name}={value!r}' for name, value in attributes.items())}>"


def difference(mine: str | None, fresh: str | None) -> str:
    if mine is None or fresh is None:
        return f"is missing{', but not from a fresh load' if mine is None else ' from a fresh load'}"
    start = next((index for index, pair in enumerate(zip(mine, fresh, strict=False)) if pair[0] != pair[1]), 0)
    start = max(0, start - 60)
    return f"shows …{mine[start : start + 200]}…, and a fresh load …{fresh[start : start + 200]}…"
