"""Where each device's chain of links stands, the change of its key, and who came while it was held."""

import sqlalchemy as sa
from alembic import op

revision = "cloud_0005"
down_revision = "cloud_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_chain",
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kept_step", sa.BigInteger(), nullable=False),
        sa.Column("kept_state", sa.LargeBinary(), nullable=False),
        sa.Column("offer_step", sa.BigInteger(), nullable=True),
        sa.Column("offer_state", sa.LargeBinary(), nullable=True),
        sa.Column("hold", sa.String(length=16), nullable=True),
        sa.Column("held_utc_ms", sa.BigInteger(), nullable=True),
        sa.Column("is_freed", sa.Boolean(), nullable=False),
        sa.Column("freed_for", sa.LargeBinary(length=16), nullable=True),
        sa.Column("decisions", sa.BigInteger(), nullable=False),
        sa.Column("next_key", sa.LargeBinary(), nullable=True),
        sa.Column("old_key", sa.LargeBinary(), nullable=True),
        sa.Column("key_changed_utc_ms", sa.BigInteger(), nullable=True),
        sa.Column("is_rotation_wanted", sa.Boolean(), nullable=False),
        sa.Column("sealing", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device_id"),
    )
    op.create_index(op.f("ix_device_chain_hold"), "device_chain", ["hold"], unique=False)
    op.create_index(op.f("ix_device_chain_is_rotation_wanted"), "device_chain", ["is_rotation_wanted"], unique=False)
    op.create_table(
        "held_instance",
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("instance", sa.LargeBinary(length=16), nullable=False),
        sa.Column("first_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_utc_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device_id", "instance"),
    )
