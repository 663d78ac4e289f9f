"""Contacts, what waits when, words, keys: the projection and its agreement with events."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from outreach.domain import NewEvent, Outcome, Way, Words
from outreach.errors import InputError, LedgerError
from outreach.ledger import ContactState, KnownPerson, Ledger
from tests.ledger.made import NOW, ana, closed, ids, noted, opened, plain, record, save, stored, told

HELD, LISTED, OPEN = ContactState.HELD, ContactState.LISTED, ContactState.OPEN


def add(ledger: Ledger, *contacts) -> None:
    with ledger.write() as writing:
        writing.add_contacts(contacts)


def change(ledger: Ledger, *contacts) -> None:
    with ledger.write() as writing:
        writing.update_contacts(contacts)


@pytest.fixture
def person(ledger: Ledger) -> KnownPerson:
    return save(ledger, ana())[0]


def held(person: KnownPerson, name: str, due: int, priority: int = 100):
    made = stored(person, name, name, state=HELD, due=NOW + timedelta(minutes=due))
    return replace(made, contact=replace(made.contact, priority=priority))


def test_a_contact_comes_back_as_it_was_kept(ledger: Ledger, person: KnownPerson) -> None:
    wish = replace(
        stored(person).contact,
        channel=Way.EMAIL,
        debts=("d1", "d2"),
        not_before=NOW,
        expires_at=NOW,
        form="x",
    )
    contact = stored(
        person,
        contact=wish,
        state=ContactState.DONE,
        outcome=Outcome.REFUSED,
        due=NOW,
        expires_at=NOW + timedelta(microseconds=1),
        decision="d",
        attempt="a",
        reason="r",
        opened_at=NOW,
        run="run",
        tries=2,
    )
    add(ledger, contact)
    with ledger.read() as reading:
        back = reading.contacts(["c1", "c9"])
        assert {"c1": replace(contact, arrival=1)} == back
        assert {("spring", "k1"): back["c1"]} == reading.contacts_by_key([("spring", "k1"), ("spring", "k2")])


def test_an_update_replaces_what_may_change_and_nothing_else(ledger: Ledger, person: KnownPerson) -> None:
    add(ledger, stored(person))
    done = stored(
        person, content="other", state=ContactState.DONE, outcome=Outcome.ACCEPTED, tries=1, run="r"
    )
    change(ledger, done)
    with ledger.read() as reading:
        assert replace(done, content="x" * 64, arrival=1) == reading.contacts(["c1"])["c1"]


def test_an_update_of_a_stranger_fails_as_a_whole(ledger: Ledger, person: KnownPerson) -> None:
    add(ledger, stored(person))
    with pytest.raises(LedgerError, match="1 contacts"):
        change(ledger, stored(person, state=HELD, due=NOW), stored(person, "c2", "k2"))
    with ledger.read() as reading:
        assert OPEN is reading.contacts(["c1"])["c1"].state


def test_promise_6_the_database_refuses_a_key_it_holds(ledger: Ledger, person: KnownPerson) -> None:
    add(ledger, stored(person))
    with pytest.raises(InputError, match="campaign and key"):
        add(ledger, stored(person, "c2", "k2"), stored(person, "c3", "k1"))
    with ledger.read() as reading:
        assert {OPEN: 1} == {state: count for state, count in reading.states().items() if count}


def test_due_goes_by_priority_then_due_then_arrival(ledger: Ledger, person: KnownPerson) -> None:
    add(
        ledger,
        held(person, "late", -1),
        held(person, "early", -5),
        held(person, "urgent", -1, priority=1),
        held(person, "urgent but not due", 5, priority=1),
        held(person, "second", -5),
        held(person, "now", 0, priority=200),
        stored(person, "open", "open"),
    )
    with ledger.read() as reading:
        assert ["urgent", "early", "second", "late", "now"] == ids(reading.due(NOW, 10))
        assert ["urgent", "early"] == ids(reading.due(NOW, 2))
        assert NOW - timedelta(minutes=5) == reading.next_due()
        assert () == reading.due(NOW - timedelta(hours=1), 10)


def test_nothing_held_is_never_due(ledger: Ledger) -> None:
    with ledger.read() as reading:
        assert reading.next_due() is None
        assert () == reading.due(NOW, 10)


def test_a_new_fact_wakes_what_a_person_waits_for(ledger: Ledger, person: KnownPerson) -> None:
    other = save(ledger, plain("p2"))[0]
    add(ledger, held(person, "a", 60), held(person, "b", -60), held(other, "c", 60), stored(person, "d", "d"))
    with ledger.write() as writing:
        assert 1 == writing.wake([person.id], NOW)
    with ledger.read() as reading:
        assert ["b", "a"] == ids(reading.due(NOW, 10))


def test_a_list_read_page_by_page_holds_each_task_once_also_when_some_leave_it(
    ledger: Ledger, person: KnownPerson
) -> None:
    tasks = [stored(person, f"c{number}", f"k{number}", state=LISTED) for number in range(12)]
    add(
        ledger,
        *(replace(t, contact=replace(t.contact, priority=n % 3)) for n, t in enumerate(tasks)),
    )
    with ledger.read() as reading:
        whole = ids(reading.listed(100))
    assert [f"c{number}" for rest in range(3) for number in range(rest, 12, 3)] == whole
    found: list[str] = []
    place = None
    while True:
        with ledger.write() as writing:
            page = writing.listed(5, after=place)
            writing.update_contacts([replace(each, state=ContactState.OPEN) for each in page[-1:]])
        found += ids(page)
        if len(page) < 5:
            break
        place = page[-1]
    assert whole == found


def test_lists_of_tasks_and_of_unknown_ends(ledger: Ledger, person: KnownPerson) -> None:
    unknown = {"state": ContactState.DONE, "outcome": Outcome.UNKNOWN}
    urgent = stored(person, "urgent", "2", state=LISTED)
    add(
        ledger,
        stored(person, "listed", "1", state=LISTED),
        replace(urgent, contact=replace(urgent.contact, priority=1)),
        stored(person, "taken", "3", opened_at=NOW - timedelta(hours=2)),
        stored(person, "taken now", "4", opened_at=NOW),
        stored(person, "a run's", "5", opened_at=NOW - timedelta(hours=2), run="r"),
        stored(person, "lost", "6", **unknown),
        stored(person, "sent", "7", state=ContactState.DONE, outcome=Outcome.ACCEPTED),
    )
    with ledger.read() as reading:
        assert ["urgent", "listed"] == ids(reading.listed(10))
        assert ["urgent"] == ids(reading.listed(1))
        [urgent, listed] = reading.listed(2)
        assert ["listed"] == ids(reading.listed(10, after=urgent))
        assert [] == ids(reading.listed(10, after=listed))
        assert ["taken"] == ids(reading.open_tasks(NOW - timedelta(hours=1)))
        assert ["lost"] == ids(reading.unknown(10))
        states = reading.states()
    assert (2, 3, 2, 0) == (states[LISTED], states[OPEN], states[ContactState.DONE], states[HELD])
    change(ledger, stored(person, "lost", "6", state=ContactState.DONE, outcome=Outcome.ACCEPTED))
    with ledger.read() as reading:
        assert () == reading.unknown(10)


def test_a_contact_is_found_by_any_of_its_attempts_or_a_unique_beginning(
    ledger: Ledger, person: KnownPerson
) -> None:
    first, second, other = "01KA" + "A" * 22, "01KB" + "B" * 22, "01KA" + "A" * 10 + "C" * 12
    record(ledger, opened(person.id, first), closed(person.id, first, "not_sent"))
    record(ledger, opened(person.id, second), opened(person.id, other, "c2"))
    add(ledger, stored(person, attempt=second), stored(person, "c2", "k2", attempt=other))
    with ledger.read() as reading:
        found = {
            name: reading.contact_of_attempt(name)
            for name in (first, second, second[:7], first[:6], first[:16], "nobody", "01K", "")
        }
    named = {name: contact.id if contact else None for name, contact in found.items()}
    assert {
        first: "c1",
        second: "c1",
        second[:7]: "c1",
        first[:6]: None,
        first[:16]: "c1",
        "nobody": None,
        "01K": None,
        "": None,
    } == named


def test_contacts_of_a_person_come_in_order_of_arrival(ledger: Ledger, person: KnownPerson) -> None:
    other = save(ledger, plain("p2"))[0]
    record(
        ledger, *(NewEvent(person.id, "contact_received", NOW, {"contact": name}) for name in ("c1", "c3"))
    )
    add(ledger, stored(person, "c3", "3"), stored(other, "c2", "2"), stored(person, "c1", "1"))
    with ledger.read() as reading:
        assert ["c3", "c1"] == ids(reading.contacts_of(person.id))
        assert () == reading.contacts_of("stranger")


def test_words_are_kept_with_their_attempt_whenever_they_come(ledger: Ledger, person: KnownPerson) -> None:
    call = Words("Hello 你好", sections=(("opening", "Hello"), ("closing", "你好")), languages=("en", "zh"))
    with ledger.write() as writing:
        writing.append([opened(person.id, "A" * 26)])
        writing.keep_words([("A" * 26, call), ("B" * 26, Words("later"))])
        assert call == writing.words("A" * 26)
    record(ledger, opened(person.id, "B" * 26))
    with ledger.read() as reading:
        assert call == reading.words("A" * 26)
        assert "later" == reading.words("B" * 26).text
        assert reading.words("C" * 26) is None


def test_documents_are_kept_once_by_digest(ledger: Ledger) -> None:
    with ledger.write() as writing:
        writing.keep_documents({"d1": "pack", "d2": "template"})
        writing.keep_documents({"d1": "another text"})
    with ledger.read() as reading:
        assert ["pack", "template", None] == [reading.document(name) for name in ("d1", "d2", "d3")]


def test_promise_6_an_outside_key_is_recorded_once_in_a_stream(ledger: Ledger, person: KnownPerson) -> None:
    other = save(ledger, plain("p2"))[0]
    first = record(ledger, noted(person.id, "one", key="crm-1"), noted(person.id, "two", key="crm-2"))
    again = record(
        ledger,
        noted(person.id, "changed", key="crm-2"),
        noted(other.id, "hers", key="crm-2"),
        noted(person.id, "new", key="crm-3"),
        noted(person.id, "twice in one batch", key="crm-3"),
    )
    assert first[1] == again[0]
    assert again[2] == again[3]
    assert ["one", "two", "new"] == [event.fields["note"] for event in told(ledger, person.id)]
    assert ["hers"] == [event.fields["note"] for event in told(ledger, other.id)]


def test_an_event_is_found_by_its_id_or_a_unique_beginning(ledger: Ledger, person: KnownPerson) -> None:
    given, made = record(ledger, noted(person.id, "given", id="import-0001"), noted(person.id, "made"))
    alone = record(ledger, noted(person.id, "alone"))[0]
    with ledger.read() as reading:
        assert given == reading.event("import-0001") == reading.event("import-")
        assert made == reading.event(made.id) == reading.event(made.id[:20])
        assert alone == reading.event(alone.id)
        assert [None, None] == [reading.event(name) for name in ("nothing", made.id[:5])]
        assert reading.event(alone.id[:8]) is None


def test_an_id_names_one_event_for_ever(ledger: Ledger, person: KnownPerson) -> None:
    record(ledger, noted(person.id, id="import-0001"))
    with pytest.raises(InputError, match="already recorded"):
        record(ledger, noted(person.id, id="import-0001"))
    assert 1 == len(told(ledger, person.id))


def test_a_write_reads_what_it_has_written(ledger: Ledger, person: KnownPerson) -> None:
    with ledger.write() as writing:
        writing.add_contacts([stored(person)])
        events = writing.append([noted(person.id, "one"), opened(person.id, "A" * 26)])
        assert tuple(events) == writing.knowledge([person.id])[person.id].events
        more = writing.append([noted(person.id, "two")])
        assert [*events, *more] == list(writing.knowledge([person.id])[person.id].events)
        assert 3 == writing.heights([person.id])[person.id] == more[0].seq
        assert "c1" == writing.contact_of_attempt("A" * 26).id


def test_all_of_a_write_is_kept_or_nothing(ledger: Ledger, person: KnownPerson) -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop), ledger.write() as writing:  # noqa: PT012  what was before must go too
        writing.append([noted(person.id)])
        writing.add_contacts([stored(person)])
        writing.save_persons([plain("p2")], known_since=None)
        writing.keep_documents({"d": "text"})
        raise Stop
    record(ledger, noted(person.id, "after"))
    with ledger.read() as reading:
        assert {} == reading.contacts(["c1"])
        assert {} == reading.persons(["p2"])
        assert reading.document("d") is None
    assert [(1, "after")] == [(event.seq, event.fields["note"]) for event in told(ledger, person.id)]
    assert () == ledger.verify().broken


def decided(stream: str, contact: str, verdict: str) -> NewEvent:
    return NewEvent(stream, "decided", NOW, {"contact": contact, "verdict": verdict})


def test_the_projection_agrees_with_one_made_anew_from_events(ledger: Ledger, person: KnownPerson) -> None:
    with ledger.write() as writing:
        for name in ("sent", "held", "blocked", "listed", "expired", "again", "settled"):
            writing.append([NewEvent(person.id, "contact_received", NOW, {"contact": name})])
        verdicts = {
            "sent": "allow",
            "held": "hold",
            "blocked": "block",
            "listed": "allow",
            "settled": "allow",
        }
        by_name = {}
        for name, verdict in {**verdicts, "again": "allow"}.items():
            by_name[name] = writing.append([decided(person.id, name, verdict)])[0].id
        offered = NewEvent(person.id, "task_offered", NOW, {"contact": "listed", "channel": "call"})
        for name in ("sent", "again", "settled"):
            writing.append([opened(person.id, f"attempt-{name}", name)])
        writing.append([closed(person.id, "attempt-sent"), closed(person.id, "attempt-again", "not_sent")])
        unknown = writing.append([closed(person.id, "attempt-settled", "unknown")])[0].id
        correction = {"of": unknown, "set": {"outcome": "accepted"}, "because": "asked"}
        expired = NewEvent(person.id, "contact_expired", NOW, {"contact": "expired"})
        writing.append([offered, expired, NewEvent(person.id, "correction", NOW, correction)])
        done = {"state": ContactState.DONE, "outcome": Outcome.ACCEPTED}
        states = {
            "sent": {**done, "attempt": "attempt-sent"},
            "held": {"state": HELD, "due": NOW},
            "blocked": {"state": ContactState.BLOCKED},
            "listed": {"state": LISTED},
            "expired": {"state": ContactState.EXPIRED},
            "again": {"state": HELD, "outcome": Outcome.NOT_SENT, "attempt": "attempt-again", "due": NOW},
            "settled": {
                "state": ContactState.DONE,
                "outcome": Outcome.ACCEPTED,
                "attempt": "attempt-settled",
            },
        }
        writing.add_contacts(
            [
                stored(person, name, name, decision=by_name.get(name, ""), **had)
                for name, had in states.items()
            ]
        )
    assert {} == ledger.rebuild()
    change(ledger, stored(person, "held", "held", state=LISTED, decision=by_name["held"]))
    change(ledger, stored(person, "blocked", "blocked", state=ContactState.BLOCKED, decision="wrong"))
    add(ledger, stored(person, "out of nowhere", "x"))
    record(ledger, NewEvent(person.id, "contact_received", NOW, {"contact": "never kept"}))
    assert {"state": 1, "decision": 1, "unexplained": 1, "missing": 1} == ledger.rebuild()
