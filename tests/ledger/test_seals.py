"""Seals: checkpoints over all chains; what they cover, who signs them, where they are copied."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain import SYSTEM, FrozenClock
from outreach.errors import LedgerError
from outreach.ledger import Ledger, SealKey, upgrade_ledger
from outreach.ledger.copies import copy_seals
from outreach.ledger.examining import Seal, from_file, leaf, merkle_root, seals_in
from outreach.ledger.migrations import REVISIONS
from outreach.ledger.sealing import stored_seals, take_seal
from tests.ledger.conftest import Backend
from tests.ledger.made import NOW, ana, noted, plain, record, save

# ---- the tree ----------------------------------------------------------------------------------------

# The inputs and roots with which Certificate Transparency tests its trees (merkle_tree_test.cc).
CT_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_the_tree_is_that_of_rfc_6962(size: int) -> None:
    assert CT_ROOTS[size] == merkle_root(map(bytes.fromhex, CT_LEAVES[:size]))


def defined(entries: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\x01" + defined(entries[:split]) + defined(entries[split:])).digest()


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_a_tree_of_any_size_is_that_of_the_definition(entries: list[bytes]) -> None:
    assert defined(entries).hex() == merkle_root(entries)


# ---- what a seal is ----------------------------------------------------------------------------------


def sealed(backend: Backend, number: int) -> tuple[dict[str, Any], list[Any]]:
    [(body, leaves)] = backend.rows("SELECT body, leaves FROM seal WHERE number = ?", number)
    return json.loads(body), json.loads(leaves)


def test_a_seal_covers_what_grew_since_the_one_before_it(
    backend: Backend, ledger: Ledger, clock: FrozenClock
) -> None:
    one, two = save(ledger, plain("p1"), plain("p2"))
    record(ledger, noted(one.id), noted(one.id), noted(two.id))
    first = ledger.seal()
    clock.set(NOW - timedelta(hours=1))
    record(ledger, noted(two.id))
    record(ledger, noted(two.id), noted(SYSTEM))
    second = ledger.seal()
    assert first is not None
    assert second is not None
    assert [(1, 2, 3), (2, 2, 3)] == [(each.number, each.streams, each.events) for each in (first, second)]
    assert NOW == second.at, "no seal is older than the one before it, whatever the clock says"
    body, leaves = sealed(backend, 2)
    assert first.hash == body["prev"]
    assert sorted([two.id, SYSTEM]) == [stream for stream, _, _ in leaves]
    heads = backend.rows(
        "SELECT s.name, e.upto, e.hash FROM entry AS e JOIN stream AS s ON s.id = e.stream WHERE e.seq = 3 "
        "UNION SELECT s.name, e.upto, e.hash FROM entry AS e JOIN stream AS s ON s.id = e.stream "
        f"WHERE s.name = '{SYSTEM}' ORDER BY 1"
    )
    assert [list(head) for head in heads] == leaves
    assert merkle_root(leaf(*each) for each in leaves) == body["root"]


def test_a_seals_text_is_canonical_json_and_its_hash_needs_nothing_but_sha256(
    backend: Backend, ledger: Ledger, key: SealKey
) -> None:
    record(ledger, noted(SYSTEM))
    ledger.seal(key)
    [(body, signature, digest)] = backend.rows("SELECT body, signature, hash FROM seal")
    assert rfc8785.dumps(json.loads(body)).decode() == body
    assert hashlib.sha256(body.encode()).hexdigest() == digest
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public))
    public.verify(bytes.fromhex(signature), body.encode())


BEFORE_SEALS = (
    "DROP TABLE seal",
    "DROP TABLE partition",
    "DROP TABLE turn",
    "DROP INDEX ix_contact_held_partition",
    "ALTER TABLE contact DROP COLUMN partition",
    "ALTER TABLE run DROP COLUMN beat",
    "DELETE FROM installation WHERE name = 'works_with'",
    "UPDATE alembic_version SET version_num = '0002'",
)
"""What takes a ledger back to the schema of then."""


def test_where_nothing_is_new_no_seal_is_made(ledger: Ledger) -> None:
    assert ledger.seal() is None
    record(ledger, noted(SYSTEM))
    assert ledger.seal() is not None
    assert ledger.seal() is None
    assert 1 == ledger.verify_seals().seals


def test_a_ledger_from_before_there_were_seals_is_upgraded_and_sealed(
    backend: Backend, ledger: Ledger, clock: FrozenClock
) -> None:
    record(ledger, noted(SYSTEM), noted(SYSTEM))
    ledger.close()
    for change in BEFORE_SEALS:
        backend.meddle(change)
    assert ("0002", REVISIONS[-1]) == upgrade_ledger(backend.url, clock, **backend.options)
    later = backend.open(clock)
    made = later.seal()
    assert made is not None
    assert 2 == made.events
    later.close()


def test_what_was_sealed_without_a_key_is_signed_by_the_next_seal_even_if_nothing_is_new(
    ledger: Ledger, key: SealKey
) -> None:
    record(ledger, noted(SYSTEM))
    ledger.seal()
    assert "not signed" in ledger.verify_seals([key.public]).broken[0].why
    made = ledger.seal(key)
    assert made is not None
    assert (0, 0, key.public) == (made.streams, made.events, made.key)
    assert ledger.seal(key) is None
    assert () == ledger.verify_seals([key.public]).broken


def test_nothing_visibly_broken_is_ever_sealed(backend: Backend, ledger: Ledger) -> None:
    person = save(ledger, ana())[0]
    record(ledger, noted(person.id))
    record(ledger, noted(person.id))
    backend.meddle("DELETE FROM entry WHERE seq = 2")
    with pytest.raises(LedgerError, match="does not end where its commits say") as caught:
        ledger.seal()
    assert "audit verify" in caught.value.remedy
    assert 0 == ledger.verify_seals().seals


def test_no_seal_follows_one_that_was_changed(backend: Backend, ledger: Ledger) -> None:
    record(ledger, noted(SYSTEM))
    ledger.seal()
    backend.meddle("UPDATE seal SET body = replace(body, '\"events\":1', '\"events\":2')")
    record(ledger, noted(SYSTEM))
    with pytest.raises(LedgerError, match="the last seal, 1, was changed"):
        ledger.seal()


@pytest.mark.parametrize("change", ["UPDATE seal SET hash = ''", "DELETE FROM seal", "seal"])
def test_the_database_refuses_to_change_a_seal(backend: Backend, ledger: Ledger, change: str) -> None:
    record(ledger, noted(SYSTEM))
    ledger.seal()
    assert "append-only" in backend.attempt(change if " " in change else backend.wholesale.format(change))


# ---- together with writers ---------------------------------------------------------------------------


def test_each_event_falls_in_exactly_one_seal_while_a_campaign_writes(
    backend: Backend, ledger: Ledger
) -> None:
    people = [each.id for each in save(ledger, *(plain(f"p{number}") for number in range(6)))]
    going = threading.Event()
    made, failed = [], []

    def write(mine: list[str]) -> None:
        for number in range(25):
            record(ledger, *(noted(person, str(number)) for person in mine), noted(SYSTEM))
            if number == 12:
                ledger.seal()  # so that there are several seals, however the threads take turns

    def seal() -> None:
        try:
            while not going.is_set():
                if (new := ledger.seal()) is not None:
                    made.append(new)
        except LedgerError as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=(people[at : at + 3],)) for at in (0, 2, 3)]
    sealers = [threading.Thread(target=seal) for _ in range(2)]
    for each in (*writers, *sealers):
        each.start()
    for each in writers:
        each.join()
    going.set()
    for each in sealers:
        each.join()
    ledger.seal()
    assert [] == failed
    covered: dict[tuple[str, int], int] = {}
    before: dict[str, int] = {}
    rows = backend.rows("SELECT number, leaves FROM seal ORDER BY number")
    for number, leaves in rows:
        for stream, height, _ in json.loads(leaves):
            for seq in range(before.get(stream, 0) + 1, height + 1):
                assert (stream, seq) not in covered
                covered[stream, seq] = number
            before[stream] = height
    every = backend.rows("SELECT s.name, e.seq, e.upto FROM entry AS e JOIN stream AS s ON s.id = e.stream")
    assert covered.keys() == {(name, seq) for name, first, last in every for seq in range(first, last + 1)}
    assert 1 < len(rows)
    assert len({each.number for each in made}) == len(made), "two sealers never make the same seal"
    found = ledger.verify_seals()
    assert (len(rows), len(covered), ()) == (found.seals, found.events, found.broken)
    assert len(covered) == ledger.verify().events


def test_a_commit_between_reading_the_heads_and_writing_the_seal_belongs_to_the_next(
    ledger: Ledger, key: SealKey
) -> None:
    class Slow:
        public = key.public

        def sign(self, text: bytes) -> str:
            record(ledger, noted(SYSTEM, "meanwhile"))
            return key.sign(text)

    record(ledger, noted(SYSTEM))
    first, second = ledger.seal(Slow()), ledger.seal(key)
    assert first is not None
    assert second is not None
    assert [1, 1] == [first.events, second.events]
    assert () == ledger.verify_seals().broken


def test_of_two_sealers_at_once_the_slower_seals_what_the_faster_left(ledger: Ledger, key: SealKey) -> None:
    class Overtaken:
        public = key.public
        times = 0

        def sign(self, text: bytes) -> str:
            self.times += 1
            if self.times == 1:
                assert ledger.seal(key) is not None
                record(ledger, noted(SYSTEM))
            return key.sign(text)

    record(ledger, noted(SYSTEM))
    slower = Overtaken()
    made = ledger.seal(slower)
    assert made is not None
    assert (2, 1, 2) == (made.number, made.events, slower.times)
    assert () == ledger.verify_seals().broken


# ---- copies elsewhere --------------------------------------------------------------------------------


def database(ledger: Ledger) -> Any:
    return ledger._database  # type: ignore[attr-defined]


def test_every_seal_is_copied_and_a_copy_is_the_seal(ledger: Ledger, key: SealKey, elsewhere: Path) -> None:
    record(ledger, noted(SYSTEM))
    ledger.seal(key)
    record(ledger, noted(SYSTEM))
    ledger.seal(key, elsewhere)
    assert list(stored_seals(database(ledger))) == [from_file(each) for each in seals_in(elsewhere)]
    assert (2, ()) == ((found := ledger.verify_seals([], elsewhere)).copied, found.broken)


def test_a_crash_between_the_ledger_and_the_copy_is_made_good_by_the_next_call(
    ledger: Ledger, elsewhere: Path
) -> None:
    record(ledger, noted(SYSTEM))
    take_seal(database(ledger), NOW, None)  # ... and the process is gone
    (elsewhere / ".unfinished-abc").write_text('{"bo')
    assert [] == seals_in(elsewhere)
    assert ledger.seal(None, elsewhere) is None
    assert list(stored_seals(database(ledger))) == [from_file(each) for each in seals_in(elsewhere)]


def test_a_copy_is_whole_or_not_there(
    ledger: Ledger, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(ledger, noted(SYSTEM))
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(LedgerError, match="copies of seals cannot be used") as caught:
        copy_seals_of_a_new_seal(ledger, elsewhere)
    assert "No space left" in caught.value.why
    assert [] == list(elsewhere.iterdir())
    monkeypatch.undo()
    ledger.seal(None, elsewhere)
    assert 1 == len(seals_in(elsewhere))


def copy_seals_of_a_new_seal(ledger: Ledger, folder: Path) -> None:
    take_seal(database(ledger), NOW, None)
    copy_seals(database(ledger), folder)


def test_a_folder_that_is_not_there_is_not_made_and_no_seal_either(ledger: Ledger, tmp_path: Path) -> None:
    """Where a disk is not mounted a folder made here would be on the same disk as the ledger."""
    record(ledger, noted(SYSTEM))
    with pytest.raises(LedgerError, match="cannot be used") as caught:
        ledger.seal(None, tmp_path / "gone")
    assert "mount" in caught.value.remedy
    assert not (tmp_path / "gone").exists()
    assert 0 == ledger.verify_seals().seals


def test_a_copy_that_differs_is_named(ledger: Ledger, history: str, elsewhere: Path) -> None:
    ledger.seal(None, elsewhere)
    [first, *_] = seals_in(elsewhere)
    copy = from_file(first)
    first.write_text(json.dumps(Seal(*copy)._replace(body=copy.body.replace("3", "4"))._asdict()), "utf-8")
    found = ledger.verify_seals([], elsewhere)
    assert [1] == [each.number for each in found.broken]
    assert "is another" in found.broken[0].why


# ---- the key -----------------------------------------------------------------------------------------


def test_a_key_is_for_its_owner_alone_and_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "seals.key"
    made = SealKey.create(file)
    assert 0o600 == file.stat().st_mode & 0o777
    assert made.public == SealKey.load(file).public
    with pytest.raises(LedgerError, match="cannot be written"):
        SealKey.create(file)
    file.chmod(0o640)
    with pytest.raises(LedgerError, match="read by others") as caught:
        SealKey.load(file)
    assert "chmod 600" in caught.value.remedy
    with pytest.raises(LedgerError, match="cannot be read"):
        SealKey.load(tmp_path / "none")


def test_without_the_package_for_signatures_its_extra_is_named_and_nothing_is_believed(
    ledger: Ledger, key: SealKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(ledger, noted(SYSTEM))
    ledger.seal(key)
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)
    for use in (SealKey.create, SealKey.load):
        with pytest.raises(LedgerError, match="needs the package cryptography") as caught:
            use(tmp_path / "seals.key")
        assert "outreach[encryption]" in caught.value.remedy
    [broken] = ledger.verify_seals().broken
    assert "signatures cannot be checked here" in broken.why


@pytest.mark.parametrize("text", ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "seals.key"
    file.touch(0o600)
    file.write_text(text)
    with pytest.raises(LedgerError, match="holds no key"):
        SealKey.load(file)
