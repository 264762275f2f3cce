"""A moving area as H.264: one encoder per stream, fed with what changed, steered by what the line carries.

PyAV (FFmpeg, x264) is loaded with the first stream: some 30 MB that a session without motion does not need.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from benchside.media.damage import Box
from benchside.media.palette import Words
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.picture import VideoAbility

if TYPE_CHECKING:
    import av.video.codeccontext

__all__ = ["Unit", "VideoEncoder", "fitting_rate"]

# x264's own scale, lower is finer: at 20 moving pictures look whole; less would take the line for what rests anyway.
FINEST_QUALITY = 20

# Of a camera's pictures at 6 Mbit/s, in ms to write, ms to read, median SSIM, interleaved: superfast 20.8, 7.8, 0.938;
# ultrafast 11.9, 3.3, 0.901; this 16.0, 3.6, 0.926.  A fifth less time is a fifth more pictures within the same share.
PRESET, FINER = "ultrafast", "subme=1:8x8dct=1"
# Smoothing of blocks takes 3 ms of both ends' time (superfast: 19.6 and 7.5 ms with it, 18.1 and 5.9 without).  At
# 6 Mbit/s they are hardly seen in what moves; on slower lines they are larger, and pictures take less time anyway.
SMOOTHED_BELOW = 300_000

# The pace that the rate is shared out for.  Pictures come about so often where the line or the governor is the limit.
PICTURES_PER_S = 12

# What one picture may take of the line's second: not quite two pictures.
BUFFER_S = 0.14

# Of the measured rate: clicks, tiles and what the estimate has too high.
USED_PART = 0.8
MIN_RATE, MAX_RATE = 25_000, 1_250_000  # bytes a second; beyond 10 Mbit/s nobody sees the difference in motion

# The encoder starts again, with a key frame, when the line has changed by more than this.
RATE_CHANGE = 1.5

# What the console is told to expect (viewer/video.ts).
COLOURS = "colorprim=bt709:transfer=bt709:colormatrix=bt709:range=tv"

_CLOCK = 1000
_SPS = b"\0\0\1\x67"


class Unit(NamedTuple):
    """One access unit, Annex B."""

    data: bytes
    is_key: bool

    @property
    def codec(self) -> str:
        """As WebCodecs names it (RFC 6381): three bytes of a key frame's SPS (ITU-T H.264, 7.3.2.1.1)."""
        at = self.data.index(_SPS) + len(_SPS)
        return "avc1." + self.data[at : at + 3].hex()


def fitting_rate(line_rate: float) -> float:
    """The bytes a second that video may take of a line that carries `line_rate`."""
    return min(max(line_rate * USED_PART, MIN_RATE), MAX_RATE)


class VideoEncoder:
    """One stream: the pixels of a box, as they were last given, and the encoder that follows them."""

    def __init__(self, box: Box, line_rate: float, ability: VideoAbility, *, is_text: bool) -> None:
        """`is_text`: letters move, so colour is kept at full resolution where the viewer can show it.

        UnavailableError: PyAV is not installed, it cannot encode H.264, or the viewer cannot show this box.
        """
        is_odd = box.width_px % 2 or box.height_px % 2
        self._is_full = ability is VideoAbility.H264_444 and bool(is_text or is_odd)
        if ability is VideoAbility.NONE or (is_odd and not self._is_full):
            raise UnavailableError(f"expected a viewer that decodes video of {box.width_px}x{box.height_px}")
        self.box = box
        self.pixels: Words = np.zeros((box.height_px, box.width_px), np.uint32)
        """What was given last."""
        self._time_ms = 0
        self._stale = Box(0, 0, box.width_px, box.height_px)
        self._open(fitting_rate(line_rate))

    def part(self, box: Box) -> Words:
        """The pixels of `box` (of the screen, inside of the stream's) as given last."""
        left, top = self.box.left, self.box.top
        return self.pixels[box.top - top : box.bottom - top, box.left - left : box.right - left]

    def give(self, box: Box, words: Words) -> None:
        """These are the pixels of `box` now; `words` is the encoder's from here on."""
        if box == self.box and words.flags.c_contiguous:
            self.pixels = words
        else:
            self.part(box)[...] = words
        own = Box(
            box.left - self.box.left, box.top - self.box.top, box.right - self.box.left, box.bottom - self.box.top
        )
        self._stale = self._stale.bound(own) if self._stale else own

    def encode(self, now: float, line_rate: float) -> Unit:
        """Return the next access unit.  Blocks for some 16 ms for 1080p, without Python's lock.

        UnavailableError: the encoder would not have it; this stream is at its end.
        """
        rate = fitting_rate(line_rate)
        if not self._rate / RATE_CHANGE <= rate <= self._rate * RATE_CHANGE:
            self._open(rate)
        self._convert()
        # x264 spends by the clock, so a rare picture may be a good one.
        self._time_ms = max(self._time_ms + 1, int(now * _CLOCK))
        frame = self._frame
        frame.pts = self._time_ms
        try:
            packets = self._context.encode(frame)
        except self._error as error:
            raise UnavailableError(f"expected a frame of video, got {error}") from error
        return Unit(b"".join(map(bytes, packets)), any(packet.is_keyframe for packet in packets))

    def _open(self, rate: float) -> None:
        try:
            import av
            from av.video.reformatter import VideoReformatter
        except ImportError as error:
            raise UnavailableError("expected PyAV for video, it cannot be loaded") from error
        self._rate = rate
        name = "yuv444p" if self._is_full else "yuv420p"
        width, height = self.box.width_px, self.box.height_px
        smoothing = "deblock=0,0" if rate < SMOOTHED_BELOW else "no-deblock=1"
        bits = int(rate * 8 / 1000)
        try:
            context: av.video.codeccontext.VideoCodecContext = av.CodecContext.create("libx264", "w")
            context.width, context.height, context.pix_fmt = width, height, name
            context.time_base = Fraction(1, _CLOCK)
            context.framerate = Fraction(PICTURES_PER_S)
            context.thread_count = 1  # a second one would take from the instrument's program, and adds a frame of delay
            context.options = {
                "preset": PRESET,
                "tune": "zerolatency",
                "crf": str(FINEST_QUALITY),
                "maxrate": f"{bits}k",
                "bufsize": f"{max(40, int(bits * BUFFER_S))}k",
                "x264-params": ":".join((FINER, smoothing, COLOURS, "keyint=infinite:scenecut=0")),
            }
        except (av.FFmpegError, ValueError, LookupError) as error:
            raise UnavailableError(f"expected an H.264 encoder for {width}x{height}, got {error}") from error
        self._context: Any = context
        self._error = av.FFmpegError
        self._frame: Any = av.VideoFrame(width, height, name)
        self._reformat = VideoReformatter()
        self._stale = Box(0, 0, width, height)

    def _convert(self) -> None:
        """Bring the rows that changed into the encoder's colours (BT.709, 16 to 235)."""
        if not self._stale:
            return
        import av
        from av.video.reformatter import ColorRange, Colorspace, Interpolation

        # Whole rows, since they are contiguous; even ones, since two rows share their colour in 4:2:0.
        top, bottom = self._stale.top & ~1, min(self.pixels.shape[0], (self._stale.bottom + 1) & ~1)
        self._stale = Box(0, 0, 0, 0)
        rows = self.pixels[top:bottom].view(np.uint8).reshape(bottom - top, self.pixels.shape[1], 4)
        given = av.VideoFrame.from_numpy_buffer(rows, "bgra")
        name = self._frame.format.name
        # One pixel's colour for the four that share it: a quarter less time than their mean, and what moves hides it.
        turned = self._reformat.reformat(
            given,
            format=name,
            interpolation=Interpolation.POINT,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        for number, (to, of) in enumerate(zip(self._frame.planes, turned.planes, strict=True)):
            half = 1 if self._is_full or number == 0 else 2
            target = np.frombuffer(memoryview(to), np.uint8).reshape(-1, to.line_size)
            source = np.frombuffer(memoryview(of), np.uint8).reshape(-1, of.line_size)
            first, count = top // half, -(-(bottom - top) // half)
            target[first : first + count, : to.width] = source[:count, : to.width]
