"""Makes every sample file beside it, the same bytes each time: `python sample_data/make.py`."""

import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

DIGIT = """
0 0 2 8 9 5 0 0
0 1 8 4 2 9 2 0
0 0 0 0 1 9 2 0
0 0 1 6 9 6 0 0
0 0 0 1 3 9 3 0
0 0 0 0 0 6 6 0
0 3 5 1 2 8 4 0
0 1 7 9 9 5 0 0
"""
MATRIX = "1 2 0 7 8; 0 1 1 8 9; 2 0 1 9 7; 1 1 0 8 8; 0 2 1 7 9"  # dark on the left, bright on the right
KERNEL = "-1 0 1; -1 0 1; -1 0 1"
NETWORK = """\
# A small network for 28x28 pictures, a layer a line: mlcli architecture sample_data/network.txt
input 1x28x28
edges: conv 8 3x3 padding 1 relu
pool max 2
parts: conv 16 3x3 padding 1 relu
pool max 2
dense 10 softmax
"""
SEQUENCE = "0.9 0.1 -0.4; 0.2 0.7 0.3; -0.6 0.5 0.8; 0.0 -0.9 0.4; 0.5 0.2 -0.1"  # a step a row

QKV = """
0.33669037 0.1288094; 0.23446237 0.23033303; -1.1228564 -0.18632829
2.2082014 -0.63799703; 0.46165723 0.26735088; 0.53490466 0.8093572
1.1102903 -1.689799; -0.9889599 0.9579718; 1.3221351 0.81718975
"""  # as torch.manual_seed(42) and then randn(3, 2) for each of Q, K, V give them

HOUSE = [  # the rhyme, in print since 1755: each verse says all that came before
    "house that Jack built",
    "malt that lay in",
    "rat that ate",
    "cat that killed",
    "dog that worried",
    "cow with the crumpled horn that tossed",
    "maiden all forlorn that milked",
    "man all tattered and torn that kissed",
    "priest all shaven and shorn that married",
    "cock that crowed in the morn that waked",
    "farmer sowing his corn that kept",
]

CHESS = ["Ada", "Ben", "Cleo", "Dario", "Elif", "Femi", "Greta", "Hugo", "Ines", "Jonas"]
CLIMBING = ["Kofi", "Lena", "Mira", "Nils", "Olga", "Pavel", "Quinn", "Rosa", "Sami", "Tara"]
BRIDGES = [("Elif", "Lena"), ("Jonas", "Tara"), ("Hugo", "Pavel")]  # who know each other across the clubs
INTERESTS = ("music", "books", "cycling", "cooking", "puzzles", "tents")


def picture() -> NDArray[np.uint8]:
    """A house under a sun, 28×28 shades of grey: upright, level, slanting and round edges."""
    y, x = np.mgrid[0:28, 0:28]
    shades = np.full((28, 28), 200)
    shades[(y - 5) ** 2 + (x - 22) ** 2 <= 12] = 255  # sun
    shades[y >= 24] = 60  # ground
    shades[(y >= 13) & (y < 24) & (x >= 5) & (x < 21)] = 150  # wall
    shades[(y >= 4) & (y < 13) & (abs(x - 12.5) <= y - 3)] = 30  # roof
    shades[(y >= 17) & (y < 24) & (x >= 8) & (x < 12)] = 20  # door
    window = (y >= 15) & (y < 20) & (x >= 14) & (x < 19)
    shades[window] = 240
    shades[window & ((y == 17) | (x == 16))] = 90  # its bars
    return shades.astype(np.uint8)


def friendships(draw: random.Random) -> list[tuple[str, str]]:
    """Each club a ring, so that nobody is alone, with friendships drawn across it; and the bridges."""
    edges: list[tuple[str, str]] = []
    for club in (CHESS, CLIMBING):
        edges += zip(club, [*club[1:], club[0]], strict=True)
        edges += [
            (a, b)
            for i, a in enumerate(club)
            for b in club[i + 2 :]
            if (a, b) != (club[0], club[-1]) and draw.random() < 0.3
        ]
    return edges + BRIDGES


def interests(draw: random.Random, name: str) -> list[float]:
    """How much one likes each thing, 0 to 1: puzzles and tents tell the clubs apart, though not surely."""
    more, less = (3, 10), (0, 7)
    puzzles, tents = (more, less) if name in CHESS else (less, more)
    return [draw.randint(*span) / 10 for span in [(0, 10)] * 4 + [puzzles, tents]]


def rhyme() -> str:
    """The house that Jack built: a verse for each who comes in, a line for each link of its chain."""
    verses = ["\nthe ".join(HOUSE[last::-1]) for last in range(len(HOUSE))]
    return "\n\n".join(f"This is the {verse}." for verse in verses) + "\n"


def ratings(draw: random.Random, users: int = 30, items: int = 40) -> list[tuple[int, int, int, int]]:
    """User, item, one to five stars, seconds since 1970. Odd users like odd items: that is what there is to learn."""
    rows: list[tuple[int, int, int, int]] = []
    for user in range(1, users + 1):
        clock = 1_700_000_000 + draw.randrange(10_000_000)
        for item in sorted(draw.sample(range(1, items + 1), draw.randint(8, 20))):
            clock += draw.randint(60, 100_000)
            stars = (4 if user % 2 == item % 2 else 2) + draw.choice((-1, 0, 0, 1))
            rows.append((user, item, stars, clock))
    return sorted(rows, key=lambda row: row[3])


def write(name: str, rows: Iterable[Sequence[object]], header: str = "") -> None:
    """One line a row, the cells parted by commas."""
    lines = [header] if header else []
    lines += [",".join(map(str, row)) for row in rows]
    (FOLDER / name).write_text("\n".join(lines) + "\n", newline="\n")


if __name__ == "__main__":
    FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    draw = random.Random(1)
    Image.fromarray(picture()).save(FOLDER / "image.png", optimize=True)
    write("digit.csv", [line.split() for line in DIGIT.strip().splitlines()])
    ink = np.array([line.split() for line in DIGIT.strip().splitlines()], dtype=float)
    Image.fromarray((ink * 255 / 9).round().astype(np.uint8)).save(FOLDER / "digit.png", optimize=True)
    for name, text in {"matrix": MATRIX, "kernel": KERNEL, "sequence": SEQUENCE}.items():
        write(f"{name}.csv", [row.split() for row in text.split(";")])
    (FOLDER / "network.txt").write_text(NETWORK, newline="\n")
    (FOLDER / "text.txt").write_text(rhyme(), newline="\n")
    matrices = [[row.split() for row in line.split(";")] for line in QKV.strip().splitlines()]
    write("attention.csv", [row for matrix in matrices for row in (*matrix, ())][:-1])
    write("edges.csv", friendships(draw), "source,target")
    people = CHESS + CLIMBING
    write("features.csv", [(name, *interests(draw, name)) for name in people], "node," + ",".join(INTERESTS))
    write("labels.csv", [(name, "chess" if name in CHESS else "climbing") for name in people], "node,label")
    write("ratings.csv", ratings(draw), "user,item,rating,timestamp")
