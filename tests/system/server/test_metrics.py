"""Figures for operators: off unless set, nothing personal in them, each documented, and each on the dashboard known."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fakes.clients import http_client
from tests.fakes.notifier import Journal
from tests.fakes.server_world import SETTINGS, running_world
from tests.layout.sources import ROOT

pytestmark = [pytest.mark.system, pytest.mark.slow]


async def test_what_is_told_and_what_is_not(tmp_path: Path) -> None:
    async with running_world(tmp_path, settings=replace(SETTINGS, metrics="127.0.0.1:0")) as world:
        pc, journal = await world.enrolled_pc(), Journal()
        await world.parts.intake.keep(pc.device_id, journal.batch(journal.raised(), journal.acknowledged()))
        assert world.listeners.metrics is not None
        port = world.listeners.metrics.getsockname()[1]
        async with http_client(f"http://127.0.0.1:{port}") as scraper:
            async with asyncio.timeout(20):
                while not {"benchside_pcs 1.0", "benchside_pcs_online 1.0"} <= set(
                    (text := (await scraper.get("/metrics")).text).splitlines()
                ):
                    await asyncio.sleep(0.2)  # a PC that was just enrolled is counted within seconds
            assert (await scraper.get("/")).status_code == 404
            assert (await scraper.post("/metrics")).status_code == 405
        async with http_client(world.listeners.web_url) as http:
            assert (await http.get("/api/metrics")).status_code == 404
    assert "benchside_notices_kept_total 2.0" in text
    assert 'benchside_conditions_active{severity="warning"} 1.0' in text
    assert "benchside_pcs_online 1.0" in text
    for secret in ("Toni", "PC 1", "lab-1", "First Lab", pc.device_id.hex()):
        assert secret not in text
    names = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if not line.startswith("#")}
    documented = set(re.findall(r"^\| `(benchside_\w+)", (ROOT / "docs/operate/metrics.md").read_text(), re.M))
    assert names == documented
    dashboard = json.loads((ROOT / "packaging/grafana/benchside.json").read_text())
    asked = {name for one in dashboard["panels"] for name in re.findall(r"benchside_\w+", one["targets"][0]["expr"])}
    assert asked <= names


async def test_without_the_setting_there_is_no_listener(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        assert world.listeners.metrics is None
