"""Room for encryption: keys of streams may be longer, and plain free text beside the chain may be encrypted.

Programs of 0004 go on with this schema until encryption is switched on; from then on the ledger says that
they cannot.

Revision: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# What was recorded stays as it was. Free text may be emptied, by an erasure, or be encrypted if it is plain.
_SQLITE = (
    "DROP TRIGGER IF EXISTS entry_aside_is_only_emptied",
    """
    CREATE TRIGGER entry_aside_is_only_emptied
    BEFORE UPDATE OF aside ON entry
    WHEN NEW.aside <> '' AND NOT (substr(OLD.aside, 1, 1) = '{' AND substr(NEW.aside, 1, 3) = 'e1:')
    BEGIN SELECT RAISE(ABORT, 'the chain is append-only'); END
    """,
)
# SQLite does not hold a text to the length of its column: there nothing need be widened.
_POSTGRES = (
    "ALTER TABLE stream ALTER COLUMN key TYPE text",
    "DROP TRIGGER IF EXISTS entry_aside_is_only_emptied ON entry",
    """
    CREATE TRIGGER entry_aside_is_only_emptied
    BEFORE UPDATE OF aside ON entry FOR EACH ROW
    WHEN (NEW.aside <> '' AND NOT (substr(OLD.aside, 1, 1) = '{' AND substr(NEW.aside, 1, 3) = 'e1:'))
    EXECUTE FUNCTION outreach_append_only()
    """,
)


def upgrade() -> None:
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRES:
        op.execute(statement)
