"""Looking for texts that should be gone: in every row of the ledger, and in the bytes of its files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

from outreach.errors import LedgerError
from outreach.ledger.encrypted import COLUMNS, LATE_WORDS, STANDING, WORDS, Ciphers, Column
from outreach.ledger.records import shown_standing
from outreach.ledger.sql import Connection

__all__ = ["texts_in_files", "texts_within"]

_WHOLE: Final = 6
"""A shorter text is looked for only as a whole value: it would be found in any digest."""

# Which texts a person's rows hold. Texts of packs and templates, in `document`, are nobody's.
# What may be encrypted is looked through apart.
_OF_PERSON: Final = (
    "SELECT '\"' || ref || '\"' FROM person WHERE stream = (SELECT id FROM stream WHERE name = ?)",
    "SELECT body FROM entry WHERE stream IN (SELECT id FROM stream WHERE name IN (?, 'system'))",
    "SELECT '\"' || key || '\"' FROM contact WHERE person = ?",
)
_EVERYWHERE: Final = (
    "SELECT '\"' || ref || '\"' FROM person",
    "SELECT body FROM entry",
    "SELECT '\"' || key || '\"' FROM contact",
    "SELECT text FROM document",
    "SELECT value FROM installation",
    "SELECT id FROM event_id",
    "SELECT via || sender FROM spent",
    "SELECT host FROM run",
)

# In a process of its own: closing any handle of the file here would let go of SQLite's locks on it.
_GREP: Final = """
import json, mmap, os, sys
asked = json.load(sys.stdin)
found = set()
for path in asked["files"]:
    if os.path.exists(path) and os.path.getsize(path):
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for text, forms in asked["texts"].items():
                if any(data.find(form.encode()) >= 0 for form in forms):
                    found.add(text)
json.dump(sorted(found), sys.stdout)
"""


def texts_within(
    connection: Connection, texts: Collection[str], ciphers: Ciphers, person: str = ""
) -> frozenset[str]:
    """See :meth:`outreach.ledger.interface.Reading.texts_within`. Encrypted values are decrypted for it."""
    missing = {text: _forms(text) for text in texts if text}
    found: set[str] = set()
    for row in chain(
        _rows(connection, _OF_PERSON if person else _EVERYWHERE, person),
        *(
            _values(connection, column, ciphers, person)
            for column in COLUMNS
            if not person or column is not WORDS
        ),
    ):
        here = [text for text, forms in missing.items() if any(form in row for form in forms)]
        for text in here:
            found.add(text)
            del missing[text]
        if not missing:
            break
    return frozenset(found)


def texts_in_files(files: Sequence[Path], texts: Collection[str]) -> frozenset[str]:
    """Which of these texts stand in the bytes of these files; those shorter than six characters are not
    looked for.

    :raises LedgerError: if the files cannot be read.
    """
    asked = {
        "files": [str(path) for path in files],
        "texts": {text: _forms(text) for text in texts if len(text) >= _WHOLE},
    }
    done = subprocess.run(
        [sys.executable, "-I", "-c", _GREP],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LedgerError("the ledger's files cannot be looked through", where=str(files[0]))
    return frozenset(json.loads(done.stdout))


def _rows(connection: Connection, queries: Iterable[str], person: str) -> Iterator[str]:
    for query in queries:
        for (text,) in connection.each(query, (person,) * query.count("?")):
            yield text


def _values(connection: Connection, column: Column, ciphers: Ciphers, person: str) -> Iterator[str]:
    """The values of one column in plain; of a person and the system, or everybody's."""
    if column is WORDS:
        for row in connection.each(f"SELECT {LATE_WORDS}"):
            yield ciphers.words(*row)
        return
    sql = f"SELECT {column.stream}, {column.key}, {column.row}, {column.value} FROM {column.source}"
    where = " WHERE s.name IN (?, 'system')" if person else ""
    for stream, key, row, text in connection.each(sql + where, (person,) if person else ()):
        if column is STANDING:
            yield shown_standing(row, text, ciphers.of(stream, key).cipher)
        else:
            yield ciphers.plain(column, stream, key, row, text)


def _forms(text: str) -> list[str]:
    """How a text is written in a row: as it is, and as JSON writes it; a short one in its quotes."""
    quoted = json.dumps(text, ensure_ascii=False)
    if len(text) < _WHOLE:
        return [quoted]
    return sorted({text, quoted[1:-1]})
