from console.training_log import Pass, parse

LINES = [
    "prepared 158,371 interactions of 610 users with 9,742 items in 7 s",
    "pass 1/? loss 5.3000 validation 0.1929 best 0.1929 left at least 2 min",
    "pass 2/6 loss 4.5135 validation 0.2064 best 0.2064 left 49 s",
    "refining on all of it: pass 1/1 loss 3.8372",
]


def test_curve_is_read_from_the_log() -> None:
    log = parse(LINES)
    assert log.passes == [Pass(1, 5.3, 0.1929), Pass(2, 4.5135, 0.2064)]
    assert log.left == "49 s" and log.lines == LINES
    assert log.chart is not None and log.chart["x"] == [1, 2]


def test_one_pass_is_no_curve() -> None:
    assert parse(LINES[:2]).chart is None
    assert parse([]).passes == []
