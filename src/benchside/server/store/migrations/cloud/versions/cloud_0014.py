"""A provider's session has an id of its own, and the provider's log-outs are kept for a while."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "cloud_0014"
down_revision = "cloud_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    found = sa.text("SELECT token_hash, sid, refresh_token, checked_utc_ms FROM provider_session")
    kept = connection.execute(found).mappings().all()
    # made anew: SQLite cannot change what the primary key is
    op.drop_table("provider_session")
    made = op.create_table(
        "provider_session",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sid", sa.String(length=255), nullable=True),
        sa.Column("refresh_token", sa.LargeBinary(), nullable=True),
        sa.Column("checked_utc_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["token_hash"], ["sign_in.token_hash"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_provider_session_sid"), "provider_session", ["sid"], unique=False)
    op.create_index(op.f("ix_provider_session_checked_utc_ms"), "provider_session", ["checked_utc_ms"], unique=False)
    op.bulk_insert(made, [{"id": secrets.token_bytes(16), **row} for row in kept])
    op.create_table(
        "provider_logout",
        sa.Column("token_id_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sid", sa.String(length=255), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("heard_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_id_hash"),
    )
    op.create_index(op.f("ix_provider_logout_heard_utc_ms"), "provider_logout", ["heard_utc_ms"], unique=False)
