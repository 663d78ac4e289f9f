"""What comes back from providers: recorded once, in any order, exactly as wide as it says."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from outreach.channels import CallbackRefused, DeliveryNews, OptOutNews, ReplyNews
from outreach.domain import Outcome, Result, Way
from outreach.errors import InputError
from outreach.pipeline.items import Answer, Answered
from tests.support import Project, call, consents, consumer, email, letter, phone, sms

ONE = phone(1)


def ready(project: Project, *, people: int = 1) -> None:
    for number in range(1, people + 1):
        project.consumers(consumer(f"p{number}"))
        project.events(consents(f"p{number}", number))


def texted(project: Project) -> Answer:
    ready(project)
    [answer] = project.send(sms())
    return answer


def reply(text: str, key: str = "m1", address: str = ONE, **more: str) -> ReplyNews:
    return ReplyNews(Way.SMS, address, text, key, **more)  # type: ignore[arg-type]


def delivery(attempt: str, result: Result, key: str, said: str = "word") -> DeliveryNews:
    return DeliveryNews(attempt, result, said, key)


def result_of(project: Project, ref: str = "p1") -> list[Result]:
    from outreach.domain import History

    return [attempt.result for attempt in History(project.stream(ref)).attempts]


# ---- deliveries --------------------------------------------------------------------------------------


def test_a_delivery_is_recorded_once_however_often_it_is_told(project: Project) -> None:
    attempt = texted(project).attempt_id
    for _ in range(3):
        project.app.inbound.receive("wire-sms", [delivery(attempt, Result.DELIVERED, "delivered")])
    assert 1 == project.kinds("p1").count("delivery")
    assert [Result.DELIVERED] == result_of(project)


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "unheard", "delivered"])))
def test_the_end_is_the_same_in_whatever_order_it_is_told(project: Project, order: tuple[str, ...]) -> None:
    attempt = texted(project).attempt_id
    words = {"sent": Result.SENT, "unheard": Result.UNRECOGNISED, "delivered": Result.DELIVERED}
    for word in order:
        project.app.inbound.receive("wire-sms", [delivery(attempt, words[word], word, word)])
    assert [Result.DELIVERED] == result_of(project)


@pytest.mark.parametrize("attempt", ["01K5", "01K5ZZZZZZZZZZZZZZZZZZZZZZ", "", "../../etc"])
def test_news_of_an_attempt_that_is_none_of_ours_is_refused(project: Project, attempt: str) -> None:
    texted(project)
    with pytest.raises(CallbackRefused):
        project.app.inbound.receive("wire-sms", [delivery(attempt, Result.DELIVERED, "k")])
    assert "delivery" not in project.kinds("p1")


def test_the_beginning_of_an_attempts_id_is_not_enough(project: Project) -> None:
    attempt = texted(project).attempt_id
    with pytest.raises(CallbackRefused):
        project.app.inbound.receive("wire-sms", [delivery(attempt[:20], Result.DELIVERED, "k")])


def test_an_unknown_end_is_settled_by_what_the_provider_tells_later(project: Project) -> None:
    """Promise 5: the true outcome that arrives later is written as a correction."""
    ready(project)
    project.script(**{ONE: "unknown"})
    [answer] = project.send(sms())
    assert answer.answered is Answered.UNKNOWN
    project.app.inbound.receive("wire-sms", [delivery(answer.attempt_id, Result.DELIVERED, "k")])
    with project.app.ledger.read() as reading:
        assert () == reading.unknown(10)
        contact = reading.contact_of_attempt(answer.attempt_id)
    assert contact is not None
    assert Outcome.ACCEPTED is contact.outcome
    assert "correction" in project.kinds("p1")
    assert [Result.DELIVERED] == result_of(project)


def test_a_returned_letter_says_that_it_never_arrived(project: Project) -> None:
    ready(project)
    [answer] = project.send(letter())
    project.app.inbound.receive("wire-letter", [delivery(answer.attempt_id, Result.BOUNCED, "back")])
    assert [Result.BOUNCED] == result_of(project)


def test_a_busy_line_told_by_the_provider_gives_its_slot_back(project: Project) -> None:
    """Promise 7."""
    ready(project)
    project.send(call())
    task, _ = project.app.worklist.next("agent")
    assert task is not None
    project.app.inbound.receive("call-task", [delivery(task.attempt, Result.BUSY, "busy")])
    assert [Result.BUSY] == result_of(project)


def test_a_wrong_number_known_to_the_provider_is_one(project: Project) -> None:
    attempt = texted(project).attempt_id
    news = DeliveryNews(attempt, Result.BOUNCED, "undelivered", "k", wrong_number=True)
    project.app.inbound.receive("wire-sms", [news])
    [wrong] = [event for event in project.stream("p1") if event.kind == "wrong_number"]
    assert ONE == wrong.fields["to"]


# ---- replies -----------------------------------------------------------------------------------------


def test_a_stop_takes_effect_at_once_and_for_that_address_alone(project: Project) -> None:
    texted(project)
    project.app.inbound.receive("wire-sms", [reply("STOP")])
    [again, mail] = project.send(sms(key="again"), email())
    assert Answered.BLOCKED is again.answered
    assert Answered.SENT is mail.answered


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stop", [{"channel": "sms", "to": ONE, "form": "reply"}]),
        ("stop calling", [{"channel": "call", "form": "reply"}]),
        ("stop texting me", [{"channel": "sms", "form": "reply"}]),
        ("leave me alone", [{"channel": "sms", "to": ONE, "form": "reply"}]),
        ("talk to my lawyer", [{"channel": "sms", "to": ONE, "form": "unsure"}]),
        ("I can pay Friday", []),
    ],
)
def test_the_opt_out_recorded_is_as_wide_as_the_message(
    project: Project, text: str, told: list[dict[str, str]]
) -> None:
    ready(project)
    project.app.inbound.receive("wire-sms", [reply(text)])
    assert told == [dict(event.fields) for event in project.stream("p1") if event.kind == "opt_out"]
    assert ("cease" in project.kinds("p1")) is (text == "leave me alone")


def test_a_reply_is_recorded_once_and_its_words_stand_beside_the_chain(project: Project) -> None:
    ready(project)
    for _ in range(2):
        project.app.inbound.receive("wire-sms", [reply("I can pay Friday")])
    [heard] = [event for event in project.stream("p1") if event.kind == "inbound"]
    assert {"channel": "sms", "from": ONE, "body": "I can pay Friday"} == dict(heard.fields)
    database = (project.folder / "outreach.db").read_bytes() + (
        project.folder / "outreach.db-wal"
    ).read_bytes()
    assert b"I can pay Friday" in database
    with project.app.ledger.read() as reading:
        bodies = [row[0] for row in reading._all("SELECT body FROM entry")]  # type: ignore[attr-defined]
    assert not any("pay Friday" in body for body in bodies)


def test_a_stop_holds_for_everybody_who_has_that_number(project: Project) -> None:
    ready(project)
    shared = consumer("p2", phones=[{"number": ONE, "kind": "mobile"}])
    project.consumers(shared)
    project.app.inbound.receive("wire-sms", [reply("STOP")])
    assert "opt_out" in project.kinds("p1")
    assert "opt_out" in project.kinds("p2")


def test_a_relatives_stop_is_said_by_the_relative_and_is_no_cease_of_the_consumer(project: Project) -> None:
    other = phone(77)
    spouse = {"id": "s", "relation": "spouse", "name": "Sam", "phones": [{"number": other, "kind": "mobile"}]}
    project.consumers(consumer("p1", people=[spouse]))
    project.app.inbound.receive("wire-sms", [reply("leave us alone", address=other)])
    told = [event for event in project.stream("p1") if event.kind in ("inbound", "opt_out", "cease")]
    assert ["s"] * 3 == [event.get("person") for event in told]


def test_a_start_opens_the_address_again(project: Project) -> None:
    texted(project)
    project.app.inbound.receive("wire-sms", [reply("STOP", "m1")])
    project.clock.advance(timedelta(minutes=1))
    project.app.inbound.receive("wire-sms", [reply("START", "m2")])
    [again] = project.send(sms(key="again"))
    assert "us.tcpa.text-consent" == again.rule  # what was revoked is not given again by that word
    project.clock.advance(timedelta(minutes=1))
    project.events(consents("p1", 1, project.clock.now().isoformat()) | {"key": "anew"})
    [third] = project.send(sms(key="third"))
    assert Answered.SENT is third.answered


def test_an_opt_out_by_one_click_closes_e_mail_to_that_address(project: Project) -> None:
    ready(project)
    news = OptOutNews(Way.EMAIL, "person1@example.com", "one_click", "click")
    project.app.inbound.receive("one-click", [news, news])
    [mail] = project.send(email())
    assert Answered.BLOCKED is mail.answered
    assert 1 == project.kinds("p1").count("opt_out")


# ---- what a person has to read -----------------------------------------------------------------------


def test_what_is_unsure_waits_for_a_person_and_closes_the_way_meanwhile(project: Project) -> None:
    ready(project)
    project.app.inbound.receive("wire-sms", [reply("you have the wrong person")])
    [waiting] = project.app.inbound.replies()
    assert "you have the wrong person" == waiting.inbound.get("body")
    [answer] = project.send(sms())
    assert Answered.BLOCKED is answer.answered


@pytest.mark.parametrize("stop", [True, False])
def test_a_person_says_what_it_asks_for(project: Project, stop: bool) -> None:
    ready(project)
    project.app.inbound.receive("wire-sms", [reply("can we stop soon? don't call before 9")])
    [waiting] = project.app.inbound.replies()
    project.app.inbound.settle_reply(waiting.queued.id[:20], stop=stop, by="Rowan Hale")
    assert [] == project.app.inbound.replies()
    [answer] = project.send(sms())
    assert (Answered.BLOCKED if stop else Answered.SENT) is answer.answered


def test_nobody_settles_a_message_without_a_name(project: Project) -> None:
    ready(project)
    project.app.inbound.receive("wire-sms", [reply("who is this")])
    [waiting] = project.app.inbound.replies()
    with pytest.raises(InputError, match="who has read it"):
        project.app.inbound.settle_reply(waiting.queued.id, stop=False, by="")
    with pytest.raises(InputError, match="no message of this id"):
        project.app.inbound.settle_reply("01K5", stop=False, by="Rowan Hale")
    assert 1 == len(project.app.inbound.replies())


def test_a_stop_from_a_number_nobody_has_is_not_lost(project: Project) -> None:
    ready(project)
    for _ in range(2):
        project.app.inbound.receive("wire-sms", [reply("STOP", address=phone(99))])
    [waiting] = project.app.inbound.replies()
    assert waiting.person is None
    assert (phone(99), "STOP") == (waiting.inbound.get("from"), waiting.inbound.get("body"))


def test_queueing_a_message_outdates_no_contact_on_its_way(project: Project) -> None:
    """What waits in the system's chain is no news to decisions about other people."""
    from outreach.pipeline.delivery import BENIGN

    assert {"reply_queued", "reply_settled"} <= BENIGN
