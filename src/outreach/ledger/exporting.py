"""An export for an examiner: every chain, every seal, and the script that checks both without outreach."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import msgspec

from outreach.errors import LedgerError
from outreach.ledger import examining
from outreach.ledger.copies import write_seal
from outreach.ledger.encrypted import ASIDE, ENCRYPTED, LATE_WORDS, Ciphers
from outreach.ledger.examining import canonical
from outreach.ledger.sealing import stored_seal
from outreach.ledger.sql import Connection, Database
from outreach.ledger.values import Verification
from outreach.ledger.verify import ends

if TYPE_CHECKING:
    from outreach.ledger.encryption import MasterKeys

__all__ = ["export"]

# Also rows of no stream, if there are any: an examiner is to see them.
_ROWS: Final = (
    "SELECT e.stream, e.seq, e.body, e.hash, e.aside, e.name, coalesce(s.name, ''), coalesce(s.key, '') "
    "FROM entry AS e LEFT JOIN stream AS s ON s.id = e.stream ORDER BY e.stream, e.seq"
)
_README: Final = """\
The record of a collector, exported by outreach {moment}.

  chains.txt        one row of a chain a line: its SHA-256, a blank, its text; no personal data
  seals/            checkpoints over all chains, each holding the hash of the one before it
  public-keys.txt   the keys that signed them, if there are any: compare with what you were given before
  words.jsonl       only if asked for: what was written in free text and said in attempts
  summary.json      how much there is
  verify.py         checks all of it: python3 verify.py
                    (signatures need the package `cryptography`; --help tells the rest)
"""


def export(
    database: Database,
    folder: Path,
    now: datetime,
    keys: Collection[str],
    with_words: bool,
    master: MasterKeys | None = None,
) -> Verification:
    """Write everything from one snapshot; the summary comes last, so that half an export is seen to be one.

    While it runs SQLite's log cannot be shortened; a million rows take seconds.
    """
    with _writable(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise LedgerError(
                "an export never writes over anything", where=str(folder), remedy="name a new folder"
            )
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        (folder / "seals").mkdir()
        with database.reading() as connection:
            named = _write_seals(connection, folder / "seals")
            events, streams = _stated(connection)
            _write_chains(connection, folder, with_words, Ciphers(master))
        if believed := sorted({*keys} or named):
            (folder / "public-keys.txt").write_text("".join(f"{key}\n" for key in believed), "utf-8")
        shutil.copyfile(examining.__file__, folder / "verify.py")
        (folder / "README.txt").write_text(_README.format(moment=now.isoformat()), "utf-8")
        count = len(examining.seals_in(folder / "seals"))
        summary = {"events": events, "seals": count, "streams": streams, "words": with_words}
        (folder / "summary.json").write_text(canonical(summary) + "\n", "utf-8")
    return Verification(streams, events)


def _write_seals(connection: Connection, folder: Path) -> set[str]:
    """All seals; the keys they name."""
    named: set[str] = set()
    number = 0
    while (seal := stored_seal(connection, number)) is not None:
        write_seal(folder, seal)
        with suppress(msgspec.MsgspecError, KeyError, TypeError):  # then the verifier will name it
            named.add(msgspec.json.decode(seal.body)["key"])
        number = seal.number
    return named - {""}


def _stated(connection: Connection) -> tuple[int, int]:
    """Events and streams, as each commit witnessed them: the verifier counts the rows."""
    known = ends(connection.each("SELECT streams FROM growth ORDER BY id"))
    return sum(known), sum(1 for height in known if height)


def _write_chains(connection: Connection, folder: Path, with_words: bool, ciphers: Ciphers) -> None:
    with (
        (folder / "chains.txt").open("w", encoding="utf-8", newline="\n") as chains,
        (folder / "words.jsonl").open("w", encoding="utf-8", newline="\n") as words,
    ):
        late: dict[str, str] = {}
        if with_words:
            kept = connection.execute(f"SELECT {LATE_WORDS}")
            late = {row[0]: ciphers.words(*row) for row in kept}
        for _, seq, body, digest, aside, name, stream, key in connection.each(_ROWS):
            chains.write(f"{digest} {body}\n")
            if not key and aside.startswith(ENCRYPTED):
                aside = ""  # nobody can read it any more
            if with_words and (aside or name in late):
                text = ciphers.plain(ASIDE, stream, key, seq, aside)
                place = {"key": ciphers.of(stream, key).key, "seq": seq, "stream": stream}
                _write_words(words, text, late.get(name), place)
    if not with_words:
        (folder / "words.jsonl").unlink()


def _write_words(file: TextIO, aside: str, late: str | None, place: dict[str, Any]) -> None:
    """Free text goes with its person's key, which proves it and also opens her tokens."""
    beside = msgspec.json.decode(aside) if aside else {}
    if not place["key"]:
        beside.pop("fields", None)  # she was erased: nothing can prove it any more
    if late is not None:
        beside["words"] = msgspec.json.decode(late)
    file.write(canonical({**place, **beside}) + "\n")


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LedgerError(
            "the export cannot be written",
            where=str(folder),
            why=error.strerror or type(error).__name__,
            remedy="name a new folder on a disk with room, where you may write; what is there is no export",
        ) from None
