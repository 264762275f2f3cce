"""Who came while its device was held, by its key as well: the present one, or the one from before the last change.

Which of the two somebody had who came before is known of one alone: the first at a device that is held for its old key,
who is why it is held.  The device's own PC has come again since, with the present one.
"""

import sqlalchemy as sa
from alembic import op

revision = "cloud_0013"
down_revision = "cloud_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    found = sa.text(
        "SELECT came.device_id, came.instance, came.first_utc_ms, came.last_utc_ms, chain.hold "
        "FROM held_instance AS came LEFT JOIN device_chain AS chain ON chain.device_id = came.device_id "
        "ORDER BY came.first_utc_ms"
    )
    kept = connection.execute(found).all()
    first = {row.device_id: row.instance for row in reversed(kept)}
    # made anew: SQLite cannot change what the primary key is
    op.drop_table("held_instance")
    made = op.create_table(
        "held_instance",
        sa.Column("device_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("instance", sa.LargeBinary(length=16), nullable=False),
        sa.Column("has_old_key", sa.Boolean(), nullable=False),
        sa.Column("first_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_utc_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device_id", "instance", "has_old_key"),
    )
    op.bulk_insert(
        made,
        [
            {
                "device_id": device_id, "instance": instance,
                "has_old_key": hold == "old_key" and first[device_id] == instance,
                "first_utc_ms": first_utc_ms, "last_utc_ms": last_utc_ms,
            }
            for device_id, instance, first_utc_ms, last_utc_ms, hold in kept
        ],
    )  # fmt: skip
