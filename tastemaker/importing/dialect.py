r"""Which of two escapings a CSV file uses, decided from its bytes as they stream by.

Personalize documents `\"` and `\\`; spreadsheets, pandas and Python write `""` and leave a backslash alone.
Doubled quotes are read either way; the only question is whether a backslash means itself. Until one turns up
it does not matter. When one does:

- a quote escaped by a backslash in the middle of a field (`\"` before anything but a field's end) is possible
  only in the documented escaping: decided, for good;
- a backslash before any other character (`C:\new`) means itself;
- only `\\`, or nothing but cases that read either way: as documented.
"""

import re

# A backslash that no earlier backslash escapes, seen in pairs from the left.
_UNESCAPED = rb"(?<!\\)(?:\\\\)*\\"
_ESCAPED_QUOTE = re.compile(_UNESCAPED + rb'"(?![",\r\n]|\Z)')
_LITERAL = re.compile(_UNESCAPED + rb'(?![\\",\r\n]|\Z)')


class Dialect:
    """What has been learned of one file. `escapes` says how it is to be read."""

    def __init__(self) -> None:
        self.escapes = False
        self._proven = False
        self._literal = False

    def learn(self, chunk: bytes) -> bool:
        """Take the next bytes into account. False when the file must be read again from its start, because
        what was read before them was read the other way.
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
