"""When a site was whose: what happened there stays with the customer that it had."""

import sqlalchemy as sa
from alembic import op

revision = "cloud_0015"
down_revision = "cloud_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("site", sa.Column("customer_since_utc_ms", sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "former_term",
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("until_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("from_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("customer", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site", "until_utc_ms"),
    )
    op.create_index(op.f("ix_former_term_customer"), "former_term", ["customer"], unique=False)
