"""Runs downhill on the Rosenbrock function and reports every step: a stand-in for a training program.

It needs nothing but Python, and knows nothing of ravine. The lowest value is 0, at x = y = 1.
"""

import argparse
import json


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def gradient(x, y):
    return -2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lr", type=float, required=True, help="step length")
    parser.add_argument("--momentum", type=float, default=0.0, help="share of the last step that is kept")
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args()

    x, y = -1.0, 1.0
    velocity_x = velocity_y = 0.0
    for step in range(1, options.steps + 1):
        slope_x, slope_y = gradient(x, y)
        velocity_x = options.momentum * velocity_x - options.lr * slope_x
        velocity_y = options.momentum * velocity_y - options.lr * slope_y
        x, y = x + velocity_x, y + velocity_y
        # A step that is too long runs away: that is a bad result like any other, and no crash.
        if abs(x) > 1e6 or abs(y) > 1e6:
            print(json.dumps({"step": step, "loss": float("inf")}), flush=True)
            return
        print(json.dumps({"step": step, "loss": rosenbrock(x, y)}), flush=True)


if __name__ == "__main__":
    main()
