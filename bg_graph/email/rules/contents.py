"""The content of an e-mail: subject, HTML and text with their merge fields, from whom it comes; what makes it fit to send."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr
from hashlib import sha256
from html import escape, unescape
from types import MappingProxyType

from jinja2 import Template

from bg_graph.accounts.rules import is_valid_email
from bg_graph.email.rules.html_places import marked, misplaced
from bg_graph.email.rules.merge_fields import FIELDS, SENDER_FIELDS, one_line, samples, tree_of
from bg_graph.email.rules.templates import Kind, Language, RenderFault, rendered

LONGEST_SUBJECT = 250
"""Characters of a finished subject line; of a longer one the end is left out."""
LONGEST_TEMPLATES = {"subject": 1_000, "plain": 200_000, "html": 500_000}
"""Characters of each part's template."""
LONGEST_ADDRESS = 320
PARTS = ("subject", "plain", "html", "sender", "reply_to")
"""Of what a content consists, by the names of its fields."""
_KINDS: Mapping[str, Kind] = MappingProxyType({"subject": Kind.TEXT, "plain": Kind.TEXT, "html": Kind.HTML})

_LINK = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_END_OF_BODY = re.compile(r"</body\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What an e-mail says, as its marketer wrote it."""

    subject: str
    plain: str
    html: str | None = None
    sender: str | None = None
    """Address, or name and address: `Maria Rossi <maria@example.com>`; None: the provider's usual one."""
    reply_to: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of all that counts: equal contents have equal digests."""
        parts = [self.subject, self.plain, self.html, self.sender, self.reply_to]
        return sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ContentFault:
    """Something that keeps a content from being approved."""

    part: str
    """subject, plain, html, sender or reply_to."""
    line: int
    message: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished message, without its headers."""

    subject: str
    plain: str
    html: str | None


def content_faults(content: Content, language: Language) -> list[ContentFault]:
    """Everything that keeps the content from being approved, part by part."""
    return given_faults({part: getattr(content, part) for part in PARTS}, language)


def given_faults(given: Mapping[str, str | None], language: Language) -> list[ContentFault]:
    """The faults of those parts of a content that could be read; of a part that is not among them nothing is known."""
    faults = list(_sender_faults(given))
    for part, kind in _KINDS.items():
        source = given.get(part)
        if source is not None:
            faults += _part_faults(part, source, kind, given, language)
    return faults


@dataclass(frozen=True, slots=True)
class CompiledContent:
    """A content made ready to be rendered for many people."""

    content: Content
    subject: Template
    plain: Template
    html: Template | None

    def render(self, values: Mapping[str, str | None]) -> Rendered:
        """The message for somebody with these values of merge fields. Raises RenderFault."""
        tree = tree_of({**values, **sender_values(self.content.sender)})
        link = str(tree.get("unsubscribe_url", ""))
        subject = one_line(rendered(self.subject, tree))
        if not subject:
            raise RenderFault("the subject would be empty")
        return Rendered(
            subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 1].rstrip()}…",
            _with_text_footer(rendered(self.plain, tree), link),
            None if self.html is None else _with_html_footer(rendered(self.html, tree), link),
        )


def compile_content(content: Content, language: Language) -> CompiledContent:
    """The content, compiled. Raises RenderFault where a part of it has faults."""
    return CompiledContent(
        content,
        language.compiled(content.subject, Kind.TEXT),
        language.compiled(content.plain, Kind.TEXT),
        None if content.html is None else language.compiled(content.html, Kind.HTML),
    )


def sender_values(sender: str | None) -> dict[str, str | None]:
    """The merge fields of who writes: `Maria Rossi <maria@example.com>`, or an address alone, which is then its own name."""
    name, address = parseaddr(sender or "")
    return {"sender.name": name or address, "sender.email": address}


def _sender_faults(given: Mapping[str, str | None]) -> Iterator[ContentFault]:
    for part in ("sender", "reply_to"):
        value = given.get(part)
        if value is not None and not _is_mailbox(value):
            message = (
                f"must be an address, alone or after a name, `Maria Rossi <maria@example.com>`; {value[:60]!r} is not"
            )
            yield ContentFault(part, 1, message)


def _is_mailbox(value: str) -> bool:
    """Whether the text is one address, alone or in angle brackets after a name, that can stand in a header."""
    name, address = parseaddr(value)
    if len(value) > LONGEST_ADDRESS or not value.isprintable() or not is_valid_email(address):
        return False
    if not address.isascii() or not (value.strip() == address or value.endswith(f"<{address}>")):
        return False
    try:
        Address(display_name=name, addr_spec=address)
    except (ValueError, IndexError):
        return False
    return True


def _part_faults(
    part: str, source: str, kind: Kind, given: Mapping[str, str | None], language: Language
) -> Iterator[ContentFault]:
    form = _form_fault(part, source)
    if form is not None:
        yield ContentFault(part, 1, form)
        return
    faults = language.faults(source, kind)
    for fault in faults:
        yield ContentFault(part, fault.line, fault.message, fault.field)
    strange = {fault.field for fault in faults if fault.field is not None}
    if kind is Kind.HTML and all(fault.field is not None for fault in faults):
        yield from (ContentFault(part, 1, fault) for fault in _misplaced(source, strange, language))
    if faults:
        return
    lacking = sorted(language.fields(source, kind) & SENDER_FIELDS) if _lacks_sender(given) else []
    for field in lacking:
        yield ContentFault(part, 1, f"`{field}` needs a `sender` in email.toml", field)
    if not lacking:
        yield from _trial_faults(part, language.compiled(source, kind), given.get("sender"))


def _lacks_sender(given: Mapping[str, str | None]) -> bool:
    return "sender" in given and given["sender"] is None


def _misplaced(source: str, strange: Iterable[str], language: Language) -> list[str]:
    """Why fields stand in HTML where no value is safe; those that are no merge fields are found as well."""
    try:
        return misplaced(rendered(language.unchecked(source, Kind.HTML), marked(strange)))
    except RenderFault:
        return []


def _form_fault(part: str, source: str) -> str | None:
    if not source.strip():
        return "is empty"
    if len(source) > LONGEST_TEMPLATES[part]:
        return f"has {len(source):,} characters; at most {LONGEST_TEMPLATES[part]:,} are taken"
    if "\0" in source:
        return "holds the character U+0000, which no message can hold"
    if part == "subject" and any(each in source for each in "\r\n"):
        return "must be one line"
    return None


def _trial_faults(part: str, template: Template, sender: str | None) -> Iterator[ContentFault]:
    """What goes wrong when a part is rendered for somebody of whom all is known, and of whom little is."""
    known_sender = sender_values(sender) if sender is not None and _is_mailbox(sender) else {}
    full = samples() | known_sender
    little = {name: value for name, value in full.items() if FIELDS[name].always_known}
    for values in (full, little):
        try:
            result = rendered(template, tree_of(values))
        except RenderFault as fault:
            yield ContentFault(part, 1, f"can't be rendered: {fault}")
            return
        if not result.strip():
            yield ContentFault(part, 1, "is empty for people of whom some merge fields are not known")
            return


def _without_comments(html: str) -> str:
    """The HTML without its comments; one that is never closed runs to the end."""
    kept, *rest = html.split("<!--")
    return kept + "".join(each.partition("-->")[2] for each in rest)


def _with_text_footer(text: str, link: str) -> str:
    """The text, with the link to end e-mails below it where it is nowhere in it."""
    if not link or link in text:
        return text
    return f"{text.rstrip()}\n\n-- \nTo get no more e-mails like this: {link}\n"


def _with_html_footer(html: str, link: str) -> str:
    """The HTML, with the link to end e-mails below it where nothing in it leads there."""
    leads_to = (unescape("".join(found)) for found in _LINK.findall(_without_comments(html)))
    if not link or link in leads_to:
        return html
    footer = (
        '<p style="font-size:12px;color:#666666">To get no more e-mails like this, '
        f'<a href="{escape(link)}">unsubscribe</a>.</p>\n'
    )
    ends = list(_END_OF_BODY.finditer(html))
    place = ends[-1].start() if ends else len(html)
    return html[:place] + footer + html[place:]
