"""What a channel promises of callbacks (ability ``callbacks``): only the vendor is believed, word by word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from outreach.channels import Ability, Callback, CallbackRefused, DeliveryNews, News, OptOutNews, ReplyNews
from outreach.domain import Result, new_id
from outreach.domain.words import CALL_CHANNELS, CALL_RESULTS
from outreach.testing.fakes import NOW
from outreach.testing.suite import Suite, Told, chain

__all__ = ["CallbackBehaviours"]

_AFTERWARDS = frozenset({Result.SENT, Result.DELIVERED, Result.BOUNCED, Result.UNRECOGNISED})
_INVENTED = "invented-by-the-suite"
_PLANTED = "Rosalind Okafor"
_GARBAGE = (
    b"",
    b"\xff\xfe\x80",
    b"null",
    b"[]",
    b"17",
    b'"text"',
    b"{",
    b"1" * 5000,
    b"[" * 20_000,
    b"a=1&" * 2_000,
    b"\0" * 1_000,
    b"%ff=%fe",
    b"x" * 300_000,
    f'{{"from": "+16145550142", "name": "{_PLANTED}", '.encode(),
    f"From=%2B16145550142&Name={_PLANTED.replace(' ', '+')}&%ff".encode(),
)
_MISSHAPEN: tuple[Any, ...] = (None, [], {}, 17, "", True, [[]])


class CallbackBehaviours(Suite):
    """The tests. A channel without the ability has none of this to show but that it says so."""

    def test_without_the_ability_it_reads_no_callbacks(self) -> None:
        if Ability.CALLBACKS not in self.channel.abilities:
            callback = Callback("https://agency.example/callbacks/x", {}, b"", NOW)
            with pytest.raises(NotImplementedError):
                self.channel.verify_callback(callback)
            with pytest.raises(NotImplementedError):
                list(self.channel.read_callback(callback))

    # ---- what is believed ----------------------------------------------------------------------------

    def test_a_genuine_callback_is_read_into_the_news_expected(self) -> None:
        for told in self._told():
            assert [_plain(news) for news in told.news] == [_plain(n) for n in self.hear(told.callback)], (
                told.name
            )

    def test_news_is_told_in_the_words_of_the_contract(self) -> None:
        way = self.channel.medium
        results = _AFTERWARDS | (CALL_RESULTS if way in CALL_CHANNELS else frozenset())
        for name, callback in self._genuine():
            for news in self.hear(callback):
                assert news.key, f"{name}: without a key it would be recorded each time it comes"
                assert news.at is None or news.at.tzinfo is not None, f"{name}: a moment without its offset"
                if isinstance(news, DeliveryNews):
                    assert news.result in results, name
                    assert news.said, f"{name}: the vendor's own word is kept"
                else:
                    assert news.address, name

    def test_each_word_of_the_vendor_becomes_ours_about_the_attempt_meant(self) -> None:
        attempt = new_id(NOW)
        for word, result in self._words().items():
            heard = self.hear(self.word_callback(word, attempt))
            expected = [] if result is None else [(attempt, result)]
            assert expected == [(n.attempt, n.result) for n in heard if isinstance(n, DeliveryNews)], word
            assert all(word in n.said for n in heard if isinstance(n, DeliveryNews)), word

    def test_a_word_nobody_knows_is_unrecognised_and_counts(self) -> None:
        if self._words():
            attempt = new_id(NOW)
            [news] = self.hear(self.word_callback(_INVENTED, attempt))
            assert isinstance(news, DeliveryNews)
            assert (attempt, Result.UNRECOGNISED) == (news.attempt, news.result)
            assert _INVENTED in news.said

    # ---- what is not believed ------------------------------------------------------------------------

    def test_forged_callbacks_are_refused(self) -> None:
        for name, callback in self._forged():
            assert self._is_refused(callback), f"{name}: it was believed"

    def test_a_changed_body_is_refused(self) -> None:
        for told in self._told():
            for place in {0, len(told.callback.body) // 2, len(told.callback.body) - 1} - {-1}:
                changed = bytearray(told.callback.body)
                changed[place:] = bytes([changed[place] ^ 1]) + changed[place + 1 :] if changed else b"x"
                assert self._is_refused(replace(told.callback, body=bytes(changed))), (
                    f"{told.name}: a changed byte at {place} was believed"
                )

    def test_without_its_signature_a_callback_is_refused(self) -> None:
        """Nothing is left but what any stranger can send: the body, and what kind of body it is."""
        for told in self._told():
            callback = told.callback
            kept = {name: callback.header(name) for name in ("content-type",) if callback.header(name)}
            bare = urlsplit(callback.url)._replace(query="").geturl()
            assert self._is_refused(replace(callback, url=bare, headers=kept)), told.name

    def test_what_the_signature_does_not_cover_changes_no_news(self) -> None:
        """A signature over the body alone is fine, if the rest of the request is not believed either."""
        for told in self._told():
            callback, other = told.callback, new_id(NOW)
            url = callback.url
            changes = [replace(callback, url=f"{url}{'&' if '?' in url else '?'}status=delivered&id=1")]
            if callback.attempt:
                moved = url.replace(callback.attempt, other)
                changes.append(replace(callback, url=moved, attempt=other))
            for changed in changes:
                if not self._is_refused(changed):
                    news = self.channel.read_callback(changed)
                    assert list(news) == list(self.channel.read_callback(callback)), told.name

    def test_what_cannot_be_read_is_refused_and_nothing_else_is_raised(self) -> None:
        """Also of a body that is signed, yet is not what it should be: the vendor's next version, say."""
        for told in self._told():
            for body in _GARBAGE:
                if body != told.callback.body:
                    assert self._is_refused(replace(told.callback, body=body)), body[:20]
                    self._read(replace(told.callback, body=body))
            for body in _misshapen(told.callback.body):
                self._read(replace(told.callback, body=body))

    # ---- once, in any order --------------------------------------------------------------------------

    def test_told_again_and_in_another_order_it_is_the_same_news(self) -> None:
        """No memory in the channel: the host drops what it has, by the key, also after a restart."""
        genuine = [callback for _, callback in self._genuine()]
        first = [self.hear(callback) for callback in genuine]
        assert first[::-1] == [self.hear(callback) for callback in genuine[::-1]]
        later = [replace(each, received_at=each.received_at + timedelta(seconds=1)) for each in genuine]
        again = [self.hear(callback) for callback in later]
        assert [[n.key for n in news] for news in first] == [[n.key for n in news] for news in again]

    def test_different_news_has_different_keys(self) -> None:
        known: dict[str, News] = {}
        for name, callback in self._genuine():
            for news in self.hear(callback):
                assert _plain(news) == _plain(known.setdefault(news.key, news)), (
                    f"{name}: has the key of other news"
                )

    # ---- privacy -------------------------------------------------------------------------------------

    def test_callbacks_leave_nothing_private_in_logs_errors_keys_and_words(self) -> None:
        known = [_PLANTED]
        for _, callback in self._genuine():
            for news in self.hear(callback):
                self.heard.errors.append(news.key)
                if isinstance(news, DeliveryNews):
                    self.heard.errors.append(news.said)
                else:
                    known.append(news.address)
                if isinstance(news, ReplyNews):
                    known.append(news.text)
        self.refuse_all()
        assert [] == self.heard.personal([text for text in known if len(text) > 3])

    def refuse_all(self) -> None:
        """Hear everything that is to be refused; what is raised is kept for the tests of privacy."""
        for _, callback in self._forged():
            self._is_refused(callback)
        for told in self._told():
            for body in (*_GARBAGE, *_misshapen(told.callback.body)):
                callback = replace(told.callback, body=body)
                try:
                    self._is_refused(callback)
                    self._read(callback)
                except Exception as other:  # noqa: BLE001  that it may not be raised is shown by another test
                    self.heard.errors += chain(other)

    # ---- how -----------------------------------------------------------------------------------------

    def _told(self) -> list[Told]:
        return list(self.callbacks()) if self.shows(Ability.CALLBACKS) else []

    def _words(self) -> dict[str, Result | None]:
        return dict(self.words_of_vendor()) if self.shows(Ability.CALLBACKS) else {}

    def _genuine(self) -> Iterator[tuple[str, Callback]]:
        for told in self._told():
            yield told.name, told.callback
        for attempt in (new_id(NOW), new_id(NOW)) if self._words() else ():
            for word in self._words():
                yield word, self.word_callback(word, attempt)

    def _forged(self) -> Iterator[tuple[str, Callback]]:
        """The author's, and each genuine body with the signature of another."""
        if self.shows(Ability.CALLBACKS):
            yield from self.forged().items()
        told = self._told()
        for one, other in pairwise(told):
            if one.callback.body != other.callback.body:
                yield (
                    f"{one.name}, with the signature of: {other.name}",
                    replace(one.callback, headers=other.callback.headers),
                )

    def _is_refused(self, callback: Callback) -> bool:
        try:
            self.channel.verify_callback(callback)
        except CallbackRefused as refused:
            self.heard.errors += chain(refused)
            return True
        return False

    def _read(self, callback: Callback) -> None:
        """Read what may be unreadable: it is news, none or refused; anything else fails the test."""
        try:
            for news in self.channel.read_callback(callback):
                assert isinstance(news, DeliveryNews | ReplyNews | OptOutNews)
        except CallbackRefused as refused:
            self.heard.errors += chain(refused)


def _plain(news: News) -> News:
    return replace(news, key="")


def _misshapen(body: bytes) -> Iterator[bytes]:
    """The body with each of its fields left out, or of another kind than it should be."""
    try:
        fields: Any = json.loads(body)
    except ValueError:
        fields = None
    if isinstance(fields, dict):
        for name in fields:
            yield json.dumps({key: value for key, value in fields.items() if key != name}).encode()
            for value in _MISSHAPEN:
                yield json.dumps({**fields, name: value}).encode()
    elif fields is None:
        pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
        for name, _ in pairs:
            yield urlencode([(key, value) for key, value in pairs if key != name]).encode()
            yield urlencode([(key, "" if key == name else value) for key, value in pairs]).encode()
