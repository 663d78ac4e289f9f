"""check, when, explain, audit late and reconcile over a project with a sent, a held and a blocked contact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.domain import FrozenClock
from tests.cli.conftest import STOP
from tests.cli.running import Ran, run
from tests.support import TUESDAY, Project, consents, consumer, phone

NIGHT = datetime.fromisoformat("2026-06-02T22:00-04:00")
CAMPAIGN = f"""key,person,channel,to,template
text,p1,sms,{phone(1)},reminder
stopped,p3,sms,{phone(3)},reminder
"""
LATE = """key,person,channel,to,template
mail,p2,email,person2@example.com,reminder
"""


@dataclass
class Known:
    """A project nobody writes to any more, and the answers its contacts were given, by key."""

    folder: Path
    answers: dict[str, dict[str, Any]]

    def __call__(self, *words: object, at: datetime = NIGHT) -> Ran:
        return run(*words, folder=self.folder, clock=FrozenClock(at))


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    made = Project(tmp_path_factory.mktemp("asking") / "agency")
    made.consumers(consumer(), consumer("p2"), consumer("p3"))
    made.events(consents("p1", 1), consents("p2", 2), consents("p3", 3), STOP)
    project = Known(made.folder, {})
    for name, text, moment in (("day", CAMPAIGN, TUESDAY), ("night", LATE, NIGHT)):
        (made.folder / f"{name}.csv").write_text(text)
        told = project("send", f"{name}.csv", "--campaign", "june", "--json", at=moment)
        assert 0 == told.status, told.err
        project.answers |= {line["key"]: line for line in told.lines if "key" in line}
    made.close()
    return project


def decision(known: Known, key: str) -> str:
    return str(known.answers[key]["decision"])


def test_the_three_answers_are_there(known: Known) -> None:
    assert {"text": "sent", "mail": "held", "stopped": "blocked"} == {
        key: answer["answered"] for key, answer in known.answers.items()
    }


@pytest.mark.parametrize(
    ("key", "verdict", "rule", "cite"),
    [
        ("text", "ALLOW", "us.tcpa.text-consent", "47 CFR 64.1200(a)(1)(iii)"),
        ("mail", "HOLD until Wed 2026-06-03 08:00 EDT (-04:00)", "us.regf.hours", "12 CFR 1006.6(b)(1)(i)"),
        ("stopped", "BLOCK", "us.regf.medium-refused", "12 CFR 1006.14(h)(1)"),
    ],
)
def test_explain_prints_verdict_rule_citation_facts_and_packs(
    known: Known, key: str, verdict: str, rule: str, cite: str
) -> None:
    told = known("explain", decision(known, key))
    assert (0, "") == (told.status, told.err)
    assert told.out.startswith(verdict)
    assert rule in told.out
    assert cite in told.out
    packs = next(line for line in told.out.splitlines() if line.strip().startswith("packs "))
    assert {"house", "us.federal.regulation-f", "us.federal.tcpa"} <= set(packs.replace(",", "").split())
    assert "tzdata" in told.out, "and the data it rested on"
    assert "contact_received\n" in told.out, "and nothing after it"
    [said] = [line for line in told.out.splitlines() if "  decided verdict=" in line]
    assert (f"by={rule}" in said) is (verdict != "ALLOW"), "what stood in the way, and no rule that did not"


def test_explain_of_a_sent_one_shows_the_fact_it_rested_on_and_what_became_of_it(known: Known) -> None:
    told = known("explain", known.answers["text"]["attempt"])
    assert "consent Wed 2026-05-20 10:00 EDT" in told.out
    assert "attempt_closed outcome=accepted" in told.out


def test_explain_finds_a_contact_by_any_of_its_ids_and_some_by_their_beginning(known: Known) -> None:
    answer = known.answers["text"]
    ids = [answer["contact"], *(answer[name][:cut] for name in ("decision", "attempt") for cut in (None, -1))]
    shown = [known("explain", each).out for each in ids]
    assert f"decision {answer['decision']}  contact {answer['contact']}" in shown[0]
    assert len(ids) * [shown[0]] == shown


@pytest.mark.parametrize("key", ["text", "mail", "stopped"])
def test_promise_8_explain_replay_says_the_same_again(known: Known, key: str) -> None:
    shown = known("explain", decision(known, key), "--replay")
    assert 0 == shown.status
    assert "replayed: the same decision, rule by rule" in shown.out
    told = known("explain", decision(known, key), "--replay", "--json").line
    assert told["replay"]["same"] is True
    assert told["replay"]["verdict"] == told["verdict"]


def test_explain_all_shows_every_rule_that_was_looked_at(known: Known) -> None:
    few = known("explain", decision(known, "stopped"))
    every = known("explain", decision(known, "stopped"), "--all")
    looked_at = known("explain", decision(known, "stopped"), "--json").line["findings"]
    assert all(each["rule"] in every.out for each in looked_at)
    assert len(few.out.splitlines()) < len(every.out.splitlines())
    assert all(each["cites"] and each["title"] for each in looked_at)


def test_explain_of_nothing_says_where_ids_come_from(known: Known) -> None:
    told = known("explain", "01ZZZZZZZZ")
    assert 2 == told.status
    assert "outreach send --json" in told.err


@pytest.mark.parametrize("wrong", ["", "0", "01"])
def test_explain_refuses_a_beginning_too_short_to_name_anything(known: Known, wrong: str) -> None:
    assert 2 == known("explain", wrong).status


# ---- when ------------------------------------------------------------------------------------------


def test_when_lists_every_channel_and_address_with_rule_and_citation(known: Known) -> None:
    told = known("when", "p1", "--json")
    assert 0 == told.status
    places = {(line["channel"], line["to"]) for line in told.lines}
    assert {channel for channel, _ in places} == {"call", "voicemail", "sms", "email", "letter", "visit"}
    assert len(told.lines) == len(places)
    for line in told.lines:
        if line["verdict"] == "hold":
            assert "2026-06-03T12:00:00Z" == line["until"]
            assert "us.regf.hours" == line["rule"]
            assert "12 CFR 1006.6(b)(1)(i)" == line["cite"]
        else:
            assert ("allow", "letter") == (line["verdict"], line["channel"])


def test_when_masks_addresses_and_counts_each_of_several(tmp_path: Path) -> None:
    made = Project(tmp_path / "agency")
    phones = [{"number": phone(7), "kind": "mobile"}, {"number": phone(8), "kind": "work"}]
    emails = [{"address": f"x{n}@example.com", "kind": "personal"} for n in (1, 2, 3)]
    made.consumers(consumer(phones=phones, emails=emails))
    made.close()
    told = run("when", "p1", "--json", folder=made.folder, clock=TUESDAY)
    by_channel: dict[str, int] = {}
    for line in told.lines:
        by_channel[line["channel"]] = by_channel.get(line["channel"], 0) + 1
    assert {"call": 2, "voicemail": 2, "sms": 2, "email": 3, "letter": 1, "visit": 1} == by_channel
    assert phone(7) not in told.out
    shown = run("when", "p1", folder=made.folder, clock=TUESDAY)
    assert (6, 3) == (shown.out.count("***-***-"), shown.out.count("@example.com"))


def test_when_at_another_moment(known: Known) -> None:
    told = known("when", "p1", "--at", "2026-06-03T10:00-04:00", "--json")
    assert {"allow"} == {line["verdict"] for line in told.lines}


def test_a_stranger_is_not_found_and_her_id_is_all_that_is_said(known: Known) -> None:
    told = known("when", "p99")
    assert (2, "") == (told.status, told.out)
    assert "p99" in told.err
    assert "outreach import consumers" in told.err


# ---- check -----------------------------------------------------------------------------------------


def test_check_says_yes_no_and_from_when_by_its_exit_status(known: Known) -> None:
    day = known("check", "--person", "p1", "--channel", "sms", at=TUESDAY)
    assert (0, True) == (day.status, day.out.startswith("ALLOW"))
    night = known("check", "--person", "p1", "--channel", "sms")
    assert (1, True) == (night.status, night.out.startswith("HOLD until Wed 2026-06-03 08:00 EDT"))
    stopped = known("check", "--person", "p3", "--channel", "sms", at=TUESDAY)
    assert (1, True) == (stopped.status, stopped.out.startswith("BLOCK"))
    assert "12 CFR 1006.14(h)(1)" in stopped.out


def test_check_at_asks_with_everything_known_now_and_as_known_at_cuts_knowledge(known: Known) -> None:
    """p3 asked us to stop on 1 June; we learned of it on 2 June, when it was imported."""
    asked = ("check", "--person", "p3", "--channel", "sms", "--json")
    may = ("--at", "2026-05-25T12:00-04:00")
    june = ("--at", "2026-06-02T15:00-04:00")
    blocked = known(*asked, *june)
    assert (1, "block") == (blocked.status, blocked.line["verdict"])
    then = known(*asked, *june, "--as-known-at", "2026-06-01T12:00-04:00")
    assert "block" == then.line["verdict"], "the consent was not known then either"
    assert "us.tcpa.text-consent" in [f["rule"] for f in then.line["findings"] if f["verdict"] == "block"]
    assert "us.regf.medium-refused" not in [
        f["rule"] for f in then.line["findings"] if f["verdict"] == "block"
    ]
    assert "allow" == known(*asked, *may).line["verdict"], "she had not asked yet"


def test_check_with_a_template_judges_its_words(known: Known, tmp_path: Path) -> None:
    told = known("check", "--person", "p1", "--channel", "sms", "--template", "nosuch", "--json", at=TUESDAY)
    assert (1, "block") == (told.status, told.line["verdict"])
    assert "no template" in told.line["reason"]


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("--channel", "fax", "use one of"),
        ("--purpose", "gossip", "use one of"),
        ("--debts", "p2-d1", "not a debt of this consumer"),
        ("--at", "2026-06-02T15:00", "no moment with an offset"),
        ("--as-known-at", "yesterday", "no moment with an offset"),
        ("--to", "+16145559999", "no address"),
    ],
)
def test_check_says_which_option_cannot_be_used(known: Known, option: str, value: str, named: str) -> None:
    words = {"--person": "p1", "--channel": "sms", option: value}
    told = known("check", *(word for pair in words.items() for word in pair))
    assert (2, "") == (told.status, told.out)
    assert named in told.err


# ---- the officer -----------------------------------------------------------------------------------


def test_nothing_is_unknown_and_nothing_was_learned_too_late(known: Known) -> None:
    assert (0, "") == (known("reconcile", "--json").status, known("reconcile", "--json").out)
    assert (0, "") == (known("audit", "late", "--json").status, known("audit", "late", "--json").out)


def test_audit_verify_counts_chains_and_events(known: Known) -> None:
    told = known("audit", "verify", "--json")
    assert 0 == told.status
    assert ([], {}) == (told.line["broken"], told.line["projection"])
    assert 4 == told.line["streams"]
    assert "every chain holds" in known("audit", "verify").out


def test_policy_show_names_the_packs_in_force_for_a_person(known: Known) -> None:
    told = known("policy", "show", "--person", "p1", "--json")
    # `conduct` has no rules of its own: the house takes phrases from it.
    assert {"conduct", "house", "us.federal.regulation-f", "us.federal.tcpa"} == {
        line["pack"] for line in told.lines
    }
    shown = known("policy", "show", "--person", "p1")
    assert "residence" in shown.out.lower() or "America/New_York" in shown.out


def test_db_check_counts_contacts_where_they_stand(known: Known) -> None:
    told = known("db", "check", "--json")
    assert 0 == told.status
    assert {"done": 1, "held": 1, "blocked": 1} == {k: v for k, v in told.line["states"].items() if v}


def test_asking_changes_nothing(known: Known) -> None:
    before = known("audit", "verify", "--json").line["events"]
    known("check", "--person", "p1", "--channel", "sms")
    known("when", "p1")
    known("explain", decision(known, "text"), "--replay")
    assert before == known("audit", "verify", "--json").line["events"]


def test_an_answer_of_two_days_ago_can_be_asked_about_later(known: Known) -> None:
    told = known("explain", decision(known, "mail"), "--replay", at=NIGHT + timedelta(days=2))
    assert 0 == told.status
