import pytest

from tastemaker import documents


@pytest.mark.parametrize("text", ['{"a": "é😀"}', '{"a": "\\u00e9\\ud83d\\ude00"}', '{"a": "é😀"}'.encode()])
def test_text_is_read(text):
    assert documents.parse(text) == {"a": "é😀"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "Expecting"),
        (b'"\xff"', "invalid start byte"),
        ("[" * 100_000 + "]" * 100_000, "too deeply"),
        ('{"a": ["\\ud800"]}', "surrogates not allowed"),
        ('{"\\udfff": 1}', "surrogates not allowed"),
        (b'"\xed\xa0\x80"', "surrogates not allowed"),
    ],
)
def test_what_is_no_text_or_no_document_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        documents.parse(text)
