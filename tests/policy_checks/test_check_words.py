"""required_words, forbidden_words, personal_data and the comparing of texts."""

from __future__ import annotations

import time

import pytest
from checkcases import MAIL, MOBILE, ask, call, case, consumer, event, rule, when
from pydantic import ValidationError

from outreach.domain import Debt, Verdict, Words
from outreach.policy.checks.required_words import RequiredWords
from outreach.policy.checks.wording import Phrase, languages_of, normal, sentences

AT = "2026-05-12T10:00:00-04:00"
BEFORE = "2026-05-04T10:00:00-04:00"

INITIAL = "us.regf.initial-disclosure"
LATER = "us.regf.later-disclosure"
SPOKEN = "us.regf.initial-disclosure-spoken"
STOP = "us.regf.opt-out-line"

FULL = "We are attempting to collect a debt, and any information obtained will be used for that purpose."
SHORT = "This is from a debt collector."
FULL_ES = "Estamos intentando cobrar una deuda y toda la información obtenida se usará para ese propósito."
FULL_ZH = "我们正在催收一笔债务，所获得的任何信息都将用于该目的。"
SENT = event(BEFORE, "attempt", channel="letter", to="home", outcome="sent")


# ---- the disclosures -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        FULL,
        FULL_ES,
        FULL_ZH,
        "This is an attempt to collect a debt. Any information obtained will be used for that purpose.",
        "THIS IS AN ATTEMPT TO COLLECT A DEBT AND ANY INFORMATION OBTAINED WILL BE USED FOR THAT PURPOSE",
        "Ｗｅ collect a\u00a0debt,\nand any information obtained will be used for that\u200b purpose.",
        "Intento de cobrar una deuda; cualquier informacion obtenida se utilizara para ese proposito.",
    ],
)
def test_the_full_disclosure_is_known_in_its_usual_wordings(body: str) -> None:
    assert Verdict.ALLOW is ask(INITIAL, case(AT, "letter", body=body)).verdict


@pytest.mark.parametrize(
    "body",
    [
        SHORT,
        "We are attempting to collect a debt.",
        "Any information obtained will be used for that purpose.",
        "We collect debts. Write to us.",
        "Please pay.",
    ],
)
def test_half_a_disclosure_is_none(body: str) -> None:
    assert Verdict.BLOCK is ask(INITIAL, case(AT, "letter", body=body)).verdict


def test_every_language_of_the_words_needs_its_own() -> None:
    both = f"{FULL_ES} {FULL}"
    assert Verdict.ALLOW is ask(INITIAL, case(AT, "letter", body=both, languages=("en", "es-MX"))).verdict
    missing = ask(INITIAL, case(AT, "letter", body=FULL_ES, languages=("en", "es")))
    assert (Verdict.BLOCK, "en") == (missing.verdict, missing.facts["language"])
    unknown = ask(INITIAL, case(AT, "letter", body=FULL, languages=("fr",)))
    assert (Verdict.BLOCK, "fr") == (unknown.verdict, unknown.facts["language"])


def test_without_words_the_content_is_taken_as_right() -> None:
    assert Verdict.ALLOW is ask(INITIAL, case(AT, "letter")).verdict
    assert Verdict.ALLOW is ask("us.regf.abusive-words", case(AT, "letter")).verdict
    assert Verdict.ALLOW is ask("house.personal-data", case(AT, "letter")).verdict


@pytest.mark.parametrize(
    ("history", "initial", "later"),
    [
        ([], True, False),
        ([call(BEFORE)], True, False),
        ([call(BEFORE, "limited_content_message")], True, False),
        ([call(BEFORE, "conversation")], True, False),  # spoken only: the first written one is due
        ([event(BEFORE, "inbound", channel="call", from_=MOBILE, conversation=True)], True, False),
        ([event(BEFORE, "inbound", channel="email", from_=MAIL)], True, False),
        ([SENT], False, True),
        ([event(BEFORE, "attempt", channel="letter", to="home", outcome="bounced")], True, False),
        ([event(BEFORE, "validation_notice", debts=["d1"])], False, True),
        ([event(BEFORE, "validation_notice", debts=["d1"], outcome="bounced")], True, False),
        ([event(BEFORE, "attempt", channel="sms", to=MOBILE, outcome="unknown")], True, True),
        (
            [
                event(
                    BEFORE,
                    "attempt",
                    channel="sms",
                    to=MOBILE,
                    outcome="sent",
                    purpose="opt_out_confirmation",
                )
            ],
            True,
            False,
        ),
    ],
)
def test_a_letter_is_the_first_communication_or_a_later_one_or_may_be_either(
    history: list[object], initial: bool, later: bool
) -> None:
    nothing = case(AT, "letter", body="Please pay.", history=history)
    assert (initial, later) == (ask(INITIAL, nothing).objects, ask(LATER, nothing).objects)


def test_after_unknown_history_both_disclosures_are_due() -> None:
    nothing = case(AT, "letter", body="Please pay.", known_since=when(BEFORE))
    assert (True, True) == (ask(INITIAL, nothing).objects, ask(LATER, nothing).objects)


def test_a_message_that_says_nothing_of_a_debt_needs_no_disclosure() -> None:
    silent = "This is Robin Smith calling from ABC Inc. Please contact me at 1-800-555-1212."
    assert Verdict.NOT_APPLICABLE is ask(SPOKEN, case(AT, "voicemail", body=silent)).verdict
    telling = f"{silent} It is about your balance."
    assert Verdict.BLOCK is ask(SPOKEN, case(AT, "voicemail", body=telling)).verdict


# ---- the opt-out line ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "Reply STOP to stop texts to this telephone number.",
        "To opt out of texts to this number, reply STOP.",
        '<a href="https://abc.example/o">Click here to opt out of further emails to this email address.</a>',
        "Click here to opt out of further emails to this email address: https://abc.example/o",
        "You may opt out by replying with the word “stop” in the subject line.",
        "Unsubscribe: https://abc.example/o",
        "Responda STOP para dejar de recibir mensajes de texto en este número.",
        "Para dejar de recibir correos en esta dirección, responda con STOP en el asunto.",
        "回复 STOP 即可停止向此号码发送短信。",
        "如不希望此邮箱再收到邮件，请回复并在主题中写明 STOP。",
    ],
)
def test_a_simple_electronic_way_to_opt_out_is_recognised(body: str) -> None:
    assert Verdict.ALLOW is ask(STOP, case(AT, "email", body=body)).verdict


@pytest.mark.parametrize(
    "body",
    [
        "To opt out of further emails, write to us at ABC Inc., PO Box 100, Columbus, OH 43215.",
        "To opt out of further emails, telephone us at 1-800-555-1212.",
        "To opt out of further emails, visit our website and look for the preferences page.",
        "Click here to opt out of further emails.",
        "We will stop at nothing.",
        "Reply soon, or we stop.",
    ],
)
def test_post_telephone_and_a_website_without_a_link_are_no_such_way(body: str) -> None:
    assert Verdict.BLOCK is ask(STOP, case(AT, "email", body=body)).verdict


def test_opting_out_at_a_price_is_barred() -> None:
    body = "Reply STOP to stop texts to this telephone number. A $2 fee applies to opt-out requests."
    assert Verdict.BLOCK is ask("us.regf.opt-out-free", case(AT, "sms", body=body)).verdict
    late = "A late fee of $30 was added by the creditor. Reply STOP to opt out."
    assert Verdict.ALLOW is ask("us.regf.opt-out-free", case(AT, "sms", body=late)).verdict


# ---- the shipped words ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    ["You DEADBEAT!", "Pay, you w\u200borthless person.", "Es usted un sinvergüenza", "你这个骗子，马上还钱"],
)
def test_abuse_is_found_through_case_accents_and_invisible_characters(body: str) -> None:
    found = ask("us.regf.abusive-words", case(AT, "letter", body=body))
    assert (Verdict.BLOCK, ("12 CFR 1006.14(d)",)) == (found.verdict, found.cites)


@pytest.mark.parametrize(
    "body",
    [
        "Scunthorpe",
        "We will assess it.",
        "shitake",
        "妈妈的账户",
        "identity thief",
        "谨防骗子",
        "失去死亡证明",
    ],
)
def test_other_words_that_hold_the_letters_of_abuse_are_let_through(body: str) -> None:
    assert Verdict.ALLOW is ask("us.regf.abusive-words", case(AT, "letter", body=body)).verdict


def test_a_threat_carries_its_own_citation_and_the_subject_is_read_too() -> None:
    found = ask("us.regf.abusive-words", case(AT, "email", body=FULL, subject="We know where you live"))
    assert ("12 CFR 1006.14(c)",) == found.cites
    arrest = ask("us.regf.false-words", case(AT, "letter", body="Pay or you will go to jail."))
    assert ("12 CFR 1006.18(b)(3)",) == arrest.cites


def test_a_location_contact_neither_tells_nor_names_the_employer() -> None:
    words = "us.regf.location-words"

    def said(body: str) -> tuple[str, ...]:
        return ask(words, case(AT, body=body, purpose="location", person="p1")).cites

    assert () == said("My name is Robin Smith. I am confirming location information for Ana Diaz.")
    assert ("12 CFR 1006.10(b)(2)",) == said("Ana Diaz owes us.")
    assert ("12 CFR 1006.10(b)(1)",) == said("I work for ABC.")


def test_hundreds_of_phrases_cost_what_few_do() -> None:
    """Built once for a rule: the second judgement must not build it again."""
    check, parameters, exceptions = rule("us.regf.abusive-words")
    long = case(AT, "letter", body="word " * 2000)
    check.judge(long, parameters, exceptions)
    began = time.process_time()
    for _ in range(50):
        check.judge(long, parameters, exceptions)
    assert time.process_time() - began < 1


# ---- personal data -------------------------------------------------------------------------------

WITH_ACCOUNT = consumer([Debt("d1", account_number="AB-123456-7")], national_id="219-09-9999")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Account AB-123456-7.", "account_number"),
        ("account ab1234567", "account_number"),
        ("Konto AB 123456 7 offen", "account_number"),
        ("Card 4111 1111 1111 1111 on file", "card_number"),
        ("Card 4111-1111-1111-1111 on file", "card_number"),
        ("Card 378282246310005", "card_number"),
        ("Card 3782 822463 10005", "card_number"),
        ("SSN 078-05-1120", "national_id"),
        ("SSN 219099999", "national_id"),
        ("证件 11010519491231002x", "national_id"),
        ("证件 １１０１０５１９４９１２３１００２Ｘ", "national_id"),
    ],
)
def test_an_unmasked_number_is_found(body: str, kind: str) -> None:
    found = ask("house.personal-data", case(AT, "letter", body=body, who=WITH_ACCOUNT))
    assert (Verdict.BLOCK, kind) == (found.verdict, found.facts["kind"])
    assert "policy" in found.reason
    assert not any(character.isdigit() for character in found.reason)


@pytest.mark.parametrize(
    "body",
    [
        "Account ****4567",
        "Account XAB-123456-70",
        "Card 4111 1111 1111 1112",
        "Call 1-800-555-1212 or +16145550123",
        "By 2026-05-31, 1-800-555-1212",
        "Ref 000-12-3456",
        "证件 110105194912310021",
        "$1,234.56 as of 2026-05-01",
    ],
)
def test_what_is_masked_or_another_figure_is_let_through(body: str) -> None:
    assert (
        Verdict.ALLOW is ask("house.personal-data", case(AT, "letter", body=body, who=WITH_ACCOUNT)).verdict
    )


# ---- texts ---------------------------------------------------------------------------------------


def test_texts_are_compared_by_their_words_alone() -> None:
    assert "opt out of e mails" == normal("Opt-Out\u00ad  of\tE–mails!")
    assert "informacion" == normal("INFORMACIÓN") == normal("informacio\u0301n")
    assert "回复stop即可" == normal("回复 STOP 即可。")


def test_a_part_that_is_no_whole_word_hides_none_after_it() -> None:
    assert Phrase.of("pay ... now").within(normal("Pay nowhere else, do it now"))
    assert not Phrase.of("pay ... now").within(normal("Pay nowhere else, ever"))
    assert Phrase.of("pay now").within(normal("Repay now? No: pay now."))


def test_a_gap_in_a_phrase_is_bounded_and_words_are_whole() -> None:
    phrase = Phrase.of("reply ... stop")
    assert phrase.within(normal("Reply with STOP"))
    assert not phrase.within(normal(f"Reply {'x ' * 200} stop"))
    assert not phrase.within(normal("Reply, do not be stopped"))
    assert not phrase.within(normal("Stop. Reply."))
    assert Phrase.of("see http*").within(normal("See https://abc.example"))


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        (FULL, ("en",)),
        (FULL_ES, ("es",)),
        (FULL_ZH, ("zh",)),
        (f"{FULL} {FULL_ES}", ("en", "es")),
        ("回复 STOP", ("zh",)),
        ("ABC", ()),
        (
            "Esta comunicación es de un cobrador de deudas. You may view your account in our portal.",
            ("en", "es"),
        ),
    ],
)
def test_languages_are_told_by_script_and_common_words(text: str, languages: tuple[str, ...]) -> None:
    assert languages == languages_of(Words(text))


def test_stated_languages_are_believed() -> None:
    assert ("es", "zh") == languages_of(Words(FULL, languages=("zh", "es-MX")))


def test_sentences_end_where_they_end() -> None:
    assert ["One.", "Two!", "三", "Four"] == sentences("One. Two! 三。Four")


def test_a_rule_that_names_phrases_which_are_not_there_is_refused() -> None:
    with pytest.raises(ValidationError, match="no phrases of that name"):
        RequiredWords.Parameters(phrases={}, require=frozenset({"nothing"}))
    with pytest.raises(ValidationError, match="name what is required"):
        RequiredWords.Parameters(phrases={})
