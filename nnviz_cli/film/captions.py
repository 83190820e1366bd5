"""Captions: which text is shown when, as WebVTT and as chapters."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

MARK = "WEBVTT - nnviz"  # the first line of a track written by nnviz
LEAST_TIME = 3.0  # seconds for which a caption is shown
MOST_AT_ONCE = 2  # captions that are shown together


@dataclass(frozen=True)
class Caption:
    """A text that is shown from one frame of the recording to another."""

    start: int
    end: int
    words: str  # of events at `start`, after those that are still shown
    news: str  # of events at `start` alone


def captions(events: Sequence[tuple[int, str]], frames: int, fps: Fraction) -> tuple[Caption, ...]:
    """Captions of events (frame, text), in order; a text stays while the next one is shown."""
    stay = round(LEAST_TIME * fps)
    starts = sorted({frame for frame, _ in events})
    made = []
    for start, following in zip(starts, [*starts[1:], frames], strict=False):
        recent = [
            (frame, words)
            for frame, words in sorted(events, key=lambda each: each[0])
            if start - stay < frame <= start
        ]
        words = " · ".join(words for _, words in recent[-MOST_AT_ONCE:])
        news = " · ".join(words for frame, words in recent if frame == start)
        made.append(Caption(start, min(following, start + stay), words, news))
    return tuple(made)


def webvtt(shown: Sequence[Caption], order: Sequence[int], fps: Fraction) -> str:
    """The captions as a WebVTT track of a film that shows frames in an order."""
    blocks = [MARK]
    for caption in shown:
        times = _times(caption, order, fps)
        if times:
            words = one_line(caption.words)
            words = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            blocks.append(f"{_clock(times[0])} --> {_clock(times[1])}\n{words}")
    return "\n\n".join(blocks) + "\n"


def chapters(shown: Sequence[Caption], order: Sequence[int], fps: Fraction) -> str:
    """The captions as chapters in ffmpeg's metadata format, from the start to the end; or ''."""
    starts = [(times[0], each.news) for each in shown if (times := _times(each, order, fps))]
    if not starts:
        return ""
    if starts[0][0] > 0:
        starts.insert(0, (0.0, "untrained"))
    ends = [start for start, _ in starts[1:]] + [float(len(order) / fps)]
    blocks = [";FFMETADATA1"]
    for (start, words), end in zip(starts, ends, strict=True):
        title = re.sub(r"([=;#\\])", r"\\\1", one_line(words))
        span = f"START={round(1000 * start)}\nEND={round(1000 * end)}"
        blocks.append(f"[CHAPTER]\nTIMEBASE=1/1000\n{span}\ntitle={title}")
    return "\n".join(blocks) + "\n"


def one_line(words: str) -> str:
    """Words without line breaks; the thin spaces inside numbers stay."""
    return re.sub(r"\s*[\r\n]\s*", " ", words)


def _times(caption: Caption, order: Sequence[int], fps: Fraction) -> tuple[float, float] | None:
    """When a caption is first seen in the film, and until when, in seconds."""
    if caption.start not in order:
        return None
    start = order.index(caption.start)
    end = start
    while end < len(order) and caption.start <= order[end] < caption.end:
        end += 1
    return float(start / fps), float(end / fps)


def _clock(seconds: float) -> str:
    minutes, milliseconds = divmod(round(1000 * seconds), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds / 1000:06.3f}"
