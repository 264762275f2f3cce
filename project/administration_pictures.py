"""Pictures of the administration: people, a PC that is held, and what a customer's security officer sees."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from examples.demo.world import ORGANISATION, World, last_day, run, start_agent
from examples.engineer.engineer import WITHIN_S, Engineer

from project.progress import StepError

OFFICER = "lucia.serra"
OFFICER_NAME = "Lucía Serra"
PASSWORD = "four-more-words-of-it"  # noqa: S105 - of a world that ends with the pictures
PEOPLE = (
    ("ben.okafor", "Ben Okafor", "engineer", 200),
    ("carla.ruiz", "Carla Ruiz Domènech", "engineer", 12),
    ("david.lind", "David Lind", "dispatcher", 0),
    ("eva.novak", "Eva Nováková", "engineer", -3),
)
"""Account, name, role, and days until the training ends; 0 without one."""

LOOK_EVERY_S = 0.5

Show = Callable[[str, Engineer], None]


def enter_people(world: World) -> None:
    """A team as a personnel system gives it out, and the customer's officer."""
    law, data = world.region.law, ("--data", world.server_folder)
    people = "".join(f"{account},{name},{ORGANISATION},{role},haematology\n" for account, name, role, _ in PEOPLE)
    people += f"{OFFICER},{OFFICER_NAME},{world.region.site_name.partition(',')[0]},,\n"
    trainings = "".join(f"{account},data-protection,{law},{last_day(days)}\n" for account, _, _, days in PEOPLE if days)
    for kind, text in (
        ("people", f"account,name,organisation,role,groups\n{people}"),
        ("trainings", f"account,course,law,expires\n{trainings}"),
    ):
        table = world.folder / f"more-{kind}.csv"
        table.write_text(text, encoding="utf-8")
        run("admin", "import", *data, kind, table)


def put_back_a_disk(world: World, engineer: Engineer) -> None:
    """The PC comes with the state of a disk image, as after a repair, and is held."""
    image = world.folder / "image"

    def away(change: Callable[[], object]) -> None:
        if world.agent is not None:
            world.children.stop(world.agent)
        _wait(engineer, "offline")
        change()
        world.socket.unlink(missing_ok=True)
        start_agent(world)

    away(lambda: shutil.copytree(world.pc_folder, image))
    # the PC goes on, and its image does not
    for _ in range(2):
        _wait(engineer, "online")
        away(lambda: None)
    _wait(engineer, "online")
    away(lambda: _restore(image, world))
    _wait(engineer, "held")


def _wait(engineer: Engineer, state: str) -> None:
    """Until the console says that the PC is in this state."""
    until = time.monotonic() + WITHIN_S
    while True:
        engineer.page.goto(f"{engineer.web_url}/admin/pcs")
        engineer.see("pcs")
        if engineer.page.locator(f"[data-testid=pcs] tr[data-state={state}]").count():
            return
        if time.monotonic() > until:
            raise StepError(f"expected the PC to be {state}, the console says otherwise")
        time.sleep(LOOK_EVERY_S)


def _restore(image: Path, world: World) -> None:
    shutil.rmtree(world.pc_folder)
    shutil.copytree(image, world.pc_folder)


def play_administrator(world: World, engineer: Engineer, show: Show) -> None:
    """The people, the officer's duty, and the PC that is held."""
    engineer.page.goto(f"{engineer.web_url}/admin/people")
    engineer.page.locator(f"[data-person='{OFFICER}'] a").click()
    engineer.click("role-none")
    engineer.page.get_by_test_id("person-officer").select_option(world.region.customer)
    engineer.click("save")
    engineer.see("said")
    engineer.page.goto(f"{engineer.web_url}/admin/people")
    engineer.see("people")
    show("people", engineer)
    put_back_a_disk(world, engineer)
    engineer.see("held")
    show("held", engineer)


def play_officer(world: World, engineer: Engineer, show: Show) -> None:
    """What is stored about a PC, as the officer reads it."""
    engineer.sign_in(OFFICER, run("admin", "account", "add", "--data", world.server_folder, OFFICER), PASSWORD)
    engineer.page.goto(f"{engineer.web_url}/officer/pcs")
    engineer.page.locator("[data-testid=pcs] a").first.click()
    engineer.see("stored")
    show("officer", engineer)
