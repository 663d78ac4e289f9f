"""The validation notice: each field of 12 CFR 1006.34(c), or no notice at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from content_samples import DEBTS, SHIPPED, request_for

from outreach.content import ComposeRequest, Library
from outreach.domain import Address, Collector, Debt, Money, Words
from outreach.errors import DraftError

ONE = DEBTS[:1]


def notice() -> ComposeRequest:
    return replace(request_for("validation_notice", "letter", "en"), debts=ONE)


def compose(request: ComposeRequest) -> Words:
    return Library([SHIPPED]).compose(request)


def section(words: Words, name: str) -> str:
    return dict(words.sections)[name]


def with_items(*items: tuple[str, int]) -> tuple[Debt, ...]:
    return (replace(ONE[0], itemization=items),)


def test_it_names_collector_and_consumer_with_their_mailing_addresses() -> None:
    """(c)(2)(i) and (ii)."""
    words = compose(notice())
    assert "Harbor Services\n9 Dock Rd\nColumbus OH 43215\n614-555-0199" == section(words, "letterhead")
    assert "Ana Diaz\n12 Elm St\nColumbus OH 43215" == section(words, "address")


def test_it_says_who_collects_the_creditors_and_the_account() -> None:
    """(c)(1), (c)(2)(iii) to (vi); the account number may be truncated (comment 34(c)(2)(iv)-1)."""
    said = section(compose(notice()), "body")
    assert "We are attempting to collect a debt" in said
    assert "Creditor to whom the debt is owed now | First Bank" in said
    assert "Creditor to whom the debt was owed on November 30, 2025 | First Bank" in said
    assert "Account number | ****1111" in said


def test_it_itemizes_the_amount_with_a_field_for_each_kind_even_where_it_is_nothing() -> None:
    """(c)(2)(vi) to (ix) and comment 34(c)(2)(viii)-1."""
    expected = [
        "Amount of the debt on November 30, 2025 | $1,274.50",
        "Interest since then | $0.00",
        "Fees since then | $15.00",
        "Payments since then | -$50.00",
        "Credits since then | -$5.00",
        "Amount of the debt now | $1,234.50",
    ]
    assert expected == section(compose(notice()), "itemization").splitlines()


def test_several_debts_have_one_itemization_their_sum() -> None:
    """Comment 34(c)(2)(viii)-4."""
    words = compose(replace(notice(), debts=DEBTS))
    rows = tuple(section(words, "itemization").splitlines())
    assert "Amount of the debt on November 30, 2025 | $1,434.56" == rows[0]
    assert "Amount of the debt now | $1,314.56" == rows[-1]


def test_each_right_is_told_with_the_end_of_the_validation_period() -> None:
    """(c)(3)(i) to (iv)."""
    said = section(compose(notice()), "rights")
    assert 3 == said.count("on or before April 16, 2026")
    assert "until we send you either verification of the debt or a copy of a judgment" in said
    assert "until we send you that name and address" in said
    assert "we will assume that the debt is valid" in said
    assert "www.cfpb.gov/debt-collection" in said


def test_the_form_for_the_answer_has_the_prompts_of_the_rule_in_its_order_and_both_addresses() -> None:
    """(c)(4); the phrases are quoted there."""
    words = compose(notice())
    assert "response" == words.sections[-1][0]
    said = section(words, "response")
    prompts = [
        "How do you want to respond?",
        "Check all that apply:",
        "☐ I want to dispute the debt because I think:",
        "☐ This is not my debt.",
        "☐ The amount is wrong.",
        "☐ Other (please describe on reverse or attach additional information).",
        "☐ I want you to send me the name and address of the original creditor.",
        "Harbor Services\n9 Dock Rd\nColumbus OH 43215",
        "Ana Diaz\n12 Elm St\nColumbus OH 43215",
    ]
    places = [said.find(prompt) for prompt in prompts]
    assert -1 not in places
    assert sorted(places) == places


@pytest.mark.parametrize("language", ["en", "es", "zh"])
def test_the_text_that_is_judged_holds_every_section_that_is_printed(language: str) -> None:
    request = notice()
    words = compose(replace(request, consumer=replace(request.consumer, language=language)))
    assert (language,) == words.languages
    assert words.text == "\n\n".join(text for _, text in words.sections)
    assert "\n\n\n" not in words.text


LABELS = ("balance on the itemization date", "interest", "fees", "payments", "credits")


@pytest.mark.parametrize("label", LABELS)
def test_without_one_of_the_items_there_is_no_notice(label: str) -> None:
    items = [item for item in ONE[0].itemization if item[0].lower() != label]
    with pytest.raises(DraftError, match=r"needs \w+ and none is recorded") as error:
        compose(replace(notice(), debts=with_items(*items)))
    assert label in error.value.remedy


@pytest.mark.parametrize(
    ("debts", "why"),
    [
        (with_items(("late charge", 5)), "no field"),
        (with_items(*((label, 1) for label in LABELS)), "does not add up"),
        ((*ONE, replace(DEBTS[1], itemization_date="2025-10-31")), "different itemization dates"),
        ((*ONE, replace(DEBTS[1], balance=Money(8005, "EUR"))), "two currencies"),
    ],
    ids=["unknown label", "wrong sum", "two dates", "two currencies"],
)
def test_an_itemization_that_cannot_be_right_gives_no_notice(debts: tuple[Debt, ...], why: str) -> None:
    with pytest.raises(DraftError) as error:
        compose(replace(notice(), debts=debts))
    assert why in error.value.why


@pytest.mark.parametrize(
    ("changes", "lacking"),
    [
        ({"validation_end": None}, "validation_end"),
        ({"debts": (replace(ONE[0], itemization_date=""),)}, "itemization_date"),
        ({"debts": (replace(ONE[0], itemization_creditor=""),)}, "itemization_creditor"),
        ({"debts": (replace(ONE[0], account_number=""),)}, "account"),
        ({"collector": Collector(name="Harbor Services", phone="+16145550199")}, "collector_address"),
    ],
    ids=["end", "date", "creditor", "account", "our address"],
)
def test_without_a_field_there_is_no_notice(changes: dict[str, Any], lacking: str) -> None:
    with pytest.raises(DraftError, match=f"needs {lacking} and none is recorded") as error:
        compose(replace(notice(), **changes))
    assert error.value.remedy


def test_the_envelope_of_a_letter_shows_our_address_and_no_name() -> None:
    """12 CFR 1006.22(f)(2): a name that tells of collecting may not be there, so none is."""
    assert ("9 Dock Rd", "Columbus OH 43215") == compose(notice()).envelope


def test_a_letter_of_a_collector_without_an_address_shows_nothing_outside() -> None:
    request = replace(
        request_for("reminder", "letter", "en"), collector=Collector(name="H", address=Address())
    )
    with pytest.raises(DraftError, match="collector_address"):
        compose(request)


def test_other_channels_have_no_envelope() -> None:
    assert () == compose(request_for("reminder", "email", "en")).envelope
