"""The first schema.

Revision: 0001
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# What was recorded stays as it was. Only free text beside the chain may be emptied, by an erasure.
_SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER entry_is_never_changed
    BEFORE UPDATE OF id, stream, seq, upto, recorded_at, name, body, hash ON entry
    BEGIN SELECT RAISE(ABORT, 'the chain is append-only'); END
    """,
    """
    CREATE TRIGGER entry_aside_is_only_emptied
    BEFORE UPDATE OF aside ON entry WHEN NEW.aside <> ''
    BEGIN SELECT RAISE(ABORT, 'the chain is append-only'); END
    """,
    """
    CREATE TRIGGER entry_is_never_deleted
    BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'the chain is append-only'); END
    """,
    """
    CREATE TRIGGER growth_is_never_changed
    BEFORE UPDATE ON growth
    BEGIN SELECT RAISE(ABORT, 'the chain is append-only'); END
    """,
    """
    CREATE TRIGGER growth_is_never_deleted
    BEFORE DELETE ON growth
    BEGIN SELECT RAISE(ABORT, 'the chain is append-only'); END
    """,
)

_REFUSED = "FOR EACH ROW EXECUTE FUNCTION outreach_append_only()"
_POSTGRES = (
    # Ids are asked for by their beginnings: their order must be that of their bytes, whatever the database's.
    'ALTER TABLE entry ALTER COLUMN name TYPE text COLLATE "C"',
    'ALTER TABLE event_id ALTER COLUMN id TYPE text COLLATE "C"',
    'ALTER TABLE document ALTER COLUMN digest TYPE varchar(128) COLLATE "C"',
    """
    CREATE FUNCTION outreach_append_only() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN RAISE EXCEPTION ''the chain is append-only''; END'
    """,
    f"""
    CREATE TRIGGER entry_is_never_changed
    BEFORE UPDATE OF id, stream, seq, upto, recorded_at, name, body, hash ON entry {_REFUSED}
    """,
    """
    CREATE TRIGGER entry_aside_is_only_emptied
    BEFORE UPDATE OF aside ON entry FOR EACH ROW WHEN (NEW.aside <> '')
    EXECUTE FUNCTION outreach_append_only()
    """,
    f"CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry {_REFUSED}",
    f"CREATE TRIGGER growth_is_never_changed BEFORE UPDATE ON growth {_REFUSED}",
    f"CREATE TRIGGER growth_is_never_deleted BEFORE DELETE ON growth {_REFUSED}",
    *(
        f"CREATE TRIGGER {table}_is_never_emptied BEFORE TRUNCATE ON {table} "
        "EXECUTE FUNCTION outreach_append_only()"
        for table in ("entry", "growth")
    ),
)


def upgrade() -> None:
    _create_tables()
    for statement in _SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else _POSTGRES:
        op.execute(statement)


def _where(state: str) -> dict[str, Any]:
    condition = sa.text(f"state = '{state}'")
    return {"sqlite_where": condition, "postgresql_where": condition}


def _create_tables() -> None:
    op.create_table(
        "contact",
        sa.Column("arrival", _Big, nullable=False),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("person", sa.String(40), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("arrival", name="pk_contact"),
    )
    op.create_index("ix_contact_held", "contact", ["priority", "due"], **_where("held"))
    op.create_index("ix_contact_held_person", "contact", ["person"], **_where("held"))
    op.create_index("ix_contact_listed", "contact", ["priority"], **_where("listed"))
    op.create_index("ix_contact_open", "contact", ["arrival"], **_where("open"))
    op.create_index("ix_contact_unknown", "contact", ["arrival"], **_where("unknown"))
    op.create_index("uq_contact_campaign_key", "contact", ["campaign", "key"], unique=True)
    op.create_index("uq_contact_id", "contact", ["id"], unique=True)
    op.create_table(
        "document",
        sa.Column("digest", sa.String(128), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_document"),
    )
    op.create_table(
        "growth",
        sa.Column("id", _Big, nullable=False),
        sa.Column("streams", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_growth"),
    )
    op.create_table(
        "installation",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_installation"),
    )
    op.create_table(
        "observer",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_observer"),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
    )
    op.create_table(
        "stream",
        sa.Column("id", _Big, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("aliases", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stream"),
    )
    op.create_index("uq_stream_name", "stream", ["name"], unique=True)
    op.create_table(
        "words",
        sa.Column("attempt", sa.String(40), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("attempt", name="pk_words"),
    )
    op.create_table(
        "behind",
        sa.Column("observer", sa.Text(), nullable=False),
        sa.Column("stream", _Big, autoincrement=False, nullable=False),
        sa.Column("seq", _Big, nullable=False),
        sa.Column("upto", _Big, nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name="fk_behind_stream"),
        sa.PrimaryKeyConstraint("observer", "stream", name="pk_behind"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "entry",
        sa.Column("id", _Big, nullable=False),
        sa.Column("stream", _Big, nullable=False),
        sa.Column("seq", _Big, nullable=False),
        sa.Column("upto", _Big, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("aside", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name="fk_entry_stream"),
        sa.PrimaryKeyConstraint("id", name="pk_entry"),
    )
    op.create_index("uq_entry_name", "entry", ["name"], unique=True)
    op.create_index("uq_entry_stream_seq", "entry", ["stream", "seq"], unique=True)
    op.create_table(
        "event_id",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("stream", _Big, nullable=False),
        sa.Column("seq", _Big, nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name="fk_event_id_stream"),
        sa.PrimaryKeyConstraint("id", name="pk_event_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event_key",
        sa.Column("stream", _Big, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("seq", _Big, nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name="fk_event_key_stream"),
        sa.PrimaryKeyConstraint("stream", "key", name="pk_event_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "holder",
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("stream", _Big, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name="fk_holder_stream"),
        sa.PrimaryKeyConstraint("digest", "stream", name="pk_holder"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "person_version",
        sa.Column("id", _Big, nullable=False),
        sa.Column("stream", _Big, nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name="fk_person_version_stream"),
        sa.PrimaryKeyConstraint("id", name="pk_person_version"),
    )
    op.create_index("uq_person_version_stream_version", "person_version", ["stream", "version"], unique=True)
    op.create_table(
        "person",
        sa.Column("stream", _Big, autoincrement=False, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("version", _Big, nullable=False),
        sa.Column("known_since", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["version"], ["person_version.id"], name="fk_person_version"),
        sa.ForeignKeyConstraint(["stream"], ["stream.id"], name="fk_person_stream"),
        sa.PrimaryKeyConstraint("stream", name="pk_person"),
    )
    op.create_index("uq_person_ref", "person", ["ref"], unique=True)
