"""Why the last try of an alert channel failed, when a message last went out, and when somebody last tried it."""

import sqlalchemy as sa
from alembic import op

revision = "cloud_0012"
down_revision = "cloud_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert_channel", sa.Column("why", sa.String(length=20), nullable=True))
    op.add_column("alert_channel", sa.Column("sent_utc_ms", sa.BigInteger(), nullable=True))
    op.add_column("alert_channel", sa.Column("tried_utc_ms", sa.BigInteger(), nullable=True))
