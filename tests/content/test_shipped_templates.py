"""Promises of every template that comes with outreach, in every language."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from content_samples import CONSUMER, DEBTS, REQUEST, SHIPPED, request_for

from outreach.content import Library, check, preview, segments, survey
from outreach.domain import Audience, Contact, Purpose, Way, Words

FILES = [(file.name, file.channel, file.language) for file in Library([SHIPPED]).templates()]
SAYS_NO_DEBT = ("opt_out_confirmation", "location", "limited_content")


def each(wanted: Callable[[str, str], bool]) -> pytest.MarkDecorator:
    """All templates whose name and channel are wanted."""
    files = [file for file in FILES if wanted(file[0], file[1])]
    assert files
    return pytest.mark.parametrize(("name", "channel", "language"), files)


EVERY = each(lambda name, channel: True)
LANGUAGES = pytest.mark.parametrize("language", ["en", "es", "zh"])

PASSAGES = {
    "en": {
        "collector-full": "We are attempting to collect a debt, and any information obtained will be used "
        "for that purpose.",
        "collector-short": "This is from a debt collector.",
        "opt-out-sms": "Reply STOP to stop texts to this telephone number.",
        "opt-out-email": "To stop emails to this address, reply with STOP in the subject line.",
    },
    "es": {
        "collector-full": "Estamos intentando cobrar una deuda y toda la información obtenida se usará "
        "para ese propósito.",
        "collector-short": "Este mensaje es de un cobrador de deudas.",
        "opt-out-sms": "Responda STOP para dejar de recibir mensajes de texto en este número.",
        "opt-out-email": "Para dejar de recibir correos en esta dirección, responda con STOP en el asunto.",
    },
    "zh": {
        "collector-full": "我们正在催收一笔债务，所获得的任何信息都将用于该目的。",
        "collector-short": "本信息来自债务催收机构。",
        "opt-out-sms": "回复 STOP 即可停止向此号码发送短信。",
        "opt-out-email": "如不希望此邮箱再收到邮件，请回复并在主题中写明 STOP。",
    },
}

# Words that tell, or hint at, a debt.
DEBT_WORDS = re.compile(
    r"debt|owe|owing|collect|balance|account|creditor|payment|\bpay|loan|past due|overdue|arrears|bill"
    r"|deud|deb[eo]|cobr|saldo|cuenta|acreedor|\bpag|préstamo|venc|mora\b"
    r"|债|欠|催|收款|余额|账|款|还清|逾期|贷",
    re.IGNORECASE,
)
SUBJECT_WORDS = re.compile(
    r"debt|owe|collect|balance|creditor|pay|loan|due|deud|cobr|saldo|acreedor|pag|venc|债|欠|催|余额|款|逾期|贷",
    re.IGNORECASE,
)

NAMES = {
    *(
        (name, way)
        for name in ("first_notice", "reminder", "payment_plan_confirmation", "promise_reminder", "receipt")
        for way in ("sms", "email", "letter")
    ),
    ("opt_out_confirmation", "sms"),
    ("opt_out_confirmation", "email"),
    ("limited_content", "voicemail"),
    ("validation_notice", "letter"),
    *((name, "call") for name in ("location", "early", "middle", "late")),
}


def words_of(shipped: Library, name: str, channel: str, language: str) -> Words:
    return shipped.compose(request_for(name, channel, language))


@LANGUAGES
def test_the_whole_set_exists_in_each_language(language: str) -> None:
    assert NAMES == {(name, channel) for name, channel, written in FILES if written == language}


def test_the_check_finds_nothing_wrong(shipped: Library) -> None:
    assert [] == check(shipped) == shipped.check()


@EVERY
def test_it_renders_for_several_debts(shipped: Library, name: str, channel: str, language: str) -> None:
    words = words_of(shipped, name, channel, language)
    assert words.text == words.text.strip()
    assert (language,) == words.languages
    assert f"{language}/{channel}/{name}" == words.template
    assert bool(words.subject) is (channel == "email")
    assert "{{" not in words.text + words.subject
    assert "{%" not in words.text


@each(lambda name, channel: name not in SAYS_NO_DEBT)
def test_every_text_to_a_consumer_about_a_debt_says_both_disclosures_in_its_language(
    shipped: Library, name: str, channel: str, language: str
) -> None:
    """12 CFR 1006.18(e)(1), (2), (4): full where it comes first, short in each later communication."""
    text = words_of(shipped, name, channel, language).text
    assert PASSAGES[language]["collector-full"] in text
    assert PASSAGES[language]["collector-short"] in text


@EVERY
def test_every_electronic_text_tells_how_to_stop_it(
    shipped: Library, name: str, channel: str, language: str
) -> None:
    """12 CFR 1006.6(e); the confirmation of an opt-out says nothing but that (1006.14(h)(2)(i))."""
    text = words_of(shipped, name, channel, language).text
    said = [passage for passage in PASSAGES[language].values() if "STOP" in passage and passage in text]
    expected = PASSAGES[language].get(f"opt-out-{channel}") if name != "opt_out_confirmation" else None
    assert ([expected] if expected else []) == said


@EVERY
def test_no_sensitive_field_is_printed_plain(
    shipped: Library, name: str, channel: str, language: str
) -> None:
    words = words_of(shipped, name, channel, language)
    said = words.text + words.subject
    plain = [
        *(debt.account_number for debt in DEBTS),
        CONSUMER.national_id,
        CONSUMER.date_of_birth,
        "1980",
        CONSUMER.phones[0].number,
        "614-555-0123",
    ]
    assert [] == [value for value in plain if value in said]


@each(lambda name, channel: name in ("opt_out_confirmation", "location"))
def test_nobody_but_the_consumer_reads_a_word_about_a_debt(
    shipped: Library, name: str, channel: str, language: str
) -> None:
    words = words_of(shipped, name, channel, language)
    assert [] == DEBT_WORDS.findall(words.text + words.subject)
    assert "Harbor Services" not in words.text  # 1006.10(b)(1): the employer only if expressly asked
    assert "Bank" not in words.text


@each(lambda name, channel: name not in SAYS_NO_DEBT)
def test_the_list_of_debt_words_finds_them_in_every_text_about_a_debt(
    shipped: Library, name: str, channel: str, language: str
) -> None:
    """Else the test above could not fail."""
    assert DEBT_WORDS.search(words_of(shipped, name, channel, language).text)


@each(lambda name, channel: channel == "email")
def test_no_subject_tells_of_a_debt(shipped: Library, name: str, channel: str, language: str) -> None:
    subject = words_of(shipped, name, channel, language).subject
    assert None is SUBJECT_WORDS.search(subject)
    assert "Harbor" not in subject


@EVERY
def test_what_is_joined_equals_what_jinja_renders(
    shipped: Library, name: str, channel: str, language: str
) -> None:
    request = request_for(name, channel, language)
    pairs = shipped.template(language, channel, name).both_ways(request)
    assert [jinja for _, jinja in pairs] == [joined for joined, _ in pairs]


def test_texts_and_mails_are_joined_and_not_run(shipped: Library) -> None:
    assert {True} == {
        entry.simple for entry in survey(shipped) if entry.channel in ("sms", "email", "voicemail")
    }


@LANGUAGES
@pytest.mark.parametrize("name", ["early", "middle", "late"])
def test_a_call_script_discloses_nothing_before_the_identity_check(
    shipped: Library, name: str, language: str
) -> None:
    sections = words_of(shipped, name, "call", language).sections
    assert ["opening", "identity", "disclosure", "options", "closing"] == [part for part, _ in sections]
    before = sections[0][1] + sections[1][1]
    assert [] == DEBT_WORDS.findall(before)
    assert "Harbor Services" not in before
    assert PASSAGES[language]["collector-full"] in dict(sections)["disclosure"]


@LANGUAGES
def test_the_identity_check_works_without_an_identity_number(shipped: Library, language: str) -> None:
    request = request_for("early", "call", language)
    request = replace(request, consumer=replace(request.consumer, national_id=""))
    identity = dict(shipped.compose(request).sections)["identity"]
    assert "*" not in identity


@LANGUAGES
def test_a_limited_content_message_holds_name_of_person_business_and_number_and_no_more(
    shipped: Library, language: str
) -> None:
    """12 CFR 1006.2(j)(1); the texts are compared whole, since anything more would undo it."""
    expected = {
        "en": "Hello. This is Robin Smith calling from Harbor Services. Please call me back at 614-555-0199.",
        "es": "Hola. Le habla Robin Smith de Harbor Services. "
        "Por favor, devuélvame la llamada al 614-555-0199.",
        "zh": "您好，我是Harbor Services的Robin Smith。请您回电614-555-0199与我联系。",
    }
    assert expected[language] == words_of(shipped, "limited_content", "voicemail", language).text


@LANGUAGES
def test_an_opt_out_is_confirmed_to_whoever_asked(shipped: Library, language: str) -> None:
    for audience in Audience:
        request = request_for("opt_out_confirmation", "sms", language, audience=audience)
        assert () == shipped.compose(request).masked


@LANGUAGES
def test_a_letter_has_date_addresses_reference_and_every_debt(shipped: Library, language: str) -> None:
    text = words_of(shipped, "first_notice", "letter", language).text
    for part in ("Harbor Services", "9 Dock Rd", "Columbus OH 43215", "12 Elm St", "Ana Diaz", "2026"):
        assert part in text
    for part in (
        "****1111",
        "****8877",
        "****5544",
        "$1,234.50",
        "$80.05",
        "$0.01",
        "$1,314.56",
        "Lakeside Clinic",
    ):
        assert part in text
    assert "\n\n\n" not in text


def test_a_letter_can_do_without_an_address_or_a_person_to_ask_for(shipped: Library) -> None:
    request = request_for("reminder", "letter", "en", sender=None)
    request = replace(request, consumer=replace(request.consumer, addresses=()))
    text = shipped.compose(request).text
    assert "Elm" not in text
    assert "You can ask for" not in text


def test_an_english_text_stays_in_the_short_alphabet_and_spanish_ones_cannot(shipped: Library) -> None:
    taken = {
        (entry.language, entry.segments.encoding.value)
        for entry in survey(shipped)
        if entry.segments is not None
    }
    assert {("en", "GSM-7"), ("es", "UCS-2"), ("zh", "UCS-2")} == taken


@LANGUAGES
def test_a_preview_shows_an_invented_person(shipped: Library, language: str) -> None:
    words = preview(shipped, "reminder", "sms", language)
    assert "Sample Bank" in words.text
    assert segments(words.text).count >= 1


def test_first_notices_serve_a_formal_notice_and_plain_collection(shipped: Library) -> None:
    for purpose in (Purpose.FIRST_NOTICE, Purpose.COLLECT):
        contact = Contact("p1", Way.SMS, "+16145550123", purpose, template="first_notice")
        assert shipped.compose(replace(REQUEST, contact=contact)).text
