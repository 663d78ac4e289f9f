"""The chain: append-only, without gaps, and every change to it is named."""

from __future__ import annotations

import hashlib
import json
from types import MappingProxyType

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain import FrozenClock, NewEvent, Way
from outreach.errors import InputError, LedgerError
from outreach.ledger import Ledger
from outreach.ledger.chain import canonical, micros, plain_fields, read_entry
from outreach.ledger.chain import plain as plain_json
from tests.ledger.conftest import Backend, SqliteFile
from tests.ledger.made import NOW, ana, noted, opened, plain, record, save, told

_LIMIT = 2**53 - 1
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NAMES = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-_LIMIT, _LIMIT) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, PLAIN))
def test_canonical_json_equals_rfc_8785_for_everything_we_store(value: dict[str, object]) -> None:
    assert [plain_json(value)] == plain_fields([value])
    assert rfc8785.dumps(value) == canonical(plain_json(value))


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), float("inf"), {"deep": [{"er": 0.1}]}, b"x", 2**53, NOW]
)
def test_what_two_writers_may_spell_differently_is_refused(value: object) -> None:
    with pytest.raises(InputError):
        plain_fields([{"findings": value}])


def test_words_mappings_and_tuples_become_plain() -> None:
    kept = {"channel": Way.SMS, "facts": MappingProxyType({"of": (1, ("a", Way.CALL))})}
    assert [{"channel": "sms", "facts": {"of": [1, ["a", "call"]]}}] == plain_fields([kept])


def test_a_name_that_rfc_8785_would_sort_otherwise_is_refused() -> None:
    with pytest.raises(InputError):
        canonical({"\U0001f600": 1, "\uff5e": 2})


def test_a_row_is_canonical_json_and_its_hash_needs_nothing_but_sha256(
    backend: Backend, ledger: Ledger
) -> None:
    person = save(ledger, ana())[0]
    record(ledger, noted(person.id, "one"), noted(person.id, "two"))
    record(ledger, noted(person.id))
    prev = "0" * 64
    rows = backend.rows("SELECT body, hash FROM entry ORDER BY seq")
    for body, digest in rows:
        assert rfc8785.dumps(json.loads(body)).decode() == body
        assert prev == json.loads(body)["prev"]
        prev = hashlib.sha256(body.encode()).hexdigest()
        assert prev == digest
    assert 2 == len(rows)


def test_events_are_numbered_without_gaps_and_time_never_goes_back(ledger: Ledger, clock) -> None:
    person = save(ledger, ana())[0]
    record(ledger, noted(person.id, "first"))
    clock.set(NOW.replace(hour=3))
    record(ledger, noted(person.id, "the clock was set back"), noted(person.id))
    clock.set(NOW.replace(hour=22))
    record(ledger, noted(person.id))
    events = told(ledger, person.id)
    assert [1, 2, 3, 4] == [event.seq for event in events]
    assert [20, 20, 20, 22] == [event.recorded_at.hour for event in events if event.recorded_at]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entry SET body = 'x'",
        "UPDATE entry SET aside = '{}'",
        "DELETE FROM entry",
        "entry",
        "UPDATE growth SET streams = '[]'",
        "DELETE FROM growth",
    ],
)
def test_the_database_refuses_to_change_what_was_recorded(
    backend: Backend, ledger: Ledger, change: str
) -> None:
    person = save(ledger, ana())[0]
    record(ledger, noted(person.id, "one"))
    told = backend.attempt(change if " " in change else backend.wholesale.format(change))
    assert "append-only" in told


def test_free_text_beside_the_chain_can_only_be_emptied(backend: Backend, ledger: Ledger) -> None:
    person = save(ledger, ana())[0]
    record(ledger, noted(person.id, "she called"))
    assert "" == backend.attempt("UPDATE entry SET aside = ''")
    assert {} == dict(told(ledger, person.id)[0].fields)
    assert () == ledger.verify().broken


MEDDLING = {
    "an edited text": ("UPDATE entry SET body = replace(body, 'deceased', 'bankrupt') WHERE seq = 3", 3),
    "an edited text with its hash": (None, 4),
    "an edited column": ("UPDATE entry SET recorded_at = recorded_at + 1 WHERE seq = 3", 3),
    "a dropped row": ("DELETE FROM entry WHERE seq = 3", 3),
    "a row cut off in the middle": ("UPDATE entry SET body = substr(body, 1, 40) WHERE seq = 2", 2),
    "the last row dropped": ("DELETE FROM entry WHERE seq = 5", 5),
    "two rows exchanged": ("UPDATE entry SET seq = 7 - seq, upto = 7 - upto WHERE seq IN (3, 4)", 3),
    "free text edited": (
        "UPDATE entry SET aside = substr(aside, 1, length(aside) - 5) || "
        "CASE substr(aside, length(aside) - 4, 1) WHEN '9' THEN '8' ELSE '9' END || "
        "substr(aside, length(aside) - 3) WHERE seq = 4",
        4,
    ),
    "free text taken away": ("UPDATE entry SET aside = '{\"fields\":{}}' WHERE seq = 2", 2),
    "a hash edited": ("UPDATE entry SET hash = replace(hash, substr(hash, 1, 4), 'beef') WHERE seq = 1", 1),
}


@pytest.mark.parametrize("how", MEDDLING)
def test_verify_names_the_first_row_that_does_not_hold(backend: Backend, ledger: Ledger, how: str) -> None:
    other, person = save(ledger, plain("p1"), ana())
    for number in range(1, 6):
        record(ledger, noted(person.id, f"note {number}"), noted(other.id))
    assert () == ledger.verify().broken
    sql, seq = MEDDLING[how]
    if sql is None:
        number = backend.rows("SELECT id FROM stream WHERE name = ?", person.id)[0][0]
        body = backend.rows("SELECT body FROM entry WHERE stream = ? AND seq = 3", number)[0][0]
        body = body.replace("deceased", "bankrupt")
        digest = hashlib.sha256(body.encode()).hexdigest()
        sql = f"UPDATE entry SET body = '{body}', hash = '{digest}' WHERE seq = 3"
    _only_of(backend, person.id, sql)
    found = ledger.verify().broken
    assert [(person.id, seq)] == [(broken.stream, broken.seq) for broken in found]


def test_verify_names_an_inserted_row(backend: Backend, ledger: Ledger) -> None:
    person = save(ledger, ana())[0]
    record(ledger, noted(person.id))
    backend.meddle(
        "INSERT INTO entry (stream, seq, upto, recorded_at, name, body, aside, hash) "
        "SELECT stream, 2, 2, recorded_at, name || 'x', body, aside, hash FROM entry"
    )
    assert [(person.id, 2)] == [(broken.stream, broken.seq) for broken in ledger.verify().broken]


def test_verify_tells_how_far_it_is(ledger: Ledger) -> None:
    people = save(ledger, *(plain(f"p{number}") for number in range(5)))
    record(ledger, *(noted(person.id) for person in people))
    seen: list[int] = []
    found = ledger.verify(seen.append)
    assert (6, 5, ()) == (found.streams, found.events, found.broken)
    assert 5 == seen[-1]


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "channel": st.sampled_from(["call", "sms"]),
        "to": TEXTS,
        "debts": st.lists(TEXTS, max_size=3),
        "outcome": TEXTS,
        "counted_to": st.lists(TEXTS, max_size=2) | st.none(),
        "person": TEXTS,
        "ringless": st.booleans(),
        "note": TEXTS,
    },
)
MOMENTS = st.datetimes(
    min_value=NOW.replace(year=1971, tzinfo=None), max_value=NOW.replace(year=2200, tzinfo=None)
)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    ledger = SqliteFile(tmp_path_factory.mktemp("lasting")).open(FrozenClock(NOW))
    yield ledger, save(ledger, ana())[0].id
    ledger.close()


@given(st.lists(st.tuples(FIELDS, MOMENTS), min_size=1, max_size=4))
def test_an_event_comes_back_as_it_was_recorded(lasting, new) -> None:
    ledger, person = lasting
    recorded = record(
        ledger, *(NewEvent(person, "attempt", at.replace(tzinfo=NOW.tzinfo), fields) for fields, at in new)
    )
    back = told(ledger, person)[-len(new) :]
    assert tuple(recorded) == back
    assert [(fields, at) for fields, at in new] == [(e.fields, e.at.replace(tzinfo=None)) for e in back]


def test_a_moment_that_cannot_be_kept_exactly_is_refused() -> None:
    with pytest.raises(InputError, match="time zone"):
        micros(NOW.replace(tzinfo=None))
    with pytest.raises(InputError, match="far away"):
        micros(NOW.replace(year=2256))


@pytest.mark.parametrize(
    "event",
    [
        NewEvent("system", "telepathy", NOW),
        NewEvent("system", "paused", NOW, {"address": "1 High St"}),
        NewEvent("nobody", "deceased", NOW),
    ],
)
def test_an_event_without_meaning_is_refused_and_nothing_of_its_write_is_kept(ledger: Ledger, event) -> None:
    with pytest.raises(InputError), ledger.write() as writing:  # noqa: PT012  what was before must go too
        writing.append([noted("system")])
        writing.append([event])
    with ledger.read() as reading:
        assert () == reading.system_events()


def test_what_an_append_failed_at_cannot_be_committed_by_ignoring_it(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="nothing of it was kept"), ledger.write() as writing:  # noqa: PT012
        writing.append([noted("system")])
        with pytest.raises(InputError):
            writing.append([NewEvent("nobody", "deceased", NOW)])
    with ledger.read() as reading:
        assert {"system": 0} == reading.heights(["system"])


def test_rows_hold_the_events_of_one_write_and_one_attempt(backend: Backend, ledger: Ledger) -> None:
    person = save(ledger, ana())[0]
    recorded = record(
        ledger,
        noted(person.id),
        opened(person.id, "A" * 26),
        noted(person.id),
        opened(person.id, "B" * 26),
        noted(person.id),
    )
    rows = [read_entry(body) for (body,) in backend.rows("SELECT body FROM entry ORDER BY seq")]
    assert [1, 3, 5] == [row.seq for row in rows]
    assert ["A" * 26, "B" * 26] == [row.name for row in rows][:2]
    assert ["A" * 26 + "-1", "A" * 26, "B" * 26 + "-1", "B" * 26] == [event.id for event in recorded[:4]]
    with ledger.read() as reading:
        assert recorded == [reading.event(event.id) for event in recorded]


def _only_of(backend: Backend, person: str, sql: str) -> None:
    """Meddle with the rows of one stream."""
    number = backend.rows("SELECT id FROM stream WHERE name = ?", person)[0][0]
    head, condition = sql.rsplit(" WHERE ", 1)
    if "7 - seq" in sql:  # past the unique index, one row after the other
        backend.meddle(f"UPDATE entry SET seq = 99, upto = 99 WHERE stream = {number} AND seq = 3")
        backend.meddle(f"UPDATE entry SET seq = 3, upto = 3 WHERE stream = {number} AND seq = 4")
        backend.meddle(f"UPDATE entry SET seq = 4, upto = 4 WHERE stream = {number} AND seq = 99")
    else:
        backend.meddle(f"{head} WHERE stream = {number} AND {condition}")
