"""News: every observer hears of every committed event, in order within a stream, at least once."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain import FrozenClock, NewEvent
from outreach.ledger import Ledger
from tests.ledger.conftest import Backend, SqliteFile
from tests.ledger.made import NOW, NUMBER, ana, noted, plain, record, save


def test_news_hold_tokens_and_no_free_text(ledger: Ledger) -> None:
    person = save(ledger, ana())[0]
    recorded = record(
        ledger, NewEvent(person.id, "wrong_number", NOW, {"to": NUMBER, "note": "told by his aunt"})
    )
    (news,) = ledger.news("feed", 10)
    assert (recorded[0].id, recorded[0].seq, person.id, "wrong_number") == (
        *(news.id, news.seq, news.stream),
        news.kind,
    )
    assert {"to"} == news.fields.keys()
    assert "6145550123" not in json.dumps(dict(news.fields))


def test_what_was_served_is_not_news_for_that_observer(ledger: Ledger) -> None:
    one, two = save(ledger, plain("a"), plain("b"))
    record(ledger, noted(one.id), noted(two.id), noted(one.id))
    first = ledger.news("feed", 10)
    assert 3 == len(first)
    ledger.served("feed", first)
    assert () == ledger.news("feed", 10)
    assert first == ledger.news("another", 10)
    record(ledger, noted(two.id))
    assert [(two.id, 2)] == [(event.stream, event.seq) for event in ledger.news("feed", 10)]


def test_a_failing_stream_keeps_its_place_and_delays_no_other(ledger: Ledger) -> None:
    bad, good = save(ledger, plain("a"), plain("b"))
    for _ in range(6):
        record(ledger, noted(bad.id), noted(good.id))
        served = [event for event in ledger.news("feed", 4) if event.stream == good.id]
        ledger.served("feed", served)
    for _ in range(9):
        ledger.served("feed", [event for event in ledger.news("feed", 4) if event.stream == good.id])
    assert [(bad.id, seq) for seq in range(1, 7)] == [(e.stream, e.seq) for e in ledger.news("feed", 100)]
    ledger.served("feed", ledger.news("feed", 100)[:2])
    assert [3, 4, 5, 6] == [event.seq for event in ledger.news("feed", 100)]


def test_an_observer_that_keeps_up_leaves_one_row(backend: Backend, ledger: Ledger) -> None:
    people = save(ledger, *(plain(f"p{number}") for number in range(20)))
    for _ in range(3):
        record(ledger, *(noted(person.id) for person in people))
        ledger.served("feed", ledger.news("feed", 500))
    assert [("feed", 3)] == backend.rows("SELECT name, mark FROM observer")
    assert [] == backend.rows("SELECT * FROM behind")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["record", "serve"]), st.lists(st.integers(0, 4), max_size=6), st.integers(1, 7)
    ),
    max_size=14,
)


@settings(max_examples=40)
@given(STEPS)
def test_every_event_is_told_in_order_whatever_is_served_when(tmp_path_factory, steps) -> None:
    ledger = SqliteFile(tmp_path_factory.mktemp("news")).open(FrozenClock(NOW))
    people = save(ledger, *(plain(f"p{number}") for number in range(5)))
    recorded: list[str] = []
    heard: dict[str, int] = {}

    def serve(limit: int, upto: int) -> int:
        news = ledger.news("feed", limit)
        assert len(news) <= limit
        taken = news[:upto]
        for event in taken:
            assert heard.get(event.stream, 0) + 1 == event.seq
            heard[event.stream] = event.seq
        ledger.served("feed", taken)
        return len(news)

    for what, streams, number in steps:
        if what == "record":
            recorded += [event.id for event in record(ledger, *(noted(people[each].id) for each in streams))]
        else:
            serve(number, number - len(streams) % number)
    for _ in range(200):
        if not serve(3, 3):
            break
    ledger.close()
    assert len(recorded) == sum(heard.values())
