"""The picture engine: from damage on the granted monitors to what one picture says.

`plan` names the boxes to grab, `write` turns their pixels into messages and may run in a thread of its own while
damage goes on arriving.  Newest wins: what was not reached is damage again, and is grabbed afresh in its turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from benchside.media.damage import Box, Region
from benchside.media.scene import REST_S, Grabbed, LineState, Scene, SceneMessage
from benchside.media.tiles import Encoder
from benchside.protocol.wire.picture import MAX_STREAMS, PictureState, VideoAbility

__all__ = ["HEAVY_PX", "Draft", "Engine", "Plan", "Spot"]

# From this much on, writing takes longer than a click may wait: it goes to the other thread.
HEAVY_PX = 131_072


class Spot(NamedTuple):
    """A box of a scene that is to be grabbed."""

    scene: Scene
    box: Box


@dataclass(frozen=True)
class Plan:
    """What the next picture is made of."""

    spots: tuple[Spot, ...]
    is_refinement: bool
    """It makes exact what is there already; else it brings what changed."""

    @property
    def area_px(self) -> int:
        return sum(spot.box.area_px for spot in self.spots)


@dataclass
class Draft:
    """What a picture says, before it has gone out."""

    plan: Plan
    messages: list[SceneMessage] = field(default_factory=list)
    left: list[Box] = field(default_factory=list)


class Engine:
    """All granted monitors of one epoch of `view`."""

    def __init__(self) -> None:
        self._encoder = Encoder()
        self._region = Region()
        self._is_refining_next = False
        self._scenes: tuple[Scene, ...] = ()
        self._areas: tuple[tuple[int, Box], ...] = ()

    def lay_out(self, monitors: Iterable[tuple[int, Box]], ability: VideoAbility) -> None:
        """Start these monitors whole, for a viewer that decodes this much video.

        What is being written at the moment goes on with the old scenes and is for nobody.
        """
        self._areas = tuple(monitors)
        streams = range(MAX_STREAMS)
        self._scenes = tuple(
            Scene(monitor, area, min(number, MAX_STREAMS - 1), ability if number in streams else VideoAbility.NONE)
            for number, (monitor, area) in enumerate(self._areas)
        )
        self._region.clear()
        for _, area in self._areas:
            self._region.add(area)

    def is_current(self, plan: Plan) -> bool:
        """Whether the plan is of the scenes that are laid out now."""
        return all(any(spot.scene is scene for scene in self._scenes) for spot in plan.spots)

    def damaged(self, box: Box) -> None:
        """Something may have changed here."""
        self._region.add(box)

    @property
    def is_damaged(self) -> bool:
        """Whether something changed that was not planned yet."""
        return bool(self._region)

    @property
    def state(self) -> PictureState:
        """How far the viewer is once all that was written is drawn."""
        if self._region:
            return PictureState.BEHIND
        return PictureState.EXACT if all(scene.is_exact for scene in self._scenes) else PictureState.REFINING

    def rests_at(self) -> float | None:
        """When something can be made exact; None when all is."""
        times = [at for scene in self._scenes if (at := scene.cells.rests_at(REST_S)) is not None]
        return min(times, default=None)

    def plan(self, now: float, budget_bytes: int, *, may_refine: bool) -> Plan | None:
        """Say what the next picture is of: damage, in turn with what has rested where the line has room for both.

        In turn, because a program that draws the same over and over damages all the time and changes nothing.
        """
        rests_at = self.rests_at()
        can_refine = may_refine and rests_at is not None and rests_at <= now
        if can_refine and (self._is_refining_next or not self._region):
            self._is_refining_next = False
            return self._plan_refinement(now, budget_bytes)
        self._is_refining_next = True
        return self._plan_damage()

    def _plan_damage(self) -> Plan | None:
        region = self._region.take()
        spots = tuple(Spot(scene, box) for scene in self._scenes for box in region.clip((scene.area,)))
        return Plan(spots, is_refinement=False) if spots else None

    def _plan_refinement(self, now: float, budget_bytes: int) -> Plan | None:
        """Some of what has rested, about as much as fits the budget."""
        spots: list[Spot] = []
        for scene in self._scenes:
            if not spots:  # one monitor after the other
                spots = [Spot(scene, box) for box in scene.rested_boxes(now, budget_bytes)]
        return Plan(tuple(spots), is_refinement=True) if spots else None

    def write(self, plan: Plan, grabbed: Sequence[Grabbed], line: LineState, now: float) -> Draft:
        """Write the picture of the plan's spots, whose pixels are `grabbed`, one for each."""
        draft = Draft(plan)
        spent = 0
        for scene in dict.fromkeys(spot.scene for spot in plan.spots):
            own = [each for spot, each in zip(plan.spots, grabbed, strict=True) if spot.scene is scene]
            rest = line._replace(budget_bytes=max(0, line.budget_bytes - spent))
            if plan.is_refinement:
                written = scene.refine(own, rest, self._encoder)
            else:
                written = scene.write(own, rest, self._encoder, now)
            draft.messages += written.messages
            draft.left += written.left
            spent += written.size_bytes
        return draft

    def settle(self, draft: Draft) -> None:
        """The draft goes out: what it did not reach is damage."""
        for box in draft.left:
            self._region.add(box)

    def take_back(self, draft: Draft) -> None:
        """The draft does not go out: all of it is damage again."""
        for scene, box in draft.plan.spots:
            scene.lose([box])
            self._region.add(box)

    def end_idle_streams(self, now: float) -> list[SceneMessage]:
        """End the video that nothing has needed for a while."""
        return [message for scene in self._scenes for message in scene.end_idle_stream(now)]

    @property
    def has_video(self) -> bool:
        return any(scene.has_video for scene in self._scenes)
