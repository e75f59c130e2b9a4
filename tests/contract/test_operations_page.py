from scripts.operations import PAGE, REMARKS, page
from tastemaker.wire import Service


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(), "run: python -m scripts.operations"


def test_the_page_has_every_operation():
    services = [Service(name) for name in ("personalize", "personalize-runtime", "personalize-events")]
    operations = {operation for service in services for operation in service.operations}
    assert len(operations) == 79 and REMARKS.keys() <= operations
    text = PAGE.read_text()
    assert all(f"| {operation} |" in text for operation in operations)
    assert "71 of 71 operations are served" in text
