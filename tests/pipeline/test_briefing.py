"""The brief: what an agent is told before she dials, and what she is not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from outreach.domain import Purpose
from outreach.domain.dispositions import SHIPPED
from outreach.pipeline.briefing import Brief
from outreach.worklist import Disposition
from tests.support import Project, call, consumer, phone

NEIGHBOR = {"id": "p1-neighbor", "relation": "neighbor", "name": "Nic Example"} | {
    "phones": [{"number": phone(52), "kind": "mobile"}]
}


def told(event: str, at: str, **fields: Any) -> dict[str, Any]:
    return {"consumer": "p1", "key": f"{event} {at}", "at": f"{at}:00-04:00", "event": event, **fields}


def called(at: str, outcome: str = "no_answer") -> dict[str, Any]:
    return told("attempt", at, channel="call", to=phone(1), outcome=outcome)


def promise(at: str, due: str, minor: int = 5000) -> dict[str, Any]:
    return told("promise", at, amount={"minor": minor, "currency": "USD"}, due=due)


def brief(project: Project, *events: dict[str, Any], **changes: Any) -> Brief:
    """Of the task an agent takes now."""
    project.consumers(consumer(people=[NEIGHBOR], **changes.pop("consumer", {})))
    if events:
        project.events(*events)
    project.send(call(**changes))
    task, passed = project.app.worklist.next("kim")
    assert task is not None, passed
    return task.brief


def test_it_says_whom_to_ask_for_which_number_to_dial_and_which_to_show(project: Project) -> None:
    told_now = brief(project)
    assert ("Alex Example 1", phone(1), "+16145550100 (Robin Smith)") == (
        told_now.ask_for,
        told_now.number,
        told_now.shown,
    )


def test_it_names_the_debts_with_balance_and_date_and_no_whole_account_number(project: Project) -> None:
    found = brief(project)
    [debt] = found.debts
    assert ("p1-d1", "Mill Street Bank", "credit card") == (debt.id, debt.creditor, debt.kind)
    assert ("$1,234.50", "2026-05-31") == (debt.balance, debt.as_of)
    assert debt.account.endswith("0001")
    assert "4000000000000001" not in found.text()
    assert "p1-d1: Mill Street Bank, credit card, " in found.text()


def test_it_masks_a_balance_that_the_words_mask(project: Project) -> None:
    script = "---\npurpose: collect\naudience: consumer\nshows: [consumer_name]\n---\n"
    script += "== identity ==\n{{ consumer_name }}?\n== disclosure ==\nThis is from a debt collector. We are "
    script += "attempting to collect a debt, and any information obtained will be used for that purpose. "
    script += "{{ balance }}\n"
    path = project.folder / "templates" / "en" / "call" / "early.j2"
    path.parent.mkdir(parents=True)
    path.write_text(script)
    project.close()
    project.app = project.open()
    [debt] = brief(project).debts
    assert "1,234" not in debt.balance
    assert "*" in debt.balance


def test_it_lists_the_latest_five_contacts_on_her_clock_with_how_they_ended(project: Project) -> None:
    days = [f"2026-05-2{day}T10:00" for day in range(1, 7)]
    found = brief(project, *(called(day) for day in days), told("inbound", "2026-05-27T09:30", channel="sms"))
    assert [
        "Wed 2026-05-27 09:30 EDT  sms from her: she contacted us",
        "Tue 2026-05-26 10:00 EDT  call to ***-***-0001: no answer",
    ] == found.text().split("last contacts\n")[1].splitlines()[:2]
    assert 5 == len(found.contacts)


def test_it_shows_the_code_an_agent_gave_to_an_earlier_call(project: Project) -> None:
    project.consumers(consumer())
    project.send(call(), call(key="next"))
    project.closed(Disposition.coded(SHIPPED["MB"], agent="lee"))
    project.clock.advance(timedelta(minutes=31))
    task, _ = project.app.worklist.next("kim")
    assert task is not None
    assert ["mailbox full (MB)"] == [past.ended for past in task.brief.contacts]


def test_it_shows_promises_with_what_became_of_them(project: Project) -> None:
    found = brief(
        project,
        promise("2026-03-01T10:00", "2026-03-15", 1000),
        told("promise_kept", "2026-03-14T10:00", of="promise 2026-03-01T10:00"),
        promise("2026-04-01T10:00", "2026-04-15", 2000),
        told("promise_broken", "2026-04-16T10:00", of="promise 2026-04-01T10:00"),
        promise("2026-05-01T10:00", "2026-06-04", 3000),
        promise("2026-05-02T10:00", "2026-06-01", 4000),
    )
    assert [("$10.00", "kept"), ("$20.00", "broken"), ("$30.00", "open"), ("$40.00", "open")] == [
        (each.amount, each.state) for each in found.promises
    ]
    assert "Whether the $30.00 promised by 2026-06-04 will be paid." in found.find_out
    assert "Whether the $40.00 promised by 2026-06-01 was paid." in found.find_out


def test_a_promise_just_broken_is_asked_about(project: Project) -> None:
    found = brief(
        project,
        promise("2026-05-01T10:00", "2026-05-15"),
        told("promise_broken", "2026-05-16T10:00", of="promise 2026-05-01T10:00"),
    )
    assert "What stood in the way of the $50.00 promised by 2026-05-15." in found.find_out


def test_it_says_which_times_and_places_do_not_suit_as_long_as_that_holds(project: Project) -> None:
    found = brief(
        project,
        told("inconvenient", "2026-05-01T10:00", days=["sat", "sun"]),
        told("inconvenient", "2026-05-02T10:00", **{"from": "09:00", "to": "12:00", "until": "2026-06-30"}),
        told("inconvenient", "2026-05-03T10:00", days=["mon"], until="2026-05-31"),
        told("inconvenient", "2026-05-04T10:00", place="work"),
        told("convenient", "2026-05-05T10:00", days=["sun"]),
    )
    assert ("sat sun", "09:00 to 12:00, until 2026-06-30", "at work", "sun (this suits)") == found.unsuitable


def test_it_warns_when_this_call_is_the_last_of_the_week(project: Project) -> None:
    days = ("2026-05-28", "2026-05-29", "2026-05-30", "2026-05-31", "2026-06-01")
    five = [called(f"{day}T10:00") for day in days]
    warned = brief(project, *five, called("2026-06-01T12:00"))
    assert any("this call is the last (us.regf.call-frequency)" in each for each in warned.warnings)
    assert any("us.regf.last-call" in each for each in warned.warnings)


def test_a_call_with_room_to_spare_warns_of_no_limit(project: Project) -> None:
    assert [] == [each for each in brief(project).warnings if "last" in each]


def test_who_is_on_the_line_comes_first_of_what_to_find_out(project: Project) -> None:
    found = brief(project)
    assert "Confirm that it is Alex Example 1 before anything about a debt." == found.find_out[0]
    assert "Whether this number is hers: nobody has been identified at it yet." == found.find_out[1]


def test_what_is_on_file_is_not_asked_and_what_is_missing_is(project: Project) -> None:
    known = brief(project, called("2026-05-01T10:00", "conversation"))
    assert 1 == len(known.find_out), known.find_out
    project.consumers(
        consumer("p2", language="", addresses=[], timezone="America/New_York", phones=_two_numbers())
    )
    project.send(call("p2", 2))
    task, passed = project.app.worklist.next("lee")
    assert task is not None, passed
    asked = " ".join(task.brief.find_out)
    assert all(what in asked for what in ("language", "postal address", "which of her numbers")), asked


def _two_numbers() -> list[dict[str, str]]:
    return [{"number": phone(2), "kind": "mobile"}, {"number": phone(62), "kind": "landline"}]


def test_a_third_partys_brief_holds_nothing_of_any_debt(project: Project) -> None:
    """12 CFR 1006.6(d)(1), 1006.10(b)(2): nobody lets slip what she does not see."""
    found = brief(
        project,
        called("2026-05-01T10:00", "conversation"),
        promise("2026-05-02T10:00", "2026-06-01"),
        told("inconvenient", "2026-05-02T10:00", days=["sat"]),
        number=52,
        to_person="p1-neighbor",
        purpose=Purpose.LOCATION,
        template="location",
    )
    assert "Nic Example" == found.ask_for
    assert ((), (), (), ()) == (found.debts, found.promises, found.contacts, found.unsuitable)
    text = found.text()
    assert not any(word in text for word in ("p1-d1", "Mill Street", "promised", "$", "conversation")), text
    assert "Say nothing of a debt, whoever asks." == found.find_out[0]


def test_the_file_of_the_channel_holds_the_same_brief_before_the_script(project: Project) -> None:
    found = brief(project, promise("2026-05-02T10:00", "2026-06-01"))
    [page] = [path.read_text() for path in Path(project.folder / "calls").rglob("*.txt")]
    wanted = ["Ask for:  Alex Example 1", "FIND OUT", found.find_out[0], "DEBTS", "PROMISES", "OPENING"]
    places = [page.index(text) for text in [*wanted, "IDENTITY", "DISCLOSURE"]]
    assert sorted(places) == places
