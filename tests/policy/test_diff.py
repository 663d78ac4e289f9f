"""What a change of packs means, said in sentences."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from outreach.policy import builtin_checks
from outreach.policy.diff import Difference, differences
from outreach.policy.pack import Pack
from outreach.policy.strict import validate
from outreach.policy.yamlfile import parse

CHECKS = {check.kind: check for check in builtin_checks()}
TEXT = """\
pack: us.toy
title: Toy
jurisdiction: us
authority: nobody
checked: {on: "2026-01-01", against: nothing, again_by: "2027-01-01"}
evidence: text
force: law
phrases:
  rude:
    en: [one, two]
rules:
  - id: us.toy.hours
    title: From eight to nine
    check: hours
    cites: [1 TOY 2]
    applies_to: {channel: [call, sms]}
    in_force:
      "2026-01-01": {opens: "08:00", closes: "21:00"}
    lifted_by:
      - {id: agreed-time, cite: 1 TOY 3, scopes: [any]}
  - id: us.toy.calls
    title: Seven calls
    check: frequency
    cites: [1 TOY 4]
    in_force:
      "2026-01-01": {at_most: 7, within: 7, unit: days, per: [person], channels: [call]}
"""


def pack(text: str) -> Pack:
    return validate(Pack, parse(text, "toy"))


def changed(*replacements: tuple[str, str]) -> list[Difference]:
    text = TEXT
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return list(differences([pack(TEXT)], [pack(text)], CHECKS))


def test_what_is_the_same_is_not_told() -> None:
    assert [] == changed()


@pytest.mark.parametrize(
    ("old", "new", "about", "says", "sense"),
    [
        ("at_most: 7", "at_most: 5", "us.toy.calls", "at_most 7 becomes 5 from 2026-01-01", "narrower"),
        ("at_most: 7", "at_most: 9", "us.toy.calls", "at_most 7 becomes 9 from 2026-01-01", "looser"),
        ('opens: "08:00"', 'opens: "09:00"', "us.toy.hours", "opens 08:00 becomes 09:00", "narrower"),
        ('closes: "21:00"', 'closes: "22:00"', "us.toy.hours", "closes 21:00 becomes 22:00", "looser"),
        ("per: [person]", "per: [person, debt]", "us.toy.calls", "becomes [person, debt]", "looser"),
        ("unit: days", "unit: hours", "us.toy.calls", "unit days becomes hours", "other"),
        ("[call, sms]", "[call]", "us.toy.hours", "no longer applies to the channel sms", "looser"),
        ("[call, sms]", "[call, sms, email]", "us.toy.hours", "applies to the channel email too", "narrower"),
        ("[1 TOY 4]", "[1 TOY 5]", "us.toy.calls", "no longer cites 1 TOY 4", "other"),
        ("scopes: [any]", "scopes: [any, hours]", "us.toy.hours", "scopes is now [any, hours]", "other"),
        ("en: [one, two]", "en: [one, three]", "us.toy", "gain “three”", "other"),
        ("en: [one, two]", "en: [one, three]", "us.toy", "lose “two”", "other"),
        ('again_by: "2027-01-01"', 'again_by: "2028-01-01"', "us.toy", "due again by 2028-01-01", "other"),
        ("title: Seven calls", "title: Calls", "us.toy.calls", "title is now Calls", "other"),
        ("title: Toy", "title: Play", "us.toy", "title is now Play, it was Toy", "other"),
        (
            "    cites: [1 TOY 4]",
            "    note: new\n    cites: [1 TOY 4]",
            "us.toy.calls",
            "note is now new, it was left out",
            "other",
        ),
        (
            "    cites: [1 TOY 4]",
            "    applies_to: {debt_kind: [medical, auto]}\n    cites: [1 TOY 4]",
            "us.toy.calls",
            "it applies only to the debt kind medical, auto, before to any",
            "looser",
        ),
        (
            "    applies_to: {channel: [call, sms]}\n",
            "",
            "us.toy.hours",
            "it applies whatever the channel, before only to call, sms",
            "narrower",
        ),
        (
            "  rude:\n    en",
            "  rude:\n    es: [uno]\n    en",
            "us.toy",
            "the phrases rude (es) gain “uno”",
            "other",
        ),
        (
            "    en: [one, two]\n",
            "    es: [uno]\n",
            "us.toy",
            "the phrases rude (en) lose “one”, “two”",
            "other",
        ),
        (
            "  rude:\n",
            "  kind:\n    en: [a, b, c, d, e, f, g, h]\n  rude:\n",
            "us.toy",
            "the phrases kind (en) gain “a”, “b”, “c”, “d”, “e”, “f” and 2 more",
            "other",
        ),
        (
            "channels: [call]",
            "channels: [call, sms]",
            "us.toy.calls",
            "channels [call] becomes [call, sms]",
            "narrower",
        ),
        (", scopes: [any]", "", "us.toy.hours", "scopes is now nothing, it was [any]", "other"),
        (
            "channels: [call]}",
            "channels: [call], what: contacts}",
            "us.toy.calls",
            "what is contacts from 2026-01-01",
            "other",
        ),
    ],
)
def test_each_change_is_a_sentence_that_says_which_way_it_goes(
    old: str, new: str, about: str, says: str, sense: str
) -> None:
    found = changed((old, new))
    assert [(about, sense)] == [(each.about, each.sense) for each in found if says in each.says]


@pytest.mark.parametrize(
    ("change", "says", "sense"),
    [
        (lambda text: text.split("  - id: us.toy.calls")[0], "the rule is gone", "looser"),
        (
            lambda text: text.replace(
                "    cites: [1 TOY 4]\n", "    standard: presumption\n    cites: [1 TOY 4]\n"
            ),
            "standard is now presumption, it was left out",
            "other",
        ),
        (lambda text: text.replace("us.toy.calls", "us.toy.other"), "a new rule: Seven calls", "narrower"),
        (
            lambda text: text.split("    lifted_by:")[0],
            "the exception agreed-time (lifted by) is gone",
            "narrower",
        ),
        (
            lambda text: text.replace("    check: frequency", "    weight: warn\n    check: frequency"),
            "only warns",
            "looser",
        ),
        (
            lambda text: (
                text
                + '      "2027-01-01": {at_most: 6, within: 7, unit: days, per: [person], channels: [call]}\n'
            ),
            "at_most 7 becomes 6 from 2027-01-01",
            "narrower",
        ),
        (lambda text: text + '      "2027-01-01": null\n', "it ends on 2027-01-01", "looser"),
        (lambda text: text + '      "2027-01-01": expected\n', "a change is expected on 2027-01-01", "other"),
    ],
)
def test_rules_exceptions_and_dates_that_come_and_go_are_told(
    change: Callable[[str], str], says: str, sense: str
) -> None:
    found = list(differences([pack(TEXT)], [pack(change(TEXT))], CHECKS))
    assert [sense] == [each.sense for each in found if says in each.says]


@pytest.mark.parametrize("number", [5, 6])
def test_a_few_phrases_are_all_shown(number: int) -> None:
    words = list("abcdef")[:number]
    (found,) = changed(("  rude:\n", f"  kind:\n    en: [{', '.join(words)}]\n  rude:\n"))
    assert "the phrases kind (en) gain " + ", ".join(f"“{each}”" for each in words) == found.says


def test_rules_that_come_are_told_by_their_title_or_by_what_they_tighten() -> None:
    house = (
        "  - id: house.calls\n    tightens: us.toy.calls\n    because: prudence\n"
        '    in_force:\n      "2026-01-01": {at_most: 3}\n'
    )
    (found,) = differences([pack(TEXT)], [pack(TEXT + house)], CHECKS)
    assert Difference("house.calls", "a new rule: tightens us.toy.calls", "narrower") == found


def test_exceptions_that_come_and_weights_that_go_are_told_whole() -> None:
    two = TEXT.replace("scopes: [any]}\n", "scopes: [any]}\n      - {id: other, cite: 1 TOY 9}\n")
    (found,) = differences([pack(TEXT)], [pack(two)], CHECKS)
    assert Difference("us.toy.hours", "a new exception, lifted by other (1 TOY 9)", "looser") == found
    warns = TEXT.replace("    check: frequency", "    weight: warn\n    check: frequency")
    (found,) = differences([pack(TEXT)], [pack(warns)], CHECKS)
    assert Difference("us.toy.calls", "it only warns from now on", "looser") == found
    (found,) = differences([pack(warns)], [pack(TEXT)], CHECKS)
    assert Difference("us.toy.calls", "it no longer only warns", "narrower") == found


def test_a_parameter_that_is_left_out_is_told_with_what_it_was() -> None:
    more = TEXT.replace("channels: [call]}", "channels: [call], what: contacts}")
    (found,) = differences([pack(more)], [pack(TEXT)], CHECKS)
    assert Difference("us.toy.calls", "what is left out from 2026-01-01, it was contacts") == found


def test_a_note_that_goes_is_told() -> None:
    noted = TEXT.replace("    cites: [1 TOY 4]", "    note: old\n    cites: [1 TOY 4]")
    (found,) = differences([pack(noted)], [pack(TEXT)], CHECKS)
    assert Difference("us.toy.calls", "note is now left out, it was old") == found


def test_another_order_of_a_list_is_no_tightening() -> None:
    two = TEXT.replace("channels: [call]", "channels: [call, sms]")
    turned = TEXT.replace("channels: [call]", "channels: [sms, call]")
    assert ["other"] == [each.sense for each in differences([pack(two)], [pack(turned)], CHECKS)]


def test_without_the_check_no_way_is_told() -> None:
    tighter = TEXT.replace("at_most: 7", "at_most: 5")
    (found,) = differences([pack(TEXT)], [pack(tighter)], {})
    assert Difference("us.toy.calls", "at_most 7 becomes 5 from 2026-01-01", "other") == found


def test_packs_that_come_and_go_are_told() -> None:
    other = pack(TEXT.replace("us.toy", "us.other"))
    assert [("us.other", "narrower"), ("us.toy", "looser")] == [
        (each.about, each.sense) for each in differences([pack(TEXT)], [other], CHECKS)
    ]
