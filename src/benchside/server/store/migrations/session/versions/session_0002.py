"""A customer's newest sessions, and a PC's, are found without looking at all others."""

from alembic import op

revision = "session_0002"
down_revision = "session_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_session_site_opened_utc_ms_id"), "session", ["site", "opened_utc_ms", "id"])
    op.create_index(op.f("ix_session_device_id_opened_utc_ms"), "session", ["device_id", "opened_utc_ms"])
