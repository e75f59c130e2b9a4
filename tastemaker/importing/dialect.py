r"""Which of two escapings a CSV file uses, decided from its bytes as they are read.

Personalize documents `\"` and `\\`. Spreadsheets, pandas and Python write `""` and do not escape backslashes.
Doubled quotes are accepted in both, so the only question is whether a backslash stands for itself:

- A quote that a backslash escapes in the middle of a field (`\"` before anything but the end of a field) is
  possible only in the documented escaping. It decides the question.
- A backslash before any other character (`C:\new`) stands for itself.
- Otherwise, if there are only `\\` or cases that are the same in both, the file is read as documented.
"""

import re
from functools import cache

# A backslash that is not escaped by an earlier backslash, counted in pairs from the left.
_UNESCAPED = rb"(?<!\\)(?:\\\\)*\\"


@cache
def _patterns(separator: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes]]:
    """What proves escaping, what is possible in both readings, and what stands for itself."""
    end = re.escape(separator) + rb"\r\n"
    return (
        re.compile(_UNESCAPED + rb'"(?!["' + end + rb"]|\Z)"),
        re.compile(_UNESCAPED + rb'"(?=[' + end + rb"]|\Z)"),
        re.compile(_UNESCAPED + rb'(?![\\"' + end + rb"]|\Z)"),
    )


class Dialect:
    r"""What is known of one file. `escapes` says whether backslashes escape. Cells end with `separator`.

    `ambiguous` says that a backslash stands before a quote at the end of a cell: `"C:\",` is a whole cell in
    one reading and the beginning of a cell in the other. The importer compares both readings then, and calls
    `decide`.
    """

    def __init__(self, separator: str = ",") -> None:
        self.separator = separator
        self._escaped_quote, self._ambiguous, self._literally = _patterns(separator.encode())
        self.escapes = False
        self.ambiguous = False
        self._proven = False
        self._literal = False

    def learn(self, chunk: bytes) -> bool:
        """Take the next bytes into account.

        Returns False if the file must be read again from its start, because earlier bytes were read in the
        other way.
        """
        if self._proven or b"\\" not in chunk:
            return True
        self.ambiguous = self.ambiguous or bool(self._ambiguous.search(chunk))
        if self._escaped_quote.search(chunk):
            self._proven = True
            self.ambiguous = False
            return self._settle(True)
        self._literal = self._literal or bool(self._literally.search(chunk))
        return self._settle(not self._literal)

    def decide(self, escapes: bool) -> bool:
        """Use this reading from now on. Returns False if the file must be read again."""
        self._proven, self.ambiguous = True, False
        return self._settle(escapes)

    def _settle(self, escapes: bool) -> bool:
        settled, self.escapes = self.escapes == escapes, escapes
        return settled
