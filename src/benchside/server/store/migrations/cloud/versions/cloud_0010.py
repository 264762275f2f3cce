"""The notice with which help is asked for."""

import sqlalchemy as sa
from alembic import op

revision = "cloud_0010"
down_revision = "cloud_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("request", sa.Column("condition", sa.LargeBinary(), nullable=True))
