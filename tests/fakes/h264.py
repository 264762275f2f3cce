"""H.264 as a PC would send it, made on the spot by x264 through PyAV."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace

Rgb = npt.NDArray[np.uint8]


def encode(frames: list[Rgb], *, is_444: bool) -> tuple[str, list[tuple[bool, bytes]]]:
    """Return the codec as WebCodecs names it, and for each frame whether it is a key frame and its bytes (Annex B)."""
    height, width = frames[0].shape[:2]
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = "yuv444p" if is_444 else "yuv420p"
    encoder.time_base = Fraction(1, 30)
    encoder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "crf": "18",
        "profile": "high444" if is_444 else "high",
        "x264-params": "annexb=1:colorprim=bt709:colormatrix=bt709:transfer=bt709:range=tv:keyint=1000",
    }
    found = []
    for number, rgb in enumerate(frames):
        frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
            format=encoder.pix_fmt,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
        )
        frame.pts = number
        found += [(packet.is_keyframe, bytes(packet)) for packet in encoder.encode(frame)]
    start = found[0][1].index(b"\0\0\1\x67") + 4
    return f"avc1.{found[0][1][start : start + 3].hex()}", found
