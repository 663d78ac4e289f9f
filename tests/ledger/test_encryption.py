"""Encryption of what lies beside the chain: what can be read with which keys, and by nobody."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from outreach.domain import SYSTEM, FrozenClock, NewEvent, Words, digest_of
from outreach.errors import LedgerError
from outreach.ledger import (
    Encrypted,
    KnownPerson,
    Ledger,
    Reading,
    Subject,
    encrypting,
    new_master_key,
    open_ledger,
)
from outreach.ledger.encrypted import COLUMNS
from outreach.ledger.encryption import MasterKeys, StreamCipher
from outreach.settings import HIDDEN, Settings, load_settings, origins
from outreach.testing import Heard
from tests.ledger.conftest import MASTER_KEYS, Backend, SqliteFile, make_backend
from tests.ledger.made import (
    DEBT,
    MAIL,
    NOW,
    NUMBER,
    ana,
    closed,
    noted,
    opened,
    plain,
    record,
    save,
    stored,
    told,
)
from tests.ledger.processes import ended, start
from tests.ledger.test_tampering import Examiner

CALL_US, LATE = "Dear Ana, please call", "Words that came late"
NEW = "2e" * 32
KEY_ID = hashlib.sha256(bytes.fromhex(MASTER_KEYS)).hexdigest()[:8]
NEW_ID = hashlib.sha256(bytes.fromhex(NEW)).hexdigest()[:8]
PERSONAL = (
    *("Ana López", "Bo López", NUMBER, "+16145550188", MAIL, DEBT, "4111111111111111", "1 High St"),
    *("she spoke of her sister", CALL_US, LATE, "her own words for it"),
    "+16145550177",
)


@pytest.fixture(params=["sqlite encrypted", "postgres encrypted"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    made = make_backend(request.param, request, tmp_path)
    yield made
    made.close()


def attempted(person: KnownPerson, attempt: str, text: str) -> NewEvent:
    """An opened attempt that says by digest which words were to be said."""
    event = opened(person.id, attempt)
    return NewEvent(event.stream, event.kind, event.at, {**event.fields, "words": digest_of(text)})


def fill(ledger: Ledger) -> tuple[KnownPerson, KnownPerson]:
    """Ana and somebody else: data in two versions, free text, words of both kinds, contacts, a reason."""
    person, other = save(ledger, ana(), plain("p2"))
    person = save(ledger, ana(language="en"))[0]
    with ledger.write({Subject("person", person.id), Subject("person", other.id)}) as writing:
        writing.append([noted(person.id, "she spoke of her sister"), attempted(person, "A" * 26, CALL_US)])
        writing.keep_words([("A" * 26, Words(CALL_US))])
        wish = stored(person, attempt="A" * 26)
        writing.add_contacts([wish, stored(other, "c2", "k2", reason="her own words for it")])
    with ledger.write() as writing:
        writing.keep_words([("A" * 25 + "B", Words(LATE))])
    record(ledger, attempted(person, "A" * 25 + "B", LATE), noted(other.id, "note"))
    record(ledger, closed(person.id, "A" * 26), NewEvent(SYSTEM, "inbound", NOW, {"from": "+16145550177"}))
    return person, other


def everything(ledger: Ledger) -> list[Any]:
    """What the ledger tells of everybody, in plain values."""
    with ledger.read() as reading:
        people = reading.person_ids()
        known = reading.knowledge([*people, SYSTEM])
        return [
            known,
            [reading.versions_of(person) for person in people],
            [reading.contacts_of(person) for person in people],
            reading.contacts(["c1", "c2"]),
            [reading.words("A" * 26), reading.words("A" * 25 + "B")],
            reading.system_events(),
        ]


def raw(backend: Backend) -> str:
    """Every row of every table, as it lies there."""
    from outreach.ledger.schema import metadata

    rows = {each.name: backend.rows(f"SELECT * FROM {each.name}") for each in metadata.sorted_tables}
    return json.dumps(rows, ensure_ascii=False, default=str)


def keys_of(backend: Backend) -> set[str]:
    """The master keys under which the streams' keys are stored; "plain" for those in plain."""
    stored_keys = [key for (key,) in backend.rows("SELECT key FROM stream WHERE key <> ''")]
    return {key.split(":")[1] if key.startswith("k1:") else "plain" for key in stored_keys}


def opening(backend: Backend, master_keys: str = "", **options: Any) -> Ledger:
    return backend.open(FrozenClock(NOW), master_keys=master_keys, **options)


# ---- what lies there ---------------------------------------------------------------------------------


def test_nothing_personal_stands_in_the_rows_nor_in_the_bytes_of_the_file(
    backend: Backend, ledger: Ledger
) -> None:
    fill(ledger)
    lying = raw(backend)
    assert [] == [text for text in PERSONAL if text in lying or json.dumps(text)[1:-1] in lying]
    assert {KEY_ID} == keys_of(backend)
    if isinstance(backend, SqliteFile):
        files = [path for path in backend.path.parent.glob("outreach.db*") if path.is_file()]
        data = b"".join(path.read_bytes() for path in files)
        assert [] == [text for text in PERSONAL if text.encode() in data]
        assert b"deceased" in data, "the chain is not encrypted: it holds nothing personal"


def test_it_comes_back_as_it_was_and_everything_verifies(
    backend: Backend, ledger: Ledger, tmp_path: Path
) -> None:
    person, other = fill(ledger)
    ledger.seal()
    with ledger.read() as reading:
        assert ana(language="en") == reading.persons(["p17"])["p17"].consumer
        assert [ana(), ana(language="en")] == list(reading.versions_of(person.id))
        assert "her own words for it" == reading.contacts(["c2"])["c2"].reason
        assert set(PERSONAL) == reading.texts_within(PERSONAL)
        hers = {"Ana López", "she spoke of her sister", NUMBER, "+16145550177"}
        assert hers == reading.texts_within({*hers, "her own words for it"}, person.id)
        assert {"her own words for it"} == reading.texts_within({"her own words for it"}, other.id)
    assert () == ledger.verify().broken
    assert () == ledger.verify_seals().broken
    assert {"state", "attempt", "unexplained", "missing", "outcome"} >= ledger.rebuild().keys()
    ledger.export(tmp_path / "export", words=True)
    written = (tmp_path / "export" / "words.jsonl").read_text("utf-8")
    for text in ("she spoke of her sister", CALL_US, LATE):
        assert text in written
    status, said = Examiner(tmp_path / "export").run(signatures=False)
    assert (0, True) == (status, said.endswith("VERDICT     the record is whole\n")), said


def test_the_key_of_values_is_derived_as_rfc_5869_says_and_differs_from_that_of_digests() -> None:
    own = bytes(range(32))
    info = b"outreach ledger: values beside the chain, 1"
    key = hmac.digest(hmac.digest(bytes(32), own, "sha256"), info + b"\x01", "sha256")
    text = StreamCipher("stream", own.hex()).encrypt("entry.aside", 7, "hello")
    data = base64.urlsafe_b64decode(text.removeprefix("e1:"))
    assert b"hello" == AESGCM(key).decrypt(data[:12], data[12:], b"entry.aside\0stream\x007")
    assert StreamCipher("other", own.hex()).opened("entry.aside", 7, text) is None


def test_two_values_alike_are_encrypted_unlike(ledger: Ledger, backend: Backend) -> None:
    people = save(ledger, plain("p1"), plain("p2"))
    record(ledger, *(noted(person.id, "the same") for person in people))
    record(ledger, *(noted(person.id, "the same") for person in people))
    lying = [aside for (aside,) in backend.rows("SELECT aside FROM entry")]
    assert 4 == len(set(lying))


# ---- meddling ----------------------------------------------------------------------------------------

SWAPS = {
    "two people's data": (
        "UPDATE person_version SET data = (SELECT o.data FROM person_version AS o WHERE o.id = ?) "
        "WHERE id = ?",
        "SELECT max(id) FROM person_version GROUP BY stream",
    ),
    "two versions of one person's data": (
        "UPDATE person_version SET data = (SELECT o.data FROM person_version AS o WHERE o.id = ?) "
        "WHERE id = ?",
        "SELECT v.id FROM person_version AS v JOIN stream AS s ON s.id = v.stream JOIN person AS p "
        "ON p.stream = s.id WHERE p.ref = 'p17' ORDER BY v.id",
    ),
    "two contacts": (
        "UPDATE contact SET received = (SELECT o.received FROM contact AS o WHERE o.arrival = ?) "
        "WHERE arrival = ?",
        "SELECT arrival FROM contact ORDER BY arrival",
    ),
    "two people's keys": (
        "UPDATE stream SET key = (SELECT o.key FROM stream AS o WHERE o.id = ?) WHERE id = ?",
        "SELECT id FROM stream WHERE name <> 'system' ORDER BY id",
    ),
    "two people's tokens": (
        "UPDATE stream SET aliases = (SELECT o.aliases FROM stream AS o WHERE o.id = ?) WHERE id = ?",
        "SELECT id FROM stream WHERE name <> 'system' ORDER BY id",
    ),
    "two texts of one person": (
        "UPDATE entry SET aside = (SELECT o.aside FROM entry AS o WHERE o.id = ?) WHERE id = ?",
        "SELECT e.id FROM entry AS e JOIN person AS p ON p.stream = e.stream "
        "WHERE p.ref = 'p17' AND e.aside <> '' ORDER BY e.id",
    ),
    "a text and data": (
        "UPDATE person_version SET data = (SELECT e.aside FROM entry AS e WHERE e.id = ?) WHERE id = ?",
        "SELECT min(e.id) FROM entry AS e JOIN person AS p ON p.stream = e.stream WHERE p.ref = 'p17' "
        "UNION ALL SELECT version FROM person WHERE ref = 'p17'",
    ),
    "a text and words": (
        "UPDATE words SET data = (SELECT e.aside FROM entry AS e WHERE e.id = ?) "
        "WHERE attempt = (SELECT name FROM entry WHERE id = ?)",
        "SELECT e.id FROM entry AS e JOIN person AS p ON p.stream = e.stream WHERE p.ref = 'p17' "
        "AND e.name LIKE 'AAAA%' ORDER BY e.id",
    ),
}


@pytest.mark.parametrize("what", SWAPS)
def test_a_value_put_in_another_ones_place_cannot_be_read(
    backend: Backend, ledger: Ledger, what: str
) -> None:
    person, _ = fill(ledger)
    record(ledger, noted(person.id, "another text"))
    ledger.close()
    change, asked = SWAPS[what]
    [(source,), (target,), *_] = backend.rows(asked)
    backend.meddle(change, source, target)
    meddled = backend.open(FrozenClock(NOW))
    with pytest.raises(LedgerError, match="encrypted value cannot be read") as caught:
        everything(meddled)
    assert "audit verify" in caught.value.remedy
    if what in ("two texts of one person", "two people's keys"):
        assert meddled.verify().broken
    meddled.close()


def test_the_database_lets_a_plain_text_be_encrypted_and_nothing_else(
    backend: Backend, ledger: Ledger
) -> None:
    person = save(ledger, ana())[0]
    record(ledger, noted(person.id, "she called"))
    change = "UPDATE entry SET aside = '{}'"
    for text in ('{"fields":{}}', "e1:AAAA", "x"):
        assert "append-only" in backend.attempt(change.format(text)), "it is encrypted already"
    backend.meddle("UPDATE entry SET aside = '{\"a\":1}'")
    if isinstance(backend, SqliteFile):
        return  # meddling has taken its triggers away
    for text in ('{"fields":{}}', "x", "k1:AAAA"):
        assert "append-only" in backend.attempt(change.format(text))
    assert "" == backend.attempt(change.format("e1:AAAA"))
    assert "" == backend.attempt(change.format(""))
    assert "append-only" in backend.attempt(change.format("e1:AAAA"))


def test_on_sqlite_too_a_plain_text_may_only_be_encrypted_or_emptied(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path)
    ledger = file.open(FrozenClock(NOW))
    record(ledger, noted(SYSTEM, "she called"))
    ledger.close()
    for text in ('{"fields":{}}', "x", "k1:AAAA"):
        assert "append-only" in file.attempt(f"UPDATE entry SET aside = '{text}'")
    assert "" == file.attempt("UPDATE entry SET aside = 'e1:AAAA'")
    assert "append-only" in file.attempt("UPDATE entry SET aside = 'e1:BBBB'")
    assert "" == file.attempt("UPDATE entry SET aside = ''")
    assert "append-only" in file.attempt("UPDATE entry SET aside = 'e1:AAAA'")


# ---- keys --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", ["", NEW])
def test_without_its_master_key_nothing_is_read_and_nothing_written(
    backend: Backend, ledger: Ledger, keys: str
) -> None:
    person, _ = fill(ledger)
    ledger.close()
    before = raw(backend)
    other = opening(backend, keys)
    for use in (
        lambda: told(other, person.id),
        lambda: record(other, noted(SYSTEM)),
        lambda: save(other, plain("p3")),
        other.encrypt,
        other.rotate,
        other.verify,
        other.begin_run,
        other.rebuild,
    ):
        with pytest.raises(LedgerError, match="master key") as caught:
            use()
        assert "OUTREACH_LEDGER__MASTER_KEYS" in caught.value.remedy
        assert (f"it needs the key {KEY_ID}" in caught.value.why) is bool(keys)
        assert MASTER_KEYS not in str(caught.value)
        assert NEW not in str(caught.value)
    other.close()
    assert before == raw(backend)


def test_a_process_without_keys_that_was_at_work_when_encryption_came_is_told(
    backend: Backend, ledger: Ledger
) -> None:
    ledger.close()
    backend.meddle("DELETE FROM installation WHERE name = 'master_key'")
    # As it was before: the system's key in plain, nobody on file.
    backend.meddle("UPDATE stream SET key = ?", "ab" * 32)
    old = opening(backend)
    person = save(old, ana())[0]
    assert {"plain"} == keys_of(backend)
    new = opening(backend, MASTER_KEYS)
    record(new, noted(person.id, "from now on"))
    with pytest.raises(LedgerError, match="no master key is given"):
        told(old, person.id)
    old.close()
    new.close()


@pytest.mark.parametrize("keys", ["secret", "ab" * 31, f"{NEW},{'ab' * 31}", ",", "ab" * 32 + ";" + NEW])
def test_what_is_no_key_is_refused_and_not_repeated(tmp_path: Path, keys: str) -> None:
    with pytest.raises(LedgerError, match="is no key") as caught:
        open_ledger(f"sqlite:///{tmp_path / 'x.db'}", FrozenClock(NOW), create=True, master_keys=keys)
    assert "OUTREACH_LEDGER__MASTER_KEYS" == caught.value.where
    assert keys not in str(caught.value) or keys == ","
    assert [] == list(tmp_path.iterdir())


def test_without_the_package_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "outreach.ledger.encryption", raising=False)
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with pytest.raises(LedgerError, match="needs the package cryptography") as caught:
        open_ledger(url, FrozenClock(NOW), create=True, master_keys=NEW)
    assert "outreach[encryption]" in caught.value.remedy
    ledger = open_ledger(url, FrozenClock(NOW), create=True)
    record(ledger, noted(SYSTEM, "it works without"))
    ledger.close()


def test_a_new_key_is_64_hexadecimal_digits_and_never_the_same() -> None:
    made = {new_master_key() for _ in range(3)}
    assert 3 == len(made)
    assert all(MasterKeys.parse(key).ids for key in made)


def test_no_secret_is_in_settings_errors_or_logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heard: Heard
) -> None:
    monkeypatch.setenv("OUTREACH_LEDGER__MASTER_KEYS", f"{NEW},{MASTER_KEYS}")
    (tmp_path / "outreach.toml").write_text("")
    settings = load_settings(tmp_path)
    assert f"{NEW},{MASTER_KEYS}" == settings.ledger_options()["master_keys"]
    [shown] = [each for each in origins(settings) if each.name == "ledger.master_keys"]
    assert HIDDEN == shown.value
    ledger = open_ledger(
        f"sqlite:///{tmp_path / 'x.db'}", FrozenClock(NOW), create=True, **settings.ledger_options()
    )
    fill(ledger)
    ledger.close()
    wrong = open_ledger(f"sqlite:///{tmp_path / 'x.db'}", FrozenClock(NOW), master_keys="ab" * 32)
    with pytest.raises(LedgerError):
        wrong.verify()
    wrong.close()
    said = repr(settings) + repr(origins(settings)) + "".join([*heard.lines, *heard.errors])
    for key in (NEW, MASTER_KEYS, "ab" * 32):
        assert key not in said
    assert "" == Settings().ledger_options()["master_keys"]


# ---- changing the master key -------------------------------------------------------------------------


def test_after_a_rotation_the_new_key_alone_reads_everything_and_no_row_was_touched(
    backend: Backend, ledger: Ledger
) -> None:
    fill(ledger)
    before = everything(ledger)
    ledger.close()
    beside = [backend.rows(f"SELECT * FROM {table}") for table in ("entry", "person_version", "contact")]
    both = opening(backend, f"{NEW},{MASTER_KEYS}")
    assert before == everything(both)
    done = both.rotate()
    assert (3, 0, 0, NEW_ID) == (done.changed, done.kept, done.left, done.current)
    again = both.rotate()
    assert (0, 3, 0) == (again.changed, again.kept, again.left)
    both.close()
    assert {NEW_ID} == keys_of(backend)
    assert beside == [
        backend.rows(f"SELECT * FROM {table}") for table in ("entry", "person_version", "contact")
    ]
    alone = opening(backend, NEW)
    assert before == everything(alone)
    assert () == alone.verify().broken
    alone.close()
    old = opening(backend, MASTER_KEYS)
    with pytest.raises(LedgerError, match="not given") as caught:
        everything(old)
    assert f"it needs the key {NEW_ID}" in caught.value.why
    old.close()


def test_while_keys_change_both_are_believed_and_new_people_get_the_new_one(
    backend: Backend, ledger: Ledger
) -> None:
    person, _ = fill(ledger)
    both = opening(backend, f"{NEW},{MASTER_KEYS}")
    save(both, plain("p9"))
    assert {KEY_ID, NEW_ID} == keys_of(backend)
    record(both, noted(person.id, "with the old one"))
    with pytest.raises(LedgerError, match="not given"), ledger.read() as reading:
        reading.persons(["p9"])
    assert 3 == both.rotate().changed
    assert {NEW_ID} == keys_of(backend)
    both.close()


def test_a_rotation_cut_short_is_finished_by_the_next(
    backend: Backend, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(ledger, *(plain(f"p{number}") for number in range(9)))
    before = everything(ledger)
    monkeypatch.setattr(encrypting, "_AT_ONCE", 2)
    both = opening(backend, f"{NEW},{MASTER_KEYS}")
    with pytest.raises(KeyError):
        both.rotate(_dies_after(4))
    assert {KEY_ID, NEW_ID} == keys_of(backend)
    assert before == everything(both)
    done = both.rotate()
    assert (6, 4, 0) == (done.changed, done.kept, done.left)
    assert {NEW_ID} == keys_of(backend)
    assert before == everything(both)
    both.close()


def test_a_rotation_needs_the_key_that_is_in_use_and_leaves_what_was_changed(
    backend: Backend, ledger: Ledger
) -> None:
    person, _ = fill(ledger)
    backend.meddle("UPDATE installation SET value = ? WHERE name = 'master_key'", NEW_ID)
    wrong = opening(backend, NEW)
    with pytest.raises(LedgerError, match="not given"):
        wrong.rotate()
    wrong.close()
    assert {KEY_ID} == keys_of(backend)
    backend.meddle("UPDATE stream SET key = substr(key, 1, 40) || 'AAAA' WHERE name = ?", person.id)
    both = opening(backend, f"{NEW},{MASTER_KEYS}")
    done = both.rotate()
    assert (2, 1) == (done.changed, done.left)
    assert [(person.id, "the key of its chain was changed")] == [
        (each.stream, each.why) for each in both.verify().broken
    ]
    both.close()


def test_others_write_while_the_key_changes(backend: Backend, ledger: Ledger) -> None:
    person, other = fill(ledger)
    backend.options["master_keys"] = f"{NEW},{MASTER_KEYS}"
    both = opening(backend, f"{NEW},{MASTER_KEYS}")
    writers = [start("append", backend, each.id, 25) for each in (person, other)]
    while any(writer.poll() is None for writer in writers):
        both.rotate()
        backend.meddle("UPDATE installation SET value = ? WHERE name = 'master_key'", KEY_ID)
        older = opening(backend, f"{MASTER_KEYS},{NEW}")
        older.rotate()  # and back, so that there is something to do again
        older.close()
    for writer in writers:
        ended(writer)
    assert 0 == both.rotate().left
    both.close()
    alone = opening(backend, NEW)
    assert 25 + 4 == len(told(alone, person.id))
    assert () == alone.verify().broken
    alone.close()


def _dies_after(count: int) -> Any:
    done = 0

    def tick(more: int) -> None:
        nonlocal done
        done += more
        if done >= count:
            raise KeyError

    return tick


# ---- switching it on ---------------------------------------------------------------------------------


@pytest.fixture
def before(backend: Backend) -> Backend:
    """The backend with a ledger that was filled before there was encryption."""
    backend.options = {name: value for name, value in backend.options.items() if name != "master_keys"}
    ledger = backend.open(FrozenClock(NOW))
    fill(ledger)
    ledger.close()
    return backend


def test_what_is_written_from_then_on_is_encrypted_beside_what_is_plain(before: Backend) -> None:
    """An old program cannot go on with it from then on, and the ledger says so."""
    assert [("0004",)] == before.rows("SELECT value FROM installation WHERE name = 'works_with'")
    ledger = opening(before, MASTER_KEYS)
    with ledger.read() as reading:
        person, other = reading.persons(["p17"])["p17"], reading.persons(["p2"])["p2"]
    assert {"plain"} == keys_of(before), "reading changes nothing"
    record(ledger, noted(person.id, "a second note"))
    with ledger.write() as writing:
        writing.add_contacts([stored(other, "c3", "k3", reason="a second reason")])
    lying = raw(before)
    assert "a second note" not in lying
    assert "a second reason" not in lying
    assert "she spoke of her sister" in lying
    keys = dict(before.rows("SELECT name, key FROM stream"))
    assert all(keys[each.id].startswith(f"k1:{KEY_ID}:") for each in (person, other))
    assert "a second note" in str(everything(ledger))
    assert () == ledger.verify().broken
    assert [("0005",)] == before.rows("SELECT value FROM installation WHERE name = 'works_with'")
    with ledger.read() as reading:
        assert {*PERSONAL, "a second note"} == reading.texts_within({*PERSONAL, "a second note"})
        assert "a second reason" == reading.contacts(["c3"])["c3"].reason
    ledger.close()
    off = opening(before)
    with pytest.raises(LedgerError, match="no master key is given"):
        told(off, person.id)
    off.close()


def test_an_existing_ledger_is_encrypted_whole(before: Backend) -> None:
    off = opening(before)
    known, verified = everything(off), off.verify()
    off.close()
    chain = before.rows("SELECT id, stream, seq, upto, recorded_at, name, body, hash FROM entry ORDER BY id")
    ledger = opening(before, MASTER_KEYS)
    ticks: list[int] = []
    done = ledger.encrypt(ticks.append)
    assert Encrypted(keys=3, tokens=3, versions=3, texts=3, contacts=2, reasons=1) == done
    assert 15 == sum(ticks)
    assert Encrypted() == ledger.encrypt()
    assert known == everything(ledger)
    assert verified == ledger.verify()
    assert ledger.compact()
    ledger.close()
    lying = raw(before)
    assert [] == [text for text in PERSONAL if text in lying or json.dumps(text)[1:-1] in lying]
    assert {KEY_ID} == keys_of(before)
    assert chain == before.rows(
        "SELECT id, stream, seq, upto, recorded_at, name, body, hash FROM entry ORDER BY id"
    )
    if isinstance(before, SqliteFile):
        assert [] == [text for text in PERSONAL if text.encode() in before.path.read_bytes()]


def test_encrypting_cut_short_is_finished_by_the_next(
    before: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = opening(before)
    known = everything(off)
    off.close()
    monkeypatch.setattr(encrypting, "_AT_ONCE", 1)
    ledger = opening(before, MASTER_KEYS)
    total, cuts = 0, 0
    while True:
        seen: list[int] = []

        def tick(count: int, seen: list[int] = seen) -> None:
            seen.append(count)
            if len(seen) == 4:
                raise KeyError

        try:
            ledger.encrypt(tick)
        except KeyError:
            cuts += 1
        total += sum(seen)
        assert known == everything(ledger), "whatever is encrypted by now"
        assert () == ledger.verify().broken
        if len(seen) < 4:
            break
    assert (15, 3) == (total, cuts)
    ledger.close()
    lying = raw(before)
    assert [] == [text for text in PERSONAL if text in lying]


def test_others_write_while_a_ledger_is_encrypted(before: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = opening(before, MASTER_KEYS)
    with ledger.read() as reading:
        person, other = reading.persons(["p17"])["p17"], reading.persons(["p2"])["p2"]
    monkeypatch.setattr(encrypting, "_AT_ONCE", 1)
    before.options["master_keys"] = MASTER_KEYS
    writers = [start("append", before, each.id, 15) for each in (person, other)]
    while any(writer.poll() is None for writer in writers):
        ledger.encrypt()
    for writer in writers:
        ended(writer)
    ledger.encrypt()
    assert 15 + 4 == len(told(ledger, person.id))
    assert () == ledger.verify().broken
    for column in COLUMNS:
        assert [] == before.rows(f"SELECT {column.value} FROM {column.source} WHERE {column.is_plain}")
    ledger.close()


def test_of_two_that_switch_it_on_with_different_keys_one_is_refused(before: Backend) -> None:
    one, other = opening(before, MASTER_KEYS), opening(before, NEW)
    with one.read(), other.read():
        pass  # both have seen that nothing is encrypted yet
    record(one, noted(SYSTEM))
    with pytest.raises(LedgerError, match="master key that is not given"):
        save(other, plain("p9"))
    one.close()
    other.close()
    assert NEW_ID not in keys_of(before)


def test_a_contact_that_no_key_could_hide_is_refused(ledger: Ledger) -> None:
    person, _ = fill(ledger)
    erase(ledger, person)
    for whom in (person.id, "nobody"):
        with pytest.raises(LedgerError, match="nobody on file"), ledger.write() as writing:
            writing.add_contacts([replace(stored(person, "c9", "k9"), person=whom)])


# ---- erasing -----------------------------------------------------------------------------------------


def erase(ledger: Ledger, person: KnownPerson) -> None:
    with ledger.write({Subject("person", person.id), Subject("person", SYSTEM)}) as writing:
        writing.erase(person.id, keep=())


def test_what_was_copied_of_an_erased_person_cannot_be_read_any_more(
    backend: Backend, ledger: Ledger
) -> None:
    """Old values put back beside the destroyed key: from a replica, a page set free, a log of writes."""
    person, _ = fill(ledger)
    number = "(SELECT id FROM stream WHERE name = ?)"
    [(data,)] = backend.rows(f"SELECT max(data) FROM person_version WHERE stream = {number}", person.id)
    [(received,)] = backend.rows("SELECT received FROM contact WHERE id = 'c1'")
    [(aside,)] = backend.rows(f"SELECT max(aside) FROM entry WHERE stream = {number}", person.id)
    erase(ledger, person)
    with ledger.read() as reading:
        assert frozenset() == reading.texts_within({"Ana López", "she spoke of her sister"})
        assert reading.persons(["p17"])["p17"].erased
        assert () == reading.versions_of(person.id)
        assert "" == reading.contacts(["c1"])["c1"].contact.to
    assert () == ledger.verify().broken
    ledger.close()
    backend.meddle(f"UPDATE person_version SET data = ? WHERE stream = {number}", data, person.id)
    backend.meddle("UPDATE contact SET received = ? WHERE id = 'c1'", received)
    backend.meddle(f"UPDATE entry SET aside = ? WHERE stream = {number} AND seq = 1", aside, person.id)
    again = backend.open(FrozenClock(NOW))
    uses: list[Callable[[Reading], object]] = [
        lambda reading: reading.versions_of(person.id),
        lambda reading: reading.contacts(["c1"]),
        lambda reading: reading.texts_within({"Ana López"}, person.id),
    ]
    for use in uses:
        with pytest.raises(LedgerError, match="cannot be read") as caught, again.read() as reading:
            use(reading)
        assert "erased" in caught.value.why
    again.close()


def test_a_backup_from_before_is_readable_until_its_master_key_is_destroyed(tmp_path: Path) -> None:
    """What is true of backups: they hold her key too, under the master key of then."""
    file = SqliteFile(tmp_path)
    ledger = opening(file, MASTER_KEYS)
    person, _ = fill(ledger)
    ledger.backup(tmp_path / "copy.db")
    erase(ledger, person)
    ledger.close()
    copy = f"sqlite:///{tmp_path / 'copy.db'}"
    held = open_ledger(copy, FrozenClock(NOW), master_keys=MASTER_KEYS)
    with held.read() as reading:
        assert "Ana López" == reading.persons(["p17"])["p17"].consumer.name
    held.close()
    both = opening(file, f"{NEW},{MASTER_KEYS}")
    assert 0 == both.rotate().left
    both.close()
    for keys in ("", NEW):
        lost = open_ledger(copy, FrozenClock(NOW), master_keys=keys)
        with pytest.raises(LedgerError, match="master key"), lost.read() as reading:
            reading.persons(["p17"])
        lost.close()
    live = opening(file, NEW)
    with live.read() as reading:
        assert "p2" == reading.persons(["p2"])["p2"].consumer.id
    live.close()
