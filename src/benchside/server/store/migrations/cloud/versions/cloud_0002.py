"""Sign-ins at a provider, second factors, and when each sign-in was last proved."""

import sqlalchemy as sa
from alembic import op

revision = "cloud_0002"
down_revision = "cloud_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account") as table:
        table.add_column(sa.Column("factor", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("factor_offered", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("factor_step", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("sign_in") as table:
        table.add_column(sa.Column("proved_utc_ms", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE sign_in SET proved_utc_ms = opened_utc_ms")
    op.create_table(
        "provider_identity",
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("issuer", "subject"),
        sa.UniqueConstraint("account"),
    )
    op.create_table(
        "provider_session",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sid", sa.String(length=255), nullable=True),
        sa.Column("refresh_token", sa.LargeBinary(), nullable=True),
        sa.Column("checked_utc_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["token_hash"], ["sign_in.token_hash"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index(op.f("ix_provider_session_sid"), "provider_session", ["sid"], unique=False)
    op.create_index(op.f("ix_provider_session_checked_utc_ms"), "provider_session", ["checked_utc_ms"], unique=False)
