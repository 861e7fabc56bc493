"""Where in HTML a merge field may stand: escaping keeps a value harmless in text and in quotes, and nowhere else."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser

from bg_graph.email.rules.merge_fields import FIELDS, Known, Tree, tree_of

_MARK = "zmergefieldz"
_QUOTED = re.compile(r'"[^"]*"|\'[^\']*\'')
_ADDRESSES = frozenset({"href", "src", "action", "background"})


def marked(strange: Iterable[str] = ()) -> Tree:
    """A value for each field by which it is found again in finished HTML; the link to end e-mails is a real one.

    `strange` are names that are no merge fields and get a mark too, so that their places can be told with their names.
    """
    tree = dict(tree_of(dict.fromkeys(FIELDS, _MARK) | {"unsubscribe_url": FIELDS["unsubscribe_url"].sample}))
    for name in sorted(set(strange) - FIELDS.keys()):
        above, dot, below = name.partition(".")
        held = tree.setdefault(above, Known(above, {}) if dot else _MARK)
        if dot and isinstance(held, Known):
            tree[above] = Known(above, {**held.values, below: _MARK})
    return tree


def misplaced(html: str) -> list[str]:
    """Why fields stand where no value is safe, in HTML that was finished with `marked`."""
    places = _Places()
    try:
        places.feed(html)
    except AssertionError:  # the parser's way to say that a declaration has no form at all
        return ["it holds `<!` or `<![` that begins no declaration"]
    return list(dict.fromkeys(places.faults))


class _Places(HTMLParser):
    """Notes each place in which a mark stands and should not."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag: at what stands outside of quotes, and at attributes that do more than show a value."""
        outside = _QUOTED.sub("", self.get_starttag_text() or "").lower()
        if _MARK in outside:
            self.faults.append("a merge field within a tag stands in quotes, as the value of an attribute")
            return
        for name, value in attrs:
            given = (value or "").strip().lower()
            if name in _ADDRESSES and given.startswith(_MARK):
                self.faults.append(f"`{name}` can't begin with a merge field: it would lead anywhere")
            if (name == "style" or name.startswith("on")) and _MARK in given:
                self.faults.append(f"`{name}` can't hold a merge field")

    def handle_data(self, data: str) -> None:
        """Look at text: that of scripts and styles is code."""
        if self.cdata_elem is not None and _MARK in data.lower():
            self.faults.append(f"<{self.cdata_elem}> can't hold a merge field")
