"""People, what is known of them, and what of it never enters the chain."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace

from outreach.domain import SYSTEM, Email, History, NewEvent, Pause, Phone, Result, Words
from outreach.ledger import Ledger, Subject
from outreach.ledger.tokens import Hmac, InstallationKey
from tests.ledger.conftest import Backend
from tests.ledger.made import DEBT, MAIL, NOW, NUMBER, ana, closed, noted, opened, plain, record, save, told


def test_people_come_back_as_they_were_saved(ledger: Ledger) -> None:
    saved = save(ledger, ana(), plain("p2"))
    with ledger.read() as reading:
        assert {"p17": saved[0], "p2": saved[1]} == reading.persons(["p17", "p2", "stranger"])
        assert {person.id: person for person in saved} == reading.persons_by_id([p.id for p in saved] + ["x"])
        assert tuple(person.id for person in saved) == reading.person_ids()
    assert ana() == saved[0].consumer


def test_every_version_of_a_persons_data_is_kept(ledger: Ledger) -> None:
    first = save(ledger, ana())[0]
    second = save(ledger, ana(name="Ana Pérez"))[0]
    again = save(ledger, ana())[0]
    assert first == again
    assert first.id == second.id
    assert first.version != second.version
    with ledger.read() as reading:
        assert "Ana Pérez" == reading.person_version(first.id, second.version).name
        assert "Ana López" == reading.person_version(first.id, first.version).name
        assert reading.person_version(first.id, "no such version") is None
        assert first == reading.persons(["p17"])["p17"]


def test_of_two_rows_for_one_person_in_a_batch_the_later_holds(ledger: Ledger) -> None:
    assert ["B", "B"] == [each.consumer.name for each in save(ledger, ana(name="A"), ana(name="B"))]
    with ledger.read() as reading:
        assert "B" == reading.persons(["p17"])["p17"].consumer.name


def test_known_since_is_kept_for_new_people_and_changed_only_when_said(ledger: Ledger) -> None:
    with ledger.write() as writing:
        person = writing.save_persons([ana()], known_since=NOW)[0]
    save(ledger, ana(name="Other"))
    with ledger.read() as reading:
        assert reading.persons(["p17"])["p17"].known_since == NOW == person.known_since
    with ledger.write() as writing:
        writing.set_known_since([person.id], None)
    with ledger.read() as reading:
        assert reading.persons(["p17"])["p17"].known_since is None


def test_promise_9_no_personal_data_stands_in_the_chain(backend: Backend, ledger: Ledger) -> None:
    person = save(ledger, ana())[0]
    fields = {"contact": "c1", "channel": "sms", "to": NUMBER, "debts": [DEBT], "person": "brother-of-ana"}
    record(
        ledger,
        NewEvent(person.id, "contact_received", NOW, {**fields, "campaign": "spring"}),
        opened(person.id, "A" * 26),
        closed(person.id, "A" * 26),
        NewEvent(person.id, "call_result", NOW, {"attempt": "A" * 26, "result": "x", "counted_to": [DEBT]}),
        NewEvent(person.id, "inbound", NOW, {"channel": "email", "from": MAIL, "discussed": [DEBT]}),
        NewEvent(person.id, "consent", NOW, {"scope": "sms", "to": NUMBER, "note": "told Maria at the desk"}),
        NewEvent(person.id, "correction", NOW, {"of": "A" * 26, "set": {"to": NUMBER, "debts": [DEBT]}}),
        NewEvent(SYSTEM, "paused", NOW, {"scope": "everything", "reason": "Maria said so", "by": "Maria"}),
        noted(person.id, "Ana López called", key="note-of-ana"),
    )
    with ledger.write() as writing:
        writing.keep_words([("A" * 26, Words("Dear Ana López"))])
    chain = json.dumps(backend.rows("SELECT body, name, hash FROM entry"), ensure_ascii=False)
    keys = json.dumps(backend.rows("SELECT * FROM event_key"))
    held = json.dumps(backend.rows("SELECT * FROM holder"))
    for personal in (
        NUMBER,
        NUMBER[2:],
        MAIL,
        DEBT,
        "brother",
        "Ana",
        "López",
        "Maria",
        "4111111",
        "note-of",
    ):
        assert personal not in chain + keys + held
    assert "deceased" in chain


def test_one_value_has_another_token_in_each_persons_chain(backend: Backend, ledger: Ledger) -> None:
    people = save(ledger, ana("a"), ana("b"))
    record(ledger, *(NewEvent(person.id, "wrong_number", NOW, {"to": NUMBER}) for person in people))
    tokens = {
        json.loads(body)["events"][0]["fields"]["to"] for (body,) in backend.rows("SELECT body FROM entry")
    }
    assert 2 == len(tokens)


def test_clock_times_are_no_addresses_and_come_back(backend: Backend, ledger: Ledger) -> None:
    person = save(ledger, ana())[0]
    hours = {"from": "09:00", "to": "12:00", "days": ["mon"]}
    recorded = record(
        ledger,
        NewEvent(person.id, "inconvenient", NOW, hours),
        NewEvent(person.id, "consent", NOW, {**hours, "scope": "hours"}),
    )
    assert tuple(recorded) == told(ledger, person.id)
    assert 2 == backend.rows("SELECT body FROM entry")[0][0].count('"12:00"')


def test_free_text_and_corrections_come_back_in_plain_values(ledger: Ledger) -> None:
    person = save(ledger, ana())[0]
    first = record(
        ledger, NewEvent(person.id, "attempt", NOW, {"channel": "call", "to": NUMBER, "outcome": "busy"})
    )
    change = {
        "set": {"outcome": "no_answer", "to": "+16145550188"},
        "because": "typed wrong",
        "by": "officer",
    }
    record(ledger, NewEvent(person.id, "correction", NOW, {"of": first[0].id, **change}))
    events = told(ledger, person.id)
    assert {"of": first[0].id, **change} == events[1].fields
    attempt = History(events).attempts[0]
    assert (Result.NO_ANSWER, "+16145550188") == (attempt.result, attempt.to)


def test_an_own_attempt_is_corrected_by_its_id(ledger: Ledger) -> None:
    person = save(ledger, ana())[0]
    record(ledger, opened(person.id, "A" * 26))
    record(ledger, NewEvent(person.id, "correction", NOW, {"of": "A" * 26, "void": True, "because": "x"}))
    assert () == History(told(ledger, person.id)).attempts


def test_knowledge_is_cut_at_a_height_even_inside_a_row(ledger: Ledger) -> None:
    person, other = save(ledger, ana(), plain("p2"))
    record(ledger, noted(person.id, "1"), noted(person.id, "2"), noted(person.id, "3"))
    record(ledger, noted(person.id, "4"))
    with ledger.read() as reading:
        for height in range(5):
            known = reading.knowledge([person.id, other.id], up_to={person.id: height})
            assert height == known[person.id].height == len(known[person.id].events)
            assert 0 == known[other.id].height
        assert {person.id: 4, other.id: 0, "x": 0} == reading.heights([person.id, other.id, "x"])
        assert {} == reading.knowledge(["stranger"])


def test_kinds_since_tells_what_happened_after_a_height_even_inside_a_row(ledger: Ledger) -> None:
    person, other = save(ledger, ana(), plain("p2"))
    record(ledger, noted(person.id), NewEvent(person.id, "opt_out", NOW, {"channel": "sms"}))
    record(ledger, NewEvent(person.id, "bankrupt", NOW))
    found = []
    with ledger.read() as reading:
        for height in range(4):
            found.append(reading.kinds_since({person.id: height, other.id: 0, SYSTEM: 0}))
    three = {"deceased", "opt_out", "bankrupt"}
    kinds = [three, three - {"deceased"}, {"bankrupt"}]
    assert [*({person.id: each} for each in kinds), {}] == found


def test_sharers_are_all_who_have_or_had_an_endpoint_or_debt(ledger: Ledger) -> None:
    one, two, three = save(ledger, ana("a"), ana("b", emails=()), plain("c"))
    subjects = [Subject("endpoint", NUMBER), Subject("endpoint", MAIL.upper()), Subject("debt", DEBT)]
    with ledger.read() as reading:
        both = frozenset({one.id, two.id})
        assert {subjects[0]: both, subjects[2]: both} == reading.sharers([*subjects, Subject("debt", "d-c")])
    save(ledger, replace(plain("c"), phones=(Phone(NUMBER),), emails=(Email(MAIL),)))
    save(ledger, plain("c"))
    with ledger.read() as reading:
        assert {one.id, two.id, three.id} == reading.sharers(subjects)[subjects[0]]
        assert {one.id, three.id} == reading.sharers(subjects)[subjects[1]]


def test_a_number_met_only_in_an_event_is_shared_too_and_a_relatives_id_is_not(ledger: Ledger) -> None:
    one, two = save(ledger, plain("a"), plain("b"))
    record(
        ledger,
        NewEvent(one.id, "wrong_number", NOW, {"to": "+16145550177", "person": "brother"}),
        NewEvent(two.id, "inbound", NOW, {"channel": "sms", "from": "+16145550177", "person": "brother"}),
        NewEvent(one.id, "attempt", NOW, {"channel": "letter", "to": "brother"}),
        NewEvent(two.id, "attempt", NOW, {"channel": "letter", "to": "brother"}),
    )
    with ledger.read() as reading:
        found = reading.sharers([Subject("endpoint", "+16145550177"), Subject("endpoint", "brother")])
    assert {Subject("endpoint", "+16145550177"): frozenset({one.id, two.id})} == found


def test_pauses_are_those_not_resumed_at_any_height(ledger: Ledger) -> None:
    def event(kind: str, scope: str, value: str = "", reason: str = "") -> NewEvent:
        return NewEvent(SYSTEM, kind, NOW, {"scope": scope, "value": value, "reason": reason})

    record(ledger, event("paused", "channel", "sms", "storm"))
    record(ledger, event("paused", "everything"), event("resumed", "channel", "sms"))
    sms, everything = Pause("channel", "sms", "storm", NOW), Pause("everything", "", "", NOW)
    with ledger.read() as reading:
        assert (everything,) == reading.pauses()
        assert (everything,) == reading.pauses()
        assert [(), (sms,), (sms, everything), (everything,)] == [reading.pauses(up_to=n) for n in range(4)]
        assert ["paused", "paused"] == [event.kind for event in reading.system_events(["paused"])]


def test_a_pause_that_was_rolled_back_was_never_there(ledger: Ledger) -> None:
    pause = NewEvent(SYSTEM, "paused", NOW, {"scope": "everything"})
    try:
        with ledger.write() as writing:
            writing.append([pause])
            assert 1 == len(writing.pauses())
            raise KeyError
    except KeyError:
        pass
    record(ledger, noted(SYSTEM))
    with ledger.read() as reading:
        assert () == reading.pauses()


def test_the_prepared_hmac_is_the_libraries_hmac() -> None:
    for key, text in ((b"k" * 32, b""), (bytes(range(32)), b"+16145550123"), (b"\0" * 32, b"x" * 500)):
        assert hmac.digest(key, text, hashlib.sha256) == Hmac(key).digest(text)


def test_the_key_of_the_endpoint_index_is_its_owners_alone(backend: Backend, ledger: Ledger) -> None:
    assert 0o600 == backend.key.stat().st_mode & 0o777
    [(known,)] = backend.rows("SELECT value FROM installation WHERE name = 'endpoint_key'")
    assert known == InstallationKey.load(backend.key).id
