"""The language of templates: what it takes, what it refuses by name, and that nothing that is put in can break out."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bg_graph.email.rules.contents import LONGEST_SUBJECT, Content, compile_content, content_faults
from bg_graph.email.rules.merge_fields import FIELDS, LONGEST_VALUE, samples, tree_of
from bg_graph.email.rules.templates import (
    FILTERS,
    LONGEST_RENDERED,
    MOST_OUTPUTS,
    Kind,
    Language,
    RenderFault,
    rendered,
)

LANGUAGE = Language()
LINK = "https://x.example/u?t=1&k=2"


def faults(source: str, kind: Kind = Kind.TEXT) -> list[tuple[int, str]]:
    return [(fault.line, fault.message) for fault in LANGUAGE.faults(source, kind)]


def shown(source: str, kind: Kind = Kind.TEXT, **values: str | None) -> str:
    given_values = {**samples(), **{name.replace("__", "."): value for name, value in values.items()}}
    return rendered(LANGUAGE.compiled(source, kind), tree_of(given_values))


def content(**parts: str) -> Content:
    return Content(**{"subject": "S", "plain": "P", **parts})


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("Hello {{ person.first_name|default('there') }}!", "Hello Ada!"),
        ("{{ account.name|upper }} {{ 'x' ~ role.name|default('y') }}", "EXAMPLE LTD xDecision Maker"),
        ("{% if person.job_title %}As {{ person.job_title }}{% else %}-{% endif %}", "As Head of IT"),
        ("{{ person.job_title if person.job_title else 'x' }}", "Head of IT"),
        ("{{ person.first_name or 'there' }}", "Ada"),
        ("{% if role.name == 'Decision Maker' %}{{ role.name }}{% endif %}", "Decision Maker"),
        ("{% if 'IT' in person.job_title and not person.email %}a{% else %}b{% endif %}", "b"),
        ("{% if person.email is defined %}{{ person.email }}{% endif %}", "ada@example.com"),
        ("a\n{% if account.name %}\nb\n{% endif %}\nc\n", "a\nb\nc\n"),
        ("{# a note #}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{{ account.name|truncate(8) }}{{ account.name|urlencode }}", "Examp...Example%20Ltd"),
    ],
)
def test_what_a_marketer_writes_gives_what_is_expected(source: str, result: str):
    assert not faults(source)
    assert shown(source) == result


@pytest.mark.parametrize(
    "source",
    [
        "Hello {{ person.first_name|default('there') }}!",
        "Hello {{ person.first_name|d('there') }}!",
        "Hello {{ person.first_name or 'there' }}!",
        "Hello {% if person.first_name %}{{ person.first_name }}{% else %}there{% endif %}!",
        "Hello {% if person.first_name != 'Ada' %}there{% endif %}!",
        "Hello {% if not ('d' in person.first_name) %}there{% endif %}!",
        "Hello {% if person.first_name is undefined %}there{% endif %}!",
    ],
)
@pytest.mark.parametrize("unknown", [None, "", "  \n"])
def test_where_a_field_is_not_known_the_template_has_said_what_is_shown(source: str, unknown: str | None):
    assert not faults(source)
    assert shown(source, person__first_name=unknown) == "Hello there!"


@pytest.mark.parametrize(
    ("source", "line", "told"),
    [
        ("Hi {{ person.frist_name|default('x') }}", 1, "`person.frist_name` is no merge field; did you mean `person.first_name`?"),
        ("\n\n{{ company }}", 3, "`company` is no merge field"),
        ("{{ person }}", 1, "`person` holds several merge fields: person.first_name, "),
        ("{{ person.first_name }}", 1, "say what to show instead, `{{ person.first_name|default('...') }}`"),
        ("{{ person.first_name|upper|default('x') }}", 1, "`person.first_name` is not known of everybody"),
        ("{{ person.job_title|default(person.first_name) }}", 1, "`person.first_name` is not known of everybody"),
        ("{{ role.name or person.job_title }}", 1, "`person.job_title` is not known of everybody"),
        ("{% if person.job_title < 3 %}{% endif %}", 1, "`person.job_title` is not known of everybody"),
        ("{% if person.job_title %}{% else %}{{ person.job_title }}{% endif %}", 1, "is not known of everybody"),
        ("{{ account.name|uper }}", 1, "there is no filter `uper`; did you mean `upper`?"),
        ("{{ account.name if role.name }}", 1, "`if` within braces needs its `else`"),
        ("{{ account.name is odd }}", 1, "there is no test `odd`"),
        ("a\n{% if account.name %}", 2, "is no template: Unexpected end of template"),
        ("{{ account.name", 1, "is no template"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line_and_what_to_do(source: str, line: int, told: str):
    found = faults(source)
    assert len(found) == 1
    assert found[0][0] == line
    assert told in found[0][1]


def test_all_faults_are_told_at_once_in_the_order_of_their_lines():
    source = "{{ a }}\n{{ b }}\n{% for x in y %}{% endfor %}\n{{ account.name|zap }}"
    assert [line for line, _ in faults(source)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in range(10**9) %}x{% endfor %}",
        "{{ 'x' * 10**9 }}",
        "{{ 10**9**9 }}",
        "{{ 'x'|center(1000000000) }}",
        "{{ '%1000000000d'|format(1) }}",
        "{{ account.name|replace('a', 'b') }}",
        "{{ account.name.__class__.__mro__ }}",
        "{{ account.__init__.__globals__ }}",
        "{{ ''['__class__'] }}",
        "{{ account|attr('__class__') }}",
        "{{ account.name.format(account) }}",
        "{{ self._TemplateReference__context }}",
        "{{ self }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ lipsum(10000) }}",
        "{{ joiner }}",
        "{% set x = account %}{{ x.name }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ account.name }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% extends 'x' %}",
        "{% filter upper %}x{% endfilter %}",
        "{% autoescape false %}{{ account.name }}{% endautoescape %}",
        "{{ account.name|safe }}",
        "{{ account.name|tojson }}",
        "{{ [account.name] }}",
        "{{ {'a': 1} }}",
        "{{ (1, 2) }}",
        "{{ account.name|upper(*[1]) }}",
        "{% call x() %}{% endcall %}",
        "{% with %}{% endwith %}",
        "{% block b %}{% endblock %}",
        "{{ 1 + 1 }}",
        "{{ -1 }}",
        "{{ account['name'] }}",
        "{{ account.name[0] }}",
        "{% debug %}",
        "{% do 1 %}",
    ],
)
def test_whatever_could_run_away_or_reach_out_is_refused_before_it_runs(source: str):
    for kind in Kind:
        assert faults(source, kind)
        with pytest.raises(RenderFault, match="line 1"):
            LANGUAGE.compiled(source, kind)


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "(" * 100_000 + "1" + ")" * 100_000 + " }}",
        "{{ " + "not " * 50_000 + "account.name }}",
        "{{ " + "9" * 200_000 + " }}",
        "{% if account.name %}" * 5_000 + "{% endif %}" * 5_000,
        "{% if 1 %}" + "{% elif 1 %}" * 5_000 + "{% endif %}",
        "{{ account.name" + "|upper" * 30_000 + " }}",
        "{{ " + "account.name ~ " * 20_000 + "'' }}",
        "{{ account.name }}" * (MOST_OUTPUTS + 1),
        "{" * 200_000,
        "{{" + " " * 200_000,
        "{% raw %}" * 20_000,
    ],
    ids=["brackets", "nots", "number", "ifs", "elifs", "filters", "tildes", "outputs", "braces", "blanks", "raws"],
)
def test_what_is_endlessly_long_or_deep_is_refused_within_a_moment(source: str):
    began = time.process_time()
    assert faults(source)
    assert time.process_time() - began < 5


def test_as_much_as_is_taken_is_rendered_within_a_moment():
    began = time.process_time()
    source = "{{ account.name ~ account.name|upper }}\n" * (MOST_OUTPUTS // 2) + "x" * 200_000
    assert not faults(source)
    assert len(shown(source, account__name="y" * 10_000)) < LONGEST_RENDERED
    assert time.process_time() - began < 5


def test_a_result_that_is_too_long_is_none():
    source = "{{ " + "account.name ~ " * 4_900 + "'' }}"
    with pytest.raises(RenderFault, match="more than 2,000,000 characters"):
        shown(source, account__name="y" * LONGEST_VALUE)


def test_what_was_thought_to_be_known_of_everybody_and_is_not_is_named():
    with pytest.raises(RenderFault, match=r"^`account\.name` is not known of this person$"):
        shown("{{ account.name }}", account__name="\x00")


def test_a_filter_that_is_given_nonsense_is_a_fault_and_no_trace():
    with pytest.raises(RenderFault, match="given what it does not take"):
        shown("{{ account.name|truncate('x') }}")
    (fault,) = content_faults(content(plain="{{ account.name|truncate('x') }}"), LANGUAGE)
    assert (fault.part, fault.line) == ("plain", 1)


def test_a_template_that_was_never_checked_still_reaches_nothing():
    bare = LANGUAGE._languages[Kind.TEXT].from_string("{{ account.__class__ or account.name.__class__ or 'nothing' }}")
    assert rendered(bare, tree_of(samples())) == "nothing"
    with pytest.raises(RenderFault):
        rendered(
            LANGUAGE._languages[Kind.TEXT].from_string("{{ 'x' * 5 }}".replace("'x'", "account.name")),
            tree_of(samples()),
        )


@pytest.mark.parametrize(
    ("parts", "part", "told"),
    [
        ({"subject": "a\nb"}, "subject", "must be one line"),
        ({"subject": "a\rBcc: x"}, "subject", "must be one line"),
        ({"subject": " "}, "subject", "is empty"),
        ({"subject": "x" * 1_001}, "subject", "has 1,001 characters; at most 1,000"),
        ({"subject": "{{ role.name|default('') }}"}, "subject", "is empty for people of whom"),
        ({"plain": ""}, "plain", "is empty"),
        ({"plain": "a\0b"}, "plain", "U+0000"),
        ({"html": "\n"}, "html", "is empty"),
        ({"plain": "{{ sender.name }}"}, "plain", "`sender.name` needs a `sender`"),
        ({"sender": "Maria"}, "sender", "must be an address"),
        ({"sender": "Maria <maria@x.example>\r\nBcc: y@x.example"}, "sender", "must be an address"),
        ({"sender": "a@x.example, b@x.example"}, "sender", "must be an address"),
        ({"sender": "a@x.example b@x.example"}, "sender", "must be an address"),
        ({"sender": "A <a@x.example> B <b@x.example>"}, "sender", "must be an address"),
        ({"sender": "a@localhost"}, "sender", "must be an address"),
        ({"sender": "x" * 330 + "@x.example"}, "sender", "must be an address"),
        ({"reply_to": "<>"}, "reply_to", "must be an address"),
    ],
)
def test_a_content_that_is_not_fit_to_send_is_told_by_its_part(parts: dict[str, str], part: str, told: str):
    (fault,) = content_faults(content(**parts), LANGUAGE)
    assert fault.part == part
    assert told in fault.message


@pytest.mark.parametrize(
    "sender", ["maria@x.example", "Maria Rossi <maria@x.example>", '"Rossi, M." <maria@x.example>']
)
def test_a_sender_is_an_address_alone_or_after_a_name(sender: str):
    assert not content_faults(content(sender=sender, plain="{{ sender.name }} {{ sender.email }}"), LANGUAGE)


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ("<p class={{ account.name }}>x</p>", "stands in quotes"),
        ("<p {{ account.name|upper }}>x</p>", "stands in quotes"),
        ('<a href="{{ account.name }}">x</a>', "`href` can't begin with a merge field"),
        ("<img src=' {{ person.name }}/x.png'>", "`src` can't begin with a merge field"),
        ('<p style="color:{{ account.name }}">x</p>', "`style` can't hold"),
        ('<p onclick="x({{ account.name }})">x</p>', "`onclick` can't hold"),
        ("<script>var x = '{{ account.name }}'</script>", "<script> can't hold"),
        ("<style>p { content: '{{ group.name }}' }</style>", "<style> can't hold"),
    ],
)
def test_a_field_stands_in_html_only_where_its_value_is_harmless(html: str, told: str):
    (fault,) = content_faults(content(html=html), LANGUAGE)
    assert fault.part == "html"
    assert told in fault.message


def test_fields_in_text_in_quotes_and_within_an_address_are_harmless():
    html = (
        "<!doctype html><!--[if mso]><table><![endif]--><![if !mso]><p>x</p><![endif]>"
        '<p title="{{ account.name }}">{{ account.name }}</p><style>p { color: red }</style>'
        '<a href="https://x.example/?c={{ account.name|urlencode }}">x</a><a href="{{ unsubscribe_url }}">y</a>'
    )
    assert not content_faults(content(html=html), LANGUAGE)


@pytest.mark.parametrize("piece", ["<", "<!--", "<a ", "<a x='", "</", "<![", "&#", "<script>", "<?"])
def test_html_that_is_none_takes_no_time_to_check(piece: str):
    began = time.process_time()
    content_faults(content(html=piece * (400_000 // len(piece))), LANGUAGE)
    assert time.process_time() - began < 5


def test_the_sender_s_fields_are_taken_from_the_sender():
    made = compile_content(
        content(sender="Maria Rossi <m@x.example>", plain="{{ sender.name }}|{{ sender.email }}"), LANGUAGE
    )
    assert made.render({}).plain.startswith("Maria Rossi|m@x.example")
    made = compile_content(content(sender="m@x.example", plain="{{ sender.name }}|"), LANGUAGE)
    assert made.render({}).plain.startswith("m@x.example|")


def test_a_part_without_the_link_to_end_e_mails_gets_one_below():
    made = compile_content(content(html="<html><body><p>Hi</p></BODY></html>"), LANGUAGE).render(
        {"unsubscribe_url": LINK}
    )
    assert made.plain == f"P\n\n-- \nTo get no more e-mails like this: {LINK}\n"
    before, _, after = (made.html or "").partition('<a href="https://x.example/u?t=1&amp;k=2">unsubscribe</a>')
    assert before.startswith("<html><body><p>Hi</p><p ")
    assert after == ".</p>\n</BODY></html>"


@pytest.mark.parametrize("link", ['<a href="{{ unsubscribe_url }}">x</a>', "<a HREF = '{{ unsubscribe_url }}'>x</a>"])
def test_a_part_that_has_the_link_stays_as_it_is(link: str):
    given_content = content(plain="{{ unsubscribe_url }}", html=f"<p>{link}</p>")
    made = compile_content(given_content, LANGUAGE).render({"unsubscribe_url": LINK})
    assert made.plain == LINK
    assert (made.html or "").count("x.example") == 1


@pytest.mark.parametrize(
    "hidden",
    [
        '<!-- <a href="{{ unsubscribe_url }}">x</a> -->',
        "<p>{{ unsubscribe_url }}</p>",
        '<a href="{{ unsubscribe_url|urlencode }}">x</a>',
        '{% if not unsubscribe_url %}<a href="{{ unsubscribe_url }}">x</a>{% endif %}',
    ],
)
def test_a_link_that_nobody_can_click_does_not_count(hidden: str):
    made = compile_content(content(html=hidden), LANGUAGE).render({"unsubscribe_url": LINK})
    assert ">unsubscribe</a>" in (made.html or "")


def test_comments_without_an_end_take_no_time():
    began = time.process_time()
    compile_content(content(html="<!--" * 100_000), LANGUAGE).render({"unsubscribe_url": LINK})
    assert time.process_time() - began < 5


class Parsed(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[list[str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append([name for name, _ in attrs])

    def handle_data(self, data: str) -> None:
        self.text += data


MADE = compile_content(
    Content(
        subject="{{ person.first_name|default('x') }} {{ account.name }} {{ group.name|upper }}",
        plain="{{ account.name }}",
        html='<p title="{{ account.name }}" id=\'{{ person.name }}\'>{{ person.name }}</p><a href="{{ unsubscribe_url }}">u</a>',
        sender="Maria <m@x.example>",
    ),
    LANGUAGE,
)
VALUES = st.fixed_dictionaries(
    {name: st.none() | st.text() for name in FIELDS if not name.startswith(("sender", "unsub"))}
)


@given(VALUES)
def test_no_value_breaks_a_header_line_or_leaves_its_place_in_the_html(values: dict[str, str | None]):
    known = {name: f"A{value or ''}" if FIELDS[name].always_known else value for name, value in values.items()}
    made = MADE.render({**known, "unsubscribe_url": LINK})
    assert made.subject.isprintable()
    assert 0 < len(made.subject) <= LONGEST_SUBJECT
    assert made.subject == made.subject.strip()
    parsed = Parsed()
    parsed.feed(made.html or "")
    assert parsed.tags == ["p", "a"]
    assert parsed.attributes == [["title", "id"], ["href"]]


@pytest.mark.parametrize(
    "name", ["Ann\r\nBcc: all@x.example", "Ann\nBcc: x", "Ann\x00", "Ann\u2028Bcc: x", "Ann\x85Bcc: x", "Ann\x0b\x0c"]
)
def test_a_name_that_would_begin_a_header_is_one_line_in_the_subject(name: str):
    made = compile_content(content(subject="Hi {{ person.name }}"), LANGUAGE).render({"person.name": name})
    assert made.subject.splitlines() == [made.subject]
    assert made.subject.startswith("Hi Ann")


def test_a_long_subject_is_cut_at_its_end():
    made = compile_content(content(subject="{{ account.name }} {{ account.name }}"), LANGUAGE)
    subject = made.render({"account.name": "n" * 200}).subject
    assert len(subject) == LONGEST_SUBJECT
    assert subject.endswith("n…")


def test_every_field_and_filter_can_be_used():
    for name, field in FIELDS.items():
        if field.always_known:
            assert not faults(f"{{{{ {name} }}}}"), name
        assert shown(f"{{{{ {name}|default('') }}}}") == field.sample
    for name in FILTERS:
        arguments = "('x')" if name == "default" else ""
        assert not faults(f"{{{{ account.name|{name}{arguments} }}}}"), name


def test_no_field_is_named_as_what_holds_fields():
    assert not {name.partition(".")[0] for name in FIELDS if "." in name} & set(FIELDS)


def test_equal_contents_have_equal_digests_and_others_have_others():
    parts = [
        {},
        {"subject": "T"},
        {"plain": "Q"},
        {"html": "P"},
        {"sender": "a@x.example"},
        {"reply_to": "a@x.example"},
    ]
    digests = [content(**part).digest for part in parts]
    assert len(set(digests)) == len(parts)
    assert digests == [content(**part).digest for part in parts]
    assert Content(subject="ab", plain="c").digest != Content(subject="a", plain="bc").digest
