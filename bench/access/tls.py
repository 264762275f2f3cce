"""testssl.sh against the running edge, for each of its names: findings at LOW or above, beside listed exceptions."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.fakes.edge import NAMES, world_behind_an_edge

EXCEPTIONS = {
    "cert_trust": "the certificate is of an authority made for this run",
    "cert_chain_of_trust": "the same",
    "cert_expirationStatus": "made for this run",
    "cert_revocation": "an authority made for this run publishes none",
    "cert_crlDistributionPoints": "the same",
    "cert_ocspURL": "the same",
    "OCSP_stapling": "the same",
    "DNS_CAArecord": "names of example have no zone",
    "certificate_transparency": "an authority made for this run logs none",
    "cert_extlifeSpan": "made for this run",
}
"""Each by testssl's own id, with its reason; in production each is the operator's certificate."""
BAD = {"LOW", "MEDIUM", "HIGH", "CRITICAL"}


async def main(folder: Path, quick: bool) -> dict[str, float]:
    findings: list[str] = []
    async with world_behind_an_edge(folder) as (_, edge):
        for name in NAMES[:1] if quick else NAMES:
            out = folder / f"{name}.json"
            process = await asyncio.create_subprocess_exec(
                "testssl", "--quiet", "--color", "0", "--warnings", "batch", "--ip", "127.0.0.1",
                "--jsonfile", str(out), "--add-ca", str(folder / "authority.pem"),
                "--nodns", "none", f"{name}:{edge.port}",
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, stdin=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            await process.wait()
            found = json.loads(out.read_text())
            bad = [one for one in found if one["severity"] in BAD and one["id"].split(" ")[0] not in EXCEPTIONS]
            findings += [f"{name} {one['id']} {one['severity']}: {one['finding']}" for one in bad]
            assert len(found) > 50, "testssl.sh did not look at much"
    print(*findings, sep="\n")
    return {"tls_findings": len(findings)}
