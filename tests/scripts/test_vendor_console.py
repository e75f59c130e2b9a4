import pytest

from scripts.vendor_console import TARGET, copies, main


@pytest.mark.skipif(not all(source.exists() for source in copies()), reason="npm ci installs the libraries")
def test_console_has_the_libraries_of_the_lock_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_each_library_has_its_license() -> None:
    assert {path.name for path in TARGET.glob("LICENSE-*")} == {"LICENSE-htmx.org.txt", "LICENSE-uplot.txt"}
