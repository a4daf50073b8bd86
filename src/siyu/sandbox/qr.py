"""QR codes as pictures (ISO/IEC 18004): byte mode, error correction M, up to version 10 (213 bytes), always mask 0."""

from __future__ import annotations

import struct
import zlib

# version -> error codewords per block, data codewords of each block
_BLOCKS = {
    1: (10, [16]), 2: (16, [28]), 3: (26, [44]), 4: (18, [32] * 2), 5: (24, [43] * 2), 6: (16, [27] * 4), 7: (18, [31] * 4),
    8: (22, [38] * 2 + [39] * 2), 9: (22, [36] * 3 + [37] * 2), 10: (26, [43] * 4 + [44]),
}  # fmt: skip
_ALIGN = {
    1: [], 2: [6, 18], 3: [6, 22], 4: [6, 26], 5: [6, 30], 6: [6, 34], 7: [6, 22, 38], 8: [6, 24, 42], 9: [6, 26, 46], 10: [6, 28, 50],
}  # fmt: skip
_QUIET = 4


def _tables() -> tuple[list[int], list[int]]:
    powers, logs, x = [0] * 512, [0] * 256, 1
    for i in range(255):
        powers[i], logs[x] = x, i
        x <<= 1
        if x & 256:
            x ^= 0x11D
    powers[255:510] = powers[:255]
    return powers, logs


_POWERS, _LOGS = _tables()


def _times(a: int, b: int) -> int:
    return 0 if a == 0 or b == 0 else _POWERS[_LOGS[a] + _LOGS[b]]


def _correction(data: list[int], n: int) -> list[int]:
    """Reed-Solomon codewords of a block."""
    generator = [1]
    for i in range(n):
        longer = [*generator, 0]
        for j, one in enumerate(generator):
            longer[j + 1] ^= _times(one, _POWERS[i])
        generator = longer
    rest = data + [0] * n
    for i in range(len(data)):
        factor = rest[i]
        for j, one in enumerate(generator):
            rest[i + j] ^= _times(one, factor)
    return rest[len(data) :]


def _codewords(body: bytes, version: int) -> list[int]:
    ec, sizes = _BLOCKS[version]
    total = sum(sizes)
    length_bits = 16 if version > 9 else 8
    bits = "0100" + format(len(body), f"0{length_bits}b") + "".join(format(b, "08b") for b in body)
    bits += "0" * min(4, total * 8 - len(bits))
    bits += "0" * (-len(bits) % 8)
    words = [int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)]
    words += [(0xEC, 0x11)[i % 2] for i in range(total - len(words))]
    blocks, at = [], 0
    for size in sizes:
        blocks.append(words[at : at + size])
        at += size
    corrections = [_correction(one, ec) for one in blocks]
    mixed = [one[i] for i in range(max(sizes)) for one in blocks if i < len(one)]
    return mixed + [one[i] for i in range(ec) for one in corrections]


def _with_check(value: int, bits: int, generator: int) -> int:
    """A value followed by its BCH code of so many bits."""
    rest = value << bits
    for i in range(rest.bit_length() - 1, bits - 1, -1):
        if rest >> i & 1:
            rest ^= generator << (i - bits)
    return value << bits | rest


def modules(text: str) -> list[list[bool]]:
    """The code as rows of dark (True) and light. `ValueError` when the text is too long."""
    body = text.encode()
    version = next((v for v, (_, sizes) in _BLOCKS.items() if len(body) + (3 if v > 9 else 2) <= sum(sizes)), 0)
    if not version:
        raise ValueError("a text of more than 213 bytes does not fit")
    size = 17 + 4 * version
    dark: list[list[bool]] = [[False] * size for _ in range(size)]
    taken = [[False] * size for _ in range(size)]

    def put(row: int, column: int, *, is_dark: bool) -> None:
        if 0 <= row < size and 0 <= column < size:
            dark[row][column], taken[row][column] = is_dark, True

    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        for r in range(-1, 8):
            for c in range(-1, 8):
                ring = max(abs(r - 3), abs(c - 3))
                put(top + r, left + c, is_dark=ring in (0, 1, 3))
    for i in range(8, size - 8):
        put(6, i, is_dark=i % 2 == 0)
        put(i, 6, is_dark=i % 2 == 0)
    places = _ALIGN[version]
    for row in places:
        for column in places:
            if (row, column) not in ((6, 6), (6, places[-1]), (places[-1], 6)):
                for r in range(-2, 3):
                    for c in range(-2, 3):
                        put(row + r, column + c, is_dark=max(abs(r), abs(c)) != 1)
    form = _with_check(0, 10, 0x537) ^ 0x5412  # level M, mask 0
    for i in range(15):
        bit = bool(form >> i & 1)
        put(i if i < 6 else i + 1 if i < 8 else size - 15 + i, 8, is_dark=bit)
        put(8, size - 1 - i if i < 8 else 7 if i == 8 else 14 - i, is_dark=bit)
    put(size - 8, 8, is_dark=True)
    if version >= 7:
        told = _with_check(version, 12, 0x1F25)
        for i in range(18):
            put(i // 3, size - 11 + i % 3, is_dark=bool(told >> i & 1))
            put(size - 11 + i % 3, i // 3, is_dark=bool(told >> i & 1))
    _fill(dark, taken, _codewords(body, version))
    return dark


def _fill(dark: list[list[bool]], taken: list[list[bool]], words: list[int]) -> None:
    """Lay the codewords in pairs of columns from the right, upwards and downwards in turn, under mask 0."""
    size = len(dark)
    bits = [bool(word >> i & 1) for word in words for i in range(7, -1, -1)]
    at, is_up = 0, True
    for right in [*range(size - 1, 6, -2), 5, 3, 1]:
        for step in range(size):
            row = size - 1 - step if is_up else step
            for column in (right, right - 1):
                if not taken[row][column]:
                    bit = bits[at] if at < len(bits) else False
                    dark[row][column] = bit ^ ((row + column) % 2 == 0)
                    at += 1
        is_up = not is_up


def png(text: str, width: int) -> bytes:
    """The code as a PNG of at least the width that is asked (whole pixels per module)."""
    code = modules(text)
    n = len(code) + 2 * _QUIET
    scale = max(1, -(-width // n))
    blank = b"\xff" * (n * scale)
    rows = [blank] * (_QUIET * scale)
    for line in code:
        row = b"\xff" * (_QUIET * scale) + b"".join((b"\x00" if one else b"\xff") * scale for one in line) + b"\xff" * (_QUIET * scale)
        rows += [row] * scale
    rows += [blank] * (_QUIET * scale)
    side = n * scale
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(b"".join(b"\x00" + r for r in rows)))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
