"""Events from files and from the command line: strict fields, known words, one key each."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from outreach.domain import EVENT_FIELDS, Event
from outreach.domain.events import INTERNAL_EVENTS
from outreach.errors import InputError
from outreach.intake import EventRow, Rejection, event_from, read_events
from outreach.intake.events import EVENT_COLUMNS, imported_id
from outreach.intake.fields import IMPORTABLE, REQUIRED, known_fields

NOW = datetime(2026, 3, 10, 19, 0, tzinfo=UTC)
AT = "2026-03-02T10:00:00-05:00"
NUMBER = "+16145550123"


def jsonl(tmp_path: Path, *rows: dict[str, Any]) -> list[EventRow | Rejection]:
    path = tmp_path / "history.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return list(read_events(path, now=NOW))


def row(event: str, **fields: Any) -> dict[str, Any]:
    return {"consumer": "p1", "at": AT, "event": event, **{name.rstrip("_"): v for name, v in fields.items()}}


def taken(tmp_path: Path, event: str, **fields: Any) -> EventRow:
    (found,) = jsonl(tmp_path, row(event, **fields))
    assert isinstance(found, EventRow), found
    return found


def test_an_event_arrives_normalised_and_in_utc(tmp_path: Path) -> None:
    found = taken(tmp_path, "attempt", channel="call", to="+1 614 555 0123", debts=["d1"], outcome="busy")
    assert "p1" == found.person
    assert "attempt" == found.event.kind
    assert datetime(2026, 3, 2, 15, 0, tzinfo=UTC) == found.event.at
    assert {"channel": "call", "to": NUMBER, "debts": ["d1"], "outcome": "busy"} == found.event.fields
    assert 1 == found.line
    assert json.loads(found.raw)["event"] == "attempt"


GOOD: list[tuple[str, dict[str, Any]]] = [
    ("attempt", {"channel": "letter", "to": "home", "outcome": "sent", "form": "postcard"}),
    ("attempt", {"channel": "visit", "to": "home", "outcome": "conversation", "collector": "a2"}),
    ("attempt", {"channel": "voicemail", "to": NUMBER, "outcome": "voicemail", "ringless": True}),
    ("attempt", {"channel": "call", "to": NUMBER, "outcome": "unknown", "counted_to": ["d1"]}),
    ("attempt", {"channel": "call", "to": NUMBER, "outcome": "conversation", "discussed": []}),
    ("inbound", {"channel": "web", "from": "portal", "debts": ["d1"]}),
    ("inbound", {"channel": "call", "from": NUMBER, "conversation": True, "discussed": ["d1"]}),
    ("consent", {"scope": "sms", "to": NUMBER, "given_to": "collector"}),
    ("consent", {"scope": "call", "from": "2026-04-06", "until": "2026-04-06"}),
    ("consent", {"scope": "call", "from": "2026-04-06T15:00:00-04:00", "until": "2026-04-06"}),
    ("consent", {"scope": "hours", "from": "21:00", "to": "22:30", "days": ["mon"]}),
    ("consent_withdrawn", {"scope": "sms", "to": NUMBER}),
    ("opt_out", {"channel": "sms", "to": NUMBER, "form": "electronic"}),
    ("opt_out", {"to": "ana@example.com"}),
    ("opt_in", {"channel": "email"}),
    ("cease", {"channel": "letter", "debts": ["d1"]}),
    ("inconvenient", {"days": ["sat", "sun"]}),
    ("inconvenient", {"from": "20:00", "to": "08:30", "until": "2026-12-31"}),
    ("inconvenient", {"place": "home"}),
    ("convenient", {"days": ["mon"], "from": "21:00", "to": "22:00"}),
    ("attorney", {"name_known": True, "form": "written"}),
    ("attorney_released", {}),
    ("attorney_unresponsive", {}),
    ("attorney_consents", {"debts": ["d1"]}),
    ("employer_prohibits", {"channel": "call"}),
    ("employer_provided", {"to": "ana@work.example"}),
    ("wrong_number", {"to": NUMBER}),
    ("reassigned_check", {"to": NUMBER, "result": "reassigned"}),
    ("disclosure_led", {"to": NUMBER}),
    ("creditor_notice", {"to": "ana@example.com", "opt_out_by": "2026-06-05"}),
    ("prior_collector_used", {"to": "ana@example.com", "immediate": False}),
    ("dispute", {"channel": "letter", "by": "executor"}),
    ("dispute_answered", {"debts": ["d1"]}),
    ("original_creditor_request", {"debts": ["d1"], "channel": "letter"}),
    ("original_creditor_given", {"debts": ["d1"], "channel": "letter"}),
    ("validation_notice", {"debts": ["d1"], "outcome": "bounced"}),
    ("callback_requested", {"person": "friend"}),
    ("breathing_space", {"until": "2026-05-02T00:00:00+00:00"}),
    ("breathing_space", {"until": "2026-05-02"}),
    ("deceased", {"note": "told by\nher sister"}),
    ("bankrupt", {"debts": ["d1"]}),
    ("promise", {"amount": {"minor": 5000, "currency": "USD"}, "due": "2026-03-20", "plan": "3 payments"}),
    ("promise_kept", {"amount": {"minor": 5000, "currency": "USD"}}),
    ("promise_broken", {}),
    ("correction", {"of": "0" * 26, "void": True, "because": "typed twice"}),
    ("correction", {"of": "0" * 26, "set": {"outcome": "busy"}, "because": "the log says so"}),
]


@pytest.mark.parametrize(("kind", "fields"), GOOD)
def test_events_of_the_vocabulary_are_taken_as_they_are(
    tmp_path: Path, kind: str, fields: dict[str, Any]
) -> None:
    assert fields == taken(tmp_path, kind, **fields).event.fields


def test_every_kind_that_can_be_imported_is_tried_above() -> None:
    assert IMPORTABLE == {kind for kind, _ in GOOD}


VALUES: dict[str, Any] = {
    "amount": "5.00 USD",
    "by": "a person",
    "channel": "call",
    "collector": "a1",
    "conversation": True,
    "counted_to": ["d1"],
    "days": ["mon"],
    "debts": ["d1"],
    "discussed": ["d1"],
    "due": "2026-12-31",
    "form": "oral",
    "from": NUMBER,
    "given_to": "creditor",
    "body": "I can pay on Friday",
    "note": "words",
    "of": "0" * 26,
    "outcome": "bounced",
    "person": "friend",
    "place": "work",
    "plan": "three payments",
    "purpose": "location",
    "ringless": True,
    "to": NUMBER,
    "until": "2026-12-31",
}


@pytest.mark.parametrize("kind", sorted(IMPORTABLE))
def test_every_field_of_every_kind_can_be_read(kind: str) -> None:
    least = next(fields for other, fields in GOOD if other == kind)
    clocks = {"from": "08:00", "to": "09:00"} if kind in ("inconvenient", "convenient") else {}
    special = {
        ("attempt", "form"): "postcard",
        ("consent", "from"): "2026-01-01",
        ("opt_in", "to"): "ana@example.com",
    }
    for name in known_fields(kind) - {"set"}:
        value = special.get((kind, name)) or {**VALUES, **clocks, **least}[name]
        assert name in event_from(kind, AT, {**least, **clocks, name: value}).fields


CALL: dict[str, Any] = {"channel": "call", "to": NUMBER, "outcome": "busy"}

BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"at": AT, "event": "deceased"}, "consumer", "missing"),
    ({"consumer": "p1", "event": "deceased"}, "at", "missing"),
    ({"consumer": "p1", "at": AT}, "event", "missing"),
    ({**row("deceased"), "consumer": ""}, "consumer", "empty"),
    ({**row("deceased"), "at": "2026-03-02T10:00:00"}, "at", "the time has no offset"),
    ({**row("deceased"), "at": "2026-03-02"}, "at", "a date without a time of day"),
    ({**row("deceased"), "at": 1772463600}, "at", "a time is text"),
    ({**row("deceased"), "at": "2026-03-10T15:00:01-04:00"}, "at", "the event lies in the future"),
    (row("diseased"), "event", "the nearest is deceased"),
    (row("attempt_opened"), "event", "only outreach records this kind"),
    (row("call_result"), "event", "belongs to an attempt of our own"),
    (row("deceased", debts=["d1"]), "debts", "unknown"),
    (row("opt_out", chanel="sms"), "chanel", "the nearest known name is channel"),
    (row("opt_out"), "channel or to", "needs this field"),
    (row("consent", to=NUMBER), "scope", "needs this field"),
    (row("attempt", channel="call", to=NUMBER), "outcome", "needs this field"),
    (row("attempt", channel="call", to=NUMBER, outcome="sent"), "outcome", "not known here"),
    (row("attempt", channel="sms", to=NUMBER, outcome="no_answer"), "outcome", "not known here"),
    (row("attempt", channel="web", to=NUMBER, outcome="sent"), "channel", "not known here"),
    (row("attempt", channel="sms", to="ana@example.com", outcome="sent"), "to", "number"),
    (row("attempt", channel="email", to=NUMBER, outcome="sent"), "to", "not an e-mail address"),
    (
        row("attempt", **CALL, purpose="collec"),
        "purpose",
        "nearest is collect",
    ),
    (row("attempt", **CALL, debts="d1;;"), "debts", "empty"),
    (row("attempt", **CALL, debts=5), "debts", "not a list"),
    (
        row("attempt", **CALL, ringless="maybe"),
        "ringless",
        "true or false",
    ),
    (row("wrong_number", to="+1614555"), "to", "possible"),
    (row("wrong_number", to="6145550123"), "to", "country"),
    (row("consent", scope="texts"), "scope", "not known here"),
    (row("consent", scope="sms", given_to="us"), "given_to", "not known here"),
    (row("consent", scope="sms", from_="2026-04-02", until="2026-04-01"), "until", "ends before it begins"),
    (row("consent", scope="call", from_="2026-04-02T15:00"), "from", "has no offset"),
    (row("consent", scope="hours"), "from", "names them"),
    (row("inconvenient"), "days or from or place", "needs this field"),
    (row("inconvenient", days=["saturday"]), "days", "known: fri, mon"),
    (row("inconvenient", days=[]), "days", "not a list of weekdays"),
    (row("inconvenient", from_="8am", to="09:00"), "from", "not a time of day"),
    (row("inconvenient", from_="8:00", to="09:00"), "from", "write it as 08:00"),
    (row("inconvenient", from_="24:00", to="09:00"), "from", "not a time of day"),
    (row("inconvenient", from_="08:00"), "to", "one end of the hours is missing"),
    (row("inconvenient", from_="08:00", to="08:00"), "to", "the hours end when they begin"),
    (row("inconvenient", place="school"), "place", "not known here"),
    (row("inconvenient", days=["mon"], until="2026-12-31T10:00Z"), "until", "not a date"),
    (row("reassigned_check", to=NUMBER, result="yes"), "result", "not known here"),
    (row("promise", amount=50.0, due="2026-03-20"), "amount", "not an amount of money"),
    (row("promise", amount="50 USD", due="2026-03-20"), "amount", "with all decimals, as 50.00 USD"),
    (row("promise", amount={"minor": 1, "currency": "USD"}, due="20 March"), "due", "not a date"),
    (row("correction", of="x", because="y"), "void or set", "needs this field"),
    (row("correction", of="x", void=True), "because", "needs this field"),
    (row("correction", of="x", void=True, set={"outcome": "busy"}, because="y"), "set", "not both"),
    (row("correction", of="x", set={"person": "p2"}, because="y"), "set", "cannot be corrected"),
    (
        row("correction", of="x", set={"at": AT}, because="y"),
        "set",
        "void the event and record the right one",
    ),
    (row("correction", of="x", set="busy", because="y"), "set", "not JSON"),
    (row("cease", channel="fax"), "channel", "not known here"),
    (row("deceased", note="a\x00b"), "note", "control character"),
    (row("callback_requested", person=5), "person", "an id is text"),
    (row("deceased", key=""), "key", "empty"),
]


@pytest.mark.parametrize(("bad", "column", "reason"), BAD)
def test_a_bad_event_is_rejected_with_its_field(
    tmp_path: Path, bad: dict[str, Any], column: str, reason: str
) -> None:
    found, good = jsonl(tmp_path, bad, row("deceased"))
    assert isinstance(found, Rejection)
    assert column == found.column
    assert reason in found.reason
    assert isinstance(good, EventRow)


@pytest.mark.parametrize("kind", sorted(INTERNAL_EVENTS))
def test_what_outreach_records_itself_cannot_be_imported(kind: str) -> None:
    with pytest.raises(InputError, match="only outreach records"):
        event_from(kind, AT, {})


def test_required_fields_are_fields_of_their_kind() -> None:
    for kind, needs in REQUIRED.items():
        for need in needs:
            assert set(need.split("|")) <= EVENT_FIELDS[kind]


def test_the_same_fact_has_the_same_key_however_it_is_written(tmp_path: Path) -> None:
    one = row("attempt", channel="call", to=NUMBER, outcome="busy")
    other = row("attempt", outcome="busy", to="+1 (614) 555-0123", channel="call") | {
        "at": "2026-03-02T15:00Z"
    }
    first, second, third = jsonl(tmp_path, one, other, {**one, "outcome": "dropped"})
    assert isinstance(first, EventRow)
    assert isinstance(second, EventRow)
    assert isinstance(third, EventRow)
    assert first.key == second.key != third.key
    assert first.event.id == second.event.id != third.event.id


def test_a_later_row_names_an_earlier_one_by_its_key(tmp_path: Path) -> None:
    amount = {"minor": 5000, "currency": "USD"}
    promise, kept = jsonl(
        tmp_path,
        row("promise", key="P-1", amount=amount, due="2026-03-05"),
        row("promise_kept", of="P-1", amount=amount),
    )
    assert isinstance(promise, EventRow)
    assert isinstance(kept, EventRow)
    assert "P-1" == promise.key
    assert promise.event.id == kept.event.fields["of"] == imported_id("p1", "P-1")
    assert imported_id("p2", "P-1") != imported_id("p1", "P-1")


def test_what_a_person_types_is_read_as_in_csv() -> None:
    event = event_from("attempt", AT, {**CALL, "debts": "d1; d2"})
    assert ["d1", "d2"] == event.fields["debts"]
    promise = event_from("promise", AT, {"amount": "50.00 USD", "due": "2026-03-20"})
    assert {"minor": 5000, "currency": "USD"} == promise.fields["amount"]
    assert {"minor": 5000, "currency": "JPY"} == event_from(
        "promise", AT, {"amount": "5000 JPY", "due": "2026-03-20"}
    ).fields["amount"]
    assert ["mon", "tue"] == event_from("inconvenient", AT, {"days": "tue;mon"}).fields["days"]
    assert event_from(
        "attempt", AT, {"channel": "call", "to": NUMBER, "outcome": "busy", "ringless": "true"}
    ).get("ringless")
    change = event_from("correction", AT, {"of": "0" * 26, "set": '{"outcome": "busy"}', "because": "x"})
    assert {"outcome": "busy"} == change.fields["set"]
    with pytest.raises(InputError, match="the event lies in the future"):
        event_from("deceased", NOW, {}, now=datetime(2026, 3, 10, 18, 0, tzinfo=UTC))


def test_events_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text(
        "consumer,at,event,channel,to,debts,outcome,days\n"
        f"p1,{AT},attempt,call,{NUMBER},d1;d2,busy,\n"
        f"p1,{AT},inconvenient,,,,,mon;tue\n"
        f"p1,{AT},inconvenient,,,,busy,mon\n",
        encoding="utf-8",
    )
    first, second, bad = read_events(path, now=NOW)
    assert isinstance(first, EventRow)
    expected = {"channel": "call", "to": NUMBER, "debts": ["d1", "d2"], "outcome": "busy"}
    assert Event("attempt", first.event.at, expected, id=first.event.id) == first.event
    assert isinstance(second, EventRow)
    assert {"days": ["mon", "tue"]} == second.event.fields
    assert isinstance(bad, Rejection)
    assert (4, "outcome") == (bad.line, bad.column)
    assert "set" not in EVENT_COLUMNS
