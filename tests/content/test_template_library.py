"""Which template is taken, in which language, and how it is known again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from content_samples import CONSUMER, REQUEST, SHIPPED, request_for

from outreach.content import ComposeRequest, Library
from outreach.domain import Audience, Money, Purpose
from outreach.errors import DraftError

Own = Callable[..., Library]


def speaking(language: str, **changes: Any) -> ComposeRequest:
    return replace(REQUEST, consumer=replace(CONSUMER, language=language), **changes)


@pytest.mark.parametrize(
    ("spoken", "written"),
    [("es-MX", "es-MX"), ("es-AR", "es"), ("ES_mx", "es-MX"), ("zh-Hans-CN", "zh-Hans"), ("zh-CN", "zh")],
)
def test_a_template_is_taken_in_the_persons_language_else_its_base(
    own: Own, spoken: str, written: str
) -> None:
    library = own({f"{tag}/sms/reminder": f"in {tag}" for tag in ("en", "es", "es-MX", "zh", "zh-Hans")})
    words = library.compose(speaking(spoken))
    assert (f"in {written}", (), (written[:2],)) == (words.text, words.warnings, words.languages)


def test_a_language_that_is_not_there_is_refused_by_name(own: Own) -> None:
    with pytest.raises(DraftError, match="no template in fr") as caught:
        own({"en/sms/reminder": "x", "es/sms/reminder": "x"}).compose(speaking("fr"))
    assert "no template in fr" == caught.value.what
    assert "en, es" in caught.value.why


def test_another_language_is_taken_only_where_the_settings_say_so_and_with_a_warning(own: Own) -> None:
    files = {"en/sms/reminder": "x", "en/sms/receipt": "y"}
    library = own(files, fallback={"reminder": "en"})
    assert ("no template in fr; written in en as the settings allow",) == library.compose(
        speaking("fr")
    ).warnings
    other = replace(REQUEST.contact, template="receipt")
    with pytest.raises(DraftError, match="no template in fr"):
        library.compose(speaking("fr", contact=other))


def test_a_person_without_a_language_is_refused_unless_a_default_is_set(own: Own) -> None:
    files = {"en/sms/reminder": "x"}
    with pytest.raises(DraftError, match="language is not known"):
        own(files).compose(speaking(""))
    words = own(files, default_language="en").compose(speaking(""))
    assert ("no language is stated for the person; written in en",) == words.warnings


def test_a_default_language_does_not_stand_in_for_a_stated_one(own: Own) -> None:
    with pytest.raises(DraftError, match="no template in fr"):
        own({"en/sms/reminder": "x"}, default_language="en").compose(speaking("fr"))


def test_a_projects_own_template_and_passage_take_the_place_of_the_shipped(tmp_path: Path) -> None:
    (tmp_path / "en" / "sms").mkdir(parents=True)
    shipped = (SHIPPED / "en" / "sms" / "reminder.j2").read_text()
    (tmp_path / "en" / "sms" / "reminder.j2").write_text(shipped + "Have a good day.")
    (tmp_path / "en" / "passages").mkdir()
    (tmp_path / "en" / "passages" / "opt-out-sms.j2").write_text("Answer STOP and we stop.")
    library = Library([tmp_path, SHIPPED])
    text = library.compose(speaking("en")).text
    assert "Have a good day." in text
    assert "Answer STOP and we stop." in text
    assert (
        library.compose(request_for("receipt", "email", "en")).text
        == Library([SHIPPED]).compose(request_for("receipt", "email", "en")).text
    )
    assert tmp_path / "en" / "sms" / "reminder.j2" in {file.path for file in library.templates()}


def test_an_edited_template_is_seen_by_the_next_library(own: Own) -> None:
    before = own({"en/sms/reminder": "one"}).compose(REQUEST)
    after = own({"en/sms/reminder": "two"}).compose(REQUEST)
    assert ("one", "two") == (before.text, after.text)
    assert before.version != after.version


def test_the_version_is_the_digest_of_the_text_with_the_passages_it_uses(own: Own) -> None:
    files = {"en/sms/reminder": "{{ passage('a') }}", "en/passages/a": "A", "en/passages/b": "B"}
    library = own(files)
    version = library.compose(REQUEST).version
    assert version == hashlib.sha256(library.documents[version].encode()).hexdigest()
    assert version == own({**files, "en/passages/b": "other"}).compose(REQUEST).version
    assert version != own({**files, "en/passages/a": "other"}).compose(REQUEST).version


@pytest.mark.parametrize(("name", "channel"), [("reminder", "sms"), ("receipt", "letter"), ("late", "call")])
def test_a_kept_text_gives_the_same_words_in_a_library_without_files(
    shipped: Library, tmp_path: Path, name: str, channel: str
) -> None:
    request = request_for(name, channel, "es")
    words = shipped.compose(request)
    assert words == Library([tmp_path]).compose(request, text=shipped.documents[words.version])


def test_a_kept_text_repeats_the_warning_too(own: Own, tmp_path: Path) -> None:
    library = own({"en/sms/reminder": "x"}, fallback={"reminder": "en"}, default_language="en")
    for spoken in ("fr", ""):
        words = library.compose(speaking(spoken))
        assert words == library.compose(speaking(spoken), text=library.documents[words.version])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"text": 1}', "no json"])
def test_a_damaged_kept_text_is_refused(shipped: Library, text: str) -> None:
    with pytest.raises(DraftError, match="kept template"):
        shipped.compose(REQUEST, text=text)


def test_a_template_is_read_once(own: Own, tmp_path: Path) -> None:
    library = own({"en/sms/reminder": "one"})
    library.compose(REQUEST)
    (tmp_path / "templates" / "en" / "sms" / "reminder.j2").unlink()
    assert "one" == library.compose(REQUEST).text


def test_nothing_is_compiled_before_it_is_wanted(own: Own) -> None:
    library = own({"en/sms/reminder": "one", "en/sms/broken": "{{"})
    assert {} == dict(library.documents)
    assert "one" == library.compose(REQUEST).text


@pytest.mark.parametrize("name", ["", "remindr", "../../secret", "reminder.j2", "/etc/passwd"])
def test_a_name_that_is_not_there_is_refused_whatever_it_looks_like(shipped: Library, name: str) -> None:
    contact = replace(REQUEST.contact, template=name)
    with pytest.raises(DraftError) as caught:
        shipped.compose(replace(REQUEST, contact=contact))
    assert "passwd" not in str(caught.value)
    if name == "remindr":
        assert "did you mean reminder?" == caught.value.remedy


@pytest.mark.parametrize("audience", [Audience.THIRD_PARTY, Audience.PROFESSIONAL])
def test_a_template_for_the_consumer_is_for_nobody_else(shipped: Library, audience: Audience) -> None:
    with pytest.raises(DraftError, match=f"not for audience {audience}"):
        shipped.compose(replace(REQUEST, audience=audience))


def test_a_template_serves_only_its_purposes(shipped: Library) -> None:
    contact = replace(REQUEST.contact, purpose=Purpose.VALIDATION_NOTICE)
    with pytest.raises(DraftError, match="not for purpose validation_notice"):
        shipped.compose(replace(REQUEST, contact=contact))


def test_a_filter_of_a_plugin_can_be_used(own: Own) -> None:
    def prepare(environment: Any) -> None:
        environment.filters["shout"] = lambda text: f"{text}!"

    library = own({"en/sms/reminder": "{{ creditor_name|shout }}"}, prepare=prepare)
    assert "First Bank!" == library.compose(REQUEST).text


def test_debts_in_two_currencies_have_no_total(own: Own) -> None:
    debts = (REQUEST.debts[0], replace(REQUEST.debts[1], balance=Money(1, "CNY")))
    with pytest.raises(DraftError, match="cannot say balance") as caught:
        own({"en/sms/reminder": "{{ balance }}"}).compose(replace(REQUEST, debts=debts))
    assert "two currencies" in caught.value.why


def test_a_debt_of_unknown_balance_leaves_the_total_unknown(own: Own) -> None:
    debts = (REQUEST.debts[0], replace(REQUEST.debts[1], balance=None))
    with pytest.raises(DraftError, match="needs balance"):
        own({"en/sms/reminder": "{{ balance }}"}).compose(replace(REQUEST, debts=debts))


def test_a_sum_is_as_old_as_its_oldest_part(own: Own) -> None:
    assert "February 27, 2026" == own({"en/sms/reminder": "{{ balance_as_of }}"}).compose(REQUEST).text


def test_a_table_names_creditors_and_never_shows_an_id_where_a_name_is_known(own: Own) -> None:
    library = own({"en/sms/reminder": "{% for debt in debts %}{{ debt.creditor }};{% endfor %}"})
    assert "First Bank;Lakeside Clinic;First Bank;" == library.compose(REQUEST).text
    contact = replace(REQUEST.contact, creditor="")
    request = replace(REQUEST, contact=contact, creditor_names={})
    assert "First Bank;clinic;First Bank;" == library.compose(request).text


def test_check_tells_every_kind_of_trouble(own: Own) -> None:
    library = own(
        {
            "en/sms/good": "fine",
            "es/sms/good": "bien",
            "en/sms/unknown": "{{ nothing }}",
            "es/sms/unknown": "x",
            "en/sms/lonely": "x",
            "en/smss/astray": "x",
            "en/sms/lost": "---\npurpose: collect\naudience: consumer\nrequired: [absent]\n---\nx",
            "es/sms/lost": "x",
            "en/sms/hidden": "---\npurpose: collect\naudience: consumer\nrequired: [said]\n---\nx",
            "es/sms/hidden": "x",
            "en/passages/said": "so",
        }
    )
    told = {(problem.template, problem.what) for problem in library.check()}
    assert {
        ("en/sms/unknown", "template en/sms/unknown uses nothing, which does not exist for consumer"),
        ("es/sms/lonely", "there is no lonely for sms in es"),
        ("en/smss/astray.j2", "this file is never used"),
        ("en/sms/lost", "template en/sms/lost requires a passage that does not exist: absent"),
        ("en/sms/hidden", "template en/sms/hidden left out a required passage: said"),
    } == told


ASKS = "== identity ==\nYour postal code?\n"
TELLS = "== disclosure ==\nYou owe {{ balance }}.\n"


@pytest.mark.parametrize(
    ("script", "what", "line"),
    [
        (TELLS, "the section disclosure tells of a debt before it is known who is on the line", 6),
        ("== opening ==\nHello.\n" + TELLS, "the section disclosure tells of a debt before", 8),
        (f"== opening ==\nThis is about {{{{ account }}}}.\n{ASKS}{TELLS}", "the section opening tells", 6),
        ("== opening ==\n{{ passage('collector-x') }}\n" + ASKS, "the section opening tells", 6),
        ("== identity ==\nIs it you who owes {{ creditor_name }}?\n", "the section identity tells", 6),
        ("Hello, you owe {{ balance }}.", "the script tells of a debt without asking first", 5),
    ],
)
def test_check_names_a_script_that_tells_a_consumer_of_a_debt_before_her_identity(
    own: Own, script: str, what: str, line: int
) -> None:
    front = "---\npurpose: collect\naudience: consumer\n---\n"
    [problem] = own({"en/call/x": front + script, "en/passages/collector-x": "A debt."}).check()
    assert what == problem.what[: len(what)]
    assert problem.where.endswith(f"en/call/x.j2:{line}")
    assert "identity" in problem.remedy


@pytest.mark.parametrize(
    "script",
    [
        "== opening ==\nHello.\n" + ASKS + TELLS + "== closing ==\nAbout {{ account }}: goodbye.\n",
        "== opening ==\nHello, {{ consumer_name }}.\n== closing ==\nGoodbye.\n",
        "Hello, {{ consumer_name }}. Please call {{ collector_phone }}.",
    ],
)
def test_check_passes_a_script_that_asks_first_or_tells_nothing(own: Own, script: str) -> None:
    assert [] == own({"en/call/x": f"---\npurpose: collect\naudience: consumer\n---\n{script}"}).check()


def test_a_message_left_on_a_machine_needs_no_identity_check(own: Own) -> None:
    """Nobody can be asked there; what it may say is for the rules on messages."""
    assert [] == own({"en/voicemail/x": "You owe {{ balance }}."}).check()
