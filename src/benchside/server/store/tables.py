"""All tables of each plane, for the scripts that compare and make them."""

from __future__ import annotations

from sqlalchemy import MetaData

import benchside.server.access.delays
import benchside.server.accounts.model
import benchside.server.audit.model
import benchside.server.broker.model
import benchside.server.enrolment.model
import benchside.server.policy.model
import benchside.server.presence.model
from benchside.server.store.planes import CloudTable, SessionTable

__all__ = ["CLOUD", "SESSION"]

CLOUD: MetaData = CloudTable.metadata
SESSION: MetaData = SessionTable.metadata
