"""Who came while its device was held, by its key as well: the present one, or the one from before the last change.

Nothing is copied: whoever is held comes again within a minute.
"""

import sqlalchemy as sa
from alembic import op

revision = "cloud_0013"
down_revision = "cloud_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("held_instance")
    op.create_table(
        "held_instance",
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("instance", sa.LargeBinary(length=16), nullable=False),
        sa.Column("has_old_key", sa.Boolean(), nullable=False),
        sa.Column("first_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_utc_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device_id", "instance", "has_old_key"),
    )
