"""An SVG that plays what a terminal showed, again and again, without a script."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from scripts.terminal_screen import RowVersion, Screen, Style

LETTER, LINE, EDGE, BAR = 8.4, 18, 12, 32
"""The width of a letter, the height of a row, the margin, and the height of the title bar, in pixels."""
PALETTE = ("#5c6370", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#dcdfe4")
FONT = "14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
Event = tuple[float, str]
"""A time in seconds, and what the program wrote then."""

_TEMPLATE = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"
 role="img" aria-label="A terminal: {title}" xml:space="preserve">
<style>
text{{font:{font};white-space:pre;fill:#dcdfe4}}
.b{{font-weight:700}}.d{{fill-opacity:.6}}{palette}
.x{{opacity:0}}.m,.v,.x{{animation:{total:.2f}s step-end infinite}}
.m{{transform:translateY({last}px);animation-name:m}}@keyframes m{{{steps}}}
{rules}
@media (prefers-reduced-motion:reduce){{.m,.v,.x{{animation:none}}}}
</style>
<rect width="100%" height="100%" rx="8" fill="#1e2127"/>
<g fill="#5c6370">
<circle cx="18" cy="16" r="5"/><circle cx="36" cy="16" r="5"/><circle cx="54" cy="16" r="5"/></g>
<svg x="{edge}" y="{bar}" width="{inner_width}" height="{inner_height}"><g class="m">
{texts}
</g></svg>
</svg>
"""


def draw(events: Iterable[Event], *, title: str, columns: int, lines: int) -> str:
    """An SVG of a terminal with so many columns and lines. The last event says how long it plays."""
    screen, total = Screen(), 0.0
    for total, text in events:
        screen.feed(text, total)
    width, height = round(columns * LETTER) + 2 * EDGE, lines * LINE + BAR + EDGE
    moves = [(at, -LINE * max(row - lines + 1, 0)) for at, row in screen.bottoms]
    return _TEMPLATE.format(
        width=width,
        height=height,
        title=escape(title),
        font=FONT,
        palette="".join(f".c{number}{{fill:{color}}}" for number, color in enumerate(PALETTE)),
        total=total,
        last=moves[-1][1],
        steps="".join(f"{_percent(at, total)}{{transform:translateY({top}px)}}" for at, top in moves),
        rules="".join(_rule(f"a{number}", shown, total) for number, shown in enumerate(screen.versions)),
        edge=EDGE,
        bar=BAR,
        inner_width=width - 2 * EDGE,
        inner_height=lines * LINE + 4,
        texts="\n".join(_text(f"a{number}", shown) for number, shown in enumerate(screen.versions)),
    )


def _percent(at: float, total: float) -> str:
    return f"{100 * at / total:.2f}".rstrip("0").rstrip(".") + "%"


def _rule(name: str, shown: RowVersion, total: float) -> str:
    """The rule that shows a row from its first to its last moment."""
    steps = "0%{opacity:0}" if shown.since else ""
    steps += f"{_percent(shown.since, total)}{{opacity:1}}"
    if shown.until is not None:
        steps += f"{_percent(shown.until, total)}{{opacity:0}}"
    return f"@keyframes {name}{{{steps}}}.{name}{{animation-name:{name}}}"


def _text(name: str, shown: RowVersion) -> str:
    column, spans = 0, []
    for text, style in shown.runs:
        place = f' x="{column * LETTER:.1f}"' if column else ""
        length = f' textLength="{len(text) * LETTER:.1f}"'
        spans.append(f"<tspan{place}{_classes(style)}{length}>{escape(text)}</tspan>")
        column += len(text)
    # what does not stay is hidden where nothing moves
    presence = "v" if shown.until is None else "x"
    return f'<text class="{presence} {name}" y="{(shown.row + 1) * LINE - 4}">{"".join(spans)}</text>'


def _classes(style: Style) -> str:
    color = "" if style.color is None else f"c{style.color % 8}"
    found = " ".join(filter(None, [color, "b" if style.bold else "", "d" if style.dim else ""]))
    return f' class="{found}"' if found else ""
