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
    if op.get_bind().dialect.name == "sqlite":
        for trigger in _SQLITE_TRIGGERS:
            op.execute(trigger)
