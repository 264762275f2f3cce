"""With which key a request was claimed, and second associates' agreements."""

import sqlalchemy as sa
from alembic import op

revision = "cloud_0003"
down_revision = "cloud_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("request") as table:
        table.add_column(sa.Column("claimed_key", sa.LargeBinary(length=32), nullable=True))
    op.create_table(
        "agreement",
        sa.Column("request_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("second", sa.String(length=64), nullable=False),
        sa.Column("key_spki", sa.LargeBinary(length=600), nullable=False),
        sa.Column("issued_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=512), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("request_id"),
    )
