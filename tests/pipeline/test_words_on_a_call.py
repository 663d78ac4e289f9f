"""Several words on how one call ended: whose holds, in whichever order they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from outreach.domain import Event, History, Result

PLACED = datetime(2026, 6, 2, 19, 0, tzinfo=UTC)


def call_ended(*words: dict[str, Any]) -> tuple[Result, tuple[str, ...] | None]:
    """The result that holds, and what the call is booked to, after these words in this order."""
    fields = {"contact": "c", "attempt": "a", "channel": "call", "to": "+16145550123", "debts": ["d1", "d2"]}
    events = [Event("attempt_opened", PLACED, fields, id="opened")]
    for number, said in enumerate(words, 1):
        at = PLACED + timedelta(minutes=number)
        events.append(Event("call_result", at, {"attempt": "a", **said}, id=f"w{number}"))
    [attempt] = History(events).attempts
    return attempt.result, attempt.counted_to


def provider(result: str, **more: Any) -> dict[str, Any]:
    return {"result": result, "said": result.upper(), **more}


def agent(result: str, **more: Any) -> dict[str, Any]:
    return {"result": result, "agent": "kim", "code": result, **more}


@pytest.mark.parametrize("result", ["busy", "no_answer", "conversation"])
@pytest.mark.parametrize("told", ["busy", "no_answer", "voicemail", "conversation", "a_word_of_tomorrow"])
def test_an_agents_word_holds_against_a_providers_earlier_and_later_one(result: str, told: str) -> None:
    assert (Result(result), None) == call_ended(agent(result), provider(told))
    assert (Result(result), None) == call_ended(provider(told), agent(result))


def test_an_agents_word_holds_after_her_name_was_erased() -> None:
    assert (Result.BUSY, None) == call_ended({"result": "busy", "code": "BUSY"}, provider("conversation"))


@pytest.mark.parametrize(
    ("holds", "yields"),
    [
        ("no_answer", "busy"),
        ("voicemail", "no_answer"),
        ("conversation", "voicemail"),
        ("conversation", "not_in_service"),
        ("unrecognised", "voicemail"),
    ],
)
def test_of_a_providers_words_the_one_that_counts_more_holds_in_any_order(holds: str, yields: str) -> None:
    words = [provider(holds), provider(yields), provider(yields)]
    for order in permutations(words):
        assert Result(holds) is call_ended(*order)[0]


def test_what_the_losing_word_was_booked_to_does_not_stay() -> None:
    """A conversation counts for every debt it was about, whatever an earlier word was booked to."""
    booked = provider("no_answer", counted_to=["d1"])
    assert (Result.CONVERSATION, None) == call_ended(booked, provider("conversation"))
    assert (Result.NO_ANSWER, ("d1",)) == call_ended(provider("busy"), booked)


def test_a_corrected_word_of_an_agent_is_still_hers() -> None:
    fields = {"contact": "c", "attempt": "a", "channel": "call", "to": "+16145550123"}
    change = {"of": "hers", "set": {"result": "no_answer"}, "because": "wrong code"}
    events = [
        Event("attempt_opened", PLACED, fields, id="opened"),
        Event("call_result", PLACED, {"attempt": "a", **agent("busy")}, id="hers"),
        Event("call_result", PLACED, {"attempt": "a", **provider("conversation")}, id="theirs"),
        Event("correction", PLACED, change, id="set-right"),
    ]
    [attempt] = History(events).attempts
    assert Result.NO_ANSWER is attempt.result
