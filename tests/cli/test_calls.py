"""calls next, done and codes, as agents type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.domain.dispositions import SHIPPED
from tests.cli.running import Command
from tests.support import Project, call


@pytest.fixture
def attempt(project: Project, outreach: Command) -> str:
    """A call to p1 that an agent has taken."""
    project.send(call())
    taken: str = outreach("calls", "next", "--agent", "kim", "--json").line["attempt"]
    return taken


def test_the_terminal_shows_the_brief_before_the_script(project: Project, outreach: Command) -> None:
    project.send(call())
    told = outreach("calls", "next").out
    wanted = ["call p1 at", "ask for Alex Example 1", "\nfind out\nConfirm", "\ndebts\np1-d1", "\nopening\n"]
    places = [told.index(text) for text in [*wanted, "\nidentity\n", "\ndisclosure\n", "calls done"]]
    assert sorted(places) == places


def test_for_programs_the_brief_is_data(project: Project, outreach: Command) -> None:
    project.send(call())
    told = outreach("calls", "next", "--json").line["brief"]
    assert ("Alex Example 1", "+16145550001") == (told["ask_for"], told["number"])
    [debt] = told["debts"]
    assert ("p1-d1", "$1,234.50", "2026-05-31") == (debt["id"], debt["balance"], debt["as_of"])
    assert "Confirm that it is Alex Example 1 before anything about a debt." == told["find_out"][0]


def test_a_promise_is_recorded_with_the_code_that_tells_of_it(
    project: Project, outreach: Command, attempt: str
) -> None:
    done = ("calls", "done", attempt, "--code", "rpc-ptp", "--promise", "100.00 USD", "--due", "2026-12-15")
    told = outreach(*done, "--agent", "kim", "--json").line
    assert ("done", "conversation", "RPC-PTP") == (told["state"], told["result"], told["code"])
    promise = project.stream("p1")[-1]
    assert ("promise", {"minor": 10000, "currency": "USD"}, "2026-12-15") == (
        promise.kind,
        promise.get("amount"),
        promise.get("due"),
    )


def test_a_call_back_and_what_does_not_suit_are_recorded_as_said(
    project: Project, outreach: Command, attempt: str
) -> None:
    words = ("--call-back", "2026-06-05T15:00-04:00", "--inconvenient", "days=sat;sun")
    told = outreach("calls", "done", attempt, "--code", "RPC-CB", *words)
    assert (0, f"{attempt} is closed: conversation (RPC-CB: {SHIPPED['RPC-CB'].title})\n") == (
        told.status,
        told.out,
    )
    consent, inconvenient = project.stream("p1")[-2:]
    assert ("consent", "2026-06-05T15:00:00-04:00") == (consent.kind, consent.get("from"))
    assert ("inconvenient", ["sat", "sun"]) == (inconvenient.kind, inconvenient.get("days"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give --code (or --result)"),
        (("--code", "NA", "--result", "busy"), "one of the two"),
        (("--code", "NOPE"), "use one of RPC-PTP"),
        (("--code", "RPC-PTP"), "RPC-PTP needs --promise and --due"),
        (("--code", "RPC-PTP", "--promise", "5.00 USD"), "a promise needs --due too"),
        (("--code", "RPC-PTP", "--due", "2026-12-15"), "a promise needs --promise too"),
        (("--code", "RPC-PTP", "--promise", "five", "--due", "2026-12-15"), "amount"),
        (("--code", "RPC-PTP", "--promise", "5.00 USD", "--due", "soon"), "not a date"),
        (("--code", "CB"), "CB needs --call-back"),
        (("--code", "CB", "--call-back", "tomorrow"), "neither a moment nor a day"),
        (("--code", "CB", "--call-back", "2026-06-05T15:00"), "no moment with an offset"),
        (("--code", "INC", "--inconvenient", "weekends"), "is not NAME=VALUE"),
        (("--code", "INC", "--inconvenient", "from=09:00"), "one end of the hours"),
        (("--code", "INC", "--inconvenient", "days=someday"), "not known here"),
        (("--result", "conversation", "--promise", "5.00 USD", "--due", "2026-12-15"), "no promise"),
    ],
)
def test_a_mistake_is_named_and_the_task_stays_open(
    project: Project, outreach: Command, attempt: str, words: tuple[str, ...], said: str
) -> None:
    told = outreach("calls", "done", attempt, *words)
    assert (2, "") == (told.status, told.out)
    assert said in told.err
    assert "call_result" not in project.kinds("p1")
    assert 0 == outreach("calls", "done", attempt, "--code", "NA").status


def test_the_codes_in_force_are_listed_with_what_each_needs(project: Project, outreach: Command) -> None:
    settings = Path(project.folder / "outreach.toml")
    own = '[dispositions.HRD]\nresult = "conversation"\nright_party = true\nnote = true\n'
    settings.write_text(settings.read_text() + own)
    listed = {line["name"]: line for line in outreach("calls", "codes", "--json").lines}
    assert {*SHIPPED, "HRD"} == listed.keys()
    assert ("conversation", True) == (listed["HRD"]["result"], listed["HRD"]["note"])
    table = outreach("calls", "codes").out
    assert all(name in table for name in listed)
    assert "--promise and --due" in table
