"""The picture is well-formed, and shows each row at its time."""

import xml.etree.ElementTree as ET

from scripts.terminal_svg import LINE, draw

NAMES = {"s": "http://www.w3.org/2000/svg"}


def test_hostile_text_stays_text_and_keeps_its_color() -> None:
    picture = ET.fromstring(draw([(0.0, "\x1b[31m<script>&"), (2.0, "")], title="a<b", columns=20, lines=2))
    (text,) = picture.findall(".//s:text", NAMES)
    assert "".join(text.itertext()) == "<script>&"
    assert text[0].get("class") == "c1"


def test_rows_scroll_when_they_do_not_fit_and_vanish_at_their_time() -> None:
    events = [(0.0, "one\r\n"), (1.0, "two\r\n"), (2.0, "three"), (3.0, "\r\x1b[2Kfour"), (4.0, "")]
    drawn = draw(events, title="t", columns=20, lines=2)
    assert f"50%{{transform:translateY(-{LINE}px)}}" in drawn
    assert "@keyframes a2{0%{opacity:0}50%{opacity:1}75%{opacity:0}}" in drawn
    ET.fromstring(drawn)
