"""What an erasure takes, what it leaves, and what holds afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.assemble import data_folder
from outreach.channels import DeliveryNews, OptOutNews
from outreach.domain import Outcome, Result, Way
from outreach.errors import InputError, LedgerError
from outreach.ledger import open_ledger
from outreach.pipeline.explaining import explain
from outreach.pipeline.items import Answer, Answered
from outreach.privacy import Erasure, Privacy, Retention
from tests.support import Project, call, consents, consumer, phone, sms

RETENTION = Retention(data_folder() / "config" / "retention.yaml", None)
NAME = "Philomena Quackenbush"
NOTE = "she spoke of her sister in Dayton at length"


def known(project: Project, **changes: Any) -> None:
    """A person with data in two versions, a consent, a noted promise and a text that was sent."""
    person = consumer("p1", name=NAME, national_id="078-05-1120", **changes)
    project.consumers(person)
    project.consumers(person | {"emails": [{"address": "quackenbush@example.net", "kind": "personal"}]})
    project.events(
        consents("p1", 1),
        {"consumer": "p1", "key": "n1", "at": "2026-05-21T10:00:00-04:00", "event": "inbound"}
        | {"channel": "call", "from": phone(1), "note": NOTE},
    )


def sent(project: Project, ref: str = "p1", number: int = 1, **changes: Any) -> Answer:
    [answer] = project.send(sms(ref, number, **changes))
    return answer


def erase(project: Project, ref: str = "p1", **changes: Any) -> Erasure:
    return project.app.privacy.erase(
        ref, "asked for it in writing", "D. Officer", **({"despite_retention": True} | changes)
    )


def bytes_of(project: Project) -> bytes:
    """Everything in the ledger's files, pages set free included."""
    project.close()
    files = sorted(project.folder.glob("outreach.db*"))
    found = b"".join(path.read_bytes() for path in files if path.is_file())
    project.app = project.open()
    return found


HERS = (NAME, NOTE, phone(1), "quackenbush@example.net", "078-05-1120", "1 High Street", "4000000000000001")


def test_nothing_of_her_is_left_in_the_bytes_of_the_ledger(project: Project) -> None:
    known(project)
    assert Answered.SENT is sent(project).answered
    words = project.sent[0]["text"]
    before = bytes_of(project)
    assert [] == [text for text in HERS if text.encode() not in before]
    assert words.encode() in before
    erase(project)
    after = bytes_of(project)
    assert [] == [text for text in HERS if text.encode() in after]
    assert words.encode() not in after
    assert b'"p1"' not in after


def test_nothing_of_her_is_left_while_another_process_has_the_ledger_open(project: Project) -> None:
    known(project)
    other = project.open()
    with other.ledger.read() as reading:
        assert 1 == len(reading.person_ids())
    assert set(HERS) == project.app.ledger.texts_in_files(HERS)
    erase(project)
    assert frozenset() == project.app.ledger.texts_in_files(HERS)
    other.close()


def test_it_says_so_where_another_process_keeps_old_pages_and_ends_when_it_lets_go(project: Project) -> None:
    known(project)
    other = project.open()
    ledger = open_ledger(project.app.settings.ledger_url(), project.clock, busy_seconds=0.1)
    hasty = Privacy(replace(project.app.parts, ledger=ledger), RETENTION)
    with other.ledger.read() as reading:
        assert 1 == len(reading.person_ids())
        with pytest.raises(LedgerError, match="older bytes"):
            hasty.erase("p1", "asked for it", "D. Officer", despite_retention=True)
    ledger.close()
    other.close()
    project.app.privacy.compact()
    assert frozenset() == project.app.ledger.texts_in_files(HERS)


def test_the_chains_verify_and_the_contacts_stand_as_the_events_say(project: Project) -> None:
    known(project)
    sent(project)
    height = len(project.stream("p1"))
    erased = erase(project)
    assert height == erased.counts["events"]
    assert 2 == erased.counts["versions"]
    assert () == project.app.ledger.verify().broken
    assert {} == project.app.ledger.rebuild()


def test_an_end_set_right_before_is_no_difference_afterwards(project: Project) -> None:
    known(project)
    project.script(**{phone(1): "unknown"})
    answer = sent(project)
    assert Answered.UNKNOWN is answer.answered
    project.app.inbound.settle(answer.attempt_id, Outcome.ACCEPTED, "the provider's list")
    erase(project)
    assert {} == project.app.ledger.rebuild()


def test_an_attempt_of_unknown_end_waits_for_nobody_any_more(project: Project) -> None:
    known(project)
    project.script(**{phone(1): "unknown"})
    sent(project)
    erase(project)
    with project.app.ledger.read() as reading:
        assert () == reading.unknown(10)
    assert {} == project.app.ledger.rebuild()


def test_the_record_tells_counts_and_nothing_of_her(project: Project) -> None:
    known(project)
    erased = erase(project)
    with project.app.ledger.read() as reading:
        [event] = reading.system_events(["person_erased"])
    assert {"of", "counts", "because", "by"} == set(event.fields)
    assert erased.counts == event.fields["counts"]
    assert "asked for it in writing" == event.fields["because"]
    assert [] == [text for text in HERS if text in repr(event)]


def test_a_dry_run_counts_the_same_and_changes_nothing(project: Project) -> None:
    known(project)
    before = project.stream("p1")
    told = erase(project, dry_run=True)
    assert told.dry_run
    assert list(before) == list(project.stream("p1"))
    assert told.counts == erase(project).counts


@pytest.mark.parametrize(("because", "officer"), [("", "D. Officer"), ("asked", "")])
def test_it_wants_a_reason_and_a_name(project: Project, because: str, officer: str) -> None:
    known(project)
    with pytest.raises(InputError):
        project.app.privacy.erase("p1", because, officer, despite_retention=True)


def test_a_reason_that_names_her_is_refused(project: Project) -> None:
    known(project)
    with pytest.raises(InputError, match="personal data"):
        project.app.privacy.erase("p1", f"{NAME} asked", "D. Officer", despite_retention=True)
    assert NAME == project.app.privacy.export("p1")["data"][0]["name"]


# ---- what forbids it ---------------------------------------------------------------------------------


def test_it_is_refused_while_a_legal_hold_stands_and_goes_when_it_is_lifted(project: Project) -> None:
    known(project)
    project.app.privacy.hold("p1", "case 26-114", "clerk")
    with pytest.raises(InputError, match="legal hold"):
        erase(project)
    project.app.privacy.hold("p1", "settled", "clerk", lift=True)
    assert erase(project).event


def test_a_hold_that_does_not_stand_cannot_be_lifted(project: Project) -> None:
    known(project)
    with pytest.raises(InputError, match="no legal hold"):
        project.app.privacy.hold("p1", "settled", "clerk", lift=True)


def test_it_is_refused_while_an_attempt_is_open(project: Project) -> None:
    known(project)
    project.send(call("p1", 1))
    task, _ = project.app.worklist.next("agent")
    assert task is not None
    with pytest.raises(InputError, match="open"):
        erase(project)
    project.app.worklist.release(task.attempt)
    assert erase(project).event


def test_it_is_refused_within_the_years_the_law_wants(project: Project) -> None:
    known(project)
    with pytest.raises(InputError, match="kept longer") as refused:
        erase(project, despite_retention=False)
    assert "12 CFR 1006.100(a)" in refused.value.where


def test_what_waits_expires_first_and_is_recorded(project: Project) -> None:
    known(project)
    later = project.clock.now() + timedelta(days=2)
    held = sent(project, not_before=later)
    assert Answered.HELD is held.answered
    assert 1 == erase(project).counts["expired"]
    assert "contact_expired" in project.kinds("p1")
    project.clock.set(later + timedelta(hours=1))
    assert [] == project.work()
    assert [] == project.sent


def test_a_second_erasure_says_that_she_was_erased(project: Project) -> None:
    known(project)
    erase(project)
    with pytest.raises(InputError, match="erased"):
        erase(project)


# ---- afterwards --------------------------------------------------------------------------------------


def test_an_erased_person_is_not_sent_to(project: Project) -> None:
    known(project)
    erase(project)
    answer = sent(project)
    assert Answered.REJECTED is answer.answered
    assert "erased" in answer.reason
    assert [] == project.sent


def test_her_id_is_refused_by_imports_and_others_go_on(project: Project) -> None:
    known(project)
    erase(project)
    told = project.consumers(consumer("p1"), consumer("p2"))
    assert (1, 1) == (told["imported"], told["rejected"])
    assert "erased" in Path(told["rejects"]).read_text()
    told = project.events(consents("p1", 1) | {"key": "again"}, consents("p2", 2))
    assert (1, 1) == (told["imported"], told["rejected"])


def test_callbacks_of_her_attempts_are_taken_and_nothing_is_recorded_of_her(project: Project) -> None:
    known(project)
    answer = sent(project)
    erase(project)
    height = len(project.stream("p1"))
    news = DeliveryNews(answer.attempt_id, Result.DELIVERED, "delivered", "k1")
    assert () == project.app.inbound.receive("wire-sms", [news]).events
    assert height == len(project.stream("p1"))


def test_a_stop_from_a_number_that_was_hers_waits_for_a_person(project: Project) -> None:
    known(project)
    erase(project)
    recorded = project.app.inbound.receive("wire-sms", [OptOutNews(Way.SMS, phone(1), "STOP", "k2")])
    assert ["reply_queued"] == [event.kind for event in recorded.events if event.kind != "person_erased"][-1:]
    assert 1 == len(project.app.inbound.replies())


def test_explaining_shows_the_chain_and_replaying_says_what_is_gone(project: Project) -> None:
    known(project)
    answer = sent(project)
    erase(project)
    with project.app.ledger.read() as reading:
        told = explain(project.app.parts, reading, answer.attempt_id)
        assert told.person.erased
        assert "allow" == told.decided.fields["verdict"]
        with pytest.raises(InputError, match="erased") as refused:
            project.app.replayer.replay(reading, told.decided)
    assert "words" in refused.value.why
    assert [] == project.app.inbound.late([told.person.id])


def test_nothing_can_be_recorded_or_corrected_of_her(project: Project) -> None:
    known(project)
    erase(project)
    [consent] = [event for event in project.stream("p1") if event.kind == "consent"]
    with pytest.raises(InputError, match="erased"):
        project.app.inbound.correct(consent.id, {"void": True}, "never said", "D. Officer")
    assert () == project.app.ledger.verify().broken


# ---- stops that outlive her --------------------------------------------------------------------------


def told(ref: str, event: str, **fields: Any) -> dict[str, Any]:
    return {
        "consumer": ref,
        "key": f"{ref}-{event}",
        "at": "2026-05-25T10:00:00-04:00",
        "event": event,
    } | fields


STOPS = {
    "an opt-out of the number": told("p1", "opt_out", channel="sms", to=phone(1)),
    "an opt-out of all texts": told("p1", "opt_out", channel="sms"),
    "a cessation": told("p1", "cease", channel="letter"),
    "a wrong number": told("p1", "wrong_number", to=phone(1)),
}


def later_owner(project: Project) -> Answer:
    """Another person, with a consent newer than anything, comes on file with the same number."""
    project.consumers(consumer("p7", phones=[{"number": phone(1), "kind": "mobile"}]))
    project.events(consents("p7", 1, at="2026-06-01T10:00:00-04:00"))
    return sent(project, "p7", 1)


def test_without_a_stop_a_later_owner_of_the_number_is_contacted(project: Project) -> None:
    known(project)
    assert 0 == erase(project).counts["kept"]
    assert Answered.SENT is later_owner(project).answered


@pytest.mark.parametrize("stop", STOPS)
def test_a_stop_holds_for_whoever_has_the_number_later(project: Project, stop: str) -> None:
    known(project)
    project.events(STOPS[stop])
    assert 1 <= erase(project).counts["kept"]
    assert [] == [text for text in HERS if text.encode() in bytes_of(project)]
    answer = later_owner(project)
    assert Answered.BLOCKED is answer.answered
    assert [] == project.sent
    with project.app.ledger.read() as reading:
        told = explain(project.app.parts, reading, answer.decision_id)
        assert project.app.replayer.replay(reading, told.decided).same
    assert {} == project.app.ledger.rebuild()


def test_a_stop_set_right_before_holds_as_it_was_set_right(project: Project) -> None:
    known(project)
    project.events(told("p1", "opt_out", channel="sms", to="+16145559999"))
    [stop] = [event for event in project.stream("p1") if event.kind == "opt_out"]
    project.app.inbound.correct(stop.id, {"set": {"to": phone(1)}}, "misread", "D. Officer")
    erase(project)
    assert Answered.BLOCKED is later_owner(project).answered


# ---- others ------------------------------------------------------------------------------------------


def test_a_number_she_shares_stays_with_the_other_and_is_told(project: Project) -> None:
    known(project)
    project.consumers(consumer("p2", phones=[{"number": phone(1), "kind": "mobile"}]))
    project.events(consents("p2", 1))
    assert 1 == erase(project).shared
    assert Answered.SENT is sent(project, "p2", 1).answered


def test_a_replay_of_somebody_elses_decision_says_that_she_was_known_then(project: Project) -> None:
    known(project)
    project.consumers(consumer("p2", phones=[{"number": phone(1), "kind": "mobile"}]))
    project.events(consents("p2", 1))
    answer = sent(project, "p2", 1)
    erase(project)
    with project.app.ledger.read() as reading:
        told = explain(project.app.parts, reading, answer.decision_id)
        again = project.app.replayer.replay(reading, told.decided)
    assert [("what was known of another person", "known", "erased")] == list(again.differs)


def test_a_message_from_her_number_before_she_came_on_file_goes_too(project: Project) -> None:
    project.app.inbound.receive("wire-sms", [OptOutNews(Way.SMS, phone(1), "STOP", "k2")])
    known(project)
    [message] = project.app.inbound.replies()
    with pytest.raises(InputError, match="waits to be read"):
        erase(project)
    project.app.inbound.settle_reply(message.queued.id, stop=False, by="D. Officer")
    erase(project)
    assert phone(1).encode() not in bytes_of(project)
    assert () == project.app.ledger.verify().broken


def test_she_is_not_sent_to_when_erased_between_being_admitted_and_being_judged(project: Project) -> None:
    known(project)
    other = project.open()
    write = type(project.app.ledger).write
    erasures: list[Erasure] = []

    def erased_first(ledger: Any, *args: Any, **options: Any) -> Any:
        """Just before the campaign takes its lock, another process erases her."""
        if ledger is project.app.ledger and args and args[0] and not erasures:
            erasures.append(other.privacy.erase("p1", "asked", "D. Officer", despite_retention=True))
        return write(ledger, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(project.app.ledger), "write", erased_first)
        answer = sent(project)
    other.close()
    assert 1 == len(erasures)
    assert Answered.REJECTED is answer.answered
    assert "erased" in answer.reason
    assert [] == project.sent
    assert () == project.app.ledger.verify().broken


FACTS = """
from outreach.hookspecs import hookimpl

OUTREACH_API = 1


class Told:
    name = "told"
    facts = frozenset({"employer_seen"})

    def ask(self, consumers):
        return [{"employer_seen": "Quackenbush and Daughters"} for _ in consumers]


@hookimpl
def outreach_register_fact_sources(register, settings):
    register(Told())
"""


@pytest.mark.parametrize(("others", "erased"), [((), 1), (("p2",), 0)])
def test_outside_facts_go_unless_a_decision_on_somebody_else_rests_on_them(
    project: Project, others: tuple[str, ...], erased: int
) -> None:
    (project.folder / "plugins" / "told.py").write_text(FACTS)
    (project.folder / "plugins" / "told.py").chmod(0o644)
    settings = project.folder / "outreach.toml"
    settings.write_text(settings.read_text().replace('"wire"]', '"wire", "told"]'))
    project.close()
    project.app = project.open()
    known(project)
    for ref in others:
        project.consumers(consumer(ref))
        project.events(consents(ref, int(ref[1:])))
        sent(project, ref, int(ref[1:]))
    sent(project)
    assert erased == erase(project).counts["documents"]
    assert (b"Quackenbush and Daughters" in bytes_of(project)) is (not erased)
