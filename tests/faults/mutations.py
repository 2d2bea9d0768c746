"""Bytes of a file changed, blanked, cut, doubled, swapped and spliced, as a seed says."""

import random

_EXTREME = (0, 1, 0x7F, 0xFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)  # what a length or a count had better not be


def mutate(sound: bytes, seed: str, others: list[bytes]) -> bytes:
    """The mutant of a file that follows from `seed`: one to three mutations, of which some take bytes from `others`."""
    drawn, data = random.Random(seed), bytearray(sound)
    for _ in range(drawn.randint(1, 3)):
        mutation = drawn.choice(_MUTATIONS)
        mutation(data, drawn, others) if mutation is _splice else mutation(data, drawn)
    return bytes(data)


def _place(data: bytearray, drawn: random.Random) -> int:
    """Somewhere in the file; often where headers stand, at its beginning or its end."""
    near = min(600, len(data))
    where = drawn.random()
    if where < 0.3:
        return drawn.randrange(near)
    return len(data) - 1 - drawn.randrange(near) if where < 0.5 else drawn.randrange(len(data))


def _piece(data: bytearray, drawn: random.Random) -> slice:
    start = _place(data, drawn)
    return slice(start, min(len(data), start + int(2 ** drawn.uniform(0, 11))))


def _flip(data, drawn):
    for _ in range(drawn.randint(1, 20)):
        data[_place(data, drawn)] ^= 1 << drawn.randrange(8)


def _overwrite(data, drawn):
    piece = _piece(data, drawn)
    data[piece] = drawn.randbytes(piece.stop - piece.start)


def _blank(data, drawn):
    piece = _piece(data, drawn)
    data[piece] = bytes([drawn.choice((0, 255))]) * (piece.stop - piece.start)


def _extreme(data, drawn):
    start = min(_place(data, drawn), len(data) - 4)
    data[start : start + 4] = drawn.choice(_EXTREME).to_bytes(4, drawn.choice(("big", "little")))


def _cut_end(data, drawn):
    del data[max(8, drawn.randrange(len(data))) :]


def _cut_out(data, drawn):
    piece = _piece(data, drawn)
    if piece.stop - piece.start < len(data) - 8:
        del data[piece]


def _double(data, drawn):
    piece = _piece(data, drawn)
    data[piece.start : piece.start] = data[piece] * drawn.randint(1, 3)


def _swap(data, drawn):
    one, other = _piece(data, drawn), _place(data, drawn)
    taken = data[one]
    del data[one]
    data[other:other] = taken


def _splice(data, drawn, others):
    other = drawn.choice(others)
    data[_place(data, drawn) :] = other[drawn.randrange(len(other)) :]


_MUTATIONS = (_flip, _overwrite, _blank, _extreme, _cut_end, _cut_out, _double, _swap, _splice)
