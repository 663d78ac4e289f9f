"""What data and templates cannot do, and that errors say where and never whose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from content_samples import CONSUMER, REQUEST, request_for
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from outreach.content import Library, preview
from outreach.domain import Audience, Consumer
from outreach.errors import DraftError

Own = Callable[..., Library]

SHOWN = "---\npurpose: collect\naudience: consumer\nshows: [consumer_name]\n---\n"
LOOP = SHOWN + "{% for debt in debts %}{{ consumer_name }}{% endfor %}"
THIRD = "---\npurpose: location\naudience: third_party\nshows: [consumer_name]\n---\n"


def named(name: str) -> Consumer:
    return replace(CONSUMER, name=name)


@pytest.mark.parametrize("name", ["{{ 7*7 }}", "{% raw %}", "{{ consumer_name }}", "%s {0} {x}", "{# #}"])
@pytest.mark.parametrize("template", [SHOWN + "Hello {{ consumer_name }}.", LOOP])
def test_a_template_in_the_data_stays_text(own: Own, template: str, name: str) -> None:
    text = own({"en/sms/reminder": template}).compose(replace(REQUEST, consumer=named(name))).text
    assert name in text
    assert "49" not in text


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30))
def test_any_printable_name_is_printed_as_it_is(shipped: Library, name: str) -> None:
    text = shipped.compose(request_for("receipt", "email", "en", recipient_name=name)).text
    assert text.startswith(f"Dear {name},\n")


@pytest.mark.parametrize("bad", ["\n", "\r", "\t", "\0", "\x1b", "\x85", "\u2028", "\u202e", "\ud800"])
@pytest.mark.parametrize("template", [SHOWN + "Hello {{ consumer_name }}.", LOOP])
def test_a_control_character_in_a_value_is_refused_and_not_quoted(own: Own, template: str, bad: str) -> None:
    library = own({"en/sms/reminder": template})
    with pytest.raises(DraftError, match="was given a consumer_name with a control character") as caught:
        library.compose(replace(REQUEST, consumer=named(f"Ana{bad}Bcc: x@y.example")))
    assert "Ana" not in str(caught.value)
    assert caught.value.where.startswith("templates/en/sms/reminder.j2:6")


def test_a_value_cannot_add_a_header_through_the_subject(own: Own) -> None:
    front = SHOWN.removesuffix("---\n") + "subject: For {{ consumer_name }}\n---\n"
    library = own({"en/email/reminder": front + "x"})
    request = request_for("reminder", "email", "en")
    assert "For Ana Diaz" == library.compose(request).subject
    for name in ("Ana\nBcc: x@y.example", "Ana\r\nBcc: x@y.example"):
        with pytest.raises(DraftError, match="control character") as caught:
            library.compose(replace(request, consumer=named(name)))
        assert "reminder.j2:5" in caught.value.where


def test_a_subject_of_several_lines_is_refused(own: Own) -> None:
    front = '---\npurpose: collect\naudience: consumer\nsubject: "a\\nBcc: b"\n---\nx'
    with pytest.raises(DraftError, match="subject of several lines"):
        preview(own({"en/email/reminder": front}), "reminder", "email", "en")


def test_a_filter_cannot_bring_in_what_values_may_not_hold(own: Own) -> None:
    def prepare(environment: Any) -> None:
        environment.filters["bell"] = lambda text: text + "\a"

    library = own({"en/sms/reminder": "{{ creditor_name|bell }}"}, prepare=prepare)
    with pytest.raises(DraftError, match=r"control character \(U\+0007\)"):
        library.compose(REQUEST)


@pytest.mark.parametrize("error", [ValueError, DraftError, UndefinedError])
def test_a_failing_filter_does_not_tell_what_it_was_given(own: Own, error: type[Exception]) -> None:
    def fail(text: str) -> str:
        raise error(text)

    def prepare(environment: Any) -> None:
        environment.filters["fail"] = fail

    library = own({"en/sms/reminder": SHOWN + "one\n{{ consumer_name|fail }}"}, prepare=prepare)
    with pytest.raises(DraftError, match="cannot be rendered") as caught:
        library.compose(REQUEST)
    assert "templates/en/sms/reminder.j2:7" == caught.value.where
    assert f"a {error.__name__} was raised" == caught.value.why
    assert "Ana" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    "body",
    [
        "{{ promise_amount }}",
        "{% if balance %}{{ promise_amount }}{% endif %}",
        "{% for debt in debts %}\n{{ promise_amount }}{% endfor %}",
    ],
)
def test_a_variable_without_a_value_is_named_with_file_and_line(own: Own, body: str) -> None:
    library = own({"en/sms/reminder": "first line\n" + body})
    line = 6 + body.count("\n")
    with pytest.raises(DraftError) as caught:
        library.compose(replace(REQUEST, promise=None))
    assert "template en/sms/reminder needs promise_amount and none is recorded" == caught.value.what
    assert f"templates/en/sms/reminder.j2:{line}" == caught.value.where
    assert "record the promise, or choose another template" == caught.value.remedy


def test_a_part_of_a_debt_without_a_value_is_named(own: Own) -> None:
    library = own({"en/sms/reminder": "{% for debt in debts %}\n{{ debt.balance }}{% endfor %}"})
    debts = (*REQUEST.debts[:2], replace(REQUEST.debts[2], balance=None))
    with pytest.raises(DraftError, match="needs balance") as caught:
        library.compose(replace(REQUEST, debts=debts))
    assert caught.value.where.endswith("reminder.j2:6")


def test_a_template_can_ask_whether_a_value_is_there(own: Own) -> None:
    library = own({"en/sms/reminder": "x{% if promise_due is defined %} by {{ promise_due }}{% endif %}"})
    assert "x by March 20, 2026" == library.compose(REQUEST).text
    assert "x" == library.compose(replace(REQUEST, promise=None)).text


@pytest.mark.parametrize(
    "body",
    [
        "{{ ''.__class__ }}",
        "{{ consumer_name.__class__.__mro__ }}",
        "{{ debts.__init__.__globals__ }}",
        "{{ ''|attr('__class__') }}",
        "{{ consumer_name['__class__'] }}",
        "{{ self }}",
        "{{ self._TemplateReference__context }}",
        "{{ passage.__globals__ }}",
        "{{ passage('../secret') }}",
        "{{ passage(consumer_name) }}",
        "{{ range(999999999) }}",
        "{{ lipsum(5) }}",
        "{{ cycler }}",
        "{{ 'x' * 99999999999 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%99999999999d' % 1 }}",
        "{{ '{0:>99999999999}'.format(1) }}",
        "{{ 'x'.center(9999999999) }}",
        "{{ 'x'|center(9999999999) }}",
        "{{ consumer_name|default('') }}",
        "{% include '/etc/passwd' %}",
        "{% import 'x' as y %}",
        "{% from 'x' import y %}",
        "{% extends 'x' %}",
        "{% block x %}{% endblock %}",
        "{% macro x() %}{{ x() }}{% endmacro %}",
        "{% set x = 1 %}",
        "{% call x() %}{% endcall %}",
        "{% filter upper %}x{% endfilter %}",
        "{% for a in debts recursive %}{{ loop(debts) }}{% endfor %}",
        "{% for a in debts %}{% for b in debts %}{% for c in debts %}x{% endfor %}{% endfor %}{% endfor %}",
        "{% for a, b in debts %}{% endfor %}",
        "{{ debts.sort }}",
        "{{ consumer.national_id }}",
        "{{",
        "{% if %}",
        "{% endif %}",
        "a\tb",
    ],
)
def test_a_template_cannot_reach_outside_or_run_without_end(own: Own, body: str) -> None:
    library = own({"en/sms/reminder": "first line\n" + body})
    with pytest.raises(DraftError) as caught:
        library.compose(REQUEST)
    assert "templates/en/sms/reminder.j2:6" == caught.value.where
    assert "Ana" not in str(caught.value)


def test_a_list_is_not_printed_as_a_whole(own: Own) -> None:
    with pytest.raises(DraftError) as caught:
        own({"en/sms/reminder": "{{ debts }}"}).compose(REQUEST)
    assert "A list or a record stands where one value belongs." == caught.value.why


def test_a_text_has_a_limit(own: Own) -> None:
    body = "{% for a in debts %}{% for b in debts %}{{ creditor_name }}{% endfor %}{% endfor %}"
    library = own({"en/sms/reminder": body})
    with pytest.raises(DraftError, match="more text than a contact can hold"):
        library.compose(replace(REQUEST, debts=REQUEST.debts * 100))


@pytest.mark.parametrize(
    "variable",
    [
        "account",
        "balance",
        "balance_as_of",
        "creditor_name",
        "debts",
        "promise_amount",
        "promise_due",
        "payment_amount",
        "payment_date",
        "date_of_birth",
        "national_id",
        "phone",
    ],
)
def test_to_a_third_party_nothing_about_debts_exists(own: Own, variable: str) -> None:
    library = own({"en/call/location": f"{THIRD}{{% if {variable} is defined %}}x{{% endif %}}y"})
    with pytest.raises(DraftError, match=f"uses {variable}, which does not exist for third_party"):
        library.compose(request_for("location", "call", "en"))


def test_where_several_audiences_are_meant_the_least_permitting_decides(own: Own) -> None:
    front = "---\npurpose: collect\naudience: [consumer, third_party]\n---\n"
    with pytest.raises(DraftError, match="does not exist for consumer and third_party"):
        own({"en/sms/reminder": front + "{{ balance }}"}).compose(REQUEST)


MASKS = {
    "consumer_name": ("A. D.", "Ana Diaz"),
    "recipient_name": ("A. D.", "Ana Diaz"),
    "account": ("****1111, ****8877, ****5544", "4000123412341111, MED-998877, 77665544"),
    "balance": ("$***", "$1,314.56"),
    "phone": ("***-***-0123", "+16145550123"),
    "date_of_birth": ("****-**-**", "May 17, 1980"),
    "national_id": ("***-**-6789", "123-45-6789"),
}


@pytest.mark.parametrize("variable", MASKS)
def test_a_sensitive_variable_prints_masked_unless_shown_to_the_consumer(own: Own, variable: str) -> None:
    masked, plain = MASKS[variable]
    words = own({"en/sms/reminder": f"{{{{ {variable} }}}}"}).compose(REQUEST)
    assert (masked, (variable,)) == (words.text, words.masked)
    front = f"---\npurpose: collect\naudience: consumer\nshows: [{variable}]\n---\n"
    words = own({"en/sms/reminder": f"{front}{{{{ {variable} }}}}"}).compose(REQUEST)
    assert (plain, ()) == (words.text, words.masked)


def test_the_table_of_debts_is_masked_like_the_variables(own: Own) -> None:
    body = "{% for debt in debts %}{{ debt.account }} {{ debt.balance }};{% endfor %}"
    words = own({"en/sms/reminder": body}).compose(REQUEST)
    assert "****1111 $***;****8877 $***;****5544 $***;" == words.text
    assert ("account", "balance") == words.masked


@pytest.mark.parametrize(
    ("audience", "field"),
    [("third_party", "national_id"), ("professional", "account"), ("consumer", "nonsense")],
)
def test_a_template_may_not_show_what_its_audience_may_not_see(own: Own, audience: str, field: str) -> None:
    front = f"---\npurpose: collect\naudience: {audience}\nshows: [{field}]\n---\nx"
    with pytest.raises(DraftError, match=f"shows {field}, which its audience may not see") as caught:
        own({"en/sms/reminder": front}).compose(replace(REQUEST, audience=Audience(audience)))
    assert caught.value.where.endswith("reminder.j2:4")


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("\nno front matter", "no front matter", 1),
        ("---\npurpose: collect\nbody", "no end", 1),
        ("---\npurpose: collect\naudience: consumer\ncolour: red\n---\nx", "colour", 4),
        ("---\npurpose: fun\naudience: consumer\n---\nx", "purpose", 2),
        ("---\npurpose: collect\naudience: everybody\n---\nx", "audience", 3),
        ("---\npurpose: collect\n---\nx", "audience", 1),
        ("---\npurpose: collect\npurpose: collect\naudience: consumer\n---\nx", "not YAML", 3),
        ("---\npurpose: [collect\naudience: consumer\n---\nx", "not YAML", 3),
        ("---\n- collect\n---\nx", "no keys", 1),
        ("---\npurpose: collect\naudience: consumer\nsubject: Hi\n---\nx", "has a subject", 4),
        ("---\npurpose: collect\naudience: consumer\nrequired: [nope]\n---\nx", "nope", 4),
        ("---\npurpose: collect\naudience: consumer\nrequired: nope\n---\nx", "required", 4),
    ],
)
def test_front_matter_is_strict_and_names_the_line(own: Own, text: str, what: str, line: int) -> None:
    library = own({"en/sms/reminder": "x"})
    next(iter(library.templates())).path.write_text(text)  # as it is, without the fixture's help
    with pytest.raises(DraftError) as caught:
        library.compose(REQUEST)
    assert what in caught.value.what
    assert caught.value.where.endswith(f"reminder.j2:{line}")


def test_an_email_needs_a_subject(own: Own) -> None:
    front = "---\npurpose: collect\naudience: consumer\n---\nx"
    with pytest.raises(DraftError, match="has no subject"):
        preview(own({"en/email/reminder": front}), "reminder", "email", "en")


def test_a_required_passage_must_stand_in_the_rendered_text(own: Own) -> None:
    front = "---\npurpose: collect\naudience: consumer\nrequired: [law]\n---\n"
    body = "x{% if promise_due is defined %}{{ passage('law') }}{% endif %}"
    library = own({"en/sms/reminder": front + body, "en/passages/law": "Said."})
    assert "xSaid." == library.compose(REQUEST).text
    with pytest.raises(DraftError, match="left out a required passage: law"):
        library.compose(replace(REQUEST, promise=None))


def test_a_required_passage_in_the_subject_alone_is_not_enough(own: Own) -> None:
    front = (
        "---\npurpose: collect\naudience: consumer\nsubject: \"{{ passage('law') }}\"\nrequired: [law]\n---\n"
    )
    library = own({"en/email/reminder": front + "x", "en/passages/law": "Said."})
    with pytest.raises(DraftError, match="left out a required passage: law"):
        library.compose(request_for("reminder", "email", "en"))


@pytest.mark.parametrize("text", ["{{ balance }}", "{% if x %}", "", "a\tb"])
def test_a_passage_is_plain_text(own: Own, text: str) -> None:
    with pytest.raises(DraftError, match="passage is not plain text"):
        own({"en/sms/reminder": "{{ passage('law') }}", "en/passages/law": text}).compose(REQUEST)


@pytest.mark.parametrize(
    ("body", "what", "line"),
    [
        ("== opening ==\na\n== ending ==\nb", "unknown section: ending", 7),
        ("== closing ==\na\n== opening ==\nb", "out of order", 5),
        ("== opening ==\na\n== opening ==\nb", "out of order", 5),
        ("hello\n== opening ==\na", "text before its first section", 5),
    ],
)
def test_sections_of_a_script_are_known_and_in_order(own: Own, body: str, what: str, line: int) -> None:
    with pytest.raises(DraftError, match=what) as caught:
        own({"en/call/reminder": body}).compose(request_for("reminder", "call", "en"))
    assert caught.value.where.endswith(f"reminder.j2:{line}")


def test_a_value_cannot_begin_a_section(own: Own) -> None:
    library = own({"en/call/early": SHOWN + "== opening ==\n{{ consumer_name }}\n== closing ==\nbye"})
    request = replace(request_for("early", "call", "en"), consumer=named("== disclosure =="))
    words = library.compose(request)
    assert (("opening", "== disclosure =="), ("closing", "bye")) == words.sections


def test_a_template_that_gives_nothing_is_refused(own: Own) -> None:
    with pytest.raises(DraftError, match="gives an empty text"):
        own({"en/sms/reminder": "{% if promise_due is undefined %}x{% endif %}"}).compose(REQUEST)


def test_a_template_that_is_not_utf8_is_refused(own: Own, tmp_path: Any) -> None:
    library = own({"en/sms/reminder": "x"})
    (tmp_path / "templates" / "en" / "sms" / "reminder.j2").write_bytes(b"---\n\xff")
    with pytest.raises(DraftError, match="not UTF-8"):
        library.compose(REQUEST)
