"""Notices: how far each journal is kept, its changes, what is wrong now; and when a site's PC counts as silent."""

import sqlalchemy as sa
from alembic import op

revision = "cloud_0007"
down_revision = "cloud_0006"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "notice_change",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("journal", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("kept_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=True),
        sa.Column("subject", sa.String(length=80), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("personal", sa.LargeBinary(), nullable=True),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("device_id", "journal", "sequence", name="uq_notice_change_device_journal_sequence"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notice_change_device_number", "notice_change", ["device_id", "number"], unique=False)
    op.create_index(op.f("ix_notice_change_kept_utc_ms"), "notice_change", ["kept_utc_ms"], unique=False)
    op.create_table(
        "notice_condition",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("journal", sa.LargeBinary(length=16), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_acknowledged", sa.Boolean(), nullable=False),
        sa.Column("shelved_until_utc_ms", sa.BigInteger(), nullable=True),
        sa.Column("raised_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("kept_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("personal", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("device_id", "source", "subject", "code", name="uq_notice_condition_key"),
    )
    op.create_index("ix_notice_condition_shown", "notice_condition", ["is_shown", "severity", "number"], unique=False)
    op.create_table(
        "notice_cursor",
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("journal", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("seen_utc_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device_id", "journal"),
    )
    op.add_column("site", sa.Column("silent_after_min", sa.Integer(), server_default="15", nullable=False))
