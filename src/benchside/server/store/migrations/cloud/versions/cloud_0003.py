"""People, groups, trainings and customers; what the policy says of sites; second associates' agreements."""

import sqlalchemy as sa
from alembic import op

revision = "cloud_0003"
down_revision = "cloud_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("request") as table:
        table.add_column(sa.Column("claimed_key", sa.LargeBinary(length=32), nullable=True))
        table.add_column(sa.Column("reported_utc_ms", sa.BigInteger(), nullable=True))
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
    op.create_table(
        "customer",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("it_mail", sa.LargeBinary(), nullable=True),
        sa.Column("mail_language", sa.String(length=8), nullable=False, server_default="en"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("site") as table:
        table.add_column(sa.Column("customer", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("laws", sa.String(length=400), nullable=False, server_default=""))
        table.add_column(sa.Column("time_zone", sa.String(length=64), nullable=False, server_default="UTC"))
        table.add_column(sa.Column("rules", sa.Text(), nullable=False, server_default="{}"))
        table.create_foreign_key("fk_site_customer", "customer", ["customer"], ["id"])
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("organisation", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=True),
        sa.Column("is_administrator", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("officer_of", sa.String(length=64), nullable=True),
        sa.Column("until_utc_ms", sa.BigInteger(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.ForeignKeyConstraint(["officer_of"], ["customer.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "staff_group",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("customers", sa.Text(), nullable=False),
        sa.Column("sites", sa.Text(), nullable=False),
        sa.Column("models", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "membership",
        sa.Column("group", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["group"], ["staff_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group", "person"),
    )
    op.create_index(op.f("ix_membership_person"), "membership", ["person"], unique=False)
    op.create_table(
        "training",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("law", sa.String(length=32), nullable=False),
        sa.Column("expires_utc_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person", "course", "law"),
    )
