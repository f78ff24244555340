"""Draws the icon: three nested tensors seen through a lens. Writes a PNG with nothing but the standard library."""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path

SIZE, FINE = 128, 4
"""Pixels to a side, and samples to a pixel along each axis."""
Colour = tuple[int, int, int, int]
NONE: Colour = (0, 0, 0, 0)
BACK, LENS, GLASS = (32, 48, 74, 255), (240, 196, 90, 255), (44, 66, 102, 255)
CARDS = ((92, 138, 196, 255), (132, 176, 226, 255), (196, 222, 248, 255))
ROUND = 24
CENTRE, OUTER, INNER = (56.0, 56.0), 44.0, 36.0
HANDLE = ((88.0, 88.0), (112.0, 112.0), 6.5)


def colour_at(x: float, y: float) -> Colour:
    """The topmost colour at a point."""
    inside = min(max(x, ROUND), SIZE - ROUND), min(max(y, ROUND), SIZE - ROUND)
    if (x - inside[0]) ** 2 + (y - inside[1]) ** 2 > ROUND**2:
        return NONE
    radius = ((x - CENTRE[0]) ** 2 + (y - CENTRE[1]) ** 2) ** 0.5
    if INNER <= radius <= OUTER or distance(x, y) <= HANDLE[2]:
        return LENS
    if radius > INNER:
        return BACK
    return card_at(x, y) or GLASS


def card_at(x: float, y: float) -> Colour | None:
    """The front card's grid of two by two, and the edges of the cards behind it."""
    for depth, colour in enumerate(reversed(CARDS)):
        left, top = 34 + 8 * depth, 50 - 8 * depth
        if left <= x < left + 30 and top <= y < top + 30:
            is_line = depth == 0 and (abs(x - left - 15) < 1.4 or abs(y - top - 15) < 1.4)
            is_edge = depth > 0 and (x - left < 1.6 or top + 30 - y < 1.6)
            return GLASS if is_line or is_edge else colour
        if left - 2.4 <= x < left + 32.4 and top - 2.4 <= y < top + 32.4:
            return GLASS
    return None


def distance(x: float, y: float) -> float:
    """From the middle line of the handle."""
    (x0, y0), (x1, y1), _ = HANDLE
    along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2)
    along = min(max(along, 0.0), 1.0)
    return ((x - x0 - along * (x1 - x0)) ** 2 + (y - y0 - along * (y1 - y0)) ** 2) ** 0.5


def pixel(column: int, row: int) -> bytes:
    """The mean over a pixel, with its alpha not multiplied in."""
    steps = [(i + 0.5) / FINE for i in range(FINE)]
    samples = [colour_at(column + dx, row + dy) for dy in steps for dx in steps]
    alpha = sum(sample[3] for sample in samples)
    if not alpha:
        return bytes(NONE)
    return bytes([*(sum(each[i] * each[3] for each in samples) // alpha for i in range(3)), alpha // len(samples)])


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main() -> None:
    rows = b"".join(b"\0" + b"".join(pixel(x, y) for x in range(SIZE)) for y in range(SIZE))
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    Path(sys.argv[1]).write_bytes(b"\x89PNG\r\n\x1a\n" + parts)


if __name__ == "__main__":
    main()
