"""Whole handshakes in memory between the product's own machine and a console that may be hostile."""

from __future__ import annotations

import random

import msgspec
import pytest
from bench.session.ends import ConsoleEnd, PcEnd, Scene, main_channel, make_scene, now_utc_ms
from bench.session.mutation import KINDS
from bench.session.relay import in_memory
from tests.fakes.people import associate

from benchside.protocol.errors import PeerError, PeerFault, Refusal
from benchside.protocol.trust.code import code_from_random, read_code
from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.trust.second import SecondFor, say_second
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.handshake import HANDSHAKE, Answer, Hello, Refused, SecondSaid
from benchside.protocol.wire.policy import SiteRules

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene()


def talk(pc: PcEnd, console: ConsoleEnd) -> list[object]:
    """Everything that the PC says, until nobody has anything to say."""
    said: list[object] = []
    to_pc = console.begin()
    while to_pc:
        answers = [answer for message in to_pc for answer in pc.hear(message)]
        said += [HANDSHAKE.decode(answer) for answer in answers]
        to_pc = [] if isinstance(said[-1], Refused) else [r for message in answers for r in console.hear(message)]
    return said


def test_both_ends_share_a_session_and_speak_on_main(scene: Scene) -> None:
    pc, console = PcEnd(scene), ConsoleEnd(scene)
    talk(pc, console)
    seal, _ = main_channel(pc)
    _, opener = main_channel(console)
    assert opener.open(seal.seal(b"hello")) == b"hello"
    assert pc.guesses == 1


def test_a_wrong_code_costs_one_guess_and_gives_nothing_to_try_offline(scene: Scene) -> None:
    wrong = read_code(code_from_random(b"wrongone"))
    pc = PcEnd(scene)
    said = talk(pc, ConsoleEnd(scene, wrong))
    assert pc.guesses == 1
    assert pc.keys is None
    assert said[-1] == Refused(reason=Refusal.CODE_WRONG, attempts_left=2)
    # the PC's own confirmation was never sent: Answer is the last of its words that depends on the code
    assert [type(message) for message in said[-2:]] == [Answer, Refused]
    assert pc.over is not None
    assert pc.over.counted


def two_wanted() -> tuple[Scene, SecondSaid]:
    """A lab that wants two, and a second associate's agreement; their key is the PC's, to save making one."""
    later, known = now_utc_ms() + 3_600_000, make_scene()
    key = fingerprint(public_bytes(known.pc.public_key()))
    scene = make_scene(SiteRules(second_eyes=True), associate("a.soler", key, expires_utc_ms=later))
    about = SecondFor(
        request_id=scene.meeting.request_id,
        device_id=scene.meeting.device_id,
        associate="m.ferrer",
        key=fingerprint(public_bytes(scene.console.public_key())),
    )
    return scene, say_second(about, "a.soler", scene.pc, now_utc_ms())


def test_where_two_are_wanted_the_second_must_have_agreed_before_a_guess_is_counted() -> None:
    scene, said = two_wanted()
    for wrong in (None, msgspec.structs.replace(said, associate="m.ferrer"), two_wanted()[1]):
        pc = PcEnd(scene)
        assert talk(pc, ConsoleEnd(scene, second=wrong))[-1] == Refused(reason=Refusal.SECOND_EYES)
        assert (pc.guesses, pc.keys) == (0, None)
    pc = PcEnd(scene)
    talk(pc, ConsoleEnd(scene, second=said))
    assert pc.keys is not None
    assert (pc.guesses, pc.second) == (1, "a.soler")


@pytest.mark.parametrize(
    ("role", "channel"), [(Role.PC, Channel.MAIN), (Role.CONSOLE, Channel.VIEW), (Role.CONSOLE, Channel.CONTROL)]
)
def test_a_ticket_for_another_role_or_channel_costs_no_guess(scene: Scene, role: Role, channel: Channel) -> None:
    class Wrong(ConsoleEnd):
        pass

    pc = PcEnd(scene)
    ticket = scene.ticket(channel, role)
    console = Wrong(Scene(scene.console, scene.pc, scene.ticket_key, scene.policy, scene.code, scene.meeting))
    object.__setattr__(console._scene, "ticket", lambda: ticket)
    said = talk(pc, console)
    assert said[-1] == Refused(reason=Refusal.TICKET_MISMATCH)
    assert pc.guesses == 0


def test_a_ticket_of_another_server_costs_no_guess(scene: Scene) -> None:
    other = make_scene()
    foreign = Scene(scene.console, scene.pc, other.ticket_key, scene.policy, scene.code, scene.meeting)
    pc = PcEnd(scene)
    assert talk(pc, ConsoleEnd(foreign))[-1] == Refused(reason=Refusal.TICKET_INVALID)
    assert pc.guesses == 0


def test_an_associate_that_the_policy_does_not_name_costs_no_guess(scene: Scene) -> None:
    stranger = Scene(scene.pc, scene.pc, scene.ticket_key, scene.policy, scene.code, scene.meeting)
    pc = PcEnd(scene)
    assert talk(pc, ConsoleEnd(stranger))[-1] == Refused(reason=Refusal.NOT_IN_POLICY)
    assert pc.guesses == 0


@pytest.mark.parametrize(
    "changes", [{"version": 0}, {"version": 2}, {"suite": "CPACE-X25519-SHA512"}, {"key": bytes(44)}]
)
def test_there_is_nothing_to_negotiate_down_to(scene: Scene, changes: dict[str, object]) -> None:
    hello = HANDSHAKE.decode(ConsoleEnd(scene).begin()[0])
    assert isinstance(hello, Hello)
    known = {"version": hello.version, "suite": hello.suite, "key": hello.key, "nonce": hello.nonce}
    pc = PcEnd(scene)
    assert pc.hear(HANDSHAKE.encode(Hello(**{**known, **changes}))) == []  # type: ignore[arg-type]  # one field each
    assert pc.over is not None
    assert pc.guesses == 0


def test_messages_out_of_order_end_the_run(scene: Scene) -> None:
    for index in range(3):
        pc, console = PcEnd(scene), ConsoleEnd(scene)
        to_pc = console.begin()
        for _ in range(index):
            to_pc = [answer for message in to_pc for heard in pc.hear(message) for answer in console.hear(heard)]
        pc.hear(ConsoleEnd(scene).begin()[0]) if index else pc.hear(HANDSHAKE.encode(Refused(reason=Refusal.WAIT)))
        assert pc.over is not None
        assert pc.keys is None


def test_each_byte_of_a_proof_matters(scene: Scene) -> None:
    draw = random.Random(4)
    for _ in range(12):
        pc, console = PcEnd(scene), ConsoleEnd(scene)
        challenge = pc.hear(console.begin()[0])[0]
        proof = bytearray(console.hear(challenge)[0])
        proof[draw.randrange(len(proof))] ^= 1 << draw.randrange(8)
        pc.hear(bytes(proof))
        assert pc.over is not None
        assert pc.guesses == 0


def test_a_console_notices_an_answer_by_another_pc(scene: Scene) -> None:
    pc, console = PcEnd(scene), ConsoleEnd(scene)
    other = PcEnd(scene)
    proof = console.hear(pc.hear(console.begin()[0])[0])[0]
    other.hear(console.begin()[0])
    assert other.hear(proof) == []  # signed for the other nonce
    answer = pc.hear(proof)[0]
    mangled = HANDSHAKE.decode(answer)
    assert isinstance(mangled, Answer)
    forged = Answer(share=mangled.share, kem_ciphertext=bytes(1088), signature=mangled.signature)
    with pytest.raises(PeerError) as raised:
        console.hear(HANDSHAKE.encode(forged))
    assert raised.value.fault is PeerFault.WRONG_SIGNATURE


def test_no_change_of_a_relay_goes_unnoticed() -> None:
    result = in_memory(60 * len(KINDS), seed=5)
    assert result["undetected"] == 0
