"""audit seal|key|export: checkpoints over the whole record, and what an examiner gets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.opening import open_app
from outreach.cli.output import Json, emit, in_zone, say

if TYPE_CHECKING:
    from outreach.ledger import SealKey, SealsFound
    from outreach.settings import Settings

__all__ = ["attach", "believed_keys", "tell_seals"]


def attach(audit: typer.Typer) -> None:
    """Put these commands under ``outreach audit``."""
    audit.command("seal")(seal)
    audit.command("key")(key)
    audit.command("export")(export)


def seal(as_json: Json = False) -> None:
    """Seal what was recorded since the last seal; nothing new makes none. For cron, every hour."""
    with open_app() as app:
        settings = app.settings
        copies = settings.seal_copies()
        made = app.seal()
    if as_json:
        emit({"seal": made})
    elif made is None:
        say("nothing new since the last seal")
    else:
        say(f"seal {made.number} of {in_zone(made.at)}")
        say(f"{made.streams:,} chains grew by {made.events:,} events since the last one")
        say(f"hash   {made.hash}")
        say(f"signed {made.key}" if made.key else "not signed: no key ([seals] key_file)")
        if copies is not None:
            say(f"copied to {copies}")


def key(
    file: Annotated[Path, typer.Argument(help="The file of the private key; made unless it is there.")],
    as_json: Json = False,
) -> None:
    """Make a key that signs seals, and print its public half: give that to whoever is to check them."""
    from outreach.ledger import SealKey

    there = file.exists()
    known = SealKey.load(file) if there else SealKey.create(file)
    if as_json:
        emit({"file": file, "made": not there, "public_key": known.public})
    else:
        say(f"{'found' if there else 'made'} {file}")
        say(f"public key {known.public}")


def export(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
    with_words: Annotated[
        bool, typer.Option("--with-words", help="Also free text and what was said: personal data.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write what an examiner needs: every chain, all seals, and a script that checks both by itself."""
    with open_app() as app:
        written = app.ledger.export(folder, keys=believed_keys(app.settings), words=with_words)
    if as_json:
        emit({"events": written.events, "folder": folder, "streams": written.streams, "words": with_words})
    else:
        say(f"{written.streams:,} chains, {written.events:,} events written to {folder}")
        say(f"to check it, anywhere: python3 {folder / 'verify.py'}")


def tell_seals(found: SealsFound, events: int, copies: Path | None) -> None:
    """What walking the seals found; ``events``: how many stand in the chains."""
    signed = f", {found.signed:,} signed" if found.signed else ", none signed" if found.seals else ""
    say(f"{found.seals:,} seals{signed}; {max(0, events - found.events):,} events unsealed")
    for each in found.keys:
        say(f"key {each}")
    if copies is not None:
        say(f"{found.copied:,} seals in {copies}")
    for broken in found.broken:
        say(f"BROKEN seal {broken.number}: {broken.why}")


def _signer(settings: Settings) -> SealKey | None:
    file = settings.seal_key_file()
    if file is None:
        return None
    from outreach.ledger import SealKey

    return SealKey.load(file)


def believed_keys(settings: Settings) -> tuple[str, ...]:
    """The public keys whose seals are ours; none: there is no telling."""
    signer = _signer(settings)
    return (*settings.seals.public_keys, *((signer.public,) if signer else ()))
