"""What a person's own message asks for: whole words and phrases, never parts; unsure goes to a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.policy.wishes import ADDRESS, ALL, Wish, Wishes

WISHES = Wishes(Path(__file__).resolve().parents[2] / "config" / "wishes.yaml")
NOTHING = Wish()


def read(text: str, provider: str = "") -> Wish:
    return WISHES.read(text, provider)


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop",
        "Stop.",
        " STOP!!! ",
        "ＳＴＯＰ",
        "please stop",
        "Stop, please",
        "stop now thanks",
        "S\u200bTOP",
        "quit",
        "END",
        "Revoke",
        "opt out",
        "opt-out",
        "OPTOUT",
        "cancel",
        "Unsubscribe",
        "STOP ALL",
        "stopall",
        "ALTO",
        "¡Alto!",
        "pare",
        "Pare, por favor",
        "basta",
        "BAJA",
        "no mas",
        "no más",
        "停",
        "停止",
        "请停止",
        "退订",
        "TD",
        "td",
        "T",
        "拒收",
        "取消订阅",
    ],
)
def test_a_stop_word_alone_closes_the_address_it_came_from(text: str) -> None:
    assert Wish(frozenset({ADDRESS})) == read(text)


@pytest.mark.parametrize("word", ["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"])
def test_each_word_of_47_cfr_64_1200_a_10_i_is_definitive(word: str) -> None:
    assert Wish(frozenset({ADDRESS})) == read(word)


@pytest.mark.parametrize(
    "text",
    [
        "please don't stop",
        "Don't stop",
        "do not stop sending updates",
        "I'll stop by tomorrow",
        "nonstop",
        "unstoppable",
        "I get paid at the end of the month",
        "I quit my job last week",
        "T is my initial",
        "I can pay on Friday",
        "where is the bus stop",
        "thanks",
        "yes",
        "no pare",
        "no paren de ayudar",
        "puedo pagar el viernes",
        "不要停",
        "停车场见",
        "我星期五付款",
        "gracias",
        "谢谢",
    ],
)
def test_what_asks_for_no_stop_is_none(text: str) -> None:
    assert NOTHING == read(text)


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("stop calling me", {"call"}),
        ("Don't call me any more!", {"call"}),
        ("no me llamen", {"call"}),
        ("不要再打电话给我", {"call"}),
        ("Stop texting me", {"sms"}),
        ("no more texts pls", {"sms"}),
        ("不要再发短信", {"sms"}),
        ("stop emailing me", {"email"}),
        ("no more letters", {"letter"}),
        ("stop texting me and stop calling me", {"sms", "call"}),
        ("take me off your list", {ADDRESS}),
        ("I want to opt out of this", {ADDRESS}),
        ("quiero darme de baja", {ADDRESS}),
        ("我要退订", {ADDRESS}),
        ("leave me alone", {ALL}),
        ("Do not contact me again.", {ALL}),
        ("CEASE AND DESIST", {ALL}),
        ("Cease all communications with me", {ALL}),
        ("déjenme en paz", {ALL}),
        ("别再联系我", {ALL}),
        ("Don't! Stop texting me", {"sms"}),
        ("Why don't you stop texting me", {"sms"}),
    ],
)
def test_the_scope_of_a_stop_is_as_wide_as_it_says(text: str, scopes: set[str]) -> None:
    assert Wish(frozenset(scopes)) == read(text)


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("don't call me before 9", {"call", ADDRESS}),
        ("do not call me at work", {"call", ADDRESS}),
        ("no texts on sundays", {"sms", ADDRESS}),
        ("no me llamen en el trabajo", {"call", ADDRESS}),
        ("晚上不要打电话", {"call", ADDRESS}),
        ("why won't this stop", {ADDRESS}),
        ("please don't, stop", {ADDRESS}),
        ("you have the wrong number", {ADDRESS}),
        ("I don't owe this", {ADDRESS}),
        ("talk to my lawyer", {ADDRESS}),
        ("she passed away", {ADDRESS}),
        ("no debo nada", {ADDRESS}),
        ("打错了", {ADDRESS}),
        ("👍", {ADDRESS}),
        ("???", {ADDRESS}),
    ],
)
def test_what_nobody_can_be_sure_of_is_for_a_person_and_closes_the_way_meanwhile(
    text: str, scopes: set[str]
) -> None:
    assert Wish(frozenset(scopes), unsure=True) == read(text)


def test_a_long_message_is_for_a_person() -> None:
    assert Wish(frozenset({ADDRESS}), unsure=True) == read("word " * 2000)
    assert Wish(frozenset({ADDRESS, ALL}), unsure=True) == read("leave me alone. " + "word " * 2000)


def test_an_empty_message_asks_for_nothing() -> None:
    assert NOTHING == read("") == read(" \n")


@pytest.mark.parametrize("text", ["start", "START", "Unstop!"])
def test_only_the_whole_word_opens_an_address_again(text: str) -> None:
    assert Wish(start=True) == read(text)


@pytest.mark.parametrize("text", ["start texting me", "please don't start", "let's start over", "yes"])
def test_anything_longer_opens_nothing(text: str) -> None:
    assert not read(text).start


def test_the_providers_own_reading_is_believed_for_the_address() -> None:
    assert Wish(frozenset({ADDRESS})) == read("anything", "stop")
    assert Wish(frozenset({ADDRESS, ALL})) == read("leave me alone", "stop")
    assert Wish(start=True) == read("START please", "start")
