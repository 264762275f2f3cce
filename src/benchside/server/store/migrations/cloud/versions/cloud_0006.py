"""How far the queue and the ticket office have followed each PC's journal."""

import sqlalchemy as sa
from alembic import op

revision = "cloud_0006"
down_revision = "cloud_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "journal_noted",
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device_id"),
    )
