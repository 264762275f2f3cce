"""Advisories, and who has acknowledged them."""

import sqlalchemy as sa
from alembic import op

revision = "cloud_0008"
down_revision = "cloud_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "advisory",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("sites", sa.Text(), nullable=False),
        sa.Column("models", sa.Text(), nullable=False),
        sa.Column("until_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("withdrawn_utc_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_advisory_until_utc_ms"), "advisory", ["until_utc_ms"], unique=False)
    op.create_table(
        "advisory_answer",
        sa.Column("advisory_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("acknowledged_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["advisory_id"], ["advisory.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("advisory_id", "device_id"),
    )
