"""The tables, for every database alike: what migrations are compared with.

Two kinds live here. The *chain* (``stream``, ``entry``, ``growth``, ``seal``) is written once and never
changed. All else is either personal data, kept beside the chain so that it can be erased, or a projection
that :mod:`outreach.ledger.projection` can derive again.

Text is stored rather than bytes and "" rather than NULL on the tables of the hot path: Python's SQLite
driver looks for an adapter for each None and bytes value it binds, which doubled the cost of a row.
Moments are microseconds since 1970 in UTC.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

__all__ = ["metadata"]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Big = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts rows only in a column called INTEGER


def _number() -> Column[int]:
    return Column("id", _Big, primary_key=True)


def _where(state: str) -> dict[str, Any]:
    """An index over the contacts in one state only."""
    condition = text(f"state = '{state}'")
    return {"sqlite_where": condition, "postgresql_where": condition}


# What concerns one person, or the system. Erasure empties key and aliases: tokens then lead nowhere.
# aliases: {"endpoint": {value: token}, "debt": {...}, "person": {...}}; of a person erased at most
# {"endpoint": {digest: token}}, for the endpoints whose stop outlives her. Where encryption is on, both are
# encrypted, as are aside, data, received and the reason in standing below (see outreach.ledger.encrypted).
Table(
    "stream",
    metadata,
    _number(),
    Column("name", String(40), nullable=False),
    Column("key", String(64).with_variant(Text(), "postgresql"), nullable=False),
    Column("aliases", Text, nullable=False),
    Index("uq_stream_name", "name", unique=True),
)

# One row of the chain: the events that one write added to one stream, numbered seq to upto, in one
# canonical JSON text. hash is its SHA-256; the text holds its predecessor's. Rows hold at most one
# opened attempt and then bear its id as their name, so that an attempt is found by the same index.
# aside: free text of these events and the words of the attempt; the only column that may be emptied, or
# encrypted where it was plain.
Table(
    "entry",
    metadata,
    _number(),
    Column("stream", _Big, ForeignKey("stream.id"), nullable=False),
    Column("seq", _Big, nullable=False),
    Column("upto", _Big, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("aside", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Index("uq_entry_stream_seq", "stream", "seq", unique=True),
    Index("uq_entry_name", "name", unique=True),
)

# One row a commit: [[stream, first new seq, last], ...]. Observers follow it, and it witnesses the end of
# each chain. Where commits are not made one after the other, a reader must stop before the first number
# whose transaction may still be under way.
Table("growth", metadata, _number(), Column("streams", Text, nullable=False))

# Checkpoints over all chains. body: canonical JSON that holds the Merkle root over leaves and the hash of the
# seal before it; hash is its SHA-256. leaves: [[stream, height, head hash], ...] of every stream that grew.
Table(
    "seal",
    metadata,
    Column("number", _Big, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("leaves", Text, nullable=False),
)

# Ids that came from outside (imports): the ledger's own are found through the name of their row.
Table(
    "event_id",
    metadata,
    Column("id", Text, primary_key=True),
    Column("stream", _Big, ForeignKey("stream.id"), nullable=False),
    Column("seq", _Big, nullable=False),
    sqlite_with_rowid=False,
)

# An outside key, as a token of its stream: the same key twice is recorded once.
Table(
    "event_key",
    metadata,
    Column("stream", _Big, ForeignKey("stream.id"), primary_key=True, autoincrement=False),
    Column("key", String(32), primary_key=True),
    Column("seq", _Big, nullable=False),
    sqlite_with_rowid=False,
)

# ref: the client's id; of a person erased its digest under the installation's key, behind a "~".
Table(
    "person",
    metadata,
    Column("stream", _Big, ForeignKey("stream.id"), primary_key=True, autoincrement=False),
    Column("ref", Text, nullable=False),
    Column("version", _Big, ForeignKey("person_version.id"), nullable=False),
    Column("known_since", BigInteger, nullable=True),
    Index("uq_person_ref", "ref", unique=True),
)

Table(
    "person_version",
    metadata,
    _number(),
    Column("stream", _Big, ForeignKey("stream.id"), nullable=False),
    Column("version", String(32), nullable=False),
    Column("data", Text, nullable=False),
    Index("uq_person_version_stream_version", "stream", "version", unique=True),
)

# Who has, or ever had, an endpoint or a debt: digests under the installation's key.
Table(
    "holder",
    metadata,
    Column("digest", String(32), primary_key=True),
    Column("stream", _Big, ForeignKey("stream.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# Where each contact stands. "unknown" in state is a contact that is done and whose outcome is unknown.
# received: what never changes of it; standing: what does. Each index holds only what is waiting, so that
# a contact that is done costs none of them.
Table(
    "contact",
    metadata,
    Column("arrival", _Big, primary_key=True),
    Column("id", String(40), nullable=False),
    Column("person", String(40), nullable=False),
    Column("campaign", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("partition", SmallInteger, nullable=False, server_default="0"),
    Column("received", Text, nullable=False),
    Column("standing", Text, nullable=False),
    Index("uq_contact_id", "id", unique=True),
    Index("uq_contact_campaign_key", "campaign", "key", unique=True),
    Index("ix_contact_held", "priority", "due", **_where("held")),
    Index("ix_contact_held_partition", "partition", "priority", "due", **_where("held")),
    Index("ix_contact_held_person", "person", **_where("held")),
    Index("ix_contact_listed", "priority", **_where("listed")),
    Index("ix_contact_open", "arrival", **_where("open")),
    Index("ix_contact_unknown", "arrival", **_where("unknown")),
)

# Words kept in another write than the one that opened their attempt; usually they lie in entry.aside.
Table(
    "words",
    metadata,
    Column("attempt", String(40), primary_key=True),
    Column("data", Text, nullable=False),
)

Table(
    "document",
    metadata,
    Column("digest", String(128), primary_key=True),
    Column("text", Text, nullable=False),
)

Table(
    "run",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("host", Text, nullable=False),
    Column("boot", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("ended", BigInteger, nullable=False),
    Column("beat", BigInteger, nullable=False, server_default="0"),
)

# An observer has been served all growth up to mark, apart from the streams it is behind with:
# those were served up to seq and have more, as far as upto.
Table(
    "observer",
    metadata,
    Column("name", Text, primary_key=True),
    Column("mark", BigInteger, nullable=False),
)
Table(
    "behind",
    metadata,
    Column("observer", Text, primary_key=True),
    Column("stream", _Big, ForeignKey("stream.id"), primary_key=True, autoincrement=False),
    Column("seq", _Big, nullable=False),
    Column("upto", _Big, nullable=False),
    sqlite_with_rowid=False,
)

# How many attempts a channel opened for a sender on a day (UTC): what a provider's daily limits are held by.
Table(
    "spent",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("via", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    Column("attempts", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# A share of all people, by a digest of their ids: who works through its held contacts, and until when that
# is believed. Nothing rests on it but that two workers do not come for the same.
Table(
    "partition",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("worker", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)

# When the next send may begin at a provider, or from a sender at it; for rates that hold for all workers.
Table(
    "turn",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Facts of this installation, such as the id of the key of the endpoint index.
Table(
    "installation",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)
