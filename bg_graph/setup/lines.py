"""On which line of a TOML file each key stands, so that an error can point at it; the standard parser does not say."""

import tomllib
from collections.abc import Mapping

from bg_graph.buying_groups.rules.condition_data import KeyPath

_QUOTES = ('"""', "'''", '"', "'")
_BLANK = " \t"
_SPACE = " \t\r\n"


def lines_of(text: str) -> Mapping[KeyPath, int]:
    """The line, from 1, of each key, table and list element of a TOML text that the parser has taken."""
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


def nearest_line(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """The line of a key, or of the innermost thing around it that has one; of a missing key that is its table."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


class _Scanner:
    """One walk over the text; as the parser has taken it, what is malformed need not be thought of."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.lines: dict[KeyPath, int] = {}
        self._lengths: dict[KeyPath, int] = {}
        self._counted = (0, 1)

    def document(self) -> None:
        table: KeyPath = ()
        while self._skip(_SPACE):
            if self.text[self.place] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> KeyPath:
        """The table that a header opens; of a list of tables it is a new element."""
        line = self._line()
        is_list = self.text.startswith("[[", self.place)
        self.place += 2 if is_list else 1
        keys = self._keys()
        self._skip(_BLANK)
        self.place += 2 if is_list else 1
        path: KeyPath = ()
        for number, key in enumerate(keys, start=1):
            path = (*path, key)
            self.lines.setdefault(path, line)
            if is_list and number == len(keys):
                self._lengths[path] = self._lengths.get(path, 0) + 1
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
                self.lines.setdefault(path, line)
        return path

    def _pair(self, table: KeyPath) -> None:
        line = self._line()
        path = table
        for key in self._keys():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self._skip(_BLANK)
        self.place += 1  # the equals sign
        self._skip(_BLANK)
        self._value(path)

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip(_BLANK)
            start = self.place
            if self.text[start] in "\"'":
                self._string()
                keys.append(str(tomllib.loads(f"key = {self.text[start : self.place]}")["key"]))
            else:
                while self.text[self.place] not in " \t.=]":
                    self.place += 1
                keys.append(self.text[start : self.place])
            self._skip(_BLANK)
            if self.text[self.place] != ".":
                return keys
            self.place += 1

    def _value(self, path: KeyPath) -> None:
        match self.text[self.place]:
            case "[":
                self._list(path)
            case "{":
                self._inline_table(path)
            case '"' | "'":
                self._string()
            case _:
                while self.place < len(self.text) and self.text[self.place] not in ",]}#\r\n":
                    self.place += 1

    def _list(self, path: KeyPath) -> None:
        self.place += 1
        number = 0
        while self._skip(_SPACE + ",") and self.text[self.place] != "]":
            self.lines[(*path, number)] = self._line()
            self._value((*path, number))
            number += 1
        self.place += 1

    def _inline_table(self, path: KeyPath) -> None:
        self.place += 1
        while self._skip(_SPACE + ",") and self.text[self.place] != "}":
            self._pair(path)
        self.place += 1

    def _string(self) -> None:
        quote = next(quote for quote in _QUOTES if self.text.startswith(quote, self.place))
        self.place += len(quote)
        while not self.text.startswith(quote, self.place):
            self.place += 2 if quote[0] == '"' and self.text[self.place] == "\\" else 1
        self.place += len(quote)
        # A text of several lines may end in up to two quotes of its own.
        while len(quote) == 3 and self.text.startswith(quote[0], self.place):
            self.place += 1

    def _skip(self, characters: str) -> bool:
        """Pass over characters and comments; says whether there is more."""
        while self.place < len(self.text):
            if self.text[self.place] == "#":
                end = self.text.find("\n", self.place)
                self.place = len(self.text) if end < 0 else end
            elif self.text[self.place] not in characters:
                return True
            else:
                self.place += 1
        return False

    def _line(self) -> int:
        place, line = self._counted
        line += self.text.count("\n", place, self.place)
        self._counted = (self.place, line)
        return line
