"""Consent on the PC: what is asked, what the technician answers, and what may pass because of it.

May import trust, wire and errors.  `table` is the machine, `guards` its conditions,
`acts` what follows; `machine` carries it out.
"""

from benchside.protocol.flow.consent.grant import ConsentGrant
from benchside.protocol.flow.consent.limits import ConsentLimits
from benchside.protocol.flow.consent.machine import ConsentMachine

__all__ = ["ConsentGrant", "ConsentLimits", "ConsentMachine"]
