"""The checker finds each kind of breach, that one and no other; and nothing where nothing is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from outreach.ledger import ContactState
from tests.chaos import worker
from tests.chaos.clock import next_slot
from tests.chaos.forging import Forged, local
from tests.chaos.plan import Plan, Refused, make_plan
from tests.chaos.replays import differing
from tests.chaos.scenario import Scenario
from tests.chaos.stores import SqliteStore

pytestmark = pytest.mark.xdist_group("chaos-checker")

NUMBER = "+16145550000"
# p0 and p1 share this number and an e-mail address, p2 and p3 a debt. p0 and p1 live in Columbus.


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan]:
    """A small storm without any wind: everything sent by one process, over a wire that behaves."""
    root = tmp_path_factory.mktemp("good")
    scenario = Scenario(SqliteStore(root), root, "good", make_plan(10))
    files = ["=".join(each) for each in scenario.plan.files.items()]
    assert 0 == worker.main([str(scenario.folder), "send", *files])
    for slot in range(4):
        scenario.clock.jump_to(next_slot(scenario.clock.now()))
        assert 0 == worker.main([str(scenario.folder), "calm", f"kim{slot}"])
    with scenario.open() as app:
        assert app.ledger.seal() is not None
    scenario.close()
    return scenario.folder, scenario.plan


@pytest.fixture
def forged(good: tuple[Path, Plan], tmp_path: Path) -> Forged:
    return Forged.copy(*good, tmp_path / "forged")


def test_where_nothing_is_wrong_nothing_is_found_though_much_is_looked_at(forged: Forged) -> None:
    report = forged.check()
    assert () == report.breaches
    assert len(forged.plan.keys) == report.contacts
    assert {"call", "email", "sms"} == set(report.by_way)
    assert report.handed_over > 10
    assert report.held > 10
    assert len(forged.plan.refused) <= report.rejected


def test_a_decision_that_is_not_made_again_as_recorded_is_found(forged: Forged) -> None:
    with forged.open() as app:
        asked, differ = differing(app)
    assert asked > 40
    assert [] == differ
    an_event_changed_in_its_chain(forged)
    with forged.open() as app:
        assert {"promise 8"} == {each.rule for each in differing(app)[1]}


def test_what_may_be_planted_without_a_breach(forged: Forged) -> None:
    """The planting itself breaks nothing: two e-mails a week, a text a day, seven calls, four hours apart."""
    forged.attempt("p1", "email", local(20, 9))
    forged.attempt("p1", "email", local(20, 13))
    forged.attempt("p1", "email", local(27, 9))
    forged.attempt("p0", "sms", local(20, 9))
    forged.attempt("p1", "sms", local(21, 9))
    for number in range(7):
        forged.attempt("p1", "call", local(40 + number, 9))
    forged.attempt("p1", "call", local(47, 9))
    forged.attempt("p1", "email", local(48, 9), outcome="refused", line=False)
    forged.attempt("p1", "email", local(48, 9), outcome="unknown")
    assert [] == forged.breaches()


Planting = Callable[[Forged], object]


# ---- how often, when, and whether at all -----------------------------------------------------------


def an_eighth_call_in_seven_days(forged: Forged) -> None:
    for number in range(7):
        forged.attempt("p1", "call", local(40 + number, 9))
    forged.attempt("p1", "call", local(46, 14))


def an_eighth_call_among_calls_that_were_imported(forged: Forged) -> None:
    for number in range(7):
        forged.tell("p1", "attempt", local(40 + number, 9), channel="call", to=NUMBER, outcome="no_answer")
    forged.attempt("p1", "call", local(46, 14))


def an_eighth_call_where_one_is_unknown(forged: Forged) -> None:
    forged.attempt("p1", "call", local(40, 9), outcome="unknown")
    for number in range(1, 7):
        forged.attempt("p1", "call", local(40 + number, 9))
    forged.attempt("p1", "call", local(46, 14))


def a_call_six_days_after_a_conversation(forged: Forged) -> None:
    forged.attempt("p1", "call", local(40, 9), result="conversation")
    forged.attempt("p1", "call", local(46, 9))


def a_call_after_she_had_called(forged: Forged) -> None:
    forged.tell("p1", "inbound", local(40, 9), channel="call", conversation=True, **{"from": NUMBER})
    forged.attempt("p1", "call", local(46, 9))


def a_third_email_in_seven_days(forged: Forged) -> None:
    for day in (20, 23, 26):
        forged.attempt("p1", "email", local(day, 9))


def a_fourth_email_about_a_debt_that_two_owe(forged: Forged) -> None:
    for ref, day in (("p2", 20), ("p3", 20), ("p2", 24), ("p3", 26)):
        forged.attempt(ref, "email", local(day, 12))


def a_second_text_to_a_number_that_two_have(forged: Forged) -> None:
    forged.attempt("p0", "sms", local(20, 9))
    forged.attempt("p1", "sms", local(20, 20))


def two_contacts_within_four_hours(forged: Forged) -> None:
    forged.attempt("p1", "email", local(20, 9))
    forged.attempt("p1", "sms", local(20, 12, 59))


def a_text_at_nine_at_night(forged: Forged) -> None:
    forged.attempt("p1", "sms", local(20, 20, 59), left=local(20, 21))


def a_text_before_eight(forged: Forged) -> None:
    forged.attempt("p1", "sms", local(20, 7, 59))


def a_text_after_her_own_stop(forged: Forged) -> None:
    forged.tell("p1", "opt_out", local(19, 9), channel="sms", to=NUMBER)
    forged.attempt("p1", "sms", local(20, 9))


def a_text_after_the_stop_of_another_who_has_the_number(forged: Forged) -> None:
    forged.tell("p0", "opt_out", local(19, 9), channel="sms", to=NUMBER)
    forged.attempt("p1", "sms", local(20, 9))


def an_email_after_a_stop_of_all_email(forged: Forged) -> None:
    forged.tell("p1", "opt_out", local(19, 9), channel="email")
    forged.attempt("p1", "email", local(20, 9))


# ---- promises --------------------------------------------------------------------------------------


def one_left_without_an_attempt(forged: Forged) -> None:
    forged.line("01NEVER", NUMBER, "sms", local(20, 9))


def one_left_before_its_attempt_was_opened(forged: Forged) -> None:
    forged.attempt("p1", "sms", local(20, 9), left=local(20, 9) - timedelta(seconds=5))


def one_left_before_its_attempt_was_recorded(forged: Forged) -> None:
    forged.attempt("p1", "sms", local(20, 9), recorded=local(20, 9) + timedelta(seconds=5))


def one_left_that_was_held(forged: Forged) -> None:
    forged.attempt("p1", "sms", local(20, 9), verdict="hold")


def one_left_for_another_address(forged: Forged) -> None:
    forged.attempt("p1", "sms", local(20, 9), to="+16145550009")


def one_attempt_left_twice(forged: Forged) -> None:
    attempt = forged.attempt("p1", "sms", local(20, 9))
    forged.line(attempt, NUMBER, "sms", local(20, 9))


def one_contact_left_twice(forged: Forged) -> None:
    forged.again(forged.attempt("p1", "sms", local(20, 9)), local(21, 9))


def one_left_that_is_recorded_as_not_sent(forged: Forged) -> None:
    forged.attempt("p1", "sms", local(20, 9), outcome="not_sent")


def one_left_that_is_recorded_as_refused(forged: Forged) -> None:
    forged.attempt("p1", "sms", local(20, 9), outcome="refused")


def one_that_is_unknown_and_repeated(forged: Forged) -> None:
    forged.again(forged.attempt("p1", "sms", local(20, 9), outcome="unknown", line=False), local(21, 9))


def one_attempt_closed_twice(forged: Forged) -> None:
    forged.attempt("p1", "sms", local(20, 9), closings=2)


def a_row_without_a_contact(forged: Forged) -> None:
    row = forged.plan.rows[0]
    forged.plan = replace(forged.plan, rows=(*forged.plan.rows, replace(row, line=999, key="lost")))


def a_row_that_spent_the_key_of_another(forged: Forged) -> None:
    row = forged.plan.rows[0]
    forged.plan = replace(forged.plan, rows=(*forged.plan.rows, replace(row, line=999, to="+16145550009")))


def a_bad_row_without_an_answer(forged: Forged) -> None:
    bad = Refused("spring.csv", 999, "person", "")
    forged.plan = replace(forged.plan, refused=(*forged.plan.refused, bad))


def an_attempt_that_stands_open(forged: Forged) -> None:
    forged.attempt("p1", "sms", local(20, 9), outcome="", line=False)


def a_contact_nobody_asked_for(forged: Forged) -> None:
    forged.attempt("p1", "sms", local(20, 9))
    forged.unask()


def a_contact_without_a_decision(forged: Forged) -> None:
    forged.received("p1", local(20, 9))


def a_slot_that_was_not_given_back(forged: Forged) -> None:
    forged.attempt("p1", "email", local(20, 9), outcome="not_sent", line=False)
    forged.attempt("p1", "email", local(20, 9))
    forged.held("p1", local(20, 14), "chaos.emails")


def one_that_a_crash_kept_from_leaving_for_ever(forged: Forged) -> None:
    forged.attempt("p1", "email", local(20, 9), outcome="not_sent", code="run_lost", line=False)


def a_number_that_a_process_printed(forged: Forged) -> None:
    (forged.folder / "output").mkdir(exist_ok=True)
    (forged.folder / "output" / "7.out.err").write_text(f"could not reach {NUMBER}\n")


def an_address_in_a_chain(forged: Forged) -> None:
    forged.held("p1", local(20, 9), "house.not-to-person1@example.com")


# ---- the record itself -----------------------------------------------------------------------------


def an_event_changed_in_its_chain(forged: Forged) -> None:
    changed = forged.sql(
        "UPDATE entry SET body = replace(body, '\"allow\"', '\"block\"') WHERE (stream, seq) = "
        "(SELECT stream, seq FROM entry WHERE body LIKE '%\"allow\"%' ORDER BY stream DESC, seq DESC LIMIT 1)"
    )
    assert 1 == changed


def a_contact_that_stands_elsewhere_than_its_events_say(forged: Forged) -> None:
    changed = forged.sql(
        "UPDATE contact SET state = ? WHERE id = (SELECT id FROM contact WHERE state = 'held' LIMIT 1)",
        ContactState.EXPIRED.value,
    )
    assert 1 == changed


def a_seal_over_another_history(forged: Forged) -> None:
    assert 1 == forged.sql("UPDATE seal SET leaves = replace(leaves, substr(leaves, 40, 8), '00000000')")


BREACHES: dict[str, list[Planting]] = {
    "calls": [
        an_eighth_call_in_seven_days,
        an_eighth_call_among_calls_that_were_imported,
        an_eighth_call_where_one_is_unknown,
    ],
    "conversation": [a_call_six_days_after_a_conversation, a_call_after_she_had_called],
    "emails": [a_third_email_in_seven_days],
    "debt-emails": [a_fourth_email_about_a_debt_that_two_owe],
    "texts": [a_second_text_to_a_number_that_two_have],
    "spacing": [two_contacts_within_four_hours],
    "hours": [a_text_at_nine_at_night, a_text_before_eight],
    "opt-out": [
        a_text_after_her_own_stop,
        a_text_after_the_stop_of_another_who_has_the_number,
        an_email_after_a_stop_of_all_email,
    ],
    "promise 1": [
        one_left_without_an_attempt,
        one_left_before_its_attempt_was_opened,
        one_left_before_its_attempt_was_recorded,
    ],
    "promise 2": [one_left_that_was_held, one_left_for_another_address],
    "promise 5": [
        one_attempt_left_twice,
        one_contact_left_twice,
        one_left_that_is_recorded_as_not_sent,
        one_left_that_is_recorded_as_refused,
        one_that_is_unknown_and_repeated,
        one_attempt_closed_twice,
    ],
    "promise 6": [
        a_row_without_a_contact,
        a_row_that_spent_the_key_of_another,
        a_bad_row_without_an_answer,
        an_attempt_that_stands_open,
        a_contact_nobody_asked_for,
        a_contact_without_a_decision,
    ],
    "promise 7": [a_slot_that_was_not_given_back, one_that_a_crash_kept_from_leaving_for_ever],
    "promise 9": [a_number_that_a_process_printed, an_address_in_a_chain],
    "chain": [an_event_changed_in_its_chain],
    "projection": [a_contact_that_stands_elsewhere_than_its_events_say],
    "seal": [a_seal_over_another_history],
}


@pytest.mark.parametrize(
    ("rule", "plant"),
    [(rule, plant) for rule, plantings in BREACHES.items() for plant in plantings],
    ids=lambda value: value if isinstance(value, str) else value.__name__.replace("_", " "),
)
def test_each_breach_is_found_and_no_other(forged: Forged, rule: str, plant: Planting) -> None:
    plant(forged)
    assert [rule] == forged.breaches()
