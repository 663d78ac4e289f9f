"""Tampering with a sealed record is found by `verify_seals` and by the script an examiner runs alone."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from outreach.domain import SYSTEM, Words
from outreach.errors import LedgerError
from outreach.ledger import Ledger, SealKey, examining
from outreach.ledger.examining import Seal, canonical, leaf, merkle_root
from tests.ledger.conftest import SqliteFile
from tests.ledger.made import ana, noted, opened, record, save


def sealed(backend: SqliteFile, number: int) -> tuple[dict[str, Any], list[Any]]:
    [(body, leaves)] = backend.rows("SELECT body, leaves FROM seal WHERE number = ?", number)
    return json.loads(body), json.loads(leaves)


_ALONE = """
import importlib.util, runpy, sys
del sys.argv[0]
library = sys.argv.pop(0)
if library:
    sys.path.append(library)
assert {None} == {importlib.util.find_spec(name) for name in ("outreach", "msgspec", "pydantic")}
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Examiner:
    """Runs the exported script as an examiner would: outreach and its libraries are not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._library = folder.parent / "library"

    def run(self, *options: object, signatures: bool = True) -> tuple[int, str]:
        """Exit status and what was said. ``signatures``: whether `cryptography` is installed."""
        script = self.folder / "verify.py"
        library = str(self._only_cryptography()) if signatures else ""
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _ALONE, library, script, *map(str, options)],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "" == done.stderr
        return done.returncode, done.stdout

    def _only_cryptography(self) -> Path:
        if not self._library.exists():
            self._library.mkdir()
            for name in ("cryptography", "cffi", "_cffi_backend"):
                spec = importlib.util.find_spec(name)
                if spec is not None and spec.origin is not None:
                    at = Path(spec.origin)
                    at = at.parent if at.name == "__init__.py" else at
                    (self._library / at.name).symlink_to(at)
        return self._library


def exported(ledger: Ledger, folder: Path, **options: Any) -> Examiner:
    ledger.export(folder, **options)
    return Examiner(folder)


def test_an_untouched_record_is_whole_for_both(
    ledger: Ledger, history: str, key: SealKey, tmp_path: Path
) -> None:
    found = ledger.verify_seals([key.public])
    assert (2, 10, 2, (key.public,), ()) == (
        found.seals,
        found.events,
        found.signed,
        found.keys,
        found.broken,
    )
    assert 11 == ledger.verify().events
    examiner = exported(ledger, tmp_path / "export", keys=[key.public])
    status, said = examiner.run()
    assert 0 == status, said
    assert "3, 11 events, 1 of them unsealed" in said
    assert "2, 2 signed" in said
    assert key.public in said
    assert said.endswith("VERDICT     the record is whole\n")


def rewritten(
    backend: SqliteFile, stream: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> None:
    """What someone with the file, without scruples and without the key does: a chain that holds in itself.

    Growth is adjusted too, so that only the seals can tell.
    """
    [(number,)] = backend.rows("SELECT id FROM stream WHERE name = ?", stream)
    rows = [
        json.loads(body)
        for (body,) in backend.rows("SELECT body FROM entry WHERE stream = ? ORDER BY seq", number)
    ]
    backend.meddle("DELETE FROM entry WHERE stream = ?", number)
    prev, seq = "0" * 64, 1
    for row in change(rows):
        row.update(prev=prev, seq=seq)
        body = canonical(row)
        prev = hashlib.sha256(body.encode()).hexdigest()
        upto = seq + len(row["events"]) - 1
        backend.meddle(
            "INSERT INTO entry (stream, seq, upto, recorded_at, name, body, aside, hash) "
            "VALUES (?, ?, ?, ?, ?, ?, '', ?)",
            *(number, seq, upto, row["recorded_at"], row["name"], body, prev),
        )
        seq = upto + 1
    for at, streams in backend.rows("SELECT id, streams FROM growth"):
        kept = [each for each in json.loads(streams) if each[0] != number or each[2] < seq]
        backend.meddle("UPDATE growth SET streams = ? WHERE id = ?", json.dumps(kept), at)


def edit(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows[1]["events"][0]["kind"] = "bankruptcy"
    return rows


def edit_the_last(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows[-1]["events"][0]["kind"] = "bankruptcy"
    return rows


def insert(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*rows[:2], {**rows[1], "name": "Z" * 26}, *rows[2:]]


TAMPERING: dict[str, Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = {
    "truncated": lambda rows: rows[:-1],
    "truncated to nothing": lambda _: [],
    "edited": edit,
    "the last row edited": edit_the_last,
    "dropped": lambda rows: [*rows[:1], *rows[2:]],
    "reordered": lambda rows: [rows[0], rows[2], rows[1], *rows[3:]],
    "inserted": insert,
}


@pytest.mark.parametrize("how", TAMPERING)
def test_a_chain_written_anew_holds_in_itself_and_not_against_its_seals(
    backend: SqliteFile, ledger: Ledger, history: str, tmp_path: Path, how: str
) -> None:
    rewritten(backend, history, TAMPERING[how])
    assert () == ledger.verify().broken, "the chain alone cannot tell"
    found = ledger.verify_seals()
    assert any(history in each.why for each in found.broken), found
    status, said = exported(ledger, tmp_path / "export").run()
    assert 1 == status
    broken = [line for line in said.splitlines() if line.startswith("BROKEN")]
    assert any(history in line for line in broken), said
    assert said.endswith("VERDICT     the record is NOT proven whole\n")


CLUMSY = {
    "truncated": "DELETE FROM entry WHERE seq = 5 AND stream = {n}",
    "edited": "UPDATE entry SET body = replace(body, 'deceased', 'bankrupt') WHERE seq = 3 AND stream = {n}",
    "dropped": "DELETE FROM entry WHERE seq = 3 AND stream = {n}",
    "reordered": "UPDATE entry SET seq = seq + 10, upto = upto + 10 WHERE seq = 3 AND stream = {n}",
    "inserted": "INSERT INTO entry (stream, seq, upto, recorded_at, name, body, aside, hash) "
    "SELECT stream, 6, 6, recorded_at, name || 'x', body, aside, hash FROM entry "
    "WHERE seq = 3 AND stream = {n}",
}


@pytest.mark.parametrize("how", CLUMSY)
def test_a_row_that_was_meddled_with_is_named_by_both(
    backend: SqliteFile, ledger: Ledger, history: str, tmp_path: Path, how: str
) -> None:
    [(number,)] = backend.rows("SELECT id FROM stream WHERE name = ?", history)
    backend.meddle(CLUMSY[how].format(n=number))
    assert [history] == [broken.stream for broken in ledger.verify().broken]
    status, said = exported(ledger, tmp_path / "export").run(signatures=False)
    assert 1 == status
    assert f"chain {history}" in said


def with_its_hash(lines: list[str], changed: str) -> list[str]:
    text = changed.partition(" ")[2].rstrip("\n")
    return [*lines[:2], f"{examining.sha256(text)} {text}\n", *lines[3:]]


LINES: dict[str, Callable[[list[str]], Iterable[str]]] = {
    "truncated": lambda lines: lines[:-1],
    "edited": lambda lines: [
        line.replace("deceased", "bankrupt") if at == 2 else line for at, line in enumerate(lines)
    ],
    "edited with its hash": lambda lines: with_its_hash(lines, lines[2].replace("deceased", "bankrupt")),
    "dropped": lambda lines: [*lines[:2], *lines[3:]],
    "reordered": lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
    "inserted": lambda lines: [*lines[:2], lines[1], *lines[2:]],
    "a chain left out": lambda lines: [line for line in lines if SYSTEM not in line],
    "no row": lambda lines: [*lines, "x\n"],
}


@pytest.mark.parametrize("how", LINES)
def test_a_changed_export_is_found(ledger: Ledger, history: str, tmp_path: Path, how: str) -> None:
    examiner = exported(ledger, tmp_path / "export")
    file = tmp_path / "export" / "chains.txt"
    file.write_text("".join(LINES[how](file.read_text("utf-8").splitlines(keepends=True))), "utf-8")
    status, said = examiner.run("--without-signatures", signatures=False)
    assert 1 == status
    assert "BROKEN" in said


def test_an_unsealed_row_is_proven_by_the_row_after_it(ledger: Ledger, tmp_path: Path) -> None:
    for number in range(4):
        record(ledger, noted(SYSTEM, f"note {number}"))
    examiner = exported(ledger, tmp_path / "export")
    file = tmp_path / "export" / "chains.txt"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(with_its_hash(lines, lines[2].replace("deceased", "bankrupt"))), "utf-8")
    status, said = examiner.run(signatures=False)
    assert (1, True) == (status, "event 4: it does not follow the row before it" in said), said


# ---- forging seals -----------------------------------------------------------------------------------


def forged(backend: SqliteFile, key: SealKey | None, *, keep_signature: bool = False) -> None:
    """All seals made anew over the chains as they stand now, signed with some key or none."""
    rows = backend.rows("SELECT number, body, signature, leaves FROM seal ORDER BY number")
    heads = {
        (name, upto): digest
        for name, upto, digest in backend.rows(
            "SELECT s.name, e.upto, e.hash FROM entry AS e JOIN stream AS s ON s.id = e.stream"
        )
    }
    prev = "0" * 64
    for number, text, signature, leaves in rows:
        told = json.loads(text)
        new = [[name, height, heads[name, height]] for name, height, _ in json.loads(leaves)]
        told.update(prev=prev, root=merkle_root(leaf(*each) for each in new))
        if not keep_signature:
            told["key"] = key.public if key else ""
            signature = key.sign(canonical(told).encode()) if key else ""
        body = canonical(told)
        prev = hashlib.sha256(body.encode()).hexdigest()
        backend.meddle(
            "UPDATE seal SET body = ?, signature = ?, hash = ?, leaves = ? WHERE number = ?",
            *(body, signature, prev, json.dumps(new, separators=(",", ":")), number),
        )


@pytest.mark.parametrize("how", ["the old signatures", "another key", "no key"])
def test_seals_cannot_be_forged_without_the_key(
    backend: SqliteFile, ledger: Ledger, history: str, key: SealKey, tmp_path: Path, how: str
) -> None:
    other = SealKey.create(tmp_path / "other.key") if how == "another key" else None
    rewritten(backend, history, edit)
    forged(backend, other, keep_signature=how == "the old signatures")
    assert () == ledger.verify().broken
    why = {
        "the old signatures": "its signature is not",
        "another key": "none of those believed",
        "no key": "not signed",
    }
    found = ledger.verify_seals([key.public]).broken
    assert found
    assert all(why[how] in each.why for each in found), found
    status, said = exported(ledger, tmp_path / "export").run("--key", key.public)
    assert 1 == status
    assert why[how] in said


def test_with_no_key_to_believe_another_key_is_told_and_cannot_be_known(
    backend: SqliteFile, ledger: Ledger, history: str, tmp_path: Path
) -> None:
    """Why the public key has to be known from elsewhere: the verdict shows it to be compared."""
    other = SealKey.create(tmp_path / "other.key")
    forged(backend, other)
    assert (other.public,) == ledger.verify_seals().keys
    status, said = exported(ledger, tmp_path / "export").run()
    assert (0, True) == (status, f"key         {other.public} (2 seals): compare it" in said)


SEAL_TAMPERING = {
    "the first dropped": ("DELETE FROM seal WHERE number = 1", "seal 1 is missing"),
    "edited": (
        "UPDATE seal SET body = replace(body, '\"events\":6', '\"events\":7')",
        "its text or its hash was changed",
    ),
    "its leaves edited": (
        "UPDATE seal SET leaves = replace(leaves, ',3,', ',2,')",
        "the Merkle root is another",
    ),
    "its leaves no list": ("UPDATE seal SET leaves = 'x'", "the Merkle root is another"),
    "its signature taken away": ("UPDATE seal SET signature = ''", "its signature is not that of the key"),
    "moved": ("UPDATE seal SET number = number + 7 WHERE number = 2", "seal 2 is missing"),
    "inserted": (
        "INSERT INTO seal SELECT 3, body, signature, hash, leaves FROM seal WHERE number = 2",
        "it was moved",
    ),
}


@pytest.mark.parametrize("how", SEAL_TAMPERING)
def test_a_seal_that_was_meddled_with_is_named_by_both(
    backend: SqliteFile, ledger: Ledger, history: str, tmp_path: Path, how: str
) -> None:
    change, why = SEAL_TAMPERING[how]
    backend.meddle(change)
    assert why in ledger.verify_seals().broken[0].why
    status, said = exported(ledger, tmp_path / "export").run()
    assert (1, True) == (status, why in said), said


def made(before: Seal | None, leaves: list[list[Any]], **changes: Any) -> Seal:
    """A seal as whoever has the key could make it, also a wrong one."""
    number = before.number + 1 if before else 1
    told = {
        "at": 10 * number,
        "growth": 10 * number,
        "key": "",
        "kind": examining.KIND,
        "number": number,
        "events": 2,
        "streams": len(leaves),
        "prev": before.hash if before else examining.GENESIS,
        "root": merkle_root(leaf(*each) for each in leaves),
        **changes,
    }
    body = canonical(told)
    return Seal(number, body, "", examining.sha256(body), leaves)


WRONG: dict[str, tuple[list[list[Any]], dict[str, Any], str]] = {
    "right": ([["a", 3, "x"], ["b", 1, "y"]], {}, ""),
    "an event that is sealed already": ([["a", 2, "x"]], {"events": 0}, "an earlier seal covers"),
    "fewer events than are sealed": ([["a", 1, "x"]], {"events": -1}, "an earlier seal covers"),
    "more events than there are": ([["a", 4, "x"]], {"events": 3}, "does not cover what it says"),
    "more chains than there are": ([["a", 4, "x"]], {"streams": 2}, "does not cover what it says"),
    "chains in another order": ([["b", 1, "y"], ["a", 3, "x"]], {}, "does not cover what it says"),
    "a chain twice": ([["a", 3, "x"], ["a", 4, "y"]], {}, "does not cover what it says"),
    "an earlier moment": ([["a", 4, "x"]], {"at": 9}, "older than the seal before it"),
    "an earlier commit": ([["a", 4, "x"]], {"growth": 9}, "older than the seal before it"),
    "a field of no meaning": ([["a", 4, "x"]], {"more": 1}, "is no seal"),
    "another kind of text": ([["a", 4, "x"]], {"kind": "letter"}, "is no seal"),
    "a number that is none": ([["a", "4", "x"]], {}, "is no seal"),
}


@pytest.mark.parametrize("how", WRONG)
def test_not_even_who_has_the_key_can_seal_what_does_not_fit_the_seals_before(how: str) -> None:
    leaves, changes, why = WRONG[how]
    first = made(None, [["a", 2, "x"]])
    walk = examining.Seals()
    assert "" == walk.trouble(first)
    told = walk.trouble(made(first, leaves, **changes))
    assert (why in told, bool(why)) == (True, bool(told)), told


def test_a_later_seal_proves_the_earlier_ones(
    backend: SqliteFile, ledger: Ledger, key: SealKey, tmp_path: Path
) -> None:
    """The first was not signed; the second, signed, holds its hash. So not even the first can be changed."""
    record(ledger, noted(SYSTEM))
    ledger.seal()
    record(ledger, noted(SYSTEM))
    ledger.seal(key)
    assert () == ledger.verify_seals([key.public]).broken
    told, _ = sealed(backend, 1)
    body = canonical({**told, "at": told["at"] - 1})
    digest = hashlib.sha256(body.encode()).hexdigest()
    backend.meddle("UPDATE seal SET body = ?, hash = ? WHERE number = 1", body, digest)
    broken = ledger.verify_seals([key.public]).broken[0]
    assert (2, "it does not follow the seal before it") == (broken.number, broken.why)
    assert 1 == exported(ledger, tmp_path / "export").run()[0]


def test_where_signatures_cannot_be_checked_the_verdict_is_no_unless_that_is_asked_for(
    ledger: Ledger, history: str, tmp_path: Path
) -> None:
    examiner = exported(ledger, tmp_path / "export")
    status, said = examiner.run(signatures=False)
    assert (1, True) == (status, "signatures cannot be checked" in said)
    status, said = examiner.run("--without-signatures", signatures=False)
    assert (0, True) == (status, "SIGNATURES NOT CHECKED" in said)


def test_unsigned_seals_need_the_standard_library_only(ledger: Ledger, tmp_path: Path) -> None:
    record(ledger, noted(SYSTEM))
    ledger.seal()
    status, said = exported(ledger, tmp_path / "export").run(signatures=False)
    assert (0, True) == (status, "1, 0 signed" in said), said


def test_the_script_is_python_3_9() -> None:
    ast.parse(Path(examining.__file__).read_text("utf-8"), feature_version=(3, 9))


def test_a_folder_of_copies_that_is_not_there_proves_nothing(
    ledger: Ledger, history: str, tmp_path: Path
) -> None:
    status, said = exported(ledger, tmp_path / "export").run("--copies", tmp_path / "gone")
    assert (1, True) == (status, "cannot be read" in said)


def test_half_an_export_is_no_proof(ledger: Ledger, history: str, tmp_path: Path) -> None:
    examiner = exported(ledger, tmp_path / "export")
    (tmp_path / "export" / "summary.json").unlink()
    status, said = examiner.run()
    assert (1, True) == (status, "cannot be read" in said)


def test_seals_cut_off_with_their_events_are_found_by_the_copies(
    backend: SqliteFile, ledger: Ledger, history: str, elsewhere: Path, tmp_path: Path
) -> None:
    """The one thing that the ledger alone cannot tell: that it ends too early as a whole."""
    ledger.seal(None, elsewhere)
    backend.meddle("DELETE FROM seal WHERE number > 1")
    backend.meddle("DELETE FROM entry WHERE seq > 3 OR stream = 1")
    backend.meddle("DELETE FROM growth WHERE id > 3")
    assert ((), ()) == (ledger.verify().broken, ledger.verify_seals().broken)
    found = ledger.verify_seals([], elsewhere)
    assert [2, 3] == [each.number for each in found.broken]
    status, said = exported(ledger, tmp_path / "export").run("--copies", elsewhere)
    assert (1, True) == (status, "seal 3: it was copied to" in said), said
    record(ledger, noted(history))
    with pytest.raises(LedgerError, match="holds a seal 3 that this ledger does not") as caught:
        ledger.seal(None, elsewhere)
    assert "earlier state" in caught.value.why


# ---- words -------------------------------------------------------------------------------------------


def test_an_export_holds_no_personal_data_unless_it_is_asked_for(ledger: Ledger, tmp_path: Path) -> None:
    person = save(ledger, ana())[0]
    with ledger.write() as writing:
        writing.append([noted(person.id, "she is ill"), opened(person.id, "A" * 26)])
        writing.keep_words([("A" * 26, Words("Pay today"))])
    ledger.seal()
    bare = exported(ledger, tmp_path / "bare")
    text = "".join(file.read_text("utf-8") for file in (tmp_path / "bare").rglob("*") if file.is_file())
    for secret in ("she is ill", "Pay today", "+1614", "Ana", "acct-7781"):
        assert secret not in text
    assert 0 == bare.run(signatures=False)[0]
    assert 0o700 == (tmp_path / "bare").stat().st_mode & 0o777
    exported(ledger, tmp_path / "full", words=True)
    words = (tmp_path / "full" / "words.jsonl").read_text("utf-8")
    assert "she is ill" in words
    assert "Pay today" in words


@pytest.mark.parametrize("change", [("she is ill", "she is well"), ("Pay today", "Pay now")])
def test_exported_words_are_proven_by_their_digests(
    ledger: Ledger, tmp_path: Path, change: tuple[str, str]
) -> None:
    from outreach.domain import digest_of

    person = save(ledger, ana())[0]
    event = opened(person.id, "A" * 26)
    event = type(event)(event.stream, event.kind, event.at, {**event.fields, "words": digest_of("Pay today")})
    with ledger.write() as writing:
        writing.append([noted(person.id, "she is ill"), event])
        writing.keep_words([("A" * 26, Words("Pay today"))])
    examiner = exported(ledger, tmp_path / "export", words=True)
    assert 0 == examiner.run(signatures=False)[0]
    file = tmp_path / "export" / "words.jsonl"
    file.write_text(file.read_text("utf-8").replace(*change), "utf-8")
    status, said = examiner.run(signatures=False)
    assert (1, True) == (status, "the words beside it were changed" in said), said


def test_an_export_that_cannot_be_written_says_so(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(LedgerError, match="cannot be written") as caught:
        ledger.export(tmp_path / "letter.txt" / "export")
    assert "Not a directory" in caught.value.why


def test_an_export_never_writes_over_anything(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "letter.txt").write_text("mine")
    with pytest.raises(LedgerError, match="never writes over"):
        ledger.export(tmp_path / "here")
    assert ["letter.txt"] == [each.name for each in (tmp_path / "here").iterdir()]
