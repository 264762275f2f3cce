"""At which PCs an advisory has arrived."""

import sqlalchemy as sa
from alembic import op

revision = "cloud_0011"
down_revision = "cloud_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "advisory_reached",
        sa.Column("advisory_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("reached_utc_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["advisory_id"], ["advisory.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("advisory_id", "device_id"),
    )
    op.execute(
        "INSERT INTO advisory_reached (advisory_id, device_id, reached_utc_ms) "
        "SELECT advisory_id, device_id, acknowledged_utc_ms FROM advisory_answer"
    )
