"""Each adapter beside programs that are not ours: what was exchanged, fact by fact.

log     `logger` and `iconv` write, `logrotate` rotates                         logs.py
opcua   node-opcua with alarms and the LADS nodeset                             servers.py
line    PyPI's `astm-2025` and `hl7` at both ends of lines                      lines.py, laboratory.py
push    `benchside notify` from a shell, and Perl on the local socket           pushes.py, push.pl
"""

from __future__ import annotations

from pathlib import Path

from project import opcua, peers

from bench.notices import lines, logs, pushes, servers
from bench.notices.proof import Proofs


async def main(folder: Path, quick: bool) -> dict[str, float]:
    """Prove all; the quick form is the whole."""
    del quick
    opcua.ensure()
    peers.ensure_laboratory()
    proofs = Proofs()
    await logs.prove(proofs, folder)
    await lines.prove(proofs)
    await pushes.prove(proofs, folder / "push")
    await servers.prove(proofs, folder / "opcua")
    of = {f"adapters_{each}": sum(one == each for one, _ in proofs.proven) for each in ("log", "opcua", "line", "push")}
    return {"adapters_proven": len(proofs.proven), "adapters_failed": len(proofs.failed), **of}
