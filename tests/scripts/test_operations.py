from scripts.operation_remarks import REMARKS
from scripts.operations import PAGE, page
from tastemaker.wire import Service
from tastemaker.wire.models import SERVICES


def test_page_is_up_to_date():
    assert PAGE.read_text() == page(), "run: python -m scripts.operations"


def test_page_lists_every_operation_of_every_service():
    operations = {operation for name in SERVICES for operation in Service(name).operations}
    assert len(operations - set(Service("tastemaker").operations)) == 79
    assert operations >= REMARKS.keys()
    text = PAGE.read_text()
    assert all(f"| {operation} |" in text for operation in operations)
    assert "71 of 71 operations are served" in text
