"""The door: signed, bounded, deduplicated, acknowledged after the commit; one click ends e-mail."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch
from urllib.parse import quote, urlencode

import pytest

from outreach.errors import LedgerBusy
from outreach.pipeline.items import Answered
from tests.support import Project, email, phone, sms
from tests.web.conftest import PUBLIC, Caller, events, signature

ONE = phone(1)


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()


def attempt_of(project: Project) -> str:
    [answer] = project.send(sms())
    assert answer.answered is Answered.SENT
    return answer.attempt_id


def stop(key: str = "m1") -> bytes:
    return form(**{"from": ONE, "text": "STOP", "id": key})


# ---- what is genuine ---------------------------------------------------------------------------------


def test_a_signed_callback_is_recorded_and_acknowledged_after_its_commit(
    project: Project, ask: Caller
) -> None:
    attempt = attempt_of(project)
    assert 204 == ask(f"/callbacks/wire-sms/{attempt}", form(status="delivered")).status
    assert ["delivered"] == [each["result"] for each in events(project, "delivery")]


def test_the_signature_is_checked_over_the_public_url_whatever_proxies_did(
    project: Project, ask: Caller
) -> None:
    attempt = attempt_of(project)
    path = f"/callbacks/wire-sms/{attempt}?a=1&b=%20"
    assert 204 == ask(path, form(status="sent"), Host="10.0.0.7:8330", X_Forwarded_Proto="http").status


def test_a_repeated_callback_is_acknowledged_and_recorded_once(project: Project, ask: Caller) -> None:
    attempt = attempt_of(project)
    for _ in range(3):
        assert 204 == ask(f"/callbacks/wire-sms/{attempt}", form(status="delivered")).status
    assert 1 == len(events(project, "delivery"))


def test_many_of_the_same_at_once_are_recorded_once(project: Project, ask: Caller) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: ask("/callbacks/wire-sms", stop()).status, range(24)))
    assert {204} == set(statuses)
    assert 1 == len(events(project, "opt_out"))


def test_an_opt_out_takes_effect_for_the_contact_judged_next(project: Project, ask: Caller) -> None:
    attempt_of(project)
    assert 204 == ask("/callbacks/wire-sms", stop()).status
    [again] = project.send(sms(key="again"))
    assert Answered.BLOCKED is again.answered


# ---- what is not -------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{"X_Signature": "0" * 64}, {"X_Signature": ""}, {}])
def test_a_forged_callback_is_refused_and_leaves_no_trace(
    project: Project, ask: Caller, headers: dict[str, str]
) -> None:
    answer = ask("/callbacks/wire-sms", stop(), sign=False, **headers)
    assert 403 == answer.status
    assert [] == events(project, "opt_out")


def test_a_signature_of_another_body_or_path_is_refused(project: Project, ask: Caller) -> None:
    attempt = attempt_of(project)
    genuine = ask("/callbacks/wire-sms", stop())
    assert 204 == genuine.status
    for path, signed_path, body, signed_body in (
        ("/callbacks/wire-sms", "/callbacks/wire-sms", stop("m2"), stop("m3")),
        (f"/callbacks/wire-sms/{attempt}", "/callbacks/wire-sms", form(status="sent"), form(status="sent")),
    ):
        signed = signature(signed_path, signed_body)
        assert 403 == ask(path, body, sign=False, X_Signature=signed).status


@pytest.mark.parametrize(
    "path",
    [
        "/callbacks/nobody",
        "/callbacks/wire-email",
        "/callbacks/call-task",
        "/callbacks",
        "/",
        "/callbacks/a/b/c",
    ],
)
def test_a_channel_that_takes_no_callbacks_is_not_found(ask: Caller, path: str) -> None:
    assert 404 == ask(path, stop()).status


def test_an_attempt_that_is_none_of_ours_is_refused(project: Project, ask: Caller) -> None:
    assert 403 == ask("/callbacks/wire-sms/01K5ZZZZZZZZZZZZZZZZZZZZZZ", form(status="sent")).status


@pytest.mark.parametrize("body", [b"\xff\xfe", b"from=%FF%FE&text=x&id=1", b"a=1&" * 400])
def test_what_cannot_be_read_is_refused_and_never_a_crash(project: Project, ask: Caller, body: bytes) -> None:
    assert 403 == ask("/callbacks/wire-sms", body).status
    assert 200 == ask("/health", method="GET").status


def test_a_body_over_the_limit_is_refused(ask: Caller) -> None:
    assert 413 == ask("/callbacks/wire-sms", b"x" * 2001).status


def test_a_body_that_says_a_false_length_is_refused_when_it_passes_the_limit(ask: Caller) -> None:
    with socket.create_connection(("127.0.0.1", ask.port), 10) as wire:
        wire.sendall(b"POST /callbacks/wire-sms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(5):
            wire.sendall(b"1f4\r\n" + b"x" * 500 + b"\r\n")
        assert b" 413 " in wire.recv(200)


# ---- who is slow, and what fails ---------------------------------------------------------------------


def test_a_body_that_dribbles_is_cut_off(ask: Caller) -> None:
    with socket.create_connection(("127.0.0.1", ask.port), 30) as wire:
        wire.sendall(b"POST /callbacks/wire-sms HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nfrom=")
        assert b" 408 " in wire.recv(200)


def test_headers_that_dribble_are_cut_off_while_others_are_served(project: Project, ask: Caller) -> None:
    slow = [socket.create_connection(("127.0.0.1", ask.port), 30) for _ in range(40)]
    try:
        for each in slow:
            each.sendall(b"POST /callbacks/wire-sms HTTP/1.1\r\nHost: x\r\nX-")
        assert 204 == ask("/callbacks/wire-sms", stop()).status
        assert {b""} == {each.recv(10) for each in slow}
    finally:
        for each in slow:
            each.close()


def test_a_busy_ledger_is_answered_so_that_the_provider_repeats(project: Project, ask: Caller) -> None:
    with patch.object(type(project.app.inbound), "receive", side_effect=LedgerBusy("held")):
        answer = ask("/callbacks/wire-sms", stop())
    assert (503, "5") == (answer.status, answer.headers["retry-after"])
    assert [] == events(project, "opt_out")
    assert 204 == ask("/callbacks/wire-sms", stop()).status
    assert 1 == len(events(project, "opt_out"))


def test_what_fails_unforeseen_is_answered_500_and_told_without_its_words(
    project: Project, ask: Caller
) -> None:
    with patch.object(type(project.app.inbound), "receive", side_effect=RuntimeError(f"about {ONE}")):
        answer = ask("/callbacks/wire-sms", stop())
    assert 500 == answer.status
    assert ONE not in answer.body


def test_callbacks_and_a_campaign_at_once_both_get_through(project: Project, ask: Caller) -> None:
    """Events from outside go before waiting campaigns."""
    from tests.support import consents, consumer

    people = [f"p{n}" for n in range(2, 42)]
    project.consumers(*(consumer(ref) for ref in people))
    project.events(*(consents(ref, n) for n, ref in enumerate(people, 2)))
    answers: list[int] = []

    def call() -> None:
        answers.extend(ask("/callbacks/wire-sms", stop(f"k{n}")).status for n in range(10))

    thread = threading.Thread(target=call)
    thread.start()
    sent = project.send(*(sms(ref, n) for n, ref in enumerate(people, 2)))
    thread.join(60)
    assert [204] * 10 == answers
    assert {Answered.SENT} == {each.answered for each in sent}


# ---- one click ---------------------------------------------------------------------------------------


def link_of(project: Project) -> str:
    [answer] = project.send(email())
    assert answer.answered is Answered.SENT
    return project.app.parts.links.opt_out(answer.attempt_id).removeprefix(PUBLIC)


def test_one_click_posts_and_ends_e_mail_to_that_address(project: Project, ask: Caller) -> None:
    """RFC 8058: the mail program posts List-Unsubscribe=One-Click; no log-in, no further question."""
    link = link_of(project)
    answer = ask(link, b"List-Unsubscribe=One-Click", sign=False)
    assert 200 == answer.status
    [told] = events(project, "opt_out")
    assert {"channel": "email", "to": "person1@example.com", "form": "one_click"} == told
    [again] = project.send(email(key="again"))
    assert Answered.BLOCKED is again.answered
    assert 200 == ask(link, b"", sign=False).status  # again: still said, recorded once
    assert 1 == len(events(project, "opt_out"))


def test_following_the_link_asks_first_since_machines_fetch_links(project: Project, ask: Caller) -> None:
    link = link_of(project)
    answer = ask(link, sign=False, method="GET")
    assert 200 == answer.status
    assert '<form method="post">' in answer.body
    assert "person1@example.com" not in answer.body
    assert "no-referrer" == answer.headers["referrer-policy"]
    assert [] == events(project, "opt_out")


@pytest.mark.parametrize("change", ["proof", "attempt", "none", "long", "path"])
def test_a_link_that_is_not_ours_opens_nothing(project: Project, ask: Caller, change: str) -> None:
    link = link_of(project)
    attempt, _, proof = link.removeprefix("/opt-out/").partition(".")
    other = {
        "proof": f"{attempt}.{'0' * 32}",
        "attempt": f"{attempt[:-1]}0.{proof}" if attempt[-1] != "0" else f"{attempt[:-1]}1.{proof}",
        "none": attempt,
        "long": "x" * 3000,
        "path": quote("../" + attempt, safe=""),
    }[change]
    answer = ask(f"/opt-out/{other}", b"", sign=False)
    assert 404 == answer.status
    assert [] == events(project, "opt_out")


def test_a_text_has_no_link_that_ends_e_mail(project: Project, ask: Caller) -> None:
    attempt = attempt_of(project)
    path = project.app.parts.links.opt_out(attempt).removeprefix(PUBLIC)
    assert 404 == ask(path, b"", sign=False).status


def test_without_a_public_url_no_link_is_made(tmp_path: Path) -> None:
    plain = Project(tmp_path / "plain")
    assert "" == plain.app.parts.links.opt_out("01K5") == plain.app.parts.links.callback("wire-sms", "01K5")
    plain.close()
