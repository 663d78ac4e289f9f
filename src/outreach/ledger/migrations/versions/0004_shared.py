"""What several machines need: partitions, heartbeats, turns at providers, and who can work with the schema.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WORKS_WITH = "0004"
"""The oldest revision whose programs can work with this schema; a change that only adds leaves it."""


def upgrade() -> None:
    op.add_column("run", sa.Column("beat", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("contact", sa.Column("partition", sa.SmallInteger(), nullable=False, server_default="0"))
    held = sa.text("state = 'held'")
    op.create_index(
        "ix_contact_held_partition",
        "contact",
        ["partition", "priority", "due"],
        sqlite_where=held,
        postgresql_where=held,
    )
    op.create_table(
        "partition",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_partition"),
    )
    op.create_table(
        "turn",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_turn"),
        sqlite_with_rowid=False,
    )
    op.execute(f"INSERT INTO installation (name, value) VALUES ('works_with', '{WORKS_WITH}')")
