r"""Which of two escapings a CSV file uses, decided from its bytes as they are read.

Personalize documents `\"` and `\\`. Spreadsheets, pandas and Python write `""` and do not escape backslashes.
Doubled quotes are accepted in both, so the only question is whether a backslash stands for itself:

- A quote that a backslash escapes in the middle of a field (`\"` before anything but the end of a field) is
  possible only in the documented escaping. It decides the question.
- A backslash before any other character (`C:\new`) stands for itself.
- Otherwise, if there are only `\\` or cases that are the same in both, the file is read as documented.
"""

import re

# A backslash that is not escaped by an earlier backslash, counted in pairs from the left.
_UNESCAPED = rb"(?<!\\)(?:\\\\)*\\"
_ESCAPED_QUOTE = re.compile(_UNESCAPED + rb'"(?![",\r\n]|\Z)')
_LITERAL = re.compile(_UNESCAPED + rb'(?![\\",\r\n]|\Z)')


class Dialect:
    """What is known of one file. `escapes` says whether backslashes escape."""

    def __init__(self) -> None:
        self.escapes = False
        self._proven = False
        self._literal = False

    def learn(self, chunk: bytes) -> bool:
        """Take the next bytes into account.

        Returns False if the file must be read again from its start, because earlier bytes were read in the
        other way.
        """
        if self._proven or b"\\" not in chunk:
            return True
        if _ESCAPED_QUOTE.search(chunk):
            self._proven = True
            return self._settle(True)
        self._literal = self._literal or bool(_LITERAL.search(chunk))
        return self._settle(not self._literal)

    def _settle(self, escapes: bool) -> bool:
        settled, self.escapes = self.escapes == escapes, escapes
        return settled
