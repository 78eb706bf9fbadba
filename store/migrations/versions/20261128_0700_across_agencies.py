"""Two more questions that may look across agencies: which agencies there are, and which documents came last."""

from __future__ import annotations

from alembic import op

revision = "0009servers"
down_revision = "0010subscriptions"
branch_labels = None
depends_on = None

APP = "leadwright_app"
FUNCTIONS = """
CREATE FUNCTION agency_ids() RETURNS TABLE (id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT a.id FROM agency a ORDER BY a.id $$;

CREATE FUNCTION latest_documents(at_most int) RETURNS TABLE (agency_id uuid, sha256 text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$ SELECT d.agency_id, d.sha256 FROM document d ORDER BY d.uploaded_at DESC LIMIT at_most $$;
"""
PRIVATE = ("agency_ids()", "latest_documents(int)")


def upgrade() -> None:
    """Create the functions, for the application role alone."""
    op.execute(FUNCTIONS)
    for function in PRIVATE:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {APP}")


def downgrade() -> None:
    """Drop them."""
    for function in PRIVATE:
        op.execute(f"DROP FUNCTION {function}")
