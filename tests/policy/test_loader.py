"""Loading packs: strict, with file, line and column in every refusal."""

from __future__ import annotations

import hashlib
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from outreach.errors import PolicyError
from outreach.policy import Policy, load, load_documents
from outreach.policy.check import Direction
from outreach.policy.checks.forbidden_words import ForbiddenWords
from outreach.policy.tighten import narrower
from tests.policy.toys import HEAD, case, checks, policy, rule, write


def refused(folder: Path, rules: str) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        policy(folder, rules)
    return caught.value


def line(error: PolicyError) -> int:
    return int(error.where.rsplit(":", 2)[1])


FIRST = HEAD.count("\n") + 1  # the line on which the rules begin


def test_a_pack_loads_with_its_digest_and_text(tmp_path: Path) -> None:
    loaded = policy(tmp_path, rule("toy.a", "limit", "{at_most: 7}"))
    (digest,) = loaded.digests.values()
    text = loaded.documents[digest]
    assert digest == hashlib.sha256(text.encode()).hexdigest()
    assert list(loaded.digests) == ["us.toy"]
    assert loaded.subjects == {"person", "debt"}


def test_a_mistake_is_placed_whatever_the_folder_is_called(tmp_path: Path) -> None:
    (folder := tmp_path / "a:b").mkdir()
    error = refused(folder, rule("toy.a", "limit", "{at_most: 7}").replace("title", "titel"))
    assert FIRST + 1 == line(error)


def test_kept_texts_make_the_same_policy_again(tmp_path: Path) -> None:
    write(tmp_path, rule("toy.a", "limit", "{at_most: 7}"))
    write(
        tmp_path,
        "  - {id: house.a, tightens: toy.a, because: client, in_force: {'2021-01-01': {at_most: 3}}}\n",
        "house",
        "any",
    )
    loaded = load([tmp_path], checks())
    again = load_documents(list(loaded.documents.values()), checks())
    assert again.digests == loaded.digests
    assert again.decide(case()) == loaded.decide(case())


def test_the_digest_does_not_depend_on_line_ends(tmp_path: Path) -> None:
    path = write(tmp_path, rule("toy.a", "limit", "{at_most: 7}"))
    before = load([tmp_path], checks()).digests
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert load([tmp_path], checks()).digests == before


def test_an_unknown_key_is_refused_and_the_nearest_suggested(tmp_path: Path) -> None:
    text = rule("toy.a", "limit", "{at_most: 7}").replace("cites:", "citse:")
    error = refused(tmp_path, text)
    assert "unknown key 'citse'" in error.what
    assert error.remedy == "did you mean 'cites'?"
    assert line(error) == FIRST + 3
    assert error.where.endswith(":5")


def test_an_unknown_parameter_is_refused_and_the_nearest_suggested(tmp_path: Path) -> None:
    error = refused(tmp_path, rule("toy.a", "limit", "{at_mots: 7}"))
    assert "'at_mots'" in error.what
    assert error.remedy == "did you mean 'at_most'?"
    assert line(error) == FIRST + 4


def test_an_unknown_kind_of_check_is_refused_with_the_list(tmp_path: Path) -> None:
    error = refused(tmp_path, rule("toy.a", "limits", "{at_most: 7}"))
    assert "'limits'" in error.what
    assert "fact, limit, opening" in error.why
    assert error.remedy == "did you mean 'limit'?"
    assert line(error) == FIRST + 2


def test_an_unknown_channel_is_refused_and_the_nearest_suggested(tmp_path: Path) -> None:
    error = refused(tmp_path, rule("toy.a", "limit", "{at_most: 7}") + "    applies_to: {channel: [emial]}\n")
    assert error.remedy == "did you mean 'email'?"
    assert line(error) == FIRST + 5


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ('{at_most: "7"}', "at_most"),
        ("{at_most: 7.5}", "at_most"),
        ("{at_most: true}", "at_most"),
        ("{}", "at_most"),
        ("{at_most: 7, label: 43215}", "label"),
    ],
)
def test_nothing_is_coerced(tmp_path: Path, parameters: str, fault: str) -> None:
    error = refused(tmp_path, rule("toy.a", "limit", parameters))
    assert fault in error.what
    assert line(error) == FIRST + 4


SCHEMA = "outreach policy schema tells what a pack may hold"
ONE_MORE = "and 1 more in this part"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "{at_most: 7}",
            "{at_most: 7, knds: [a], labl: x}",
            ("unknown key 'knds'", ONE_MORE, "did you mean 'kinds'?"),
        ),
        (
            "{at_most: 7}",
            "{at_most: 7, label: 5, kinds: 3}",
            ("'label' must be a text, not a number", ONE_MORE, "put it in quotes"),
        ),
        (
            "{at_most: 7}",
            "{at_most: a}",
            ("'at_most' does not fit: input should be a valid integer", "", SCHEMA),
        ),
        ("2020-01-01", "2020-13-01", ('a date is written "2026-01-31"', "", "")),
        (
            "    check:",
            "    weight: wrn\n    force: x\n    check:",
            ("'weight' has a value that is not known", ONE_MORE, "did you mean 'warn'?"),
        ),
        (
            "    check:",
            "    weight: 5\n    check:",
            ("'weight' has a value that is not known", "", "known are: rule, warn"),
        ),
        (
            "    check:",
            "    applies_to: {chanel: [call]}\n    check:",
            ("unknown key 'chanel'", "", "did you mean 'channel'?"),
        ),
        (
            "    check:",
            "    lifted_by: [{id: asked}]\n    check:",
            ("the key 'cite' is missing", "", "add it"),
        ),
    ],
)
def test_what_is_refused_is_said_in_full(
    tmp_path: Path, old: str, new: str, said: tuple[str, str, str]
) -> None:
    error = refused(tmp_path, rule("toy.a", "limit", "{at_most: 7}").replace(old, new))
    assert said == (error.what, error.why, error.remedy)


def test_a_number_where_text_belongs_names_the_cure(tmp_path: Path) -> None:
    error = refused(tmp_path, rule("toy.a", "limit", "{at_most: 7, label: 43215}"))
    assert error.remedy == "put it in quotes"


@pytest.mark.parametrize("day", ['"2026-02-30"', '"2026-1-1"', '"soon"'])
def test_a_date_that_is_none_is_refused(tmp_path: Path, day: str) -> None:
    error = refused(tmp_path, rule("toy.a", "limit", "{at_most: 7}").replace('"2020-01-01"', day))
    assert line(error) == FIRST + 4


def test_two_packs_of_one_name_are_refused_naming_both_files(tmp_path: Path) -> None:
    one = write(tmp_path / "one", rule("toy.a", "limit", "{at_most: 7}"))
    two = write(tmp_path / "two", rule("toy.b", "limit", "{at_most: 7}"))
    with pytest.raises(PolicyError, match="two packs are called") as caught:
        load([tmp_path], checks())
    assert {str(one), str(two)} <= {caught.value.where.rsplit(":", 2)[0], caught.value.why.split()[-1][:-4]}


def test_two_rules_of_one_id_are_refused_naming_both_files(tmp_path: Path) -> None:
    one = write(tmp_path, rule("toy.a", "limit", "{at_most: 7}"), "us.one")
    two = write(tmp_path, rule("toy.a", "limit", "{at_most: 8}"), "us.two")
    with pytest.raises(PolicyError, match="two rules are called") as caught:
        load([tmp_path], checks())
    assert str(two) in caught.value.where
    assert str(one) in caught.value.why


def test_a_folder_named_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, rule("toy.a", "limit", "{at_most: 7}"))
    assert len(load([tmp_path, tmp_path / "us"], checks()).packs) == 1


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="not there"):
        load([tmp_path / "none"], checks())


def test_parameters_hold_from_their_date_and_null_ends_them(tmp_path: Path) -> None:
    text = rule("toy.a", "limit", "{at_most: 7}").replace(
        "{at_most: 7}}", '{at_most: 7}, "2026-06-01": {at_most: 3}, "2027-01-01": null}'
    )
    found = policy(tmp_path, text).rules["toy.a"]
    values = [
        (day, getattr(found.parameters_on(date.fromisoformat(day)), "at_most", None))
        for day in ("2019-12-31", "2020-01-01", "2026-05-31", "2026-06-01", "2026-12-31", "2027-01-01")
    ]
    assert values == [
        ("2019-12-31", None),
        ("2020-01-01", 7),
        ("2026-05-31", 7),
        ("2026-06-01", 3),
        ("2026-12-31", 3),
        ("2027-01-01", None),
    ]


def test_an_expected_change_has_no_effect(tmp_path: Path) -> None:
    text = rule("toy.a", "limit", "{at_most: 7}").replace("7}}", '7}, "2026-06-01": expected}')
    found = policy(tmp_path, text).rules["toy.a"]
    assert found.parameters_on(date(2026, 5, 31)) is found.parameters_on(date(2030, 1, 1))


def test_a_gap_between_dates_is_refused(tmp_path: Path) -> None:
    text = rule("toy.a", "limit", "{at_most: 7}").replace(
        "7}}", '7}, "2026-06-01": null, "2026-08-01": {at_most: 7}}'
    )
    error = refused(tmp_path, text)
    assert "gap" in error.what
    assert line(error) == FIRST + 4


def test_a_rule_that_only_ends_is_refused(tmp_path: Path) -> None:
    text = rule("toy.a", "limit", "null")
    assert "ends before it begins" in refused(tmp_path, text).what


def test_an_exception_the_check_does_not_know_is_refused(tmp_path: Path) -> None:
    error = refused(
        tmp_path, rule("toy.a", "limit", "{at_most: 7}") + "    not_counted: [{id: bussy, cite: 1 TOY 2}]\n"
    )
    assert error.remedy == "did you mean 'busy'?"
    error = refused(
        tmp_path,
        rule("toy.a", "limit", "{at_most: 7}") + "    not_counted: [{id: busy, cite: 1 TOY 2, resuls: []}]\n",
    )
    assert error.remedy == "did you mean 'results'?"
    assert line(error) == FIRST + 5


def test_an_exception_without_citation_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, rule("toy.a", "limit", "{at_most: 7}") + "    lifted_by: [{id: asked}]\n")
    assert "'cite' is missing" in error.what


def test_exceptions_reach_the_rule_by_id(tmp_path: Path) -> None:
    text = rule("toy.a", "limit", "{at_most: 7}") + (
        "    not_counted: [{id: busy, cite: 1 TOY 2, results: [busy]}]\n"
        "    lifted_by: [{id: asked, cite: 1 TOY 3}]\n"
    )
    found = policy(tmp_path, text).rules["toy.a"].exceptions
    assert {"busy": {"cite": "1 TOY 2", "results": ["busy"]}, "asked": {"cite": "1 TOY 3"}} == {
        name: dict(entry) for name, entry in found.items()
    }


def test_phrases_reach_the_rules_that_name_them(tmp_path: Path) -> None:
    phrases = "phrases: {one: {en: [a, b]}, two: {en: [c], zh: [丙]}}\nrules:\n"
    head = HEAD.format(name="us.toy", jurisdiction="us").replace("rules:\n", phrases)
    rules = rule("toy.all", "phrased", "{}") + rule("toy.some", "phrased", "{phrases: [two]}")
    loaded = load_documents([head + rules], checks())
    given = {name: each.periods[0].parameters for name, each in loaded.rules.items()}
    assert {"one", "two"} == set(given["toy.all"].phrases)  # type: ignore[union-attr]
    assert {"two": {"en": ("c",), "zh": ("丙",)}} == given["toy.some"].phrases  # type: ignore[union-attr]
    with pytest.raises(PolicyError, match="no phrases 'twoo'"):
        load_documents([head + rule("toy.x", "phrased", "{phrases: [twoo]}")], checks())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pack: us.toy", "pack: US Toy"),
        ("jurisdiction: us", "jurisdiction: usa"),
        ("evidence: text", "evidence: hearsay"),
        ("title: a toy\n", ""),
        ('again_by: "2027-01-01"', "again_by: soon"),
    ],
)
def test_the_head_of_a_pack_is_strict(old: str, new: str) -> None:
    text = HEAD.format(name="us.toy", jurisdiction="us") + rule("toy.a", "limit", "{at_most: 7}")
    assert old in text
    with pytest.raises(PolicyError, match=r".") as caught:
        load_documents([text.replace(old, new, 1)], checks())
    assert ":" in caught.value.where


# ---- tightening ----------------------------------------------------------------------------------


BASE = rule("toy.base", "limit", "{at_most: 7, kinds: [a]}") + (
    "    applies_to: {channel: [call, sms]}\n"
    "    not_counted: [{id: busy, cite: 1 TOY 2}]\n"
    "    lifted_by: [{id: asked, cite: 1 TOY 3}]\n"
)


def tight(parameters: str, day: str = "2021-01-01", more: str = "") -> str:
    return (
        f"  - id: house.tight\n    tightens: toy.base\n    because: the client\n"
        f'    in_force: {{"{day}": {parameters}}}\n{more}'
    )


def test_a_tightening_rule_inherits_what_it_does_not_restate(tmp_path: Path) -> None:
    loaded = policy(tmp_path, BASE + tight("{at_most: 3}"))
    base, house = loaded.rules["toy.base"], loaded.rules["house.tight"]
    assert house.parameters_on(date(2026, 1, 1)).model_dump() == {  # type: ignore[union-attr]
        "at_most": 3,
        "kinds": frozenset({"a"}),
        "label": "",
    }
    assert (house.check, house.exceptions, house.applies_to) == (base.check, base.exceptions, base.applies_to)
    assert house.cites == ("the client", "1 TOY 1")
    assert house.parameters_on(date(2020, 6, 1)) is None


@pytest.mark.parametrize("parameters", ["{at_most: 7}", "{at_most: 0}", "{kinds: [a, b]}", "{}"])
def test_equal_or_narrower_is_taken(tmp_path: Path, parameters: str) -> None:
    assert "house.tight" in policy(tmp_path, BASE + tight(parameters)).rules


@pytest.mark.parametrize(
    ("parameters", "name", "values"),
    [
        ("{at_most: 8}", "at_most", ("8", "7")),
        ("{kinds: [b]}", "kinds", ("[b]", "[a]")),
        ("{label: other}", "label", ("other", "")),
    ],
)
def test_wider_or_unprovable_is_refused_showing_both_values(
    tmp_path: Path, parameters: str, name: str, values: tuple[str, str]
) -> None:
    error = refused(tmp_path, BASE + tight(parameters))
    assert f"{name} is {values[0]}, there it is {values[1]}" in error.what
    assert line(error) == FIRST + BASE.count("\n") + 3


def test_tightening_is_proven_against_every_later_version(tmp_path: Path) -> None:
    """3 is narrower than 7, but no longer once the law itself says 2."""
    base = BASE.replace("{at_most: 7, kinds: [a]}}", '{at_most: 7, kinds: [a]}, "2026-06-01": {at_most: 2}}')
    error = refused(tmp_path, base + tight("{at_most: 3}"))
    assert "at_most is 3, there it is 2" in error.what


def test_a_tightening_rule_outlives_the_rule_it_tightens(tmp_path: Path) -> None:
    base = BASE.replace("{at_most: 7, kinds: [a]}}", '{at_most: 7, kinds: [a]}, "2026-06-01": null}')
    house = policy(tmp_path, base + tight("{at_most: 3}")).rules["house.tight"]
    assert house.parameters_on(date(2027, 1, 1)).at_most == 3  # type: ignore[union-attr]


def test_a_tightening_rule_cannot_begin_before_the_rule_it_tightens(tmp_path: Path) -> None:
    assert "begins before" in refused(tmp_path, BASE + tight("{at_most: 3}", "2019-01-01")).what


def test_a_tightening_rule_may_drop_exceptions_and_reach_but_not_add(tmp_path: Path) -> None:
    fewer = "    not_counted: []\n    applies_to: {channel: [sms]}\n"
    house = policy(tmp_path, BASE + tight("{}", more=fewer)).rules["house.tight"]
    assert list(house.exceptions) == ["asked"]
    assert house.applies_to.channel == ("sms",)
    assert (
        "no such exception"
        in refused(tmp_path, BASE + tight("{}", more="    not_counted: [{id: asked, cite: other}]\n")).what
    )
    assert (
        "channel reaches further"
        in refused(tmp_path, BASE + tight("{}", more="    applies_to: {channel: [email]}\n")).what
    )


def test_each_list_of_exceptions_drops_its_own(tmp_path: Path) -> None:
    for more, kept in (
        ("    not_counted: []\n    lifted_by: []\n", []),
        ("    lifted_by: []\n", ["busy"]),
        ("    not_counted: []\n    lifted_by: [{id: asked, cite: 1 TOY 3}]\n", ["asked"]),
        ("    not_counted: [{id: busy, cite: 1 TOY 2}]\n", ["busy", "asked"]),
    ):
        assert kept == list(policy(tmp_path, BASE + tight("{}", more=more)).rules["house.tight"].exceptions)


def test_a_tightening_rule_may_end(tmp_path: Path) -> None:
    ends = tight("{at_most: 3}").replace("{at_most: 3}}", '{at_most: 3}, "2026-01-01": null}')
    later = BASE.replace("kinds: [a]}}", 'kinds: [a]}, "2026-06-01": {at_most: 5}}')
    house = policy(tmp_path, later + ends).rules["house.tight"]
    assert house.parameters_on(date(2025, 12, 31)).at_most == 3  # type: ignore[union-attr]
    assert house.parameters_on(date(2026, 1, 1)) is None
    assert house.parameters_on(date(2026, 6, 1)) is None


@pytest.mark.parametrize(
    ("listed", "what"),
    [
        (
            "[{id: busy, cite: 1 TOY 2}, {id: busy, cite: 1 TOY 2}]",
            "house.tight lists the exception 'busy' twice",
        ),
        ("[{id: bussy, cite: 1 TOY 2}]", "the check 'limit' knows no exception 'bussy'"),
        ("[{id: busy, cite: 1 TOY 2, result: [x]}]", "unknown key 'result'"),
        (
            "[{id: busy, cite: 1 TOY 2, results: [x]}]",
            "house.tight does not tighten toy.base: that rule has no such exception 'busy'",
        ),
    ],
)
def test_what_is_wrong_with_a_restated_exception_is_said_where_it_stands(
    tmp_path: Path, listed: str, what: str
) -> None:
    error = refused(tmp_path, BASE + tight("{}", more=f"    not_counted: {listed}\n"))
    assert what == error.what
    assert line(error) == FIRST + BASE.count("\n") + 4


@pytest.mark.parametrize(
    ("direction", "old", "new", "expected"),
    [
        (Direction.EQUAL, 7, 7, True),
        (Direction.EQUAL, 7, 8, False),
        (Direction.EQUAL, 7, 6, False),
        (Direction.FEWER, 7, 6, True),
        (Direction.FEWER, 7, 8, False),
        (Direction.MORE, 7, 8, True),
        (Direction.MORE, 7, 6, False),
        (Direction.MORE, 7, 7.5, True),
        (Direction.MORE, False, True, False),
        (Direction.MORE, 0, True, False),
        (Direction.FEWER, True, 0.5, False),
        (Direction.MORE, None, 8, False),
        (Direction.FEWER, 7, None, False),
        (Direction.MORE, "a", "b", False),
        (Direction.FEWER, time(21), time(20), True),
        (Direction.FEWER, time(21), time(22), False),
        (Direction.MORE, date(2026, 1, 1), 3, False),
        (Direction.SUPERSET, frozenset("a"), frozenset("ab"), True),
        (Direction.SUPERSET, frozenset("ab"), frozenset("a"), False),
        (Direction.SUBSET, frozenset("ab"), frozenset("a"), True),
        (Direction.SUBSET, frozenset("a"), frozenset("b"), False),
        (Direction.SUBSET, None, frozenset("b"), False),
        (Direction.SUPERSET, {"en": ("a",)}, {"en": ("a", "b"), "es": ()}, True),
        (Direction.SUPERSET, {"en": ("a",), "es": ("c",)}, {"en": ("a", "b")}, False),
        (Direction.SUPERSET, {"en": ("a", "b")}, {"en": ("a",)}, False),
        (Direction.SUBSET, {"en": ("a", "b")}, {"en": ("b",)}, True),
    ],
)
def test_only_what_is_provably_stricter_is_narrower(
    direction: Direction, old: Any, new: Any, expected: bool
) -> None:
    assert expected is narrower(direction, old, new)


def test_an_opening_time_is_tightened_later_and_a_closing_time_earlier(tmp_path: Path) -> None:
    base = rule("toy.base", "opening", '{opens: "08:00", closes: "21:00"}')
    policy(tmp_path, base + tight('{opens: "09:00", closes: "20:00"}'))
    assert (
        "opens is 07:59:00, there it is 08:00:00" in refused(tmp_path, base + tight('{opens: "07:59"}')).what
    )
    assert "closes is 21:01:00" in refused(tmp_path, base + tight('{closes: "21:01"}')).what


def test_tightening_nothing_or_itself_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, BASE + tight("{}").replace("toy.base", "toy.bas"))
    assert error.remedy == "did you mean 'toy.base'?"
    circle = tight("{}").replace("toy.base", "house.other") + tight("{}").replace(
        "house.tight", "house.other"
    ).replace("toy.base", "house.tight")
    assert "circle" in refused(tmp_path, circle).what


def test_a_tightened_rule_can_be_tightened_again(tmp_path: Path) -> None:
    again = (
        tight("{at_most: 2}").replace("toy.base", "house.tight").replace("id: house.tight", "id: house.again")
    )
    loaded = policy(tmp_path, again + tight("{at_most: 3}") + BASE)
    assert loaded.rules["house.again"].parameters_on(date(2026, 1, 1)).at_most == 2  # type: ignore[union-attr]


LENDER = """\
pack: words
title: Words to name
jurisdiction: any
authority: nobody
checked: {on: "2026-01-01", against: nothing, again_by: "2027-01-01"}
evidence: text
force: house
phrases:
  rude:
    en: [rude word]
"""


def lending(folder: Path, names: str) -> Policy:
    """A pack whose rule names phrases, beside one that only lends some."""
    (folder / "words").mkdir()
    (folder / "words" / "pack.yaml").write_text(LENDER, encoding="utf-8")
    write(folder, rule("toy.words", "forbidden_words", f"{{phrases: {names}}}"))
    return load([folder], {**checks(), "forbidden_words": ForbiddenWords()})


def test_a_pack_lends_its_phrases_and_stands_in_what_is_decided_by_them(tmp_path: Path) -> None:
    policy = lending(tmp_path, '["words:rude"]')
    parameters = policy.rules["toy.words"].periods[0].parameters
    assert {"words:rude": {"en": ("rude word",)}} == parameters.model_dump()["phrases"]
    assert ["us.toy", "words"] == [pack.name for pack in policy.in_force(["us"], date(2026, 5, 12))]
    again = load_documents(list(policy.documents.values()), {"forbidden_words": ForbiddenWords()})
    assert policy.digests == again.digests


def test_a_pack_that_nobody_borrows_from_is_not_in_force(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "pack.yaml").write_text(LENDER, encoding="utf-8")
    write(tmp_path, rule("toy.limit", "limit", "{at_most: 1}"))
    policy = load([tmp_path], checks())
    assert ["us.toy"] == [pack.name for pack in policy.in_force(["us"], date(2026, 5, 12))]


def test_phrases_that_nobody_lends_are_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        lending(tmp_path, '["words:rud"]')
    assert "words:rud" in caught.value.what
    assert "words:rude" in caught.value.remedy


def test_a_pack_without_rules_and_without_phrases_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    text = LENDER.split("phrases:", maxsplit=1)[0]
    (tmp_path / "words" / "pack.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match="lends phrases"):
        load([tmp_path], checks())
