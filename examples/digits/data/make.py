"""Makes digits.txt from the copy of the data set that scikit-learn ships.

    pip download --no-deps scikit-learn
    unzip scikit_learn-*.whl sklearn/datasets/data/digits.csv.gz
    python3 make.py sklearn/datasets/data/digits.csv.gz > digits.txt

One image a line: the digit, a space, 64 grey values 0..16 row by row, each one character of 0-9a-g.
"""

import gzip
import sys

CHARACTERS = "0123456789abcdefg"

with gzip.open(sys.argv[1], "rt") as rows:
    for row in rows:
        *pixels, label = (int(value) for value in row.split(","))
        if len(pixels) != 64:
            sys.exit(f"expected 64 grey values in a row, found {len(pixels)}")
        print(label, "".join(CHARACTERS[pixel] for pixel in pixels))
