"""Mail that has to go out, addresses of accounts, and the devices and networks that they were seen with."""

import sqlalchemy as sa
from alembic import op

revision = "cloud_0004"
down_revision = "cloud_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account") as table:
        table.add_column(sa.Column("address", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("denied_utc_ms", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("sign_in") as table:
        table.add_column(sa.Column("needs_location", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "mail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("put_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("ends_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_mail_due_utc_ms"), "mail", ["due_utc_ms"], unique=False)
    op.create_table(
        "known_location",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("seen_utc_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account", "kind", "hash"),
    )
    op.create_index(op.f("ix_known_location_seen_utc_ms"), "known_location", ["seen_utc_ms"], unique=False)
    op.create_table(
        "new_location",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("network", sa.LargeBinary(), nullable=False),
        sa.Column("family", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["token_hash"], ["sign_in.token_hash"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_table(
        "location_link",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("sign_in", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("is_spent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index(op.f("ix_location_link_account"), "location_link", ["account"], unique=False)
    op.create_index(op.f("ix_location_link_made_utc_ms"), "location_link", ["made_utc_ms"], unique=False)
