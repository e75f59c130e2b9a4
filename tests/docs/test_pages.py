"""The documentation is complete and consistent: settings, operations, recipes, links and commands."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from infrastructure.stage import settings
from scripts import settings as settings_page
from tastemaker.recipes import RECIPES
from tastemaker.wire import Service

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    if (ROOT / name).exists()
)


def relative(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub and MkDocs make them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#{1,6} (.+)$", text, re.M)
    return frozenset(
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings
    )


def test_every_setting_is_documented() -> None:
    text = settings_page.PAGE.read_text(encoding="utf-8")
    assert [name for name, _, _ in settings() if f"| `{name}` |" not in text] == []


def test_settings_page_is_up_to_date() -> None:
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.page(), "run: make docs"


def test_every_operation_is_documented() -> None:
    text = (DOCS / "operations.md").read_text(encoding="utf-8")
    services = [Service(name) for name in ("personalize", "personalize-runtime", "personalize-events")]
    assert [name for each in services for name in each.operations if f"| {name} |" not in text] == []


def test_every_recipe_is_documented() -> None:
    text = (DOCS / "recipes.md").read_text(encoding="utf-8")
    assert [recipe.name for recipe in RECIPES if f"### `{recipe.name}`" not in text] == []


@pytest.mark.parametrize("page", ("README.md", "docs/index.md"))
def test_entry_page_links_every_page(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    linked = {Path(target).name for target in re.findall(r"\]\(([^)\s#]+\.md)[)#]", text)}
    assert sorted({one.name for one in DOCS.glob("*.md")} - linked - {"index.md"}) == []


def test_navigation_of_the_site_has_every_page() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {one.relative_to(DOCS).as_posix() for one in DOCS.rglob("*.md")}
    assert sorted(pages - set(re.findall(r": ([\w/-]+\.md)$", text, re.M))) == []


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_between_pages_resolve(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_make_targets_in_the_page_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {name for line in re.findall(r"^([a-z][a-z -]*):", makefile, re.M) for name in line.split()}
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^|\s)make (?:[A-Z]+=\S+ )*([a-z][a-z-]+)(?=[`\s])", text, re.M))
    in_code = {
        name for name in named if re.search(rf"(`|^\s*)make (?:[A-Z]+=\S+ )*{re.escape(name)}\b", text, re.M)
    }
    assert in_code - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_modules_in_the_page_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"python -m ([a-z_]+(?:\.[a-z_]+)+)", text))
    missing = {
        name
        for name in named
        if not (ROOT / name.replace(".", "/")).is_dir()
        and not (ROOT / f"{name.replace('.', '/')}.py").is_file()
    }
    assert missing == set()


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name != "how-to"], ids=relative)
def test_tests_in_the_page_exist(page: Path) -> None:
    """`tests/x.py::test_y` in code, and `::test_z` after it for another test of the same file.

    How-to pages name tests that their readers write.
    """
    missing, file = [], ""
    for path, name in re.findall(r"`(tests/[\w/.-]+)?(?:::(test_\w+))?`", page.read_text(encoding="utf-8")):
        file = path or file
        there = (ROOT / file).exists() if file else not name
        if there and name:
            there = f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")
        if not there:
            missing.append(f"{file}::{name}")
    assert missing == []
