"""Messages in a folder (Maildir) or a file (mbox), each there until it is done with.

Nothing is changed before ``done``: after a crash everything not done with is read again.
"""

from __future__ import annotations

import contextlib
import hashlib
import mailbox
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from outreach.errors import InputError
from outreach_smtp_email.bounds import MOST_BYTES

__all__ = ["Mail", "mails"]


@dataclass(frozen=True, slots=True)
class Mail:
    """The beginning of a message, and how to be done with it."""

    content: bytes = field(repr=False)
    done: Callable[[], None] = field(repr=False)


def mails(folder: Path) -> Iterator[Mail]:
    """Every message that nobody has been done with.

    * **Maildir** (a folder with ``new`` and ``cur``): those in ``new``; ``done`` moves one to ``cur``, seen.
    * **mbox** (a file): ``done`` marks one, and when the iteration ends those marked are taken out, under the
      locks mail servers keep. What arrived meanwhile stays. If another program changed the file otherwise,
      nothing is taken out, and they are read again.

    :raises InputError: if it is neither.
    """
    if (folder / "new").is_dir() and (folder / "cur").is_dir():
        return _maildir(folder)
    if folder.is_file():
        return _mbox(folder)
    raise InputError(
        "there are no messages to read",
        where=str(folder),
        why="it is neither a Maildir (a folder with `new` and `cur`) nor an mbox (a file)",
        remedy="name the folder into which the mail server delivers what comes back",
    )


def _maildir(folder: Path) -> Iterator[Mail]:
    for name in sorted(os.listdir(folder / "new")):
        content = None if name.startswith(".") else _beginning(folder / "new" / name)
        if content is not None:
            yield Mail(content, lambda name=name: _seen(folder, name))  # type: ignore[misc]


def _beginning(path: Path) -> bytes | None:
    """``None`` if somebody else has taken it away, or it is no file: a link could lead anywhere."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with open(handle, "rb") as file:
        return file.read(MOST_BYTES) if stat.S_ISREG(os.fstat(handle).st_mode) else None


def _seen(folder: Path, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.rename(folder / "new" / name, folder / "cur" / f"{name.partition(':')[0]}:2,S")


def _mbox(file: Path) -> Iterator[Mail]:
    with _opened(file, lock=True) as box:
        keys = list(box.keys())
    done: dict[str, str] = {}
    try:
        with _opened(file, lock=False) as box:
            for key in keys:
                content, digest = _message(box, key)
                yield Mail(content, lambda key=key, digest=digest: done.__setitem__(key, digest))  # type: ignore[misc]
    finally:
        if done:
            _take_out(file, done)


def _take_out(file: Path, done: dict[str, str]) -> None:
    with _opened(file, lock=True) as box:
        if all(key in box and digest == _message(box, key)[1] for key, digest in done.items()):
            for key in done:
                box.remove(key)
            box.flush()


def _message(box: mailbox.mbox, key: str) -> tuple[bytes, str]:
    """Its beginning, and the digest of all of it."""
    digest = hashlib.sha256()
    with contextlib.closing(box.get_file(key)) as stored:
        file: BinaryIO = stored  # type: ignore[assignment]
        beginning = file.read(MOST_BYTES)
        digest.update(beginning)
        while more := file.read(MOST_BYTES):
            digest.update(more)
    return beginning, digest.hexdigest()


@contextlib.contextmanager
def _opened(file: Path, *, lock: bool) -> Iterator[mailbox.mbox]:
    box = mailbox.mbox(file, create=False)
    try:
        if lock:
            box.lock()
        yield box
    except mailbox.ExternalClashError as error:
        raise InputError(
            "the mailbox is in use",
            where=str(file),
            why="another program holds its lock, or wrote to it meanwhile",
            remedy="try again; what was not taken out is read again and recorded once",
        ) from error
    finally:
        box.unlock()
        box.close()
