"""Seals: checkpoints over all chains.

Revision: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER seal_is_never_changed
    BEFORE UPDATE ON seal
    BEGIN SELECT RAISE(ABORT, 'the seals are append-only'); END
    """,
    """
    CREATE TRIGGER seal_is_never_deleted
    BEFORE DELETE ON seal
    BEGIN SELECT RAISE(ABORT, 'the seals are append-only'); END
    """,
)

_REFUSED = "EXECUTE FUNCTION outreach_append_only()"
_POSTGRES_TRIGGERS = (
    f"CREATE TRIGGER seal_is_never_changed BEFORE UPDATE ON seal FOR EACH ROW {_REFUSED}",
    f"CREATE TRIGGER seal_is_never_deleted BEFORE DELETE ON seal FOR EACH ROW {_REFUSED}",
    f"CREATE TRIGGER seal_is_never_emptied BEFORE TRUNCATE ON seal {_REFUSED}",
)


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("leaves", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_seal"),
    )
    for trigger in _SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else _POSTGRES_TRIGGERS:
        op.execute(trigger)
