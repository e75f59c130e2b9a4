"""Write the pictures of the console in docs/images, from a local run with the films of the demo.

python -m scripts.screenshots                  starts a local run, and loads and trains the demo (minutes)
python -m scripts.screenshots --endpoint URL   uses a local run that has the data of the demo

Needs Debian's chromium, or another browser in CHROMIUM.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

IMAGES = Path(__file__).parents[1] / "docs" / "images"
MAX_BYTES = 150_000
GROUP = "movielens"
USER = "344"
WIDTH, HEIGHT = 1280, 800


@dataclass(frozen=True)
class Picture:
    """One picture: its file, the page, the colors, and an item whose button is clicked first."""

    name: str
    path: str
    colors: str = "light"
    click: int | None = None


PICTURES = (
    Picture("console-ask", f"/ask?campaign=movielens-for-you&user={USER}", click=4),
    Picture(
        "console-compare",
        f"/ask?campaign=movielens-for-you&compare=movielens-popular&user={USER}",
        colors="dark",
    ),
    Picture("console-version", "/solutions/movielens-for-you"),
    Picture("console-data", "/datasets/INTERACTIONS"),
)


def take(browser: Any, endpoint: str, picture: Picture, folder: Path = IMAGES) -> Path:
    """Take one picture. Returns its file. Raises ValueError if it is too large for a repository."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=picture.colors, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{endpoint}/_console/groups/{GROUP}{picture.path}")
    if picture.name == "console-version":
        page.locator("tbody th a").first.click()
        page.get_by_role("heading", name="Metrics beside popularity").wait_for()
    if picture.click is not None:
        page.locator(".results button").nth(picture.click).click()
        page.get_by_role("status").get_by_text("Sent").wait_for()
    path = folder / f"{picture.name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, animations="disabled")
    context.close()
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"{path} has {path.stat().st_size:,} bytes, more than {MAX_BYTES:,}.")
    return path


def main(argv: list[str] | None = None) -> int:
    """Take all pictures. Returns 1 without a browser."""
    parser = argparse.ArgumentParser(prog="python -m scripts.screenshots", description=__doc__)
    parser.add_argument("--endpoint", help="a local run that has the data of the demo")
    endpoint = parser.parse_args(argv).endpoint
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        print("No browser: install Debian's chromium, or set CHROMIUM to the path of one.", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    with contextlib.ExitStack() as stack:
        if endpoint is None:
            endpoint = stack.enter_context(_trained())
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for picture in PICTURES:
            path = take(browser, endpoint, picture)
            print(f"{path.relative_to(IMAGES.parents[1])}  {path.stat().st_size / 1000:.0f} KB")
        browser.close()
    return 0


@contextlib.contextmanager
def _trained() -> Any:
    from demo import movielens
    from demo.__main__ import CACHE, Demo
    from local import Local

    with Local() as service:
        Demo(service.endpoint, movielens.load(CACHE)).run()
        yield service.endpoint


if __name__ == "__main__":
    raise SystemExit(main())
